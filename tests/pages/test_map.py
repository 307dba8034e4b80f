"""Map: what a researcher sees of places, what a click on one does, and what is said of photos that have none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from core.recognition.flowers import Flowers, TaxonScore
from core.store.records import Analysis, Site
from core.survey.observed import observed
from core.survey.places import place_of_photos
from pages.parts import chart
from tests.people import ADMIN
from tests.survey import count, photo
from web.process import bloomcount, package

MAP = "pages/insight/map.py"
NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)


@pytest.fixture
def library(browser):
    """A described site, one that photos with GPS name, a spot, and photos that are nowhere."""
    library = bloomcount().library
    nowhere = {"latitude": None, "longitude": None}
    count(library, photo("a", **nowhere), {"corn-poppy": 3, "daffodil": 1})
    count(library, photo("b", site="wood", latitude=52.1, longitude=5.1), {"daffodil": 2})
    count(library, photo("c", site="", latitude=52.2, longitude=5.2), {"unknown": 2})
    count(library, photo("d", site="heath", **nowhere), {})
    count(library, photo("e", site="", **nowhere), {})
    library.describe_sites([Site("dunes", 52.5, 4.5, "", 10.0, "lea", NOON)], by=ADMIN)
    return library


@pytest.fixture
def drawn(monkeypatch):
    """The last arguments of show_chart: figure, table, name, alternative text."""
    last = {}
    write = chart.table_rows

    def show(figure, *_, alt, **__):
        last.update(figure=figure, alt=alt)

    def keep(label, data, *_, **__):
        if label == "Download CSV":
            last.update(csv=data().decode())

    monkeypatch.setattr(chart.st, "plotly_chart", show)
    monkeypatch.setattr(chart, "table_rows", lambda table: last.update(table=table) or write(table))
    monkeypatch.setattr(chart.st, "download_button", keep)
    return last


def words(tab):
    """All sentences on the tab."""
    assert not tab.exception
    return " ".join(text.value for kind in (tab.title, tab.markdown, tab.caption, tab.error) for text in kind)


def points(drawn):
    return {place[0] for trace in drawn["figure"].data if trace.customdata is not None for place in trace.customdata}


def test_an_empty_store_says_what_would_be_here(browser):
    tab = browser.open_as("anna", MAP)
    assert "Nothing to show yet." in words(tab)
    assert "Not on the map" not in words(tab)


def test_photos_without_any_place_say_so(browser):
    count(bloomcount().library, photo("a", latitude=None, longitude=None), {"daffodil": 1})
    tab = browser.open_as("anna", MAP)
    assert "None of these photos has a place" in words(tab)
    assert "Not on the map: 1 photo without GPS, of sites without a position (dunes)." in words(tab).replace("\\", "")


def test_sites_are_points_and_the_csv_is_the_table_drawn(browser, library, drawn):
    tab = browser.open_as("anna", MAP)
    assert points(drawn) == {"site dunes", "site wood"} | set(filter(lambda key: key.startswith("spot"), points(drawn)))
    assert len(points(drawn)) == 3
    header, *rows = drawn["csv"].splitlines()
    assert header.split(",")[:5] == ["place", "site", "latitude", "longitude", "position"]
    assert len(rows) == 3
    assert "Map of 3 places, 3 with flowers. Most are at dunes: 4 (4-6)." in drawn["alt"]
    said = words(tab).replace("\\", "")
    assert "One point per site" in said
    assert "for each taxon the highest count is used" in said
    assert "Not on the map: 1 photo without GPS, of sites without a position (heath)." in said
    assert "Not on the map: 1 photo without GPS and without a site." in said


def test_photos_are_points_where_they_were_taken(browser, library, drawn):
    tab = browser.open_as("anna", MAP)
    tab.segmented_control(key="map_kind").set_value("spots").run()
    assert len(points(drawn)) == 3
    assert all(key.startswith("spot 25 ") for key in points(drawn))
    assert "Photos within 25 m of each other are one point" in words(tab)


def test_plots_are_points_of_their_own_and_in_one_with_their_site(browser, library, drawn):
    library.describe_sites([Site("wood", 52.1, 5.1, "", None, "lea", NOON, parent="dunes")], by=ADMIN)
    tab = browser.open_as("anna", MAP)
    assert {key for key in points(drawn) if key.startswith("site")} == {"site dunes"}
    assert "Most are at dunes: 6 (6-9)." in drawn["alt"]
    tab.segmented_control(key="map_kind").set_value("plots").run()
    assert points(drawn) == {"site wood"}
    assert "One point per plot" in words(tab)
    tab.selectbox(key="map_place").set_value("site wood").run()
    links = {link.proto.label: link.proto for link in tab.get("page_link")}
    assert links["See its photos"].query_string == "site=wood"


def test_colour_can_be_richness(browser, library, drawn):
    tab = browser.open_as("anna", MAP)
    tab.segmented_control(key="map_colour").set_value("taxa").run()
    assert "Most taxa, 2, are at dunes." in drawn["alt"]


def test_a_place_is_told_about_and_leads_to_its_photos(browser, library):
    tab = browser.open_as("anna", MAP)
    tab.selectbox(key="map_place").set_value("site dunes").run()
    said = words(tab).replace("\\", "")
    assert "flowers: 4 (4-6)" in said
    assert "flowers per m²: 0.4 (0.4-0.6)" in said
    assert any("3 (3-4) <i>Papaver rhoeas</i> · corn poppy" in html.proto.body for html in tab.get("html"))
    links = {link.proto.label: link.proto for link in tab.get("page_link")}
    assert links["See its photos"].query_string == "site=dunes"
    assert links["See its photos"].page == "photos"
    assert links["Only this site"].query_string == "site=dunes"


def test_a_spot_shows_its_photos(browser, library):
    tab = browser.open_as("anna", MAP)
    rows = observed(library, ())
    (spot,) = set(place_of_photos(rows, library.described_sites(), "sites")) - {"site dunes", "site wood"}
    tab.selectbox(key="map_place").set_value(spot).run()
    assert "52.2000 N 5.2000 E" in words(tab).replace("\\", "")
    assert "c" in [link.proto.label for link in tab.get("page_link")]


def test_photos_of_a_spot_are_counted_at_the_threshold_of_their_own_model(browser, monkeypatch):
    library, record = bloomcount().library, photo("a", site="")
    doubtful = Flowers(np.float32([[4, 3, 12, 9]]), np.float32([0.3]), ((TaxonScore("corn-poppy", 0.9),),))
    library.record([record], [Analysis(record.photo_id, "other", "1.0", NOON, 0.9, "", doubtful)], [])
    other = replace(package(), default_threshold=0.2)
    monkeypatch.setattr(bloomcount().models, "package_of", lambda *_: other)
    tab = browser.open_as("anna", MAP)
    (spot,) = place_of_photos(observed(library, ()), {}, "sites")
    tab.selectbox(key="map_place").set_value(spot).run()
    assert any("corn poppy" in html.proto.body for html in tab.get("html"))


def test_the_filter_holds_and_sites_outside_it_are_not_said_to_lack_photos(browser, library, drawn):
    tab = browser.open_as("anna", MAP)
    tab.multiselect(key="filter_sites").select("wood").run()
    assert points(drawn) == {"site wood"}
    tab.multiselect(key="filter_sites").unselect("wood").select("dunes").run()
    tab.multiselect(key="filter_people").select("anna").run()
    assert points(drawn) == {"site dunes"}
    assert "Not on the map" not in words(tab)


def test_a_place_that_the_filter_leaves_out_is_chosen_no_more(browser, library):
    tab = browser.open_as("anna", MAP)
    tab.selectbox(key="map_place").set_value("site dunes").run()
    tab.multiselect(key="filter_sites").select("wood").run()
    assert tab.selectbox(key="map_place").value is None
    assert not tab.exception


def test_hostile_site_names_stay_text(browser, drawn):
    library = bloomcount().library
    count(library, photo("a", site="<img src=x onerror=alert(1)>"), {"daffodil": 1})
    tab = browser.open_as("anna", MAP)
    tab.selectbox(key="map_place").set_value("site <img src=x onerror=alert(1)>").run()
    assert not tab.exception
    assert "<img" not in drawn["figure"].to_json().replace("site <img", "")
