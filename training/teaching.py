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
from core.recognition.taxa import Label
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
"""Numbers that may be taken from the logits of new taxa. By 3 a name is given where it was twenty times as likely."""


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


def reserve(photos: Sequence[tuple[Seen, Seen]], package: ModelPackage, outputs: Outputs) -> float:
    """The least number to take from the logits of new taxa by which the old ones lose few of their photos.

    photos: of old taxa, as the package sees them and as a layer does that they did not teach. Where no number is enough
    it is the one by which fewest are lost.
    """
    taxa = outputs.labels[: outputs.kinds]
    before = sum(_named_right(photo, package, package.taxa) for photo, _ in photos)
    lost = {}
    for by in _RESERVES:
        less = by * outputs.is_new
        lowered = (
            replace(photo, logits=photo.logits - less, photo_logits=photo.photo_logits - less) for _, photo in photos
        )
        lost[by] = before - sum(_named_right(photo, package, taxa) for photo in lowered)
    most = max(min(lost.values()), MAY_LOSE * len(photos))
    return next(by for by, photos_lost in lost.items() if photos_lost <= most)


def _named_right(photo: Seen, package: ModelPackage, taxa: Sequence[Label]) -> bool:
    """True if the counted flowers of a photo score most for its taxon. taxa: of the first outputs."""
    calibration = package.calibration
    temperature = calibration.temperature
    counted = flower_probability(box_evidence(photo, temperature), calibration) >= package.default_threshold
    scores, _ = taxon_scores(photo.photo_logits, temperature=temperature)
    if counted.any():
        scores = in_photo(taxon_scores(photo.logits[counted], temperature=temperature)[0], scores)
    return taxa[int(scores[:, : len(taxa)].sum(axis=0).argmax())].taxon == photo.row.taxon


def with_reserve(layer: LastLayer, outputs: Outputs, by: float) -> LastLayer:
    """The layer whose new taxa score lower by a number."""
    return LastLayer(layer.kernel, layer.bias - by * outputs.is_new)


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
