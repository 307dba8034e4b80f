"""Counts of photos at one threshold, each and in total, from stored results; a review overrides the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from core.recognition.counting import (
    PhotoCount,
    add_counts,
    count_by_package,
    count_by_person,
    count_named,
    without_doubt,
)
from core.recognition.flowers import NO_FLOWERS, Flowers, TaxonScore
from core.recognition.naming import FlowerName, name_flowers
from core.recognition.package import NOT_CALIBRATED, ModelPackage, PackageOf
from core.recognition.taxa import taxa_of, taxon_named
from core.store.records import Analysis, PhotoResult, ReviewRecord


@dataclass(frozen=True, slots=True)
class CountedPhoto:
    """A photo with its count; None where it could not be read or still waits. boxes: that its names are of."""

    result: PhotoResult
    count: PhotoCount | None
    boxes: Flowers = NO_FLOWERS


@dataclass(frozen=True, slots=True)
class CountedPhotos:
    """Photos in the order given, and the totals over those that were counted."""

    photos: tuple[CountedPhoto, ...]
    totals: PhotoCount

    @property
    def with_flowers(self) -> int:
        """Photos in which at least one flower is counted."""
        return sum(photo.count is not None and photo.count.total.count > 0 for photo in self.photos)

    @property
    def without_flowers(self) -> int:
        """Photos that were counted and show no flower."""
        return sum(photo.count is not None and photo.count.total.count == 0 for photo in self.photos)

    @property
    def not_calibrated(self) -> int:
        """Photos whose count is the word of a model that nobody calibrated."""
        return sum(no_interval(photo.result) for photo in self.photos)

    @property
    def problems(self) -> tuple[PhotoResult, ...]:
        """Photos that could not be read."""
        return tuple(photo.result for photo in self.photos if photo.result.photo.problem)


def no_interval(result: PhotoResult) -> bool:
    """True if what is said of a photo is the word of a model that nobody calibrated."""
    return result.analysis is not None and not result.reviewed and NOT_CALIBRATED in result.analysis.model_version


def count_photos(results: Iterable[PhotoResult], *, package_of: PackageOf, threshold: float | None) -> CountedPhotos:
    """The count of every photo, and of all."""
    photos = tuple(
        CountedPhoto(result, count_photo(result, package_of, threshold), boxes_of(result)) for result in results
    )
    return CountedPhotos(photos, add_counts(photo.count for photo in photos if photo.count is not None))


def count_photo(result: PhotoResult, package_of: PackageOf, threshold: float | None) -> PhotoCount | None:
    """Count a photo by its review, else by its flowers at `threshold`, without running the model again.

    threshold: 0..1, None for that of the photo's own model. Returns None for a photo that could not be read or still
    waits. Its names are those of boxes_of.
    """
    if result.analysis is None:
        return None
    package = package_of(result.analysis.model, result.analysis.model_version)
    if result.review:
        return _count_by_person(result, package)
    return count_by_package(result.analysis.flowers, result.analysis.flag, package, threshold, result.photo.site)


def boxes_of(result: PhotoResult) -> Flowers:
    """The boxes that the names of count_photo are of: those that a person left, else the candidates of the model."""
    if result.analysis is None:
        return NO_FLOWERS
    record, found = result.review and result.review.record, result.analysis.flowers
    if not record:
        return found
    own = record.analysis_id == result.analysis.analysis_id
    places = [flower.candidate if own else None for flower in record.flowers]
    return Flowers(
        np.array([flower.box_xyxy for flower in record.flowers], np.float32).reshape(-1, 4),
        np.array([1.0 if place is None else found.probability[place] for place in places], np.float32),
        tuple(
            (TaxonScore(flower.taxon, 1.0),) if place is None else found.taxa[place]
            for place, flower in zip(places, record.flowers, strict=True)
        ),
    )


def _count_by_person(result: PhotoResult, package: ModelPackage) -> PhotoCount:
    analysis, review = result.analysis, result.review
    assert analysis is not None
    assert review is not None
    record = review.record
    if record is None:
        boxes = count_by_person(
            review.counts, analysis.flowers, package_labels=package.labels, threshold=package.default_threshold
        ).names
        return without_doubt(review.counts, package.names, boxes=boxes)
    boxes = _names_of_boxes(record, analysis, package)
    if record.numbers or record.analysis_id != analysis.analysis_id:
        return without_doubt(review.counts, package.names, at_least=review.at_least, boxes=boxes)
    return replace(count_signed_names(record, analysis, package), names=boxes)


def _names_of_boxes(record: ReviewRecord, analysis: Analysis, package: ModelPackage) -> tuple[FlowerName, ...]:
    """The name of each flower of a review: the model's, with its score, where no person touched it."""
    taxa, own = taxa_of(package.names), record.analysis_id == analysis.analysis_id
    by_model = name_flowers(analysis.flowers, package_labels=package.labels, threshold=package.default_threshold)
    names = []
    for place, flower in enumerate(record.flowers):
        name = by_model[flower.candidate] if own and flower.candidate is not None else None
        if name is None or name.taxon.name != flower.taxon or place in (record.looked_at or ()):
            name = FlowerName(taxon_named(flower.taxon, taxa), 1.0, by_person=True)
        names.append(name)
    return tuple(names)


def signed_flowers(record: ReviewRecord) -> set[int | None]:
    """The candidates whose names a review signs."""
    places = range(len(record.flowers)) if record.looked_at is None else record.looked_at
    return {record.flowers[place].candidate for place in places}


def count_signed_names(record: ReviewRecord, analysis: Analysis, package: ModelPackage) -> PhotoCount:
    """The count of a review that signs names alone: how many flowers there are is as sure as the model is.

    Candidates that the model counts and the review does not have were rejected: they are none.
    """
    named = {flower.candidate: flower.taxon for flower in record.flowers if flower.candidate is not None}
    unboxed = Counter(flower.taxon for flower in record.flowers if flower.candidate is None)
    unboxed.update(record.more)
    found, looked_at = analysis.flowers, signed_flowers(record)
    left = [
        place for place in range(len(found)) if place in named or found.probability[place] < package.default_threshold
    ]
    return count_named(
        found.take(left),
        {number: named[place] for number, place in enumerate(left) if place in named},
        unboxed,
        {number for number, place in enumerate(left) if place in looked_at},
        package_labels=package.labels,
        names=package.names,
        recall=package.recall,
        widening=package.widening,
        flag=analysis.flag,
    )
