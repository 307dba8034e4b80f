"""Overview, Species, Diversity: what each says of an empty, a small and a filtered store, and where its links lead."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.store.selection import Selection
from tests.survey import count, photo
from web.markdown import plain
from web.process import bloomcount

OVERVIEW, SPECIES, DIVERSITY = (f"pages/insight/{page}.py" for page in ("overview", "species", "diversity"))
EVERY = pytest.mark.parametrize("page", [OVERVIEW, SPECIES, DIVERSITY], ids=["overview", "species", "diversity"])


@pytest.fixture
def survey(browser):
    """Dunes with poppies photographed twice on one day, a wood with poppies at Christmas, and what needs a look."""
    library = bloomcount().library
    count(library, photo("a"), {"corn-poppy": 40, "yellow-iris": 12})
    count(library, photo("b", taken_at="2026-06-12T12:05:00"), {"corn-poppy": 30, "unknown": 2}, reviewed=True)
    count(library, photo("c", site="wood", uploaded_by="ben", taken_at="2025-12-24T12:00:00"), {"corn-poppy": 7})
    count(library, photo("d", site="wood", uploaded_by="ben"), {"yellow-iris": 9}, flag="crowded", confidence=0.6)
    count(library, photo("e", taken_at=None), {})
    library.record([photo("f", problem="f cannot be read.")], [], [])


@pytest.fixture
def saved(monkeypatch):
    """Content of each download button, by file, as the page last drew it."""
    files: dict[str, str] = {}

    def download_button(label, data, file_name, *_, **__):
        files[file_name] = data() if file_name.endswith(".xlsx") else data().decode()
        return False

    monkeypatch.setattr(st, "download_button", download_button)
    return files


def rows(saved, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(saved[f"bloomcount-{name}.csv"])))


def said(tab: AppTest) -> str:
    assert not tab.exception
    return " ".join(text.value for text in [*tab.title, *tab.markdown, *tab.caption, *tab.warning])


def with_each_tab(browser, page: str) -> list[AppTest]:
    """The page as it opens first, then as links open each of its other tabs."""
    first = browser.open_as("anna", page)
    return [first, *(browser.open_as("anna", page, {"tab": tab.label}) for tab in first.tabs[1:])]


def figures(tab: AppTest) -> dict[str, str]:
    assert not tab.exception
    return {metric.label: metric.value for metric in tab.metric}


def html(tab: AppTest) -> str:
    assert not tab.exception
    return " ".join(element.proto.body for element in tab.get("html"))


def tiles(tab: AppTest) -> dict[str, tuple[str, str, str]]:
    """The figure of each tile, the line below it, and its change."""
    parts = (
        r'class="label">([^<]+?)(?: <span class="change">(.*?)</span>)?</div>\s*'
        r'<div class="value">(.*?)</div>\s*<div class="below">(.*?)</div>'
    )
    return {label: (value, below, change) for label, change, value, below in re.findall(parts, html(tab))}


def shown_first(tab: AppTest) -> list[str]:
    """Photos, flowers, taxa, visits, sites and people."""
    said = tiles(tab)
    numbers = [said[label][0] for label in ("Photos", "Flowers", "Taxa", "Visits")]
    return [*numbers, *(re.findall(r"\d+", said[label][1])[0] for label in ("Visits", "Photos"))]


def links(tab: AppTest) -> dict[str, dict[str, list[str]]]:
    """Targets of a page's links, by their words."""
    return {link.proto.label: parse_qs(link.proto.query_string) for link in tab.get("page_link")}


def what_asks(tab: AppTest) -> dict[str, dict[str, list[str]]]:
    """The links to photos that need a look."""
    return {words: query for words, query in links(tab).items() if "attention" in query}


@pytest.mark.parametrize("page", [SPECIES, DIVERSITY], ids=["species", "diversity"])
def test_an_empty_store_says_what_would_be_here(browser, page):
    tab = browser.open_as("anna", page)
    assert "Nothing to show yet." in said(tab)
    assert tab.get("plotly_chart") == []


def test_a_new_store_shows_the_drop_zone_the_samples_and_three_steps(browser):
    tab = browser.open_as("lea", OVERVIEW)
    assert all(step in said(tab) for step in ("1. Drop photos", "2. Look at", "3. See what"))
    assert len(tab.get("file_uploader")) == 1
    assert tab.get("plotly_chart") == []
    tab.button(key="samples").click().run()
    assert tab.title[0].value == "Count flowers"
    assert len(tab.get("progress")) == 1


@EVERY
@pytest.mark.parametrize("found", [{"corn-poppy": 1}, {"unknown": 3}, {}], ids=["one flower", "unknown", "no flower"])
@pytest.mark.parametrize("known", [{}, {"site": "", "taken_at": None}], ids=["known place", "nothing known"])
def test_one_photo_looks_intended(browser, page, found, known):
    count(bloomcount().library, photo("a", **known), found)
    text = said(browser.open_as("anna", page))
    assert "nan" not in text.casefold()
    assert "None" not in text


@EVERY
def test_every_chart_has_its_sentence_its_table_and_its_rule(browser, survey, saved, page):
    shown = with_each_tab(browser, page)
    charts = [chart for tab in shown for chart in tab.get("plotly_chart")]
    assert all(chart.proto.alt for chart in charts)
    assert len(charts) > 1
    if page != OVERVIEW:  # whose charts stand on *Species* and *Map* with their words and downloads
        captions = {caption.value.replace("\\", "") for tab in shown for caption in tab.caption}
        assert {chart.proto.alt for chart in charts} <= captions
        assert len(saved) >= len(charts)
        assert all("per site and day" in re.sub(r"<[^>]+>", " ", chart.proto.spec) for chart in charts)
    assert all("for each taxon the highest count is used. 1 of 5 photos reviewed" in said(tab) for tab in shown)


@pytest.mark.parametrize("page", [SPECIES, DIVERSITY], ids=["species", "diversity"])
def test_the_name_of_a_site_is_no_markup_in_the_sentence_of_a_chart(browser, page):
    site = "[dunes](https://example.org) *wet*"
    count(bloomcount().library, photo("a", site=site), {"corn-poppy": 40, "yellow-iris": 12})
    count(bloomcount().library, photo("b", site="wood"), {"corn-poppy": 1, "yellow-iris": 9})
    text = " ".join(said(tab) for tab in with_each_tab(browser, page))
    assert plain(site) in text
    assert site not in text


@EVERY
def test_a_filter_that_leaves_nothing_says_so_and_can_be_cleared(browser, survey, page):
    tab = browser.open_as("anna", page, {"taken-from": "2030-01-01"})
    assert "No counted photos match these filters." in said(tab)
    assert "No counted photo" not in said(tab.button(key="filter_clear").click().run())


def test_a_flagged_photo_makes_flowers_a_lower_bound(browser, survey):
    tab = browser.open_as("anna", OVERVIEW)
    assert tiles(tab)["Flowers"] == ("70", "70-75, or more", "")
    assert tiles(browser.open_as("anna", OVERVIEW, {"site": "dunes"}))["Flowers"] == ("54", "54-57", "")


def test_each_bar_is_in_parts_by_how_sure_it_is_and_leads_to_its_photos(browser, survey):
    tab = browser.open_as("anna", OVERVIEW, {"site": "dunes"})
    [row] = [element.proto.body for element in tab.get("html") if "Papaver rhoeas" in element.proto.body]
    assert re.findall(r'<span class="(\w+)" style="width:([\d.]+)%"', row) == [
        ("reviewed", "42.5"),
        ("confident", "57.5"),
    ]
    assert links(tab)[plain("Papaver rhoeas · corn poppy: 40 (40-41), 40-41")] == {
        "site": ["dunes"], "taxon": ["corn-poppy"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("choose", "photos", "flowers", "taxa", "visits", "sites", "people"),
    [
        pytest.param(lambda tab: tab, "5", "70", "2", "4", "2", "2", id="all"),
        pytest.param(
            lambda tab: tab.multiselect(key="filter_sites").select("wood"), "2", "16", "2", "2", "1", "1", id="site"
        ),
        pytest.param(
            lambda tab: tab.multiselect(key="filter_people").select("ben"), "2", "16", "2", "2", "1", "1", id="who"
        ),
        pytest.param(
            lambda tab: tab.multiselect(key="filter_taxa").select("corn-poppy"),
            "5",
            "47",
            "1",
            "4",
            "2",
            "2",
            id="taxon",
        ),
        pytest.param(
            lambda tab: tab.date_input(key="filter_from").set_value(date(2026, 1, 1)),
            "3",
            "63",
            "2",
            "2",
            "2",
            "2",
            id="from",
        ),
        pytest.param(
            lambda tab: tab.date_input(key="filter_to").set_value(date(2026, 1, 1)),
            "1",
            "7",
            "1",
            "1",
            "1",
            "1",
            id="until",
        ),
        pytest.param(
            lambda tab: tab.slider(key="filter_surer").set_value(90), "5", "61", "2", "4", "2", "2", id="surer"
        ),
        pytest.param(
            lambda tab: tab.toggle(key="filter_reviewed").set_value(True), "1", "32", "1", "1", "1", "1", id="reviewed"
        ),
    ],
)
def test_each_filter_changes_the_figures(browser, survey, choose, photos, flowers, taxa, visits, sites, people):
    tab = choose(browser.open_as("anna", OVERVIEW)).run()
    assert shown_first(tab) == [photos, flowers, taxa, visits, sites, people]


def test_the_rule_for_repeats_is_chosen_said_kept_in_the_address_and_opened_by_a_link(browser, survey):
    tab = browser.open_as("anna", OVERVIEW)
    tab.segmented_control(key="repeats_rule").set_value("sum").run()
    assert tiles(tab)["Flowers"][0] == "100"
    assert "Counts of all photos are added up" in said(tab)
    assert tab.query_params["repeats"] == "sum"
    again = browser.open_as("anna", OVERVIEW, {"repeats": "sum"})
    assert tiles(again) == tiles(tab)
    tab.segmented_control(key="repeats_rule").set_value("median").run()
    assert tiles(tab)["Flowers"][0] == "58"


def test_a_longer_window_makes_fewer_visits(browser, survey):
    count(bloomcount().library, photo("later", taken_at="2026-06-20T12:00:00"), {"corn-poppy": 38})
    tab = browser.open_as("anna", OVERVIEW)
    assert tiles(tab)["Flowers"][0] == "108"
    assert tiles(tab.number_input(key="repeats_window").set_value(14).run())["Flowers"][0] == "70"


def test_the_overview_compares_with_the_period_before(browser, survey):
    count(bloomcount().library, photo("earlier", taken_at="2026-05-10T12:00:00"), {"corn-poppy": 5})
    tab = browser.open_as("anna", OVERVIEW)
    changes = {label: change for label, (_, _, change) in tiles(tab).items()}
    assert changes == {"Flowers": "+58", "Photos": "+2", "Taxa": "+1", "Visits": "+1", "Seen by people": ""}
    assert "the 30 days from 14 May 2026 to 12 Jun 2026, against the 30 days before" in said(tab)
    chosen = browser.open_as("anna", OVERVIEW, {"taken-from": "2026-05-10", "taken-to": "2026-06-12"})
    assert "No change is shown: there are no photos in the" in said(chosen)
    assert "Change:" not in said(chosen)  # nothing was photographed before, and no change is shown against nothing
    assert {change for *_, change in tiles(chosen).values()} == {""}


def test_what_needs_a_look_leads_to_exactly_those_photos(browser, survey):
    asking = what_asks(browser.open_as("anna", OVERVIEW))
    assert asking == {
        "1 · flagged: the count is a lower bound": {"attention": ["flagged"]},
        "1 · photos without a date": {"attention": ["undated"]},
        "1 · files that could not be read": {"attention": ["failed"]},
    }
    for words, query in asking.items():
        found = bloomcount().library.gallery(Selection.from_query(query), order="newest", page=0, per_page=9)
        assert words.startswith(f"{found.total} ·")


def test_what_needs_a_look_keeps_the_filter(browser, survey):
    asking = what_asks(browser.open_as("anna", OVERVIEW, {"site": "wood"}))
    assert asking == {"1 · flagged: the count is a lower bound": {"attention": ["flagged"], "site": ["wood"]}}


def test_nothing_to_look_at_is_said(browser):
    count(bloomcount().library, photo("a"), {"corn-poppy": 3})
    assert "Nothing at the moment" in said(browser.open_as("anna", OVERVIEW))


def test_the_table_of_a_chart_has_the_numbers_of_the_page(browser, survey, saved):
    tab, *_ = with_each_tab(browser, SPECIES)
    abundance = {row["taxon"]: int(row["count"]) for row in rows(saved, "abundance")}
    assert abundance == {"corn-poppy": 47, "yellow-iris": 21, "unknown": 2}
    assert abundance == {row["taxon"]: int(row["count"]) for row in rows(saved, "taxa")}
    assert {row["family"] for row in rows(saved, "families")} == {"Papaveraceae", "Iridaceae"}
    assert plain("Papaver rhoeas · corn poppy 47 (47-49)") in said(tab)


def test_names_in_a_chart_are_not_called_taxa_where_some_are_none(browser, survey):
    count(bloomcount().library, photo("g"), {"papaver": 1})
    tab = browser.open_as("anna", OVERVIEW)
    assert tiles(tab)["Taxa"][0] == "2"
    assert "All 4 names" in links(tab)
    ranks = "Flowers of each taxon by rank (3 names, without unknown flowers)"
    assert plain(ranks) in said(browser.open_as("anna", SPECIES))


def test_a_find_out_of_season_is_asked_about_with_a_link_and_still_counted(browser, survey, saved):
    tab = browser.open_as("anna", SPECIES, {"tab": "Season"})
    [odd] = [table.value for table in tab.dataframe if "Day" in table.value]
    assert odd[["Day", "Site", "Taxon", "Flowers"]].to_numpy().tolist() == [
        [date(2025, 12, 24), "wood", "Papaver rhoeas · corn poppy", "7 (7-8)"]
    ]
    link = urlsplit(odd["Photos"][0])
    found = bloomcount().library.gallery(Selection.from_query(parse_qs(link.query)), order="newest", page=0, per_page=9)
    assert (link.path, [one.result.photo.file for one in found.photos]) == ("/photos", ["c"])
    weeks = {(row["taxon"], row["week"]): row["out_of_season"] for row in rows(saved, "calendar")}
    assert weeks[("corn-poppy", "52")] == "1"


def test_the_photos_of_a_find_are_those_of_the_filter(browser, survey):
    count(bloomcount().library, photo("annas", site="wood", taken_at="2025-12-24T12:00:00"), {"corn-poppy": 2})
    tab = browser.open_as("anna", SPECIES, {"who": "ben", "tab": "Season"})
    [odd] = [table.value for table in tab.dataframe if "Day" in table.value]
    found = Selection.from_query(parse_qs(urlsplit(odd["Photos"][0]).query))
    assert found == Selection(
        people=("ben",),
        sites=("wood",),
        taxa=("corn-poppy",),
        taken_from=date(2025, 12, 24),
        taken_to=date(2025, 12, 24),
    )


def test_time_can_be_seen_by_week_month_or_year(browser, survey, saved):
    tab = browser.open_as("anna", SPECIES, {"tab": "Season"})
    starts = {row["start"][:10] for row in rows(saved, "over-time")}
    tab.segmented_control(key="step").set_value("year").run()
    assert starts == {"2025-12-01", "2026-06-01"}
    assert {row["start"][:10] for row in rows(saved, "over-time")} == {"2025-01-01", "2026-01-01"}


def test_indices_are_explained_with_unit_and_source_and_say_what_is_left_out(browser, survey):
    tab = browser.open_as("anna", DIVERSITY)
    assert list(figures(tab)) == [
        "Richness", "Shannon H′", "Simpson 1-D", "Pielou J′", "Hill q=0", "Hill q=1", "Hill q=2", "Chao1",
    ]  # fmt: skip
    assert figures(tab)["Richness"] == "2"
    assert "nats. Uncertainty about the taxon of the next flower" in said(tab)
    assert "One wrong name adds such a taxon" in said(tab)
    assert "Unknown flowers, left out: 2." in said(tab)


def test_a_community_of_one_taxon_has_no_evenness_and_says_why(browser):
    count(bloomcount().library, photo("a"), {"corn-poppy": 3})
    tab = browser.open_as("anna", DIVERSITY)
    assert (figures(tab)["Shannon H′"], figures(tab)["Pielou J′"]) == ("0", "no number")
    assert "Only one taxon" in said(tab)
    assert "Only 3 flowers" in said(tab)


def test_sites_are_compared_by_the_chosen_index(browser, survey, saved):
    tab = browser.open_as("anna", DIVERSITY, {"tab": "Sites compared"})
    tab.selectbox(key="index").set_value("richness").run()
    assert [(row["community"], row["value"]) for row in rows(saved, "index-by-site")] == [
        ("dunes", "2.0"),
        ("wood", "2.0"),
    ]
    assert "Fewer than 50 flowers, so the index depends mostly on chance: wood." in said(tab)


def test_only_sites_that_have_the_chosen_index_are_said_to_be_shown(browser):
    for site, found in (("dunes", 3), ("heath", 4), ("wood", 0)):
        count(
            bloomcount().library, photo(site, site=site), {"corn-poppy": 3} | ({"yellow-iris": found} if found else {})
        )
    tab = browser.open_as("anna", DIVERSITY, {"tab": "Sites compared"})
    tab.selectbox(key="index").set_value("pielou").run()
    assert "Pielou J′ of 2 sites with intervals; the highest is dunes" in said(tab)


def test_sites_that_all_lack_the_chosen_index_are_said_to_and_the_page_goes_on(browser):
    count(bloomcount().library, photo("a"), {"corn-poppy": 3})
    count(bloomcount().library, photo("b", site="wood"), {"corn-poppy": 5})
    tab = browser.open_as("anna", DIVERSITY, {"tab": "Sites compared"})
    tab.selectbox(key="index").set_value("pielou").run()
    assert "This index has no value for any site" in said(tab)
    tab = browser.open_as("anna", DIVERSITY, {"tab": "Dissimilarity"}, index="pielou")
    assert "Dissimilarity between sites" in [heading.value for heading in tab.subheader]


def test_curves_go_by_flower_or_by_photo(browser, survey, saved):
    tab = browser.open_as("anna", DIVERSITY, {"tab": "Sampling completeness"})
    assert rows(saved, "curve-by-flower")[-1]["units"] == "68"
    tab.segmented_control(key="curve").set_value("photo").run()
    assert rows(saved, "curve-by-photo")[-1]["units"] == "5"


def test_a_lead_begins_on_the_overview_and_a_researcher_counts_as_does_everybody_until_there_are_photos(browser):
    assert browser.open_as("lea").title[0].value == "Count flowers"
    count(bloomcount().library, photo("a"), {"corn-poppy": 3})
    assert browser.open_as("lea").title[0].value == "Overview"
    assert browser.open_as("anna").title[0].value == "Count flowers"


def test_hostile_names_stay_text(browser, saved):
    count(bloomcount().library, photo("a", site="=cmd()<script> | *x*"), {"corn-poppy": 3})
    for tab in [tab for page in (OVERVIEW, SPECIES, DIVERSITY) for tab in with_each_tab(browser, page)]:
        assert not tab.exception
        assert all("<script>" not in chart.proto.spec for chart in tab.get("plotly_chart"))
    assert rows(saved, "index-by-site")[0]["community"] == "'=cmd()<script> | *x*"
