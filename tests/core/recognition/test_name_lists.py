"""Names that may be given: what a list leaves out goes up a rank by the rule that holds for all names."""

import numpy as np
import pytest

from core.flora.plants import Plant, flora
from core.recognition.flowers import Flowers, TaxonScore
from core.recognition.name_lists import NameList, NameLists, flora_list, own_name_list
from core.recognition.naming import name_flowers
from core.recognition.package import load_package
from core.recognition.taxa import Taxon
from core.settings import SHIPPED_MODEL

LABELS = load_package(SHIPPED_MODEL).labels
CARROT = Plant("Daucus carota", "species", "Daucus", "Apiaceae")
THISTLE = Plant("Cirsium arvense", "species", "Cirsium", "Asteraceae")


def named(scores, plants):
    taxa = tuple(TaxonScore(taxon, score) for taxon, score in scores.items())
    found = Flowers(np.array([[0, 0, 9, 9]], np.float32), np.ones(1, np.float32), (taxa,))
    name_list = None if plants is None else NameList("own", plants)
    (name,) = name_flowers(found, package_labels=LABELS, threshold=0.5, name_list=name_list)
    return name.taxon.name


@pytest.mark.parametrize(
    ("scores", "plants", "name"),
    [
        pytest.param({"sunflower": 0.9}, None, "sunflower", id="all names"),
        pytest.param({"spear-thistle": 0.9}, (THISTLE,), "cirsium", id="a species of a genus that is in the list"),
        pytest.param({"sunflower": 0.9}, (THISTLE,), "asteraceae", id="a species of a family that is in the list"),
        pytest.param({"sunflower": 0.9}, (CARROT,), "unknown", id="a species of no family that is in the list"),
        pytest.param({"wild-carrot": 0.9}, (CARROT,), "wild-carrot", id="a species of the list"),
        pytest.param({"wild-carrot": 0.3, "sunflower": 0.6}, (CARROT,), "unknown", id="scores of others go nowhere"),
        pytest.param({"geranium": 0.9}, (CARROT,), "unknown", id="a genus that is not in the list"),
    ],
)
def test_a_name_that_the_list_lacks_goes_to_its_genus_its_family_or_nowhere(scores, plants, name):
    assert named(scores, plants) == name


def test_a_synonym_is_the_plant_that_the_list_has_under_another_name():
    plant = next(plant for plant in flora() if plant.synonyms and plant.rank == "species")
    name_list = NameList("own", (plant,))
    for name in (plant.scientific_name, *plant.synonyms):
        assert name_list.has(Taxon("x", name, "species", plant.family, "", ""))


def test_the_flora_leaves_out_garden_plants_and_keeps_wild_ones():
    kept = {label.taxon for label in LABELS if flora_list().has(taxon_of(label))}
    assert {"wild-carrot", "yarrow", "cornflower"} <= kept
    assert not {"bougainvillea", "frangipani", "bishop-of-llandaff"} & kept


def taxon_of(label):
    return Taxon(label.taxon, label.scientific_name, label.rank, label.family, "", "")


def test_a_site_has_its_own_list_and_all_others_that_of_the_store():
    own, all_others = NameList("own", (CARROT,)), flora_list()
    lists = NameLists({"": all_others, "dunes": own, "garden": None})
    assert [lists.at(site) for site in ("dunes", "garden", "heath", "")] == [own, None, all_others, all_others]
    assert lists.titles == {"": "Flora of the Netherlands", "dunes": own.title, "garden": ""}


def test_two_lists_in_files_of_one_name_have_two_titles():
    assert own_name_list("a.csv", [CARROT]).title != own_name_list("a.csv", [THISTLE]).title
    assert own_name_list("a.csv", [CARROT, THISTLE]).title == own_name_list("a.csv", [THISTLE, CARROT]).title
