"""A corrected site or note counts for good, everywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.errors import BloomError
from core.intake.corrections import correct, may_correct
from core.store.library import Library
from core.store.selection import Selection
from core.survey.observed import observed
from tests.survey import count, library_of, person, photo

WRONG = photo("a", site="duens", note="rain")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = library_of(tmp_path)
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


def test_the_last_correction_counts_also_when_the_photo_is_uploaded_again(library: Library) -> None:
    once = correct(library, WRONG, site="dunes", note="", by=person("anna"))
    twice = correct(library, once, site="wood", note="", by=person("lea", "lead"))
    assert library.photo(WRONG.photo_id) == twice
    later = datetime.now(UTC) + timedelta(minutes=1)
    library.record([photo("a", site="garden", uploaded_at=later, drop_id="d2")], [], [])
    assert library.photo(WRONG.photo_id) == twice


def test_who_uploaded_a_photo_and_leads_may_correct_it(library: Library) -> None:
    people = [person("anna"), person("lea", "lead"), person("root", "admin"), person("ben")]
    assert [may_correct(one, WRONG) for one in people] == [True, True, True, False]
    with pytest.raises(BloomError, match=r"uploaded by anna: only they or a lead can change it"):
        correct(library, WRONG, site="mine", note="", by=person("ben"))
    assert library.photo(WRONG.photo_id) == WRONG


def test_a_correction_that_changes_nothing_writes_nothing(library: Library) -> None:
    assert correct(library, WRONG, site="duens ", note="rain", by=person("anna")) == WRONG
    assert library.tables.query("SELECT * FROM photos", "photos").num_rows == 1


def test_a_store_from_before_corrections_takes_them(library: Library) -> None:
    old = library.tables.query("SELECT * FROM photos", "photos").drop(["changed_by", "changed_at"])
    library.tables.append("photos", old)
    assert correct(library, WRONG, site="dunes", note="", by=person("anna")) == library.photo(WRONG.photo_id)
