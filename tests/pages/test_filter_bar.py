"""One filter for all survey pages: what is chosen, what a link opens, what is kept and what is cleared."""

from __future__ import annotations

import json
from datetime import date

import pytest

from core.store.selection import Selection
from tests.survey import count, photo
from web.process import bloomcount

PAGE = "tests/pages/filtered.py"


@pytest.fixture(autouse=True)
def _two_sites_two_people(browser):
    library = bloomcount().library
    count(library, photo("a"), {"corn-poppy": 3})
    count(library, photo("b", site="wood", uploaded_by="ben"), {"daffodil": 2})
    count(library, photo("c", site="", taken_at=None), {})


def chosen(tab) -> dict[str, list[str]]:
    assert not tab.exception
    return json.loads(tab.json[0].value)


def address(tab) -> dict[str, list[str]]:
    return {word: [values] if isinstance(values, str) else values for word, values in tab.query_params.items()}


def open_link(browser, **query):
    tab = browser.open_as("anna", PAGE)
    tab.query_params.clear()
    for word, values in query.items():
        tab.query_params[word.replace("_", "-")] = values
    return tab.run()


def test_nothing_is_left_out_at_first(browser):
    tab = browser.open_as("anna", PAGE)
    assert (chosen(tab), address(tab)) == ({}, {})
    assert [button.key for button in tab.button] == []


def test_the_store_says_what_can_be_chosen(browser):
    tab = browser.open_as("anna", PAGE)
    assert tab.multiselect(key="filter_sites").options == ["no site given", "dunes", "wood"]
    assert tab.multiselect(key="filter_taxa").options == [
        "Narcissus pseudonarcissus · daffodil",
        "Papaver rhoeas · corn poppy",
    ]
    assert tab.multiselect(key="filter_people").options == ["anna", "ben"]


@pytest.mark.parametrize(
    ("choose", "query"),
    [
        (lambda tab: tab.multiselect(key="filter_sites").select("wood"), {"site": ["wood"]}),
        (lambda tab: tab.multiselect(key="filter_sites").select(""), {"site": [""]}),
        (lambda tab: tab.multiselect(key="filter_taxa").select("corn-poppy"), {"taxon": ["corn-poppy"]}),
        (lambda tab: tab.multiselect(key="filter_people").select("ben"), {"who": ["ben"]}),
        (lambda tab: tab.date_input(key="filter_from").set_value(date(2026, 6, 1)), {"taken-from": ["2026-06-01"]}),
        (lambda tab: tab.date_input(key="filter_to").set_value(date(2026, 6, 30)), {"taken-to": ["2026-06-30"]}),
        (lambda tab: tab.slider(key="filter_surer").set_value(90), {"surer-than": ["0.9"]}),
        (lambda tab: tab.toggle(key="filter_reviewed").set_value(True), {"reviewed": ["only"]}),
    ],
    ids=["site", "no site", "taxon", "person", "from", "until", "surer", "reviewed"],
)
def test_each_field_chooses_and_its_address_opens_the_same(browser, choose, query):
    tab = choose(browser.open_as("anna", PAGE)).run()
    assert (chosen(tab), address(tab)) == (query, query)
    link = {word.replace("-", "_"): values for word, values in query.items()}
    assert chosen(open_link(browser, **link)) == query


def test_words_of_a_link_that_mean_nothing_here_are_left_out_and_others_stay(browser):
    tab = open_link(
        browser, site=["atlantis", "wood"], who=["nobody"], taxon=["triffid"], taken_from=["june"], sort=["x"]
    )
    assert (chosen(tab), address(tab)) == ({"site": ["wood"]}, {"site": ["wood"], "sort": ["x"]})


def warned(tab) -> list[str]:
    assert not tab.exception
    return [warning.value.replace("\\", "") for warning in tab.warning]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"site": ["Plot 3"]}, "There is no site Plot 3. The filter ignores this."),
        ({"site": ["wood", "Plot 3"]}, "There is no site Plot 3. The filter ignores this."),
        ({"who": ["zoe"]}, "No photos were uploaded by zoe. The filter ignores this."),
        ({"taxon": ["triffid"]}, "No photo shows triffid. The filter ignores this."),
        (
            {"taken_from": ["june"]},
            "The link contains taken-from=june, which is not a filter. The filter ignores this.",
        ),
        ({"attention": ["x"]}, "The link contains attention=x, which is not a filter. The filter ignores this."),
    ],
)
def test_what_a_link_asks_for_in_vain_is_said_for_as_long_as_its_photos_are_shown(browser, query, sentence):
    tab = open_link(browser, **query)
    assert warned(tab) == [sentence]
    assert warned(tab.run()) == [sentence]
    assert warned(tab.multiselect(key="filter_sites").select("dunes").run()) == []


@pytest.mark.parametrize("query", [{}, {"site": ["wood", ""]}, {"surer_than": ["0.90"]}, {"count_from": ["007"]}])
def test_of_a_link_that_is_followed_whole_nothing_is_said(browser, query):
    tab = open_link(browser, **query)
    assert warned(tab) == []
    if query:
        assert warned(tab.button(key="filter_clear").click().run()) == []


def test_a_chosen_site_that_was_renamed_meanwhile_is_said_on_the_next_page(browser):
    tab = browser.open_as("anna", PAGE, filter_kept=Selection(sites=("Plot 3",)))
    assert (chosen(tab), warned(tab)) == ({}, ["There is no site Plot 3. The filter ignores this."])


def test_a_drop_comes_with_a_link_and_goes_with_clear_filters(browser):
    tab = open_link(browser, drop=["d1"], uploaded_from=["2026-06-01"], site=["dunes"])
    assert chosen(tab) == {"drop": ["d1"], "uploaded-from": ["2026-06-01"], "site": ["dunes"]}
    tab = tab.button(key="filter_clear").click().run()
    assert (chosen(tab), address(tab)) == ({}, {})
    assert tab.multiselect(key="filter_sites").value == []
    assert chosen(tab.run()) == {}


def test_another_link_in_the_same_tab_replaces_what_was_chosen(browser):
    tab = open_link(browser, site=["wood"])
    tab.query_params["site"] = ["dunes"]
    assert chosen(tab.run()) == {"site": ["dunes"]}
    assert tab.multiselect(key="filter_sites").value == ["dunes"]


def test_an_old_address_does_not_undo_a_click_that_came_before_the_browser_knew(browser):
    tab = browser.open_as("anna", PAGE)
    tab.multiselect(key="filter_sites").select("wood").run()
    tab.query_params.clear()
    tab.multiselect(key="filter_people").select("ben").run()
    assert chosen(tab) == {"site": ["wood"], "who": ["ben"]}


def test_the_choice_goes_along_to_the_next_page(browser):
    tab = browser.open_as("anna", PAGE)
    kept = tab.multiselect(key="filter_sites").select("wood").run().session_state["filter_kept"]
    assert kept == Selection(sites=("wood",))
    assert chosen(browser.open_as("anna", PAGE, filter_kept=kept)) == {"site": ["wood"]}


def test_days_in_the_wrong_order_are_said(browser):
    tab = open_link(browser, taken_from=["2026-06-30"], taken_to=["2026-06-01"])
    assert "The last day is before the first" in tab.warning[0].value


def test_a_link_to_a_site_that_came_a_moment_ago_is_followed(browser):
    browser.open_as("anna", PAGE)
    count(bloomcount().library, photo("d", site="heath"), {"daffodil": 1})
    assert chosen(open_link(browser, site="heath")) == {"site": ["heath"]}


def kept_of(tab) -> dict[str, object]:
    """The state of the filter that the tab keeps for the next page."""
    return {key: tab.session_state[key] for key in ("filter_kept", "filter_by_link") if key in tab.session_state}


def test_a_filter_that_a_link_opened_on_photos_stays_there_and_the_one_before_holds_again(browser):
    query, before = {"site": "wood", "taxon": "daffodil"}, Selection(sites=("wood",))
    photos = browser.open_as("anna", "pages/field/photos.py", query, filter_kept=before)
    assert photos.session_state["filter_kept"] == Selection(sites=("wood",), taxa=("daffodil",))
    assert chosen(browser.open_as("anna", PAGE, **kept_of(photos))) == {"site": ["wood"]}
    photos.multiselect(key="filter_taxa").set_value([]).run()
    photos.multiselect(key="filter_people").select("ben").run()
    assert chosen(browser.open_as("anna", PAGE, **kept_of(photos))) == {"site": ["wood"], "who": ["ben"]}


def test_work_that_waits_filters_a_dashboard_only_where_its_link_says_so(browser):
    kept = Selection(sites=("wood",), attention="flagged")
    assert chosen(browser.open_as("anna", PAGE, filter_kept=kept)) == {"site": ["wood"]}
    assert chosen(open_link(browser, attention=["flagged"])) == {"attention": ["flagged"]}


def test_a_taxon_is_offered_once_and_found_under_each_name_that_it_was_stored_with(browser):
    count(bloomcount().library, photo("d", site="heath"), {"daucus-carota": 1})
    count(bloomcount().library, photo("e", site="heath"), {"wild-carrot": 1})
    tab = open_link(browser, taxon="daucus-carota")
    assert [name for name in tab.multiselect(key="filter_taxa").options if "Daucus" in name] == [
        "Daucus carota · wild carrot"
    ]
    assert tab.multiselect(key="filter_taxa").value == ["wild-carrot"]
    photos = browser.open_as("anna", "pages/field/photos.py", {"taxon": "wild-carrot"})
    assert any("2 photos" in caption.value for caption in photos.caption)
