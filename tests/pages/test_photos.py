"""Photos: what the gallery shows after each choice, and that its address opens the same."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.elements.lib import policies

from pages.parts.results import PHOTOS_A_PAGE
from tests.counts_saved import save_counts
from tests.survey import UPLOADED, count, photo
from web.process import bloomcount, package

PAGE = "pages/field/photos.py"


@pytest.fixture
def stored(browser):
    """A wood with poppies, dunes with roses, and a file that could not be read."""
    library = bloomcount().library
    count(library, photo("poppies.jpg", site="wood", uploaded_by="ben"), {"corn-poppy": 3})
    count(library, photo("roses.jpg", uploaded_at=UPLOADED + timedelta(days=1)), {"rose": 9, "unknown": 1})
    broken = photo("broken.jpg", problem="broken.jpg is empty.", uploaded_at=UPLOADED + timedelta(days=2))
    library.record([broken], [], [])


def open_photos(browser, **query: str):
    return browser.open_as("anna", PAGE, {word.replace("_", "-"): value for word, value in query.items()})


def shown(tab) -> list[str]:
    """The files of the cards, in their order."""
    assert not tab.exception
    return [link.proto.label.replace("\\", "") for link in tab.get("page_link")]


def person_said(file: str, counts: dict[str, int], browser) -> str:
    """Save a person's count of a photo and return who counted."""
    person = browser.accounts.people()[1]
    save_counts(bloomcount().library, photo(file).photo_id, counts, package=package(), by=person)
    return person.username


def said(tab) -> str:
    return " ".join(text.value for text in [*tab.markdown, *tab.caption])


def test_an_empty_store_says_what_would_be_here(browser):
    tab = open_photos(browser)
    assert shown(tab) == []
    assert "No photos yet." in said(tab)


def test_all_photos_newest_upload_first_with_their_counts_and_problems(browser, stored):
    tab = open_photos(browser)
    assert shown(tab) == ["broken.jpg", "roses.jpg", "poppies.jpg"]
    assert "3 photos" in said(tab)
    assert "broken.jpg is empty." in "".join(html.proto.body for html in tab.get("html"))


def test_a_card_shows_what_a_person_counted_and_who(browser, stored):
    who = person_said("roses.jpg", {"rose": 12}, browser)
    cards = "".join(html.proto.body for html in open_photos(browser).get("html"))
    assert "<b>12</b> rose <i>Rosa</i>" in cards
    assert f"counted by {who}" in cards
    rows = open_photos(browser, view="table").dataframe[0].value.set_index("File")
    assert rows.loc["roses.jpg", "Flowers"] == "12"


def test_a_card_leads_to_its_photo_among_those_of_the_filter_and_the_order(browser, stored):
    tab = open_photos(browser, site="wood", sort="doubt")
    [link] = tab.get("page_link")
    query = parse_qs(link.proto.query_string)
    assert link.proto.page == "photo"
    assert query == {"id": [photo("poppies.jpg").photo_id], "site": ["wood"], "sort": ["doubt"]}


@pytest.mark.parametrize(
    ("choose", "files"),
    [
        (lambda tab: tab.multiselect(key="filter_sites").select("wood"), ["poppies.jpg"]),
        (lambda tab: tab.multiselect(key="filter_taxa").select("rose"), ["roses.jpg"]),
        (lambda tab: tab.multiselect(key="filter_people").select("ben"), ["poppies.jpg"]),
        (lambda tab: tab.number_input(key="filter_least").set_value(4), ["roses.jpg"]),
        (lambda tab: tab.number_input(key="filter_most").set_value(4), ["poppies.jpg"]),
        (lambda tab: tab.selectbox(key="filter_attention").set_value("failed"), ["broken.jpg"]),
        (lambda tab: tab.slider(key="filter_surer").set_value(97), []),
        (lambda tab: tab.selectbox(key="sort").set_value("most"), ["roses.jpg", "poppies.jpg", "broken.jpg"]),
    ],
    ids=["site", "taxon", "person", "flowers from", "flowers up to", "attention", "surer", "order"],
)
def test_each_choice_is_shown_and_kept_in_the_address(browser, stored, choose, files):
    tab = choose(open_photos(browser)).run()
    assert shown(tab) == files
    address = {word: value if isinstance(value, str) else value[0] for word, value in tab.query_params.items()}
    assert address != {}
    assert shown(browser.open_as("anna", PAGE, address)) == files


def test_nothing_found_says_so(browser, stored):
    assert "No photos match these filters." in said(open_photos(browser, taxon="rose", site="wood"))


def test_the_table_has_a_row_a_photo_with_what_was_found_and_a_link(browser, stored):
    tab = open_photos(browser, view="table")
    assert shown(tab) == []
    rows = tab.dataframe[0].value.set_index("File")
    assert list(rows.index) == ["broken.jpg", "roses.jpg", "poppies.jpg"]
    assert rows["Taxa"].to_dict() == {
        "broken.jpg": "",
        "roses.jpg": "rose, unknown flower",
        "poppies.jpg": "corn poppy",
    }
    assert rows.loc["broken.jpg", "Flowers"] == "could not be read"
    link = urlsplit(rows.loc["roses.jpg", "Photo"])
    assert link.path == "/photo"
    assert parse_qs(link.query)["id"] == [photo("roses.jpg").photo_id]


def test_the_table_counts_the_flowers_of_the_filter_as_its_order_does(browser, stored):
    count(bloomcount().library, photo("reviewed.jpg"), {})
    person_said("reviewed.jpg", {"rose": 2, "corn-poppy": 7}, browser)
    rows = open_photos(browser, view="table", taxon="rose", sort="most").dataframe[0].value.set_index("File")
    assert rows["Flowers"].to_dict() == {"roses.jpg": "9 (9-10)", "reviewed.jpg": "2"}
    assert rows["Taxa"].to_dict() == dict.fromkeys(rows.index, "rose")


def test_pages_follow_each_other_and_another_filter_begins_at_the_first(browser, caplog, monkeypatch):
    library = bloomcount().library
    for number in range(PHOTOS_A_PAGE + 2):
        count(library, photo(f"{number:02}.jpg", uploaded_at=UPLOADED + timedelta(minutes=number)), {"rose": 1})
    monkeypatch.setattr(policies, "_shown_default_value_warning", False)
    tab = browser.open_as("anna", PAGE, {"photos_page": "2"})
    assert "photos_page" not in caplog.text
    assert shown(tab) == ["01.jpg", "00.jpg"]
    tab = tab.selectbox(key="sort").set_value("oldest").run()
    assert shown(tab)[:2] == ["00.jpg", "01.jpg"]
    assert len(shown(tab)) == PHOTOS_A_PAGE


@pytest.mark.parametrize("asked", ["9", "1000000", "0", "-1", "last", "9" * 30])
def test_a_page_that_is_not_there_shows_one_that_is(browser, stored, asked):
    assert len(shown(browser.open_as("anna", PAGE, {"photos_page": asked}))) == 3


# --- photos that are ticked, and changed in one step


def tick(tab, *files: str):
    for file in files:
        box_below(tab, file).check()
    return tab.run()


def box_below(tab, file: str):
    return tab.checkbox(key=f"tick-{tab.session_state.ticks}-{photo(file).photo_id}")


def key(tab, name: str) -> str:
    return f"{name}_chosen-{tab.session_state.ticks}"


def choose(tab, kind: str):
    return tab.segmented_control(key=key(tab, "kind")).set_value(kind).run()


def stored_photo(file: str):
    return bloomcount().library.photo(photo(file).photo_id)


def test_ticked_photos_get_a_site_in_one_step_and_the_old_one_back(browser, stored):
    tab = tick(browser.open_as("lea", PAGE), "roses.jpg", "poppies.jpg")
    assert "**2 photos** chosen" in said(tab)
    choose(tab, "site").selectbox(key=key(tab, "to_site")).set_value("wood").run()
    assert tab.button(key=key(tab, "make")).label == "Change 1 photo"
    tab.button(key=key(tab, "make")).click().run()
    assert [stored_photo(file).site for file in ("roses.jpg", "poppies.jpg")] == ["wood", "wood"]
    assert "chosen" not in said(tab)
    tick(tab, "poppies.jpg").button(key="undo_change").click().run()  # still there after another click
    assert [stored_photo(file).site for file in ("roses.jpg", "poppies.jpg")] == ["dunes", "wood"]


def test_photos_of_others_are_told_before_and_stay(browser, stored):
    tab = tick(open_photos(browser), "roses.jpg", "poppies.jpg")
    choose(tab, "note").text_input(key=key(tab, "to_note")).set_value("mown").run()
    assert "Of other people, so not changed: 1 photo" in said(tab)
    tab.button(key=key(tab, "make")).click().run()
    assert [stored_photo(file).note for file in ("roses.jpg", "poppies.jpg")] == ["mown", ""]


def test_all_of_the_filter_are_hidden_and_come_back_under_their_filter(browser, stored):
    tab = open_photos(browser, site="dunes")
    tab.checkbox(key=f"every-{tab.session_state.ticks}").check().run()
    choose(tab, "hide").text_input(key=key(tab, "why")).set_value("my thumb").run()
    tab.button(key=key(tab, "make")).click().run()
    assert "No photos match these filters." in said(tab)
    tab.toggle(key="filter_hidden").set_value(True).run()
    assert shown(tab) == ["broken.jpg", "roses.jpg"]
    assert "hidden by anna" in said(tab)
    assert "my thumb" in said(tab)
    tick(tab, "roses.jpg")
    choose(tab, "show").button(key=key(tab, "make")).click().run()
    assert stored_photo("roses.jpg").hidden_at is None
    assert stored_photo("broken.jpg").hidden_by == "anna"


def test_files_that_cannot_be_read_are_dismissed_with_one_click(browser, stored):
    tab = open_photos(browser, attention="failed")
    tab.button(key="dismiss").click().run()
    assert stored_photo("broken.jpg").hidden_why == "could not be read"
    assert bloomcount().library.number_of_photos() == 2


def test_needs_a_look_lets_them_go_too(browser, stored):
    tab = browser.open_as("anna", "pages/insight/overview.py")
    tab.button(key="dismiss").click().run()
    assert stored_photo("broken.jpg").hidden_by == "anna"
    assert "Dismissed." in " ".join(text.value for text in tab.success)
    assert [button for button in tab.button if button.key == "dismiss"] == []


def test_a_lead_deletes_only_after_typing_how_many(browser, stored):
    tab = tick(browser.open_as("lea", PAGE), "roses.jpg")
    choose(tab, "delete")
    tab.radio(key=key(tab, "keep")).set_value(False).run()
    assert tab.button(key=key(tab, "delete")).disabled
    tab.text_input(key=key(tab, "sure")).set_value("1").run()
    tab.button(key=key(tab, "delete")).click().run()
    assert "Deleted: 1 photo." in " ".join(text.value for text in tab.success)
    assert stored_photo("roses.jpg") is None


def test_a_researcher_is_offered_no_deletion(browser, stored):
    tab = tick(open_photos(browser), "roses.jpg")
    assert tab.segmented_control(key=key(tab, "kind")).options == ["Site", "Note", "Clock", "Position", "Hide"]


def test_ticks_end_when_the_filter_changes(browser, stored):
    tab = tick(open_photos(browser), "roses.jpg")
    tab.text_input(key="filter_text").set_value("poppies").run()
    assert shown(tab) == ["poppies.jpg"]
    assert "chosen" not in said(tab)


@pytest.mark.parametrize("clicks", [1, 2], ids=["ticked", "unticked"])
def test_a_box_is_as_it_was_after_a_look_at_the_table(browser, stored, clicks):
    tab = open_photos(browser)
    for _ in range(clicks):
        box_below(tab, "roses.jpg").set_value(not box_below(tab, "roses.jpg").value).run()
    for view in ("table", "cards"):
        tab.segmented_control(key="view").set_value(view).run()
    assert box_below(tab, "roses.jpg").value == (clicks == 1)


def test_rows_of_the_table_are_ticked(browser, stored, monkeypatch):
    tab = browser.open_as("lea", PAGE, {"view": "table"})
    assert tab.dataframe[0].proto.selection_mode != []


@pytest.mark.parametrize(
    ("choose", "files"),
    [
        (lambda tab: tab.text_input(key="filter_text").set_value("ROSES"), ["roses.jpg"]),
        (
            lambda tab: tab.date_input(key="filter_uploaded_from").set_value((UPLOADED + timedelta(days=2)).date()),
            ["broken.jpg"],
        ),
        (lambda tab: tab.date_input(key="filter_uploaded_to").set_value(UPLOADED.date()), ["poppies.jpg"]),
        (lambda tab: tab.selectbox(key="filter_drop").select_index(0), ["broken.jpg", "roses.jpg", "poppies.jpg"]),
    ],
    ids=["words", "uploaded from", "uploaded until", "drop"],
)
def test_upload_drop_and_words_have_fields_and_stay_in_the_address(browser, stored, choose, files):
    tab = choose(open_photos(browser)).run()
    assert shown(tab) == files
    address = {word: value if isinstance(value, str) else value[0] for word, value in tab.query_params.items()}
    assert address != {}
    assert shown(browser.open_as("anna", PAGE, address)) == files
