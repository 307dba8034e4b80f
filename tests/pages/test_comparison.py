"""Comparing on Overview, Species and Diversity: what is chosen, said, kept in the address and drawn."""

from __future__ import annotations

import json
import re

import pytest

from tests.survey import count, photo
from web.process import bloomcount

OVERVIEW, SPECIES, DIVERSITY = (f"pages/insight/{page}.py" for page in ("overview", "species", "diversity"))
EVERY = pytest.mark.parametrize("page", [OVERVIEW, SPECIES, DIVERSITY], ids=["overview", "species", "diversity"])


@pytest.fixture
def survey(browser):
    """Two sites in two years, poppies being many more in the dunes."""
    library = bloomcount().library
    for year in (2025, 2026):
        for day in range(1, 7):
            taken = f"{year}-06-0{day}T12:00:00"
            count(library, photo(f"dunes {taken}", taken_at=taken), {"corn-poppy": 40 + day, "yellow-iris": 3})
            count(
                library, photo(f"wood {taken}", site="wood", taken_at=taken), {"corn-poppy": 4, "yellow-iris": 2 + day}
            )


def said(tab):
    assert not tab.exception
    return " ".join(text.value for text in [*tab.markdown, *tab.caption, *tab.warning, *tab.subheader])


def drawn(tab):
    """Names of the traces in the legends of all charts."""
    specs = [json.loads(chart.proto.spec) for chart in tab.get("plotly_chart")]
    return {trace.get("name") for spec in specs for trace in spec["data"]}


@EVERY
def test_a_link_opens_a_comparison(browser, survey, page):
    tab = browser.open_as("anna", page, {"compare": "site"})
    assert not tab.exception
    assert tab.selectbox(key="compare_by").value == "site"
    assert tab.multiselect(key="compare_groups").value == ["dunes", "wood"]
    assert tab.query_params["compare"] == "site"
    assert {"dunes", "wood"} <= drawn(tab) | set(said(tab).replace("-", " ").split())


@EVERY
def test_what_was_chosen_goes_along_and_nothing_is_compared_at_first(browser, survey, page):
    tab = browser.open_as("anna", page)
    assert "compare" not in tab.query_params
    tab.selectbox(key="compare_by").set_value("year").run()
    assert not tab.exception
    assert tab.multiselect(key="compare_groups").value == ["2026", "2025"]
    assert tab.query_params["compare"] == "year"
    tab.selectbox(key="compare_by").set_value(None).run()
    assert "compare" not in tab.query_params


@pytest.mark.parametrize("page", [SPECIES, DIVERSITY], ids=["species", "diversity"])
def test_the_comparison_is_seen_as_soon_as_it_is_chosen(browser, survey, page):
    tab = browser.open_as("anna", page)
    tab.selectbox(key="compare_by").set_value("site").run()
    assert re.search("Difference|of 2 groups", " ".join(chart.proto.alt for chart in tab.get("plotly_chart")))


def test_species_says_the_clear_differences_and_how_the_interval_is_made(browser, survey):
    text = said(browser.open_as("anna", SPECIES, {"compare": "site"})).replace("\\", "")
    assert "Clear differences: Papaver rhoeas · corn poppy −39.5" in text
    assert "the visits that were made, drawn again 1 000 times" in text
    assert "Difference of each taxon to dunes" in text


def test_diversity_says_the_differences_of_an_index(browser, survey):
    tab = browser.open_as("anna", DIVERSITY, {"compare": "site"})
    assert "Groups compared" in said(tab)
    assert "Difference to dunes" in said(tab)


def test_one_group_cannot_be_compared_and_says_so(browser):
    count(bloomcount().library, photo("a"), {"corn-poppy": 3})
    tab = browser.open_as("anna", SPECIES, {"compare": "site"})
    assert "so there is nothing to compare" in said(tab)
