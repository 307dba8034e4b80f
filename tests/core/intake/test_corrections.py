"""What people say of photos counts for good, everywhere: another site or note, and how many flowers there are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.errors import BloomError
from core.intake.corrections import correct, may_correct, review, take_back
from core.people import Person
from core.recognition.package import load_package
from core.settings import SHIPPED_MODEL, Settings
from core.store.blobs import open_blobs
from core.store.library import Library
from core.store.selection import EVERYTHING, Selection
from core.store.tables import Tables
from core.survey.observed import observed
from tests.survey import count, photo

LABELS = load_package(SHIPPED_MODEL).labels
WRONG = photo("a", site="duens", note="rain")


def person(username: str, role: str = "researcher") -> Person:
    return Person(username, username, role, datetime.now(UTC), "")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    store = Settings(store=str(tmp_path))
    library = Library(open_blobs(store), Tables(store))
    count(library, WRONG, {"rosa": 3})
    return library


def test_a_correction_counts_from_here_on_and_the_old_row_stays(library: Library) -> None:
    corrected = correct(library, WRONG, site=" dunes ", note="", by=person("anna"))
    assert (corrected.site, corrected.note, corrected.changed_by) == ("dunes", "", "anna")
    assert library.photo(WRONG.photo_id) == corrected
    assert library.sites() == ["dunes"]
    assert set(observed(library, ())["site"]) == {"dunes"}
    assert [one.result.photo.site for one in library.gallery(order="newest", page=0, per_page=5).photos] == ["dunes"]
    assert list(library.export_results(Selection(sites=("duens",)))) == []
    history = library.tables.query("SELECT site, note FROM photos ORDER BY changed_at NULLS FIRST", "photos")
    assert history.to_pylist() == [{"site": "duens", "note": "rain"}, {"site": "dunes", "note": ""}]


def test_the_last_correction_counts_until_the_photo_is_uploaded_again(library: Library) -> None:
    once = correct(library, WRONG, site="dunes", note="", by=person("anna"))
    twice = correct(library, once, site="wood", note="", by=person("lea", "lead"))
    assert library.photo(WRONG.photo_id) == twice
    later = datetime.now(UTC) + timedelta(minutes=1)
    again = photo("a", site="garden", uploaded_at=later, drop_id="d2")
    library.record([again], [], [])
    assert library.photo(WRONG.photo_id) == again


def test_who_uploaded_a_photo_and_leads_may_correct_it(library: Library) -> None:
    people = [person("anna"), person("lea", "lead"), person("root", "admin"), person("ben")]
    assert [may_correct(one, WRONG) for one in people] == [True, True, True, False]
    with pytest.raises(BloomError, match=r"a was uploaded by anna: only they or a lead can correct it"):
        correct(library, WRONG, site="mine", note="", by=person("ben"))
    assert library.photo(WRONG.photo_id) == WRONG


def test_a_correction_that_changes_nothing_writes_nothing(library: Library) -> None:
    assert correct(library, WRONG, site="duens ", note="rain", by=person("anna")) == WRONG
    assert library.tables.query("SELECT * FROM photos", "photos").num_rows == 1


def test_a_store_from_before_corrections_takes_them(library: Library) -> None:
    old = library.tables.query("SELECT * FROM photos", "photos").drop(["changed_by", "changed_at"])
    library.tables.append("photos", old)
    assert correct(library, WRONG, site="dunes", note="", by=person("anna")) == library.photo(WRONG.photo_id)


def found(library: Library, which: Selection = EVERYTHING) -> list[tuple[str, int, int, str, bool]]:
    columns = ["taxon", "count", "count_high", "by", "reviewed"]
    return [tuple(row) for row in observed(library, (), which, [*columns])[columns].to_numpy().tolist()]


def test_what_a_person_counted_holds_until_it_is_taken_back(library: Library) -> None:
    by_model = [("rosa", 3, 4, "", False)]
    assert found(library) == by_model
    review(library, WRONG.photo_id, {"sunflower": 5, "rosa": 0, "unknown": 1}, labels=LABELS, by=person("ben"))
    said = [("sunflower", 5, 5, "ben", True), ("unknown", 1, 1, "ben", True)]
    assert found(library) == found(library, Selection(reviewed_only=True)) == said
    (result,) = library.results_for([WRONG.photo_id])
    assert (result.review.by, result.review.counts) == ("ben", {"sunflower": 5, "unknown": 1})
    take_back(library, WRONG.photo_id, by=person("anna"))
    assert found(library) == by_model
    assert library.results_for([WRONG.photo_id])[0].review is None


def test_a_person_may_see_no_flowers_at_all(library: Library) -> None:
    review(library, WRONG.photo_id, {"rosa": 0}, labels=LABELS, by=person("ben"))
    assert found(library, Selection(reviewed_only=True)) == [("", 0, 0, "ben", True)]
    assert library.results_for([WRONG.photo_id])[0].review.counts == {}
    assert library.taxa() == ["rosa"]
    (page,) = library.gallery(order="newest", page=0, per_page=5).photos
    assert (page.totals.count, page.totals.taxa, page.totals.reviewed) == (0, (), True)


def test_the_last_person_counts_and_everybody_is_kept(library: Library) -> None:
    for who, count_ in (("ben", 5), ("anna", 6)):
        review(library, WRONG.photo_id, {"rosa": count_}, labels=LABELS, by=person(who))
    assert found(library) == [("rosa", 6, 6, "anna", True)]
    kept = library.tables.query(
        "SELECT by, count FROM observations WHERE review_id IS NOT NULL ORDER BY at", "observations"
    )
    assert kept.to_pylist() == [{"by": "ben", "count": 5}, {"by": "anna", "count": 6}]
