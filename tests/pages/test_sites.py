"""Sites: everybody sees them, leads describe, import, rename them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import streamlit as st

from core.store.records import Site
from core.survey.file_rows import MOST_ROWS
from tests.people import ADMIN
from tests.survey import count, photo
from web.process import bloomcount, open_drops
from web.uploads import OpenForm

SITES = "pages/insight/sites.py"
COUNT = "pages/field/count.py"
NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
DUNES = Site("dunes", 52.42915, 4.57714, "dry dune", 25.0, "lea", NOON)


@pytest.fixture
def library(browser):
    """Two sites with photos, one of them described, and one that is only described."""
    library = bloomcount().library
    count(library, photo("a"), {"corn-poppy": 3})
    count(library, photo("b"), {"corn-poppy": 7})
    count(library, photo("c", site="wood"), {})
    library.describe_sites([DUNES, Site("new plot", None, None, "", None, "lea", NOON)], by=ADMIN)
    return library


@pytest.fixture
def saved(monkeypatch):
    """Content of each download button, as the page last drew it."""
    files: dict[str, str] = {}

    def download_button(label, data, *_, **__):
        content = data() if callable(data) else data
        files[label] = content if label == "Excel" else content.decode()
        return False

    monkeypatch.setattr(st, "download_button", download_button)
    return files


def words(tab):
    """All sentences on the tab."""
    assert not tab.exception
    kinds = (tab.title, tab.subheader, tab.markdown, tab.caption, tab.error, tab.success, tab.info, tab.warning)
    return " ".join(text.value for kind in kinds for text in kind)


def table(tab, *columns, number=0):
    return tab.dataframe[number].value[list(columns)].to_numpy().tolist()


def form(tab):
    """The part of the form's widget keys that all of them share."""
    return next(box.key for box in tab.text_input if box.key.startswith("site_position-")).removeprefix(
        "site_position-"
    )


def fill(tab, *, name=None, position=None, habitat=None, area=None):
    """Type into the form and send it."""
    of = form(tab)
    for key, value in (("name", name), ("position", position), ("habitat", habitat)):
        if value is not None:
            tab.text_input(key=f"site_{key}-{of}").set_value(value)
    if area is not None:
        tab.number_input(key=f"site_area-{of}").set_value(area)
    return tab.button(key=f"FormSubmitter:site-{of}-Save site").click().run()


def upload(tab, data, name="sites.csv"):
    tab.file_uploader[0].set_value([(name, data, "text/csv")])
    return tab.run()


def test_an_empty_store_says_what_would_be_here(browser):
    tab = browser.open_as("anna", SITES)
    assert "No sites yet." in words(tab)
    assert len(tab.dataframe) == 0


def test_a_researcher_sees_sites_and_what_was_done_there_and_changes_nothing(browser, library):
    tab = browser.open_as("anna", SITES)
    columns = ("Site", "Position", "Habitat", "Photos", "Visits", "Days", "Taxa", "Flowers", "Flowers per m²")
    assert table(tab, *columns) == [
        ["dunes", "52.4291 N 4.5771 E", "dry dune", 2, 1, 1, 1, "7 (7-8)", "0.28 (0.28-0.32)"],
        ["new plot", "", "", 0, 0, 0, 0, "0", ""],
        ["wood", "", "", 1, 1, 1, 0, "0", ""],
    ]
    assert "for each taxon the highest count is used" in words(tab)
    assert (len(tab.text_input), len(tab.file_uploader), len(tab.selectbox)) == (0, 0, 0)


def test_what_nobody_said_of_a_site_is_an_empty_cell(browser, library):
    (sites,) = browser.open_as("anna", SITES).dataframe
    assert sites.value["Plot, m²"].isna().any()
    assert sites.proto.HasField("placeholder")
    assert sites.proto.placeholder == ""


def test_a_lead_adds_a_site(browser, library):
    tab = fill(browser.open_as("lea", SITES), name=" Heath  3", position="52,1 N 5,2 O", habitat="heath", area=4.5)
    assert "Heath 3 is saved." in words(tab)
    heath = library.described_sites()["Heath 3"]
    assert (heath.latitude, heath.longitude, heath.habitat, heath.area_m2, heath.changed_by) == (
        52.1, 5.2, "heath", 4.5, "lea",
    )  # fmt: skip
    assert "Heath 3" in [row[0] for row in table(tab, "Site")]
    assert tab.text_input(key=f"site_name-{form(tab)}").value == ""


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": ""}, "A site needs a name"),
        ({"name": "DUNES"}, "There is a site dunes already"),
        ({"name": "x", "position": "4.5771, 52.4291"}, "look swapped"),
    ],
)
def test_what_cannot_be_a_site_is_said_and_not_kept(browser, library, typed, sentence):
    tab = fill(browser.open_as("lea", SITES), **typed)
    assert sentence in words(tab).replace("\\", "")
    assert library.sites() == ["dunes", "new plot", "wood"]


def test_a_change_keeps_what_was_not_touched(browser, library):
    tab = browser.open_as("lea", SITES)
    tab.selectbox(key="site_chosen").set_value("dunes").run()
    fill(tab, habitat="wet slack")
    now = library.described_sites()["dunes"]
    assert (now.latitude, now.longitude, now.habitat, now.area_m2) == (52.42915, 4.57714, "wet slack", 25.0)


def test_a_tab_left_open_does_not_put_back_what_another_one_changed(browser, library):
    tab = browser.open_as("lea", SITES)
    tab.selectbox(key="site_chosen").set_value("dunes").run()
    library.describe_sites([replace(DUNES, habitat="wet slack", changed_at=NOON + timedelta(hours=1))], by=ADMIN)
    fill(tab.run(), area=4.0)
    now = library.described_sites()["dunes"]
    assert (now.habitat, now.area_m2) == ("wet slack", 4.0)


def test_a_site_that_only_photos_name_gets_its_position(browser, library):
    tab = browser.open_as("lea", SITES)
    tab.selectbox(key="site_chosen").set_value("wood").run()
    fill(tab, position="52.1, 5.1")
    assert library.described_sites()["wood"].latitude == 52.1


def test_a_description_is_removed(browser, library):
    tab = browser.open_as("lea", SITES)
    tab.selectbox(key="site_chosen").set_value("new plot").run()
    tab.button(key="site_remove").click().run()
    assert "is removed" in words(tab)
    assert [row[0] for row in table(tab, "Site")] == ["dunes", "wood"]


def test_a_misspelt_site_is_merged_into_the_right_one(browser, library):
    count(library, photo("d", site="wod"), {})
    tab = browser.open_as("lea", SITES)
    tab.selectbox(key="site_chosen").set_value("wod").run()
    next(box for box in tab.selectbox if box.key.startswith("site_rename-wod")).set_value("wood").run()
    assert tab.button(key="site_do_rename").label == "Merge wod into wood"
    tab.button(key="site_do_rename").click().run()
    assert "wod is now wood. Photos changed: 1" in words(tab)
    assert table(tab, "Site", "Photos") == [["dunes", 2], ["new plot", 0], ["wood", 2]]


def test_a_file_is_shown_before_it_is_kept_and_refused_rows_have_reasons(browser, library):
    data = (
        "\ufeffnaam;lat;lon;biotoop;opmerking\r\nHei;52,1;5,2;heide;x\r\ndunes;;;duin;\r\nMis;5,2;52,1;;\r\n".encode()
    )
    tab = upload(browser.open_as("lea", SITES), data)
    assert table(tab, "Site", "State", "Position", "Habitat", number=1) == [
        ["Hei", "new", "52.1000 N 5.2000 E", "heide"],
        ["dunes", "changed", "52.4291 N 4.5771 E", "duin"],
    ]
    [[row, site, why]] = table(tab, "Row", "Site", "Why", number=2)
    assert (row, site, "look swapped" in why) == (4, "Mis", True)
    assert "Columns that are not used: opmerking" in words(tab)
    assert library.sites() == ["dunes", "new plot", "wood"]
    tab.button(key="sites_keep").click().run()
    assert "Sites saved: 2" in words(tab)
    assert library.described_sites()["Hei"].changed_by == "lea"
    assert library.described_sites()["dunes"].area_m2 == 25.0
    assert len(tab.dataframe) == 1


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"PK\x03\x04", "Save the sheet as CSV first"),
        (b"lat;lon\n52;5\n", "has no column"),
        (b"site\n" + b"a\n" * (MOST_ROWS + 1), "is the limit. Split it"),
        (b"site;lat\n", "has no new or changed sites"),
    ],
)
def test_a_file_that_brings_nothing_says_why(browser, library, data, sentence):
    tab = upload(browser.open_as("lea", SITES), data)
    assert sentence in words(tab).replace("\\", "")
    assert [button.key for button in tab.button if button.key == "sites_keep"] == []


def test_a_lead_types_metres_of_the_dutch_grid(browser, library):
    fill(browser.open_as("lea", SITES), name="Church", position="155000, 463000")
    assert library.described_sites()["Church"].latitude == pytest.approx(52.155172, abs=5e-6)


def test_nothing_is_saved_while_a_number_may_be_two_and_then_as_the_person_says(browser, library):
    tab = upload(browser.open_as("lea", SITES), b"site;area\nHei;1.250\nBos;9\n")
    assert [button.key for button in tab.button if button.key == "sites_keep"] == []
    (asked,) = [radio for radio in tab.radio if radio.key.startswith("sites_decimal")]
    assert (asked.label, asked.options, asked.value) == ("How many m² is 1.250 in this file?", ["1.25", "1250"], None)
    asked.set_value(",").run()
    assert table(tab, "Site", "Plot, m²", number=1) == [["Hei", 1250.0], ["Bos", 9.0]]
    tab.button(key="sites_keep").click().run()
    assert library.described_sites()["Hei"].area_m2 == 1250


def test_a_file_that_stands_swapped_is_turned_as_the_person_says(browser, library):
    tab = upload(browser.open_as("lea", SITES), b"site;lat;lon\nBerlin;13.405;52.52\nParis;2.3522;48.8566\n")
    assert [button.key for button in tab.button if button.key == "sites_keep"] == []
    (asked,) = [radio for radio in tab.radio if radio.key.startswith("sites_swapped")]
    asked.set_value(True).run()
    assert table(tab, "Site", "Position", number=1) == [
        ["Berlin", "52.5200 N 13.4050 E"],
        ["Paris", "48.8566 N 2.3522 E"],
    ]
    tab.button(key="sites_keep").click().run()
    assert library.described_sites()["Berlin"].longitude == 13.405


def test_the_preview_has_a_map_and_says_who_is_not_on_it(browser, library):
    tab = upload(browser.open_as("lea", SITES), b"naam;X_RD;Y_RD\nHei;155000;463000\nBos;;\n")
    assert "Without a position, so not on any map: Bos" in words(tab)
    assert "Map of the positions in the file: 1" in words(tab)
    assert tab.button(key="sites_keep").label == "Save these sites, 1 without a position"
    tab = upload(browser.open_as("lea", SITES), b"naam;X_RD;Y_RD\nHei;155000;463000\n")
    assert tab.button(key="sites_keep").label == "Save these sites"


def test_the_files_that_the_page_saves_are_read_in_again(browser, library, saved):
    tab = browser.open_as("lea", SITES)
    for label, name in (("Download sites as CSV", "sites.csv"), ("Download sites as GeoJSON", "sites.geojson")):
        assert "Unchanged: dunes, new plot" in words(upload(tab, saved[label].encode(), name))


def test_files_go_to_the_page_of_a_lead_and_to_nobody_elses(browser, library, monkeypatch):
    opened = []
    monkeypatch.setattr(open_drops(), "open", lambda _, drop: opened.append(drop))
    browser.open_as("anna", SITES)
    assert opened == []
    browser.open_as("lea", SITES)
    assert {type(drop) for drop in opened} == {OpenForm}


def test_a_lead_who_is_one_no_more_changes_nothing_with_an_open_tab(browser, library):
    tab = browser.open_as("lea", SITES)
    browser.accounts.set_role("lea", "researcher", by=ADMIN)
    fill(tab, name="x")
    assert library.sites() == ["dunes", "new plot", "wood"]


def test_count_flowers_offers_the_sites_listed_here(browser, library):
    assert browser.open_as("anna", COUNT).selectbox(key="site").options == ["dunes", "new plot", "wood"]


def test_a_lead_makes_a_plot_with_quadrats_and_everybody_reads_its_density(browser, library):
    tab = browser.open_as("lea", SITES)
    tab.selectbox(key="site_chosen").set_value("wood").run()
    of = form(tab)
    tab.selectbox(key=f"protocol-{of}").set_value("quadrats").run()
    tab.number_input(key=f"quadrat_m2-{of}").set_value(0.25)
    tab.selectbox(key=f"site_parent-{of}").set_value("dunes")
    tab = tab.button(key=f"FormSubmitter:site-{of}-Save site").click().run()
    assert "wood is saved." in words(tab)
    wood = library.described_sites()["wood"]
    assert (wood.parent, wood.protocol, wood.quadrat_m2) == ("dunes", "quadrats", 0.25)
    tab = browser.open_as("anna", SITES)
    assert ["wood", "dunes", "quadrats 0.25 m²"] in table(tab, "Site", "Plot of", "Protocol")
    assert table(tab, "Site", "Protocol", "Flowers per m²", number=1) == [
        ["dunes", "several protocols: not comparable", ""]
    ]
