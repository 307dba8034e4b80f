"""The last layer of a classifier that looks at reviewed photos teach, and the numbers by which its package counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.recognition.classifier import in_photo, taxon_scores
from core.recognition.evidence import flower_probability
from core.recognition.flags import LIKELY, flag_of_likely
from core.recognition.package import ModelPackage
from core.review.lessons import ReviewedPhoto
from core.review.proposal import best_threshold, recall_of
from training.calibration import Seen, box_evidence, match
from training.dataset import EyeCount, PhotoRow
from training.last_layer import last_layer
from training.looks import REJECTED, WHOLE, Look
from training.more_names import NothingToLearn, Outputs, learn_more, remember
from training.names import LastLayer
from training.package_files import Measured
from training.side_by_side import MAY_LOSE
from training.widening import fit_widening

LEAST_COUNTED = 100
"""Photos with signed numbers from which on threshold, recall and interval are fitted to the store."""
_RESERVES = tuple(quarter / 4 for quarter in range(13))


@dataclass(frozen=True, slots=True)
class Lesson:
    """A reviewed photo and the networks' look at it."""

    reviewed: ReviewedPhoto
    look: Look


def learned_layer(photos: Sequence[Lesson], package: ModelPackage, outputs: Outputs) -> LastLayer:
    """The last layer that these photos teach, on from the package's, of which it remembers the taxa."""
    old = LastLayer(*last_layer(package.classifier.path.read_bytes()))
    features, shown = _taught(photos, outputs)
    memory = remember(features, shown, old, package.kinds, temperature=package.calibration.temperature)
    seen = np.concatenate([each for photo in photos for each in (photo.look.crops, photo.look.features)])
    return learn_more(features, shown, seen, old, outputs, memory)


def reserve(photos: Sequence[tuple[Seen, Seen]], package: ModelPackage, outputs: Outputs, threshold: float) -> float:
    """The least number to take from the logits of new taxa by which the old ones lose few of their photos.

    photos: of old taxa, as the package sees them and as a layer does that they did not teach. Where no number is enough
    it is the one by which fewest are lost.
    """
    lost = {by: _lost(photos, package, outputs, threshold, by) for by in _RESERVES}
    fewest = min(lost.values(), default=0)
    return next(by for by, photos_lost in lost.items() if photos_lost <= max(fewest, MAY_LOSE * len(photos)))


def _lost(
    photos: Sequence[tuple[Seen, Seen]], package: ModelPackage, outputs: Outputs, threshold: float, by: float
) -> int:
    """The photos that the package names right, less those that the layer does."""
    lower = np.zeros(outputs.many, np.float32)
    lower[len(outputs.taxa) : outputs.kinds] = by
    right = [
        (
            outputs.labels[_most(before, package, threshold)].taxon == before.row.taxon,
            outputs.labels[_most(after, package, threshold, lower=lower, kinds=outputs.kinds)].taxon == after.row.taxon,
        )
        for before, after in photos
    ]
    return sum(before for before, _ in right) - sum(after for _, after in right)


def _most(
    photo: Seen,
    package: ModelPackage,
    threshold: float,
    *,
    lower: NDArray[np.float32] | float = 0.0,
    kinds: int | None = None,
) -> int:
    """The place of the taxon that the counted flowers of a photo score most for."""
    calibration = package.calibration
    photo = replace(photo, logits=photo.logits - lower, photo_logits=photo.photo_logits - lower)
    counted = flower_probability(box_evidence(photo, calibration.temperature), calibration) >= threshold
    whole, _ = taxon_scores(photo.photo_logits, temperature=calibration.temperature)
    if not counted.any():
        return int(whole[0, : kinds or package.kinds].argmax())
    scores, _ = taxon_scores(photo.logits[counted], temperature=calibration.temperature)
    return int(in_photo(scores, whole)[:, : kinds or package.kinds].sum(axis=0).argmax())


def with_reserve(layer: LastLayer, outputs: Outputs, by: float) -> LastLayer:
    """The layer whose new taxa score lower by a number."""
    bias = layer.bias.copy()
    bias[len(outputs.taxa) : outputs.kinds] -= by
    return LastLayer(layer.kernel, bias)


def _taught(photos: Sequence[Lesson], outputs: Outputs) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """The features of the crops that teach an output, and which."""
    features, shown = [], []
    for photo in photos:
        for what, crop in zip(photo.look.shows, photo.look.crops, strict=True):
            place = _place(int(what), photo.reviewed, outputs)
            if place is not None:
                features.append(crop)
                shown.append(place)
    if not features:
        raise NothingToLearn(
            "No reviewed flower has a name that can be learned: a taxon needs a label, or ten photos to get one."
        )
    return np.stack(features), np.array(shown)


def _place(what: int, photo: ReviewedPhoto, outputs: Outputs) -> int | None:
    """The output that a crop teaches, None where it teaches none."""
    if what == REJECTED or (what == WHOLE and photo.number == 0):
        return outputs.nothing
    return outputs.of(photo.one_kind if what == WHOLE else photo.names[what])


def calibrated(photos: Sequence[Seen], package: ModelPackage) -> Measured:
    """Threshold, recall and interval that fit photos with a signed number, each seen by networks that it did not teach.

    Temperature and weights of the evidence stay the base's, which saw photos without flowers, of which a store has few;
    so does all where few photos have a signed number.
    """
    calibration = package.calibration
    if len(photos) < LEAST_COUNTED:
        return Measured(calibration, package.default_threshold, package.recall, package.widening)
    probability = [flower_probability(box_evidence(photo, calibration.temperature), calibration) for photo in photos]
    numbers = [photo.row.flowers or 0 for photo in photos]
    threshold = best_threshold(probability, numbers, usual=package.default_threshold)
    recall = recall_of(probability, numbers)
    flags = [
        flag_of_likely(photo.boxes_xyxy[p >= LIKELY], finest_per_px=photo.finest_per_px)
        for photo, p in zip(photos, probability, strict=True)
    ]
    widening = fit_widening([photo.row.eye for photo in photos], probability, flags, threshold, recall)
    return Measured(calibration, threshold, recall, widening)


def seen_by(photo: Lesson, layer: LastLayer) -> Seen:
    """The photo as training.calibration knows it, with the names of a layer."""
    reviewed, look = photo.reviewed, photo.look
    number = reviewed.number
    row = PhotoRow(
        photo=reviewed.file,
        width_px=look.width_px,
        height_px=look.height_px,
        source="bloomcount",
        group=reviewed.visit,
        taxon=reviewed.one_kind,
        flowers=number,
        boxed="all" if reviewed.drawn else "foreground" if len(reviewed.boxes_xyxy) else "no",
        boxes_xyxy=reviewed.boxes_xyxy,
        eye=EyeCount(number, number, number) if number else None,
        split="calibration",
        rejected_xyxy=reviewed.rejected_xyxy,
    )
    logits, whole = (x @ layer.kernel + layer.bias for x in (look.features, look.whole[None]))
    matched = match(look.boxes_xyxy, reviewed.boxes_xyxy)
    return Seen(row, look.boxes_xyxy, look.scores, logits, whole, matched, look.finest_per_px)
