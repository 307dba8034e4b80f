"""Calibrates a detector that people brought on the reviewed photos of a store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import BloomError, InvalidModel
from core.intake.pipeline import decode
from core.recognition.brought.calibrating import SeenPhoto, count_with, fit, write_calibration
from core.recognition.brought.described import FindCalibration
from core.recognition.brought.detector import BroughtDetector
from core.recognition.counting import count_flowers
from core.recognition.loading import load_model
from core.recognition.taxa import UNKNOWN_TAXON
from core.settings import PhotoLimits
from core.store.library import Library
from core.store.records import PhotoResult, Review
from core.store.selection import Selection

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The new version of the package, what was fitted, and how its counts of these photos are beside people's.

    flowers, counted: of all photos, by people and by the package. equal: photos that both count the same. named:
    flowers that it names itself, by which named_right was measured.
    """

    version: str
    calibration: FindCalibration
    photos: int
    flowers: int
    counted: int
    equal: int
    named: int


def reviewed_photos(library: Library) -> list[PhotoResult]:
    """The photos whose number of flowers a person said, and not only their names, or "at least". Raises StoreError."""
    reviewed = library.export_results(Selection(reviewed_only=True))
    return [result for batch in reviewed for result in batch if result.review and _is_number(result.review)]


def calibrate(
    directory: Path, library: Library, *, limits: PhotoLimits, progress: Progress = lambda _: None
) -> Calibrated:
    """Fit the detector in a folder to the reviewed photos, and write what was fitted into its model.toml.

    progress: called with the number of photos that were looked at. Raises InvalidModel or StoreError.
    """
    model = load_model(directory)
    if not isinstance(model, BroughtDetector):
        raise InvalidModel(f"{directory} is no detector: only a detector that somebody brought is calibrated here.")
    seen = []
    for done, result in enumerate(reviewed_photos(library), start=1):
        if photo := _seen(model, result, library, limits):
            seen.append(photo)
        progress(done)
    density = model.layout == "density-map"
    calibration = fit(seen, density=density)
    counts = [count_with(calibration, photo, density=density) for photo in seen]
    return Calibrated(
        write_calibration(directory, calibration, photos=len(seen)),
        calibration,
        len(seen),
        flowers=sum(photo.flowers for photo in seen),
        counted=sum(counts),
        equal=sum(count == photo.flowers for count, photo in zip(counts, seen, strict=True)),
        named=sum(photo.named for photo in seen),
    )


def _is_number(review: Review) -> bool:
    return not review.at_least and (review.record is None or bool(review.record.numbers))


def _seen(model: BroughtDetector, result: PhotoResult, library: Library, limits: PhotoLimits) -> SeenPhoto | None:
    """Raw finds of a photo beside what a person counted; None where its file cannot be read any more."""
    if result.review is None:
        return None
    try:
        data = library.pictures.photo(result.photo.photo_id)
        photo = decode(data, name=result.photo.file, limits=limits).photo
    except BloomError:
        return None
    if photo is None:
        return None
    scores = model.found(photo).scores
    counts = result.review.counts
    same, named = 0, 0
    if model.package.finding and model.package.finding.named_by == "labels":
        package, found = model.package, model.recognise(photo)
        rows = count_flowers(
            found.flowers, package_labels=package.labels, threshold=package.default_threshold, recall=package.recall
        ).taxa
        ours = {row.taxon.name: row.flowers.count for row in rows if row.taxon.name != UNKNOWN_TAXON}
        same = sum(min(many, counts.get(taxon, 0)) for taxon, many in ours.items())
        named = min(sum(ours.values()), sum(counts.values()))
    return SeenPhoto(np.asarray(scores, np.float32), sum(counts.values()), same, named)
