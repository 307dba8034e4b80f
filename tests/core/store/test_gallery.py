"""A gallery shows the same photos in the same order, and a photo the same neighbours, whichever page is asked for."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.settings import Settings
from core.store.blobs import open_blobs
from core.store.gallery import Order, order_of
from core.store.library import Library
from core.store.selection import EVERYTHING, Selection
from core.store.tables import Tables
from core.survey.observed import observed
from tests.survey import UPLOADED, count, photo

SURE = 0.999


def _library(folder: Path) -> Library:
    store = Settings(store=str(folder))
    return Library(open_blobs(store), Tables(store))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Ten photos, each of another kind; file names say which."""
    library = _library(tmp_path_factory.mktemp("gallery"))
    moments = iter(range(100))

    def at(name: str, **other: object):
        return photo(name, uploaded_at=UPLOADED + timedelta(minutes=next(moments)), **other)

    count(library, at("sure", taken_at="2026-06-01T08:00:00"), {"rosa": 30}, confidence=SURE)
    count(library, at("two kinds", taken_at="2026-06-03T08:00:00"), {"rosa": 2, "papaver": 3}, confidence=SURE)
    count(library, at("unsure name"), {"papaver": 3}, confidence=0.4)
    count(library, at("unknown", site="wood"), {"unknown": 3}, confidence=SURE)
    count(library, at("crowded", uploaded_by="ben"), {"rosa": 40}, flag="crowded", confidence=SURE)
    count(library, at("no flowers"), {})
    count(library, at("reviewed"), {"rosa": 2}, flag="crowded", reviewed=True, confidence=0.3)
    library.record([at("failed", problem="failed is empty.", taken_at=None), at("waits", taken_at=None)], [], [])
    return library


def files(library: Library, which: Selection = EVERYTHING, order: Order = "newest", per_page: int = 50) -> list[str]:
    """The files of the gallery, page after page."""
    total = library.gallery(which, order=order, page=0, per_page=per_page).total
    pages = [library.gallery(which, order=order, page=page, per_page=per_page) for page in range(-(-total // per_page))]
    return [one.result.photo.file for page in pages for one in page.photos]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("newest", "waits failed reviewed no_flowers crowded unknown unsure_name two_kinds sure"),
        ("oldest", "sure two_kinds unsure_name unknown crowded no_flowers reviewed failed waits"),
        ("taken", "reviewed no_flowers crowded unknown unsure_name two_kinds sure waits failed"),
        ("most", "crowded sure two_kinds unknown unsure_name reviewed no_flowers waits failed"),
        ("doubt", "unknown crowded unsure_name two_kinds sure reviewed no_flowers waits failed"),
        ("file", "crowded failed no_flowers reviewed sure two_kinds unknown unsure_name waits"),
    ],
)
def test_orders(library: Library, order: Order, expected: str) -> None:
    assert files(library, order=order) == [file.replace("_", " ") for file in expected.split()]


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        pytest.param(Selection(taxa=("papaver",)), {"two kinds", "unsure name"}, id="those that show the taxon"),
        pytest.param(Selection(taxa=("papaver",), min_confidence=0.5), {"two kinds"}, id="surely"),
        pytest.param(Selection(count_from=5), {"sure", "two kinds", "crowded"}, id="so many flowers of all taxa"),
        pytest.param(Selection(taxa=("rosa",), count_from=1, count_to=3), {"two kinds", "reviewed"}, id="of one taxon"),
        pytest.param(Selection(count_to=0), {"no flowers"}, id="looked at in vain; not what waits or failed"),
        pytest.param(Selection(attention="failed"), {"failed"}, id="failed"),
        pytest.param(Selection(attention="flagged"), {"crowded"}, id="flagged, and not yet reviewed"),
        pytest.param(Selection(reviewed_only=True), {"reviewed"}, id="reviewed"),
        pytest.param(Selection(sites=("wood",)), {"unknown"}, id="a site"),
        pytest.param(Selection(people=("ben",), taxa=("papaver",)), set(), id="none"),
    ],
)
def test_a_gallery_shows_photos_in_which_something_of_the_selection_was_found(
    library: Library, which: Selection, expected: set[str]
) -> None:
    found = files(library, which)
    assert set(found) == expected
    assert len(found) == len(expected) == library.gallery(which, order="newest", page=0, per_page=1).total


SELECTIONS = st.builds(
    Selection,
    sites=st.sampled_from([(), ("dunes",), ("wood", "dunes")]),
    taxa=st.sampled_from([(), ("rosa",), ("papaver", "unknown")]),
    min_confidence=st.sampled_from([0.0, 0.5]),
    count_from=st.none() | st.integers(0, 4),
    count_to=st.none() | st.integers(0, 40),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=SELECTIONS, order=st.sampled_from(get_args(Order)), per_page=st.integers(1, 4))
def test_pages_neighbours_and_observations_agree(
    library: Library, which: Selection, order: Order, per_page: int
) -> None:
    whole = library.gallery(which, order=order, page=0, per_page=50)
    ids = [one.result.photo.photo_id for one in whole.photos]
    assert files(library, which, order, per_page) == [one.result.photo.file for one in whole.photos]
    for number, photo_id in enumerate(ids):
        place = library.place(photo_id, which, order=order)
        assert place is not None
        beside = (ids[number - 1] if number else None, ids[number + 1] if number + 1 < len(ids) else None)
        assert (place.previous, place.next, place.number, place.total) == (*beside, number + 1, whole.total)
    rows = observed(library, (), which)
    assert sum(one.totals.count for one in whole.photos if one.totals) == rows["count"].sum()


@pytest.mark.parametrize("page", [2, 3, 10**6])
def test_beyond_the_last_page_is_the_last_one(library: Library, page: int) -> None:
    last = library.gallery(order="file", page=page, per_page=4)
    assert ([one.result.photo.file for one in last.photos], last.page, last.total) == (["waits"], 2, 9)


def test_a_photo_that_is_not_in_the_gallery_has_no_place_in_it(library: Library) -> None:
    assert library.place("0" * 64, EVERYTHING, order="newest") is None
    assert library.place(photo("sure").photo_id, Selection(sites=("wood",)), order="doubt") is None


def test_totals_are_those_of_the_taxa_that_were_asked_for(library: Library) -> None:
    [one] = library.gallery(Selection(taxa=("rosa",), count_to=2, people=("anna",), reviewed_only=True), order="newest",
                            page=0, per_page=5).photos  # fmt: skip
    assert one.totals is not None
    assert (one.totals.count, one.totals.taxa, one.totals.reviewed, one.totals.doubt) == (2, ("rosa",), True, 0.0)
    both = next(
        one
        for one in library.gallery(order="file", page=0, per_page=50).photos
        if one.totals and len(one.totals.taxa) == 2
    )
    assert both.totals is not None
    assert (both.totals.count_low, both.totals.count, both.totals.count_high) == (5, 5, 7)
    assert both.totals.taxa == ("papaver", "rosa")


def test_an_empty_store_has_an_empty_gallery(tmp_path: Path) -> None:
    library = _library(tmp_path)
    for order in get_args(Order):
        assert library.gallery(order=order, page=0, per_page=5).total == 0
    assert library.photo("0" * 64) is None
    assert library.analyses_of("0" * 64) == []


@pytest.mark.parametrize(("word", "order"), [("doubt", "doubt"), ("", "newest"), ("'; DROP", "newest")])
def test_an_order_goes_by_its_word(word: str, order: Order) -> None:
    assert order_of(word) == order


def test_a_photo_of_two_drops_is_shown_as_it_is_now_in_the_galleries_of_both(tmp_path: Path) -> None:
    library = _library(tmp_path)
    count(library, photo("a", drop_id="d1", site="dunes"), {"rosa": 2})
    later = photo("a", drop_id="d2", site="wood", uploaded_at=UPLOADED + timedelta(days=1))
    library.record([later], [], [])
    for drop_id in ("d1", "d2"):
        page = library.gallery(Selection(drop_id=drop_id), order="newest", page=0, per_page=5)
        assert [(one.result.photo.site, one.totals and one.totals.count) for one in page.photos] == [("dunes", 2)]
