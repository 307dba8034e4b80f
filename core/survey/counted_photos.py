"""Counts of photos at one threshold, each and in total, from stored results; a review overrides the model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.recognition.counting import PhotoCount, add_counts, count_by_person, count_flowers
from core.recognition.package import PackageOf
from core.store.records import PhotoResult


@dataclass(frozen=True, slots=True)
class CountedPhoto:
    """A photo with its count; None where it could not be read or still waits."""

    result: PhotoResult
    count: PhotoCount | None


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
    def problems(self) -> tuple[PhotoResult, ...]:
        """Photos that could not be read."""
        return tuple(photo.result for photo in self.photos if photo.result.photo.problem)


def count_photos(results: Iterable[PhotoResult], *, package_of: PackageOf, threshold: float | None) -> CountedPhotos:
    """The count of every photo, and of all."""
    photos = tuple(CountedPhoto(result, count_photo(result, package_of, threshold)) for result in results)
    return CountedPhotos(photos, add_counts(photo.count for photo in photos if photo.count is not None))


def count_photo(result: PhotoResult, package_of: PackageOf, threshold: float | None) -> PhotoCount | None:
    """Count a photo by its review, else by its flowers at `threshold`, without running the model again.

    threshold: 0..1, None for that of the photo's own model. Returns None for a photo that could not be read or still
    waits.
    """
    if result.analysis is None:
        return None
    flowers, package = result.analysis.flowers, package_of(result.analysis.model, result.analysis.model_version)
    labels, usual = package.labels, package.default_threshold
    if result.review:
        return count_by_person(result.review.counts, flowers, package_labels=labels, threshold=usual)
    threshold = usual if threshold is None else threshold
    return count_flowers(
        flowers,
        package_labels=labels,
        threshold=threshold,
        recall=package.recall,
        widening=package.widening,
        flag=result.analysis.flag,
    )
