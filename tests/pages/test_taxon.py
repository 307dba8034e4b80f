"""The page of one taxon: what it says, where it leads, and how it is reached."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest

from tests.survey import count, photo
from web.markdown import plain
from web.process import bloomcount

TAXON, OVERVIEW, SPECIES = (f"pages/insight/{page}.py" for page in ("taxon", "overview", "species"))


@pytest.fixture
def survey(browser):
    """Poppies in two years and at two sites, of which people reviewed one photo, and irises."""
    library = bloomcount().library
    for year in (2025, 2026):
        count(library, photo(f"before {year}", taken_at=f"{year}-05-01T12:00:00"), {"yellow-iris": 2})
        count(library, photo(f"first {year}", taken_at=f"{year}-06-01T12:00:00"), {"corn-poppy": 40})
        count(library, photo(f"last {year}", taken_at=f"{year}-06-20T12:00:00"), {"corn-poppy": 10}, reviewed=True)
    count(library, photo("wood", site="wood"), {"corn-poppy": 7})


def said(tab):
    assert not tab.exception
    texts = [*tab.title, *tab.markdown, *tab.caption, *tab.subheader]
    return " ".join(text.value for text in texts)


def html(tab):
    return " ".join(element.proto.body for element in tab.get("html"))


def test_a_taxon_is_told_about_with_its_doubt(browser, survey):
    tab = browser.open_as("anna", TAXON, {"id": "corn-poppy"})
    assert tab.title[0].value == f"*{plain('Papaver rhoeas')}* · {plain('corn poppy')}"
    assert '<div class="value">107</div>' in html(tab)
    assert "20 Jun 2026" in html(tab)
    [season] = [table.value for table in tab.dataframe if "Peak" in table.value]
    assert list(season["Year"]) == ["2026", "2025"]
    assert season["First seen"][0] == "1 Jun 2026 (2 May 2026-1 Jun 2026)"
    assert season["Last seen"][0] == "20 Jun 2026 (20 Jun 2026-…)"
    [sites] = [table.value for table in tab.dataframe if "Flowers per visit" in table.value]
    assert list(sites["Site"]) == ["dunes", "wood"]
    assert {"Photos", "Season", "Where", "How sure", "Confused with"} <= {heading.value for heading in tab.subheader}


def test_the_filter_holds_on_the_page_of_a_taxon_but_for_its_taxa(browser, survey):
    tab = browser.open_as("anna", TAXON, {"id": "corn-poppy", "site": "wood", "taxon": "yellow-iris"})
    assert '<div class="value">7</div>' in html(tab)


def test_a_taxon_that_nobody_found_and_a_link_without_one_say_so(browser, survey):
    assert "No flowers of this taxon" in said(browser.open_as("anna", TAXON, {"id": "daffodil"}))
    assert "Taxon not found" in said(browser.open_as("anna", TAXON))
    assert "No flowers of this taxon" in said(browser.open_as("anna", TAXON, {"id": "<b>*x*"}))


def test_names_on_overview_and_species_lead_to_the_taxon(browser, survey):
    tab = browser.open_as("anna", OVERVIEW, {"site": "dunes"})
    links = {link.proto.label: link.proto for link in tab.get("page_link")}
    about = links[plain("About Papaver rhoeas · corn poppy")]
    assert about.page == "taxon"
    assert parse_qs(about.query_string) == {"id": ["corn-poppy"], "site": ["dunes"]}
    tab = browser.open_as("anna", SPECIES, {"site": "dunes", "tab": "All taxa"})
    [table] = [table.value for table in tab.dataframe if "About it" in table.value]
    assert table["About it"][0] == "/taxon?id=corn-poppy&site=dunes"
