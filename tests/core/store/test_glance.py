"""A glance says of every selection what the galleries of it show, and which photos are worth seeing."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from core.store.selection import EVERYTHING, Attention, Selection
from tests.survey import count, library_of, photo


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Photos of which each needs another look, or is remarkable in another way."""
    library = library_of(tmp_path_factory.mktemp("glance"))
    count(library, photo("most", taken_at="2026-06-01T12:00:00"), {"rosa": 60})
    count(library, photo("rich", taken_at="2026-06-02T12:00:00"), {"rosa": 3, "papaver": 2, "iris": 1})
    count(library, photo("new", taken_at="2026-07-02T12:00:00"), {"dahlia": 5})
    count(library, photo("crowded", site="wood"), {"rosa": 90}, flag="crowded")
    count(library, photo("guess", site="wood"), {"rosa": 1, "unknown": 4}, confidence=0.4)
    count(library, photo("said", site="wood"), {"papaver": 9}, reviewed=True)
    count(library, photo("undated", taken_at=None), {})
    count(library, replace(photo("misdated"), taken_at="2026-13-01T00:00:00"), {"rosa": 1})
    count(library, photo("nowhere", site="", latitude=None), {"rosa": 2})
    library.record([photo("broken", problem="cannot be read")], [], [])
    return library


@pytest.mark.parametrize(
    "which",
    [
        EVERYTHING,
        Selection(sites=("wood",)),
        Selection(taxa=("rosa",)),
        Selection(min_confidence=0.9),
        Selection(reviewed_only=True),
        Selection(count_from=2),
        Selection(count_to=3, taxa=("rosa",)),
        Selection(attention="flagged"),
        Selection(sites=("nowhere at all",)),
    ],
    ids=str,
)
def test_the_numbers_of_a_glance_are_those_of_the_galleries_it_leads_to(library, which):
    asking = library.glance(which).asking
    assert asking == {kind: library.number_of_photos(replace(which, attention=kind)) for kind in get_args(Attention)}


def test_worth_seeing_are_the_most_flowers_the_most_taxa_and_the_newest_taxon_without_flags(library):
    best = library.glance().remarkable
    files = [library.photo(one.photo_id).file for one in best]
    assert list(zip(files, [(one.reason, one.figure, one.taxon) for one in best], strict=True)) == [
        ("most", ("most flowers", 60, "")),
        ("rich", ("most taxa", 3, "")),
        ("new", ("new taxon", 5, "dahlia")),
    ]


def test_a_small_store_shows_what_it_has(tmp_path):
    library = library_of(tmp_path)
    assert (library.glance().remarkable, set(library.glance().asking.values())) == ((), {0})
    count(library, photo("one"), {"rosa": 2})
    assert [one.reason for one in library.glance().remarkable] == ["most flowers"]
