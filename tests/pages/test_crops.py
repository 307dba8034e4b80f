"""Crops: the names that wait, with how many flowers each, of the photos of the filter."""

from __future__ import annotations

import pytest

from tests.survey import count, photo
from web.process import bloomcount

PAGE = "pages/field/crops.py"


@pytest.fixture
def library(browser):
    library = bloomcount().library
    for name, counts in (("a", {"corn-poppy": 3, "unknown": 2}), ("b", {"sunflower": 1, "corn-poppy": 1})):
        count(library, photo(f"{name}.jpg", site=name), counts)
    return library


def words(tab) -> str:
    assert not tab.exception
    return " ".join(text.value for kind in (tab.title, tab.markdown) for text in kind)


def names(tab) -> list[str]:
    assert not tab.exception
    [field] = [field for field in tab.selectbox if field.label == "Flowers called"]
    return list(field.options)


def test_a_newcomer_reads_what_would_be_here(browser):
    assert "No flower waits here." in words(browser.open_as("anna", PAGE))


def test_every_name_that_waits_is_offered_with_its_flowers_the_most_first(browser, library):
    tab = browser.open_as("anna", PAGE)
    assert names(tab) == ["Papaver rhoeas · corn poppy (4)", "unknown flower (2)", "Helianthus annuus · sunflower (1)"]


def test_a_filter_leaves_only_flowers_of_its_photos(browser, library):
    tab = browser.open_as("anna", PAGE, query={"site": "b"})
    assert names(tab) == ["Papaver rhoeas · corn poppy (1)", "Helianthus annuus · sunflower (1)"]
