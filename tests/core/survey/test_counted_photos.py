"""Totals over photos are those of the photos, and a file that failed is counted apart."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from core.recognition.flowers import Flowers, TaxonScore
from core.recognition.package import load_package
from core.settings import SHIPPED_MODEL
from core.store.records import Analysis, PhotoRecord, PhotoResult, Review
from core.survey.counted_photos import CountedPhotos, count_photos

NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def package():
    return load_package(SHIPPED_MODEL)


def result(number: int, probabilities: list[float] | None, *, taxon: str = "rose", flag: str = "") -> PhotoResult:
    photo_id = f"{number:064x}"
    problem = "" if probabilities is not None else f"{number}.jpg is empty."
    photo = PhotoRecord(
        photo_id=photo_id,
        file=f"{number}.jpg",
        bytes=1,
        width=100,
        height=100,
        taken_at=None,
        latitude=None,
        longitude=None,
        site="",
        note="",
        drop_id="drop",
        uploaded_by="anna",
        uploaded_at=NOW,
        problem=problem,
    )
    if probabilities is None:
        return PhotoResult(photo, None)
    n = len(probabilities)
    boxes = np.arange(4 * n, dtype=np.float32).reshape(n, 4)
    flowers = Flowers(boxes, np.array(probabilities, np.float32), ((TaxonScore(taxon, 0.97),),) * n)
    return PhotoResult(photo, Analysis(photo_id, "test", "1", NOW, 0.1, flag, flowers))


def at_least(counted: CountedPhotos) -> set[str]:
    return {row.taxon.name for row in counted.totals.taxa if row.flowers.lower_bound}


def test_totals_are_the_sum_of_the_photos(package):
    results = [result(1, [0.9, 0.8, 0.1]), result(2, [0.95], taxon="sunflower"), result(3, []), result(4, None)]
    counted = count_photos(results, package_of=lambda *_: package, threshold=0.5)
    assert counted.totals.total.count == 3
    assert [(row.taxon.name, row.flowers.count) for row in counted.totals.taxa] == [("rose", 2), ("sunflower", 1)]
    assert (counted.with_flowers, counted.without_flowers, len(counted.problems)) == (2, 1, 1)


def test_a_higher_threshold_never_counts_more(package):
    results = [result(1, [0.9, 0.8, 0.6, 0.3]), result(2, [0.95, 0.05])]
    counts = [
        count_photos(results, package_of=lambda *_: package, threshold=t).totals.total.count
        for t in (0.05, 0.2, 0.5, 0.7, 0.9)
    ]
    assert counts == [6, 5, 4, 3, 1 + 1]


def test_one_flagged_photo_makes_the_total_a_lower_bound(package):
    assert count_photos(
        [result(1, [0.9], flag="crowded")], package_of=lambda *_: package, threshold=0.5
    ).totals.total.lower_bound
    assert not count_photos([result(1, [0.9])], package_of=lambda *_: package, threshold=0.5).totals.total.lower_bound


def test_only_the_taxa_of_a_flagged_photo_are_at_least_so_many(package):
    results = [result(1, [0.9, 0.8], flag="crowded"), result(2, [0.9], taxon="sunflower"), result(3, [], flag="tiny")]
    assert at_least(count_photos(results, package_of=lambda *_: package, threshold=0.5)) == {"rose"}


def test_nothing_counted_yet_is_zero(package):
    counted = count_photos([], package_of=lambda *_: package, threshold=0.5)
    assert (counted.totals.total.count, counted.totals.taxa, counted.photos) == (0, (), ())


@pytest.mark.parametrize("threshold", [None, 0.05, 0.95])
def test_what_a_person_said_holds_at_every_threshold_and_is_no_lower_bound(package, threshold):
    crowded = result(1, [0.9, 0.8], flag="crowded")
    said = replace(crowded, review=Review("lea", NOW, {"rose": 7, "sunflower": 1}))
    counted = count_photos([said, result(2, [0.99])], package_of=lambda *_: package, threshold=threshold)
    assert [(row.taxon.name, row.flowers.count) for row in counted.photos[0].count.taxa] == [
        ("rose", 7),
        ("sunflower", 1),
    ]
    assert (counted.totals.total.count, counted.totals.total.lower_bound, at_least(counted)) == (9, False, set())
    nothing = count_photos(
        [replace(crowded, review=Review("lea", NOW, {}))], package_of=lambda *_: package, threshold=None
    )
    assert (nothing.totals.total.count, nothing.without_flowers) == (0, 1)
