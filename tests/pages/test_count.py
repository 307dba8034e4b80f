"""Count flowers and Photos, with the shipped recogniser on real photos: what a researcher sees after each step."""

from __future__ import annotations

import csv
import io
import re
import time
from dataclasses import replace

import pytest
import streamlit as st

from core.recognition.flowers import TaxonScore
from tests.app_server import ROOT
from tests.pages.test_photo import analysis
from tests.survey import count, photo
from web.process import bloomcount, stop_worker, worker

COUNT = "pages/field/count.py"
PHOTOS = "pages/field/photos.py"
SAMPLES = ROOT / "pages" / "parts" / "samples"
DAHLIA = (SAMPLES / "dahlia.jpg").read_bytes()
TEMPLE = (SAMPLES / "temple.jpg").read_bytes()
COUNTED_S = 90


@pytest.fixture(autouse=True)
def _counting_ends_with_the_test(browser):
    yield
    stop_worker()


@pytest.fixture
def saved(monkeypatch):
    """Content of the download button, as the page last drew it."""
    files: dict[str, str] = {}

    def download_button(label, data, file_name, *_, **__):
        content = data() if callable(data) else data
        files[label] = content if label == "Excel" else content.decode()
        return False

    monkeypatch.setattr(st, "download_button", download_button)
    return files


def words(tab):
    """All sentences on the tab."""
    assert not tab.exception
    return " ".join(text.value for text in [*tab.title, *tab.markdown, *tab.info, *tab.caption, *tab.error])


def drop(tab, *files):
    tab.file_uploader[0].set_value([(name, data, "image/jpeg") for name, data in files]).run()
    return tab


def counted(tab, photos):
    """Run the tab until so many photos are done."""
    deadline = time.monotonic() + COUNTED_S
    latest = bloomcount().latest_drop("anna")
    while len(bloomcount().library.drop_results(latest)) < photos or bloomcount().inbox.waiting(latest):
        assert time.monotonic() < deadline, "the photos were never counted"
        time.sleep(0.2)
    return tab.run()


def rows(saved):
    return list(csv.DictReader(io.StringIO(saved["Download CSV"])))


def test_a_newcomer_is_told_what_to_do(browser):
    tab = browser.open_as("anna", COUNT)
    assert "Nothing counted yet." in words(tab)
    assert [button.label for button in tab.button] == ["Try two samples", "Save field work"]


def test_photos_are_counted_recounted_and_saved(browser, saved):
    tab = browser.open_as("anna", COUNT)
    tab.text_input(key="note").set_value("after rain").run()
    drop(tab, ("dahlia.jpg", DAHLIA), ("temple.jpg", TEMPLE), ("broken.jpg", DAHLIA[:9000]), ("empty.jpg", b""))
    tab = counted(tab, 4)
    assert "in 1 photo · 1 without flowers · 2 could not be read" in words(tab)
    flowers = [row for row in rows(saved) if row["count"] not in ("", "0")]
    assert {row["file"] for row in flowers} == {"dahlia.jpg"}
    assert {row["file"] for row in rows(saved) if row["problem"]} == {"broken.jpg", "empty.jpg"}

    analyses = bloomcount().library.tables.query("SELECT count(*) AS n FROM analyses", "analyses")["n"][0].as_py()
    lowest = tab.slider(key="threshold").set_value(0.05).run()
    many = sum(int(row["count"] or 0) for row in rows(saved))
    lowest.slider(key="threshold").set_value(0.95).run()
    few = sum(int(row["count"] or 0) for row in rows(saved))
    assert few <= sum(int(row["count"]) for row in flowers) <= many
    assert few < many
    again = bloomcount().library.tables.query("SELECT count(*) AS n FROM analyses", "analyses")["n"][0].as_py()
    assert (analyses, again) == (2, 2)


def test_the_results_are_there_on_return_and_for_nobody_else(browser):
    drop_of_anna = drop(browser.open_as("anna", COUNT), ("dahlia.jpg", DAHLIA))
    counted(drop_of_anna, 1)
    assert "in 1 photo" in words(browser.open_as("anna", COUNT))
    assert "Nothing counted yet." in words(browser.open_as("lea", COUNT))


def test_a_photo_whose_counting_was_never_begun_is_shown_as_waiting(browser):
    worker().stop(20)
    tab = drop(browser.open_as("anna", COUNT), ("dahlia.jpg", DAHLIA))
    assert len(bloomcount().inbox.waiting(bloomcount().latest_drop("anna"))) == 1
    assert not tab.exception


def test_the_same_photo_twice_is_one_photo(browser, saved):
    tab = drop(browser.open_as("anna", COUNT), ("dahlia.jpg", DAHLIA), ("copy.jpg", DAHLIA))
    counted(tab, 1)
    assert len({row["photo_id"] for row in rows(saved)}) == 1
    assert bloomcount().library.number_of_photos() == 1


def test_a_new_drop_begins_empty_and_keeps_the_old_photos(browser):
    tab = counted(drop(browser.open_as("anna", COUNT), ("dahlia.jpg", DAHLIA)), 1)
    tab.button(key="new_drop").click().run()
    tab = counted(drop(tab, ("temple.jpg", TEMPLE)), 1)
    assert "in 0 photos · 1 without flowers" in words(tab)
    assert bloomcount().library.number_of_photos() == 2


def test_a_new_drop_has_no_note_of_the_last_one(browser):
    tab = browser.open_as("anna", COUNT)
    tab.text_input(key="note").set_value("after rain").run()
    tab = counted(drop(tab, ("dahlia.jpg", DAHLIA)), 1)
    tab.button(key="new_drop").click().run()
    assert tab.text_input(key="note").value == ""


def test_photos_that_were_here_already_are_said_and_moved_with_one_click(browser):
    library = bloomcount().library
    tab = counted(drop(browser.open_as("anna", COUNT), ("dahlia.jpg", DAHLIA)), 1)
    [first] = library.photos(library.ids_from(""))
    tab.button(key="new_drop").click().run()
    count(library, photo("heap", site="heath"), {})
    tab.run()
    tab.selectbox(key="site").set_value("heath").run()
    tab = counted(drop(tab, ("again.jpg", DAHLIA)), 1)
    assert "1 of 1 were here already; kept as they were." in words(tab)
    assert library.photo(first).site == ""
    move = next(button for button in tab.button if button.key.startswith("move-"))
    assert move.label == "Move 1 photo to heath"
    move.click().run()
    assert library.photo(first).site == "heath"


def test_the_samples_are_counted_under_a_site_of_their_own(browser):
    tab = browser.open_as("anna", COUNT)
    tab.button(key="samples").click().run()
    tab = counted(tab, 2)
    assert "in 1 photo · 1 without flowers" in words(tab)
    assert bloomcount().library.sites() == ["Sample photos"]


def test_hostile_names_stay_text(browser, saved):
    tab = drop(browser.open_as("anna", COUNT), ("=cmd()<script>.jpg", DAHLIA))
    tab = counted(tab, 1)
    assert "<script>" not in "".join(str(html.proto.body) for html in tab.get("html"))
    assert rows(saved)[0]["file"] == "'=cmd()<script>.jpg"


def test_of_taxa_in_a_flagged_photo_the_totals_say_at_least_so_many(browser):
    flagged, clear = photo("a"), photo("b")
    rose = (TaxonScore("rose", 0.9),)
    seen = analysis(clear)
    clear_sight = replace(seen, flowers=replace(seen.flowers, taxa=(rose,) * 2))
    bloomcount().library.record([flagged, clear], [replace(analysis(flagged), flag="crowded"), clear_sight], [])
    tab = browser.open_as("anna", COUNT)
    (table,) = [html.proto.body for html in tab.get("html") if "bloom-totals" in html.proto.body]
    figures = dict(re.findall(r"<th scope=\"row\">(.*?) <i>.*?\"figure\">(.*?) ?<", table))
    assert figures["corn poppy"] == "≥ 1"
    assert "≥" not in figures["rose"]


def test_photos_says_what_would_be_here(browser):
    assert "No photos yet." in words(browser.open_as("anna", PHOTOS))


def test_photos_shows_what_everybody_stored(browser):
    counted(drop(browser.open_as("anna", COUNT), ("dahlia.jpg", DAHLIA), ("temple.jpg", TEMPLE)), 2)
    tab = browser.open_as("lea", PHOTOS)
    assert "2 photos" in words(tab)
    cards = "".join(str(html.proto.body) for html in tab.get("html"))
    assert "dahlia.jpg" in cards
    assert "temple.jpg" in cards
