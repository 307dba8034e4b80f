"""A sample for a blind recount is drawn by chance, kept with its seed, and recounted by several people apart."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from core.intake.corrections import Correction, correct_many
from core.recognition.package import load_package
from core.review.reviews import Said, save_review, undo_review
from core.review.samples import NoSample, draw_sample, left_to, recounts, sample_of, samples
from core.settings import SHIPPED_MODEL
from core.store.library import Library
from core.store.selection import EVERYTHING, Selection
from tests.counts_saved import save_counts
from tests.survey import count, library_of, person, photo

PACKAGE = load_package(SHIPPED_MODEL)
BEN, ANNA = person("ben"), person("anna")
PHOTOS = [
    photo(f"{n}.jpg", site=("dunes", "heath")[n % 2], taken_at=f"2026-0{5 + n // 6}-12T12:00:00") for n in range(12)
]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = library_of(tmp_path)
    for number, one in enumerate(PHOTOS):
        count(library, one, {"rose": number} if number else {})
    return library


def blind(library, sample, photo_id, counts, by):
    said = Said(more=counts, sample_id=sample.sample_id)
    return save_review(library, photo_id, said, package=PACKAGE, by=by)


def test_the_same_seed_draws_the_same_photos_and_is_kept(library):
    one, other = (draw_sample(library, EVERYTHING, 5, by=BEN, seed=7) for _ in range(2))
    assert one.photo_ids == other.photo_ids
    assert len(set(one.photo_ids)) == 5
    assert sample_of(library, one.sample_id) == one
    assert {sample.sample_id for sample in samples(library)} == {one.sample_id, other.sample_id}
    assert draw_sample(library, EVERYTHING, 5, by=BEN).photo_ids != one.photo_ids


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        pytest.param(Selection(sites=("heath",)), PHOTOS[1::2], id="a site"),
        pytest.param(Selection(taken_from=date(2026, 6, 1)), PHOTOS[6:], id="a season"),
        pytest.param(Selection(count_from=2, count_to=4), PHOTOS[2:5], id="a stratum"),
    ],
)
def test_a_sample_is_of_a_site_a_season_or_a_stratum(library, which, expected):
    sample = draw_sample(library, which, 100, by=BEN)
    assert sorted(sample.photo_ids) == sorted(one.photo_id for one in expected)
    assert Selection.from_query(sample.which) == which


def test_nothing_can_be_drawn_from_nothing(library):
    with pytest.raises(NoSample, match="nothing to draw from"):
        draw_sample(library, Selection(sites=("wood",)), 5, by=BEN)


def test_two_people_recount_the_same_photos_apart(library):
    sample = draw_sample(library, EVERYTHING, 3, by=BEN, seed=1)
    first, second, third = sample.photo_ids
    save_counts(library, second, {"rose": 9}, package=PACKAGE, by=BEN)
    blind(library, sample, first, {"rose": 2}, BEN)
    blind(library, sample, first, {"rose": 3}, ANNA)
    assert left_to(library, sample, BEN) == [second, third]
    said = recounts(library, sample)[first]
    assert {by: (record.counts, record.how) for by, record in said.items()} == {
        "ben": ({"rose": 2}, "blind"), "anna": ({"rose": 3}, "blind"),
    }  # fmt: skip
    undo_review(library, first, package=PACKAGE, by=ANNA)
    assert set(recounts(library, sample)[first]) == {"ben"}


def test_a_hidden_photo_is_left_out_of_a_sample(library):
    sample = draw_sample(library, EVERYTHING, 3, by=BEN, seed=1)
    correct_many(library, [sample.photo_ids[0]], Correction(hide="blurred"), by=person("lea", "lead"))
    assert left_to(library, sample, BEN) == list(sample.photo_ids[1:])
