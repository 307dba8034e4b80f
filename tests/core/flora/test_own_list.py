"""A list of names is read from a spreadsheet's CSV or a Darwin Core taxon file, and what is wrong is said by row."""

from __future__ import annotations

from core.flora.own_list import OwnList, Refused, read_list
from core.flora.plants import Plant

NAMES = ("reuzenslangenkruid", "tree echium", "7", ("E. altum",))
ECHIUM = Plant("Echium pininana", "species", "Echium", "Boraginaceae", *NAMES)


def test_a_csv_of_a_dutch_spreadsheet_is_read():
    header = "Wetenschappelijke naam;rang;familie;Nederlands;Engels;gbif_key;synoniemen\r\n"
    text = header + "echium  pininana;species;Boraginaceae;reuzenslangenkruid;tree echium;7;E. altum\r\n\r\n"
    for data in (text.encode("utf-8-sig"), text.encode("cp1252")):
        assert read_list(data) == OwnList((ECHIUM,), ())


def test_a_darwin_core_taxon_file_is_read_with_its_synonyms():
    rows = [
        "taxonID\tacceptedNameUsageID\tscientificName\tscientificNameAuthorship\ttaxonRank\tfamily\tgenus",
        "a2\ta1\tEchium altum L.f.\tL.f.\tspecies\tBoraginaceae\tEchium",
        "a1\ta1\tEchium pininana Webb & Berthel.\tWebb & Berthel.\tspecies\tBoraginaceae\tEchium",
        "g\t\tNemesia\t\tGENUS\tScrophulariaceae\tNemesia",
    ]
    assert read_list("\n".join(rows).encode()) == OwnList(
        (
            Plant("Echium pininana", "species", "Echium", "Boraginaceae", synonyms=("Echium altum",)),
            Plant("Nemesia", "genus", "Nemesia", "Scrophulariaceae"),
        ),
        (),
    )


def test_rows_that_cannot_be_used_are_named_and_the_others_are_read():
    rows = [
        "scientific_name,rank,family",
        "Echium pininana,species,Boraginaceae",
        "Echium,species,Boraginaceae",
        "Rosa nova,species,roses",
        "ECHIUM PININANA,species,Boraginaceae",
        ",species,Rosaceae",
    ]
    read = read_list("\n".join(rows).encode())
    assert [plant.name for plant in read.plants] == ["echium-pininana"]
    assert [(one.row, one.reason[:45]) for one in read.refused] == [
        (3, "Echium has one word: the name of a species ha"),
        (4, "Rosa nova: 'Roses' is not a family; its name "),
        (5, "ECHIUM PININANA is in the file twice; the fir"),
        (6, "'' is not a scientific name: write it as in D"),
    ]


def test_a_file_without_scientific_names_is_refused_as_a_whole():
    for data in (b"", b"photo\nx", b"\x00\x01\x02"):
        read = read_list(data)
        assert (read.plants, [one.row for one in read.refused]) == ((), [0])
    orphan = read_list(b"taxonID,acceptedNameUsageID,scientificName,family\n1,9,Rosa x,Rosaceae\n")
    assert orphan.refused == (Refused(2, "Rosa x is a synonym of 9, which is not in the file."),)
