"""A plant that people name and no model knows has the same place in every figure as any other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.exports.csv import stored_rows
from core.exports.stored import Stored
from core.flora.plants import Plant, PlantList
from core.recognition.package import load_package
from core.recognition.taxa import Label
from core.settings import SHIPPED_MODEL
from core.store.library import Library
from core.store.selection import Selection
from core.survey.diversity import community, countable
from core.survey.filter_words import one_name_each, taxa_by_name, with_every_name
from core.survey.observed import observed
from core.survey.repeats import Repeats, visits
from core.survey.totals import by_family, by_taxon
from tests.counts_saved import save_counts
from tests.survey import count, library_of, person, photo

WRITTEN = PlantList((Plant("Echium pininana", "species", "Echium", "Boraginaceae", "reuzenslangenkruid", "", "7"),))
PACKAGE = replace(load_package(SHIPPED_MODEL), plants=WRITTEN)
PHOTO = photo("a")
SAID = {"rose": 1, "centaurea-jacea": 2, "impatiens-glandulifera": 3, "echium-pininana": 4}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = library_of(tmp_path)
    count(library, PHOTO, {"rose": 1})
    save_counts(library, PHOTO.photo_id, SAID, package=PACKAGE, by=person("ben"))
    return library


def test_it_counts_in_totals_families_and_diversity(library):
    seen = visits(observed(library, PACKAGE.names), Repeats())
    assert by_taxon(seen).set_index("taxon")["count"].to_dict() == SAID
    assert by_taxon(seen).set_index("taxon")["dutch"].to_dict()["centaurea-jacea"] == "knoopkruid"
    assert sorted(community(countable(seen).of(seen)).taxa) == sorted(SAID)
    families = by_family(seen).set_index("family")["count"].to_dict()
    assert {name: families[name] for name in ("Asteraceae", "Balsaminaceae", "Boraginaceae")} == {
        "Asteraceae": 2, "Balsaminaceae": 3, "Boraginaceae": 4,
    }  # fmt: skip


def test_it_is_exported_with_its_names_and_its_gbif_key(library):
    stored = Stored(library, PACKAGE.names, lambda *_: PACKAGE)
    rows = {row["taxon"]: row for row in stored_rows(stored)}
    balsam, echium = rows["impatiens-glandulifera"], rows["echium-pininana"]
    assert (balsam["scientific_name"], balsam["family"], balsam["rank"]) == (
        "Impatiens glandulifera", "Balsaminaceae", "species",
    )  # fmt: skip
    assert balsam["gbif_key"].isdigit()
    assert (echium["scientific_name"], echium["gbif_key"], echium["how"]) == ("Echium pininana", "7", "chosen")


def test_it_can_be_asked_for_in_a_filter_by_its_name(library):
    names = taxa_by_name(library.taxa(), PACKAGE.names)
    assert names["centaurea-jacea"] == "Centaurea jacea"
    assert len(observed(library, PACKAGE.names, Selection(taxa=("centaurea-jacea",)))) == 1


def test_what_was_said_of_a_plant_stays_with_it_when_a_model_learns_it(library):
    knapweed = Label(
        "brown-knapweed", "Centaurea jacea", "species", "Centaurea", "Asteraceae", "brown knapweed", "knoopkruid",
        "flower head", "", "",
    )  # fmt: skip
    count(library, photo("b"), {"brown-knapweed": 5})
    seen = observed(library, (*PACKAGE.labels, knapweed))
    assert seen.groupby("taxon", observed=True)["count"].sum()["brown-knapweed"] == 7
    assert "centaurea-jacea" not in set(seen["taxon"])


def test_a_filter_finds_a_species_under_each_name_that_it_was_stored_with(tmp_path):
    """People wrote daucus-carota; then a package came whose label for it is wild-carrot."""
    library = library_of(tmp_path)
    count(library, photo("old"), {"daucus-carota": 2})
    count(library, photo("new"), {"wild-carrot": 3})
    count(library, photo("other"), {"rose": 1})
    assert one_name_each(library.taxa(), PACKAGE.names) == ["wild-carrot", "rose"]
    for name in ("wild-carrot", "daucus-carota"):
        which = with_every_name(Selection(taxa=(name,)), library.taxa(), PACKAGE.names)
        assert library.number_of_photos(which) == 2
        assert by_taxon(visits(observed(library, PACKAGE.names, which), Repeats())).set_index("taxon")[
            "count"
        ].to_dict() == {"wild-carrot": 3}  # the greater of two photos of one visit
