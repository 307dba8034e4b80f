"""Your drops: what was uploaded together, changed, undone and brought back in one step."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.survey import UPLOADED, count, photo
from web.process import bloomcount

PAGE = "pages/field/drops.py"
LATER = UPLOADED + timedelta(days=1)


@pytest.fixture
def library(browser):
    """A drop by anna of two photos, and one by ben that could not be read."""
    library = bloomcount().library
    count(library, photo("a.jpg", drop_id="d1"), {"corn-poppy": 3})
    count(library, photo("b.jpg", drop_id="d1", note="after rain"), {"corn-poppy": 1}, flag="crowded")
    broken = photo("c.jpg", drop_id="d2", uploaded_by="ben", site="wood", uploaded_at=LATER, problem="c.jpg is empty.")
    library.record([broken], [], [])
    return library


def words(tab) -> str:
    assert not tab.exception
    kinds = (tab.title, tab.markdown, tab.caption, tab.success, tab.error, tab.warning)
    return " ".join(text.value for kind in kinds for text in kind).replace("\\", "")


def test_a_newcomer_reads_what_would_be_here(browser):
    assert "No drops yet." in words(browser.open_as("anna", PAGE))


def test_a_researcher_sees_their_own_drops_and_a_lead_all(browser, library):
    mine = words(browser.open_as("anna", PAGE))
    assert "dunes · “after rain” · 2 photos · 1 doubtful" in mine
    assert "wood" not in mine
    tab = browser.open_as("lea", PAGE)
    assert "2 drops" in words(tab)
    assert "ben · could not be read" in words(tab)
    tab.segmented_control(key="whose_drops").set_value("mine").run()
    assert "No drops yet." in words(tab)


def test_a_drop_leads_to_its_photos(browser, library):
    [link] = browser.open_as("anna", PAGE).get("page_link")
    assert (link.proto.page, link.proto.query_string) == ("photos", "drop=d1")


def test_a_drop_is_undone_and_brought_back_by_one_click_each(browser, library):
    tab = browser.open_as("anna", PAGE)
    tab.button(key="undo-d1").click().run()
    assert "its photos are hidden" in words(tab)
    assert library.number_of_photos() == 1
    [link] = tab.get("page_link")
    assert link.proto.query_string == "drop=d1&hidden=only"
    tab.button(key="back-d1").click().run()
    assert "The drop is back." in words(tab)
    assert library.number_of_photos() == 3


def test_the_clock_of_a_drop_is_set_and_set_back(browser, library):
    tab = browser.open_as("anna", PAGE)
    tab.button(key="correct-d1").click().run()
    tab.segmented_control(key="kind_d1").set_value("clock").run()
    tab.number_input(key="hours_d1").set_value(-2).run()
    assert tab.button(key="make_d1").label == "Change 2 photos"
    tab.button(key="make_d1").click().run()
    assert {record.taken_at for record in library.photos(library.own_photos("d1")).values()} == {"2026-06-12T10:00:00"}
    assert "Changed: 2 photos." in words(tab)
    tab.button(key="undo_change").click().run()
    assert {record.taken_at for record in library.photos(library.own_photos("d1")).values()} == {"2026-06-12T12:00:00"}


def test_a_lead_gives_somebody_elses_drop_another_site(browser, library):
    tab = browser.open_as("lea", PAGE)
    tab.button(key="correct-d1").click().run()
    tab.segmented_control(key="kind_d1").set_value("site").run()
    tab.selectbox(key="to_site_d1").set_value("wood").run()
    tab.button(key="make_d1").click().run()
    assert {record.site for record in library.photos(library.own_photos("d1")).values()} == {"wood"}


def test_a_drop_says_its_protocol_and_who_observed(browser, library):
    tab = browser.open_as("anna", PAGE)
    tab.button(key="fieldwork-d1").click().run()
    tab.selectbox(key="protocol-d1-0").set_value("transect").run()
    assert "The photos follow a line without overlap." in words(tab)
    tab.number_input(key="length_m-d1-0").set_value(50)
    tab.number_input(key="width_m-d1-0").set_value(2)
    tab.text_input(key="observer-d1-0").set_value("Anna Bos")
    tab.button(key="FormSubmitter:fieldwork-d1-0-Save field work").click().run()
    assert "Field work saved: transect 50 m × 2 m · Anna Bos." in words(tab)
    assert "2 photos · 1 doubtful · transect 50 m × 2 m · Anna Bos" in words(tab)
    said = library.fieldwork()["d1"]
    assert (said.protocol, said.length_m, said.observer, said.by) == ("transect", 50, "Anna Bos", "anna")
