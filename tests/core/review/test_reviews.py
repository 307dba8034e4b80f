"""A person's count of a photo counts for good, everywhere, until it is undone."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.recognition.package import load_package
from core.review.reviews import undo_review
from core.settings import SHIPPED_MODEL
from core.store.library import Library
from core.store.selection import EVERYTHING, Selection
from core.survey.observed import observed
from tests.counts_saved import save_counts
from tests.survey import count, library_of, person, photo

PACKAGE = load_package(SHIPPED_MODEL)
WRONG = photo("a", site="duens", note="rain")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = library_of(tmp_path)
    count(library, WRONG, {"rosa": 3})
    return library


def found(library: Library, which: Selection = EVERYTHING) -> list[tuple[str, int, int, str, bool]]:
    columns = ["taxon", "count", "count_high", "by", "reviewed"]
    return [tuple(row) for row in observed(library, (), which, [*columns])[columns].to_numpy().tolist()]


def test_what_a_person_counted_holds_until_it_is_taken_back(library: Library) -> None:
    by_model = [("rosa", 3, 4, "", False)]
    assert found(library) == by_model
    save_counts(library, WRONG.photo_id, {"sunflower": 5, "rosa": 0, "unknown": 1}, package=PACKAGE, by=person("ben"))
    said = [("sunflower", 5, 5, "ben", True), ("unknown", 1, 1, "ben", True)]
    assert found(library) == found(library, Selection(reviewed_only=True)) == said
    (result,) = library.results_for([WRONG.photo_id])
    assert (result.review.by, result.review.counts) == ("ben", {"sunflower": 5, "unknown": 1})
    undo_review(library, WRONG.photo_id, package=PACKAGE, by=person("anna"))
    assert found(library) == by_model
    assert library.results_for([WRONG.photo_id])[0].review is None


def test_a_person_may_see_no_flowers_at_all(library: Library) -> None:
    save_counts(library, WRONG.photo_id, {"rosa": 0}, package=PACKAGE, by=person("ben"))
    assert found(library, Selection(reviewed_only=True)) == [("", 0, 0, "ben", True)]
    assert library.results_for([WRONG.photo_id])[0].review.counts == {}
    assert library.taxa() == ["rosa"]
    (page,) = library.gallery(order="newest", page=0, per_page=5).photos
    assert (page.totals.count, page.totals.taxa, page.totals.reviewed) == (0, (), True)


def test_the_last_person_counts_and_everybody_is_kept(library: Library) -> None:
    for who, count_ in (("ben", 5), ("anna", 6)):
        save_counts(library, WRONG.photo_id, {"rosa": count_}, package=PACKAGE, by=person(who))
    assert found(library) == [("rosa", 6, 6, "anna", True)]
    kept = library.tables.query(
        "SELECT by, count FROM observations WHERE review_id IS NOT NULL ORDER BY at", "observations"
    )
    assert kept.to_pylist() == [{"by": "ben", "count": 5}, {"by": "anna", "count": 6}]
