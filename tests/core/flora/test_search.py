"""Any plant of the flora is found as people type it, fast, and is one taxon whoever wrote it."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from core.flora.plants import InvalidName, Plant, PlantList, flora, flora_by_name, short_name, written
from core.recognition.counting import unit_of
from core.recognition.package import load_package
from core.recognition.taxa import search_of, taxa_of
from core.settings import SHIPPED_MODEL

PACKAGE = load_package(SHIPPED_MODEL)
SEARCH = search_of(PACKAGE.names)
TAXA = taxa_of(PACKAGE.names)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        pytest.param("cen jac", "centaurea-jacea", id="first letters of both words"),
        pytest.param("cejac", "centaurea-jacea", id="the same without a gap"),
        pytest.param("Daucus carota", "wild-carrot", id="a species that the model has under another name"),
        pytest.param("wilde peen", "wild-carrot", id="Dutch of the model"),
        pytest.param("peen", "wild-carrot", id="Dutch of the flora"),
        pytest.param("knoopkruid", "centaurea-jacea", id="Dutch"),
        pytest.param("oxeye", "oxeye-daisy", id="English"),
        pytest.param("Chrysanthemum leuc", "oxeye-daisy", id="synonym"),
        pytest.param("Polygonum cusp", "japanese-knotweed", id="synonym of a synonym of the model"),
        pytest.param("leucantemum vulgare", "oxeye-daisy", id="a letter missing"),
        pytest.param("Dacuus carota", "wild-carrot", id="letters swapped"),
        pytest.param("achilea milefolium", "yarrow", id="two letters missing"),
        pytest.param("MARIETTEKLOKJE", "canterbury-bells", id="capitals for an accent"),
        pytest.param("fallopia x bohemica", "fallopia-bohemica", id="a hybrid by the letter x"),
        pytest.param("zuring", "rumex-scutatus", id="the end of a word"),
        pytest.param("onotera bien", "common-evening-primrose", id="a genus much misspelt"),
    ],
)
def test_a_name_is_found_as_people_type_it(typed, name):
    assert name in [match.name for match in SEARCH.find(typed)][:5]


def test_a_key_takes_less_than_20_ms():
    typed = ["c", "ce", "cen", "cen ", "cen j", "cen ja", "gwone margriet", "xyzzyx"]
    times = []
    for text in typed * 3:
        start = time.thread_time()
        SEARCH.find(text, likely=["rose"], here=["yarrow"])
        times.append(time.thread_time() - start)
    assert sorted(times)[len(times) // 2] < 0.02


def test_the_likely_come_first_then_what_grows_here_then_the_flora():
    names = [m.name for m in SEARCH.find("cen", likely=["cornflower"], here=["yarrow", "centaurea-jacea"])]
    assert names[:2] == ["cornflower", "centaurea-jacea"]
    assert "centaurea-scabiosa" in names
    assert [m.name for m in SEARCH.find("", likely=["rose", "yarrow"], here=["yarrow", "cornflower"])] == [
        "rose", "yarrow", "cornflower",
    ]  # fmt: skip


def test_what_no_list_has_is_not_found():
    assert SEARCH.find("qqqq wwww") == []


def test_one_name_is_one_taxon_whoever_wrote_it():
    names = ["Reynoutria japonica", "Fallopia japonica", "polygonum  CUSPIDATUM"]
    assert {TAXA[short_name(name)].name for name in names} == {"japanese-knotweed"}
    assert TAXA["helianthus-annuus"] == TAXA["sunflower"]
    assert TAXA["centaurea-jacea"].dutch == "knoopkruid"
    assert TAXA["daucus"].rank == "genus"


def test_every_plant_of_the_flora_has_a_name_of_its_own_and_is_found_by_it():
    assert len(flora()) == 1623
    assert len({plant.name for plant in flora()}) == 1623
    missed = [p.scientific_name for p in flora()[::40] if TAXA[p.name].name not in
              [match.name for match in SEARCH.find(p.scientific_name)]]  # fmt: skip
    assert missed == []


def test_a_plant_has_the_unit_of_its_kin():
    assert unit_of(TAXA["centaurea-jacea"], PACKAGE.names) == "flower head"
    assert unit_of(TAXA["taraxacum-officinale"], PACKAGE.names) == "flower head"
    assert unit_of(TAXA["epipactis-palustris"], PACKAGE.names) == "flower"


def test_a_gbif_key_is_had_where_the_flora_has_one():
    known = next(plant for plant in flora() if plant.gbif_key)
    assert TAXA[known.name].gbif_key == known.gbif_key


def test_an_added_name_is_a_taxon_and_one_that_is_there_already_stays():
    names = ("reuzenslangenkruid", "tree echium", "7", ("Echium altum",))
    echium = Plant("Echium pininana", "species", "Echium", "Boraginaceae", *names)
    added = PlantList((echium, Plant("Chrysanthemum leucanthemum", "species", "Chrysanthemum", "Asteraceae")))
    names = replace(PACKAGE, plants=added).names
    taxa = taxa_of(names)
    assert (taxa["echium-pininana"].english, taxa["echium-pininana"].gbif_key) == ("tree echium", "7")
    assert taxa["echium-altum"] == taxa["echium-pininana"]
    assert taxa["chrysanthemum-leucanthemum"].name == "oxeye-daisy"
    assert [match.name for match in search_of(names).find("reuzensl")] == ["echium-pininana"]


@pytest.mark.parametrize(
    ("name", "rank", "family", "why"),
    [
        ("", "species", "Rosaceae", "is not a scientific name"),
        ("12 34", "species", "Rosaceae", "is not a scientific name"),
        ("Rosa", "species", "Rosaceae", "has one word"),
        ("Rosa nova", "kind", "Rosaceae", "choose one of species"),
        ("Rosa nova", "species", "roses", "ends in -aceae"),
    ],
)
def test_a_written_name_that_cannot_be_used_says_why(name, rank, family, why):
    with pytest.raises(InvalidName, match=why):
        written(name, rank, family)


def test_a_written_name_is_in_the_form_of_all():
    assert written("  rosa   Nova ", "species", "rosaceae") == Plant("Rosa nova", "species", "Rosa", "Rosaceae")
    assert written("rosa nova", "species", "Rosaceae").name == written("ROSA NOVA", "species", "Rosaceae").name
    assert flora_by_name()["leucanthemum-vulgare"].rank == "species"
