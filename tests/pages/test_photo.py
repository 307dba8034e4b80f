"""Photo: what a person sees of one photo, changes in it, takes away from it, and where they go from it."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from urllib.parse import parse_qs

import numpy as np
import pytest
import streamlit as st
from PIL import Image

from core.intake.corrections import correct
from core.intake.deletion import delete_photos
from core.recognition.flowers import Flowers, TaxonScore
from core.review.reviews import Said, save_review
from core.store.records import Analysis, PhotoRecord, ReviewedFlower, Site
from core.store.selection import Selection
from tests.app_server import ROOT
from tests.survey import UPLOADED, person, photo
from web.process import bloomcount, package

PAGE = "pages/field/photo.py"
DAHLIA = (ROOT / "pages" / "parts" / "samples" / "dahlia.jpg").read_bytes()
POPPY = (TaxonScore("corn-poppy", 0.9), TaxonScore("rose", 0.04), TaxonScore("gone-from-the-labels", 0.01))


@pytest.fixture
def saved(monkeypatch):
    """Content of the download buttons, by file name."""
    files: dict[str, object] = {}

    def download_button(label, data, file_name, *_, **__):
        files[file_name] = data
        return False

    monkeypatch.setattr(st, "download_button", download_button)
    return files


def store(name: str = "IMG_1.jpg", minute: int = 0, data: bytes = DAHLIA, **other: object) -> PhotoRecord:
    """A stored photo of 40 × 30 pixels with a sure poppy and a doubtful one."""
    library = bloomcount().library
    record = photo(name, photo_id=library.pictures.add(data + name.encode()), **other)
    record = photo(name, **{**other, "photo_id": record.photo_id, "uploaded_at": UPLOADED + timedelta(minutes=minute)})
    library.record([record], [] if record.problem else [analysis(record)], [])
    return record


def analysis(record: PhotoRecord, *, version: str | None = None, hours: int = 0, flowers: int = 2) -> Analysis:
    found = Flowers(
        np.float32([[4, 3, 12, 9], [20, 3, 28, 9]])[:flowers], np.float32([0.9, 0.2])[:flowers], (POPPY,) * flowers
    )
    at = UPLOADED + timedelta(hours=hours)
    return Analysis(record.photo_id, "bloom", version or package().version, at, 0.9, "", found)


def open_photo(browser, record: PhotoRecord, who: str = "anna", **query: str):
    return browser.open_as(who, PAGE, {"id": record.photo_id, **query})


def said(tab) -> str:
    assert not tab.exception
    texts = [*tab.title, *tab.subheader, *tab.markdown, *tab.caption, *tab.info, *tab.error]
    return " ".join([*(text.value for text in texts), *(html.proto.body for html in tab.get("html"))])


def viewer(tab) -> dict:
    """Data that the picture is drawn from."""
    assert not tab.exception
    [component] = tab.get("bidi_component")
    return json.loads(component.proto.json)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "No photo is chosen."),
        ({"id": "0" * 64}, "Photo not found."),
        ({"id": "'; DROP TABLE photos"}, "Photo not found."),
        ({"id": "../../accounts/accounts.json"}, "Photo not found."),
    ],
)
def test_an_address_without_a_photo_says_so_and_shows_the_way_back(browser, query, words):
    tab = browser.open_as("anna", PAGE, query)
    assert words in said(tab)
    assert [link.proto.page for link in tab.get("page_link")] == ["photos"]


@pytest.mark.parametrize(
    ("keep_counts", "words"), [(True, "Its counts are kept."), (False, "Its counts are deleted too.")]
)
def test_a_deleted_photo_says_who_deleted_it(browser, keep_counts, words):
    record, bloom = store("IMG_1.jpg", note="a face"), bloomcount()
    delete_photos(bloom.library, bloom.inbox, [record.photo_id], keep_counts=keep_counts, by=person("lea", "lead"))
    tab = open_photo(browser, record)
    assert not tab.exception
    (told,) = [info.value.replace("\\", "") for info in tab.info]
    assert told.startswith("Deleted for privacy by lea, ")
    assert told.endswith(words)
    assert "IMG_1" not in str([part.value for part in (*tab.title, *tab.markdown, *tab.caption)])


def test_a_photo_is_shown_with_its_counts_and_facts(browser):
    record = store(site="dunes <b>3</b>", note="after rain")
    tab = open_photo(browser, record)
    words = said(tab)
    assert tab.title[0].value == "IMG\\_1\\.jpg"
    assert "<b>1" in words
    assert "corn poppy" in words
    facts = ["12 Jun 2026 12:00", "dunes &lt;b&gt;3&lt;/b&gt;", "52.4000 N 4.6000 E", "after rain", "40 × 30 pixels"]
    assert [fact for fact in [*facts, record.photo_id, package().version, "0.9 s"] if fact not in words] == []


def test_moments_of_the_server_say_that_they_are_in_utc(browser):
    words = said(open_photo(browser, store()))
    assert "anna, 12 Jun 2026 14:00" in words
    assert f"bloom {package().version}, 12 Jun 2026 14:00 in 0.9 s" in words


def test_a_box_names_its_five_best_taxa(browser):
    shown = viewer(open_photo(browser, store()))
    assert (shown["width"], shown["height"], shown["picture"]) == (40, 30, f"/pictures/{shown['photo']}.webp")
    [box] = shown["boxes"]
    assert box["place"] == "left:10.00%;top:10.00%;width:20.00%;height:20.00%"
    assert box["name"] == ["Papaver rhoeas", "corn poppy"]
    assert [(names[1], score) for names, score in box["best"]] == [
        ("corn poppy", "0.90"),
        ("rose", "0.04"),
        ("gone-from-the-labels", "0.01"),
    ]


def test_the_slider_recounts(browser):
    tab = open_photo(browser, store())
    assert len(viewer(tab)["boxes"]) == 1
    tab = tab.slider(key="threshold").set_value(0.2).run()
    assert len(viewer(tab)["boxes"]) == 2
    assert tab.subheader[0].value.startswith("2 ")


def test_every_analysis_is_there_the_newest_first_and_can_be_chosen(browser):
    record = store()
    bloomcount().library.record([], [analysis(record, version="9.9", hours=5, flowers=0)], [])
    tab = open_photo(browser, record)
    assert tab.radio(key="analysis").options == ["bloom 9.9", f"bloom {package().version}"]
    assert viewer(tab)["boxes"] == []
    tab = tab.radio(key="analysis").set_value(analysis(record).analysis_id).run()
    assert len(viewer(tab)["boxes"]) == 1


def test_buttons_and_arrow_keys_leaf_through_the_photos_of_the_link(browser):
    photos = [store(f"{number}.jpg", number, site="wood" if number == 1 else "dunes") for number in range(4)]
    tab = open_photo(browser, photos[2], sort="oldest", site="dunes")
    assert "2 of 3" in said(tab)
    assert {key: tab.button(key=key).proto.shortcut for key in ("leaf_left", "leaf_right")} == {
        "leaf_left": "left",
        "leaf_right": "right",
    }
    tab = tab.button(key="leaf_left").click().run()
    assert tab.title[0].value == "0\\.jpg"
    assert (tab.button(key="leaf_left").disabled, tab.button(key="leaf_right").disabled) == (True, False)
    tab = tab.button(key="leaf_right").click().run().button(key="leaf_right").click().run()
    assert tab.title[0].value == "3\\.jpg"
    back = next(link for link in tab.get("page_link") if link.proto.page == "photos")
    assert parse_qs(back.proto.query_string) == {"site": ["dunes"], "sort": ["oldest"], "photos_page": ["1"]}


def test_a_photo_outside_the_links_filter_is_shown_without_neighbours(browser):
    tab = open_photo(browser, store(), site="atlantis")
    assert "does not match the filters in the link" in said(tab)
    assert tab.button(key="leaf_left").disabled
    assert tab.button(key="leaf_right").disabled


def test_picture_with_boxes_and_original_can_be_taken_away(browser, saved):
    record = store("a/meadow.jpg", width=480, height=360)
    open_photo(browser, record)
    assert saved["meadow.jpg"]() == bloomcount().library.pictures.photo(record.photo_id)
    picture = Image.open(BytesIO(saved["meadow-bloomcount.jpg"]()))
    assert picture.format == "JPEG"


def test_a_file_that_could_not_be_read_says_why_and_can_be_taken_away(browser, saved):
    record = store("broken.jpg", data=b"petals", problem="broken.jpg is no photo.", width=0, height=0)
    tab = open_photo(browser, record)
    assert "broken\\.jpg is no photo\\." in said(tab)
    assert list(saved) == ["broken.jpg"]
    assert list(tab.get("bidi_component")) == []


def test_a_photo_that_waits_says_so(browser):
    record = photo("new.jpg")
    bloomcount().library.record([record], [], [])
    assert "is waiting to be counted" in said(open_photo(browser, record))


def correction(tab):
    """The fields for site and note."""
    (note,) = (field for field in tab.text_input if field.label == "Note")
    (site,) = (field for field in tab.selectbox if field.label == "Site")
    return site, note


def keep_correction(tab):
    return next(button for button in tab.button if button.label == "Save correction").click().run()


def test_who_uploaded_it_corrects_site_and_note(browser):
    record = store(site="duens", note="rain")
    store("other.jpg", 1, site="dunes")
    tab = open_photo(browser, record)
    site, note = correction(tab)
    site.set_value("dunes")
    note.set_value("after rain")
    tab = keep_correction(tab)
    assert "after rain" in said(tab)
    kept = bloomcount().library.photo(record.photo_id)
    assert (kept.site, kept.note, kept.changed_by) == ("dunes", "after rain", "anna")
    assert bloomcount().library.sites() == ["dunes"]


def test_the_next_photo_is_corrected_from_its_own_site_and_note(browser):
    first = store("a.jpg", 1, site="wood", note="rain")
    record = store("b.jpg", 2, site="dunes", note="sun")
    tab = open_photo(browser, first, sort="oldest")
    correction(tab)[1].set_value("rain, not kept").run()
    tab = tab.button(key="leaf_right").click().run()
    assert [field.value for field in correction(tab)] == ["dunes", "sun"]
    correction(tab)[1].set_value("sun and wind")
    keep_correction(tab)
    kept = bloomcount().library.photo(record.photo_id)
    assert (kept.site, kept.note) == ("dunes", "sun and wind")


def test_a_tab_left_open_does_not_put_back_what_another_one_corrected(browser):
    record = store(site="dunes", note="rain")
    tab = open_photo(browser, record)
    library = bloomcount().library
    correct(library, library.photo(record.photo_id), site="wood", note="sun", by=browser.accounts.people()[1])
    tab = tab.slider(key="threshold").set_value(0.2).run()
    correction(tab)[1].set_value("sun and wind")
    keep_correction(tab)
    kept = library.photo(record.photo_id)
    assert (kept.site, kept.note) == ("wood", "sun and wind")


@pytest.mark.parametrize(("who", "may"), [("anna", True), ("lea", True), ("bob", False)])
def test_others_need_to_be_leads_to_correct_it(browser, who, may):
    browser.person("bob")
    tab = open_photo(browser, store(), who)
    assert ("Save correction" in [button.label for button in tab.button]) is may


def test_a_reviewed_photo_says_so_and_shows_the_boxes_that_were_left(browser):
    record = store(site="dunes")
    box = ReviewedFlower((4.0, 3.0, 12.0, 9.0), "sunflower", None)
    said_by_ben = Said(flowers=(box,), more={"rose": 2})
    save_review(bloomcount().library, record.photo_id, said_by_ben, package=package(), by=person("ben"))
    tab = open_photo(browser, record, site="dunes")
    assert tab.subheader[0].value == "3 flowers"
    assert "counted by ben" in said(tab)
    assert "The model counted 1" in said(tab)
    assert [shown["name"][1] for shown in viewer(tab)["boxes"]] == ["sunflower"]
    assert [slider.key for slider in tab.slider] == []


def test_boxes_that_nobody_touched_keep_the_machine_s_score_and_others_say_that_a_person_named_them(browser):
    record = store()
    bloomcount().library.record([], [analysis(record, version="0.9", hours=1)], [])
    first, second = (
        ReviewedFlower((4.0, 3.0, 12.0, 9.0), "corn-poppy", 0),
        ReviewedFlower((1.0, 1.0, 3.0, 3.0), "rose", None),
    )
    said_by_ben = Said(flowers=(first, second))
    save_review(bloomcount().library, record.photo_id, said_by_ben, package=package(), by=person("ben"))
    tab = open_photo(browser, record)
    assert {shown["name"][1]: shown["sure"] for shown in viewer(tab)["boxes"]} == {
        "corn poppy": "0.90",
        "rose": "named by a person",
    }


def test_a_photo_of_which_some_flowers_were_named_is_the_machine_s_count_with_these_names(browser):
    record = store()
    one = ReviewedFlower((4.0, 3.0, 12.0, 9.0), "sunflower", 0)
    two = ReviewedFlower((20.0, 3.0, 28.0, 9.0), "corn-poppy", 1)
    part = Said(flowers=(one, two), looked_at=(0,), signs_numbers=False)
    save_review(bloomcount().library, record.photo_id, part, package=package(), by=person("ben"))
    shown = said(tab := open_photo(browser, record))
    assert "some named by ben" in shown
    assert "counted by ben" not in shown
    assert "Some flowers named on" in shown
    assert {one["name"][1] for one in viewer(tab)["boxes"]} == {"sunflower", "corn poppy"}


def test_the_way_to_the_review_keeps_photo_and_filter(browser):
    record = store(site="dunes")
    links = open_photo(browser, record, site="dunes").get("page_link")
    (review,) = (link.proto for link in links if link.proto.page == "review")
    assert parse_qs(review.query_string) == {"id": [record.photo_id], "site": ["dunes"]}


def press(tab, label: str):
    return next(button for button in tab.button if button.label == label).click().run()


def test_a_photo_far_from_its_site_asks_whose_position_holds(browser):
    record = store(latitude=53.4, longitude=4.6)
    dunes = Site(record.site, 52.4, 4.6, "", None, "lea", UPLOADED)
    bloomcount().library.describe_sites([dunes], by=browser.accounts.people()[1])
    browser.person("bob")
    assert "111 km from" in said(other := open_photo(browser, record, "bob"))
    assert "The position of the site" not in [button.label for button in other.button]
    tab = press(open_photo(browser, record, attention="far"), "The position of the site")
    assert "Which one holds?" not in said(tab)
    assert bloomcount().library.number_of_photos(Selection(attention="far")) == 0
    assert press(tab, "Undo").markdown
    assert bloomcount().library.number_of_photos(Selection(attention="far")) == 1
