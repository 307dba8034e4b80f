"""From raw outputs to probabilities that mean what they say, and the default threshold: on the calibration split alone.

Boxes: logistic regression on the detector's score and the classifier's word (Platt, 1999). Taxa: one temperature (Guo,
2017). Threshold: where counts by eye, complete boxes and photos without flowers agree best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.photos import only_pixels
from core.recognition.classifier import classify, taxon_scores
from core.recognition.detector import find_flowers
from core.recognition.package import Calibration, Label, load_package
from core.recognition.recogniser import MAX_FLOWER_LOGIT, MIN_FLOWER_LOGIT, Recogniser, flower_probability
from training.dataset import PhotoRow
from training.finds import iou
from training.package_files import Measured
from training.packing import PackedPhotos
from training.progress import Progress

_MIN_SCORE = 0.06
_MATCH_IOU = 0.4
_EMPTY_SHARE_MAX = 0.01
"""In effect none of the few photos without flowers that calibrate: a flower where none is discredits every count."""
_COMPLETE = ("oxford102",)
"""Sources whose README says that every flower is boxed though `boxed` says foreground."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What both networks said of one photo. boxes (n, 4), scores (n,), logits (n, taxa + 1); matched: n of bool."""

    row: PhotoRow
    scores: NDArray[np.float32]
    logits: NDArray[np.float32]
    matched: NDArray[np.bool_]

    @property
    def complete(self) -> bool:
        """Whether a find outside the boxes is surely false."""
        row = self.row
        return row.boxed == "all" or row.source in _COMPLETE or bool(row.eye and len(row.boxes_xyxy) >= row.eye.best)


def calibrate(rows: Sequence[PhotoRow], photos: PackedPhotos, folder: Path) -> Measured:
    """What the networks in a package folder need to be believed; the folder's own calibration is ignored."""
    package = load_package(folder)
    recogniser = Recogniser(package)
    rows = [row for row in rows if row.split == "calibration"]
    progress, seen = Progress("calibration", len(rows)), []
    for row in rows:
        seen.append(look(recogniser, np.ascontiguousarray(photos[row.photo]), row))
        progress.step()
    temperature = best_temperature(seen, package.labels)
    features = [box_features(photo, temperature) for photo in seen]
    calibration = fit_boxes(seen, features, temperature)
    probability = [
        flower_probability(photo.scores, words, calibration) for photo, words in zip(seen, features, strict=True)
    ]
    threshold = best_threshold(seen, probability)
    return Measured(calibration, threshold, recall_at(seen, probability, threshold))


def look(recogniser: Recogniser, rgb_u8: NDArray[np.uint8], row: PhotoRow) -> Seen:
    """Both networks' raw word on a photo, and which finds fit a drawn box (each box once, best find first)."""
    found = find_flowers(
        only_pixels(rgb_u8), recogniser.detector, input_px=recogniser.detector.input_px, min_score=_MIN_SCORE
    )
    logits = classify(rgb_u8, found.boxes_xyxy, recogniser.classifier, input_px=recogniser.classifier.input_px)
    return Seen(row, found.scores, logits, match(found.boxes_xyxy, row.boxes_xyxy))


def match(found_xyxy: NDArray[np.float32], boxes_xyxy: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of the finds, best first, take a drawn box that no better find took."""
    shared = iou(found_xyxy, boxes_xyxy)
    matched = np.zeros(len(found_xyxy), bool)
    for i in range(len(found_xyxy)):
        if shared.shape[1] and shared[i].max() >= _MATCH_IOU:
            matched[i] = True
            shared[:, int(shared[i].argmax())] = 0
    return matched


def best_temperature(seen: Sequence[Seen], labels: Sequence[Label]) -> float:
    """The temperature with the least log loss on the surest find of each photo of one kind."""
    number = {label.taxon: i for i, label in enumerate(labels)}
    known = [photo for photo in seen if photo.row.taxon and len(photo.scores)]
    logits = np.stack([photo.logits[int(photo.scores.argmax())] for photo in known])
    truth = np.array([number[photo.row.taxon] for photo in known])

    def loss(temperature: float) -> float:
        scores, _ = taxon_scores(logits, temperature=temperature)
        return float(-np.log(np.maximum(scores[np.arange(len(truth)), truth], 1e-9)).mean())

    return float(min(np.arange(0.4, 2.01, 0.05), key=loss))


def box_features(photo: Seen, temperature: float) -> NDArray[np.float32]:
    """The classifier's word for each find of a photo: logit of flower against not a flower."""
    if len(photo.scores) == 0:
        return np.empty(0, np.float32)
    return taxon_scores(photo.logits, temperature=temperature)[1]


def fit_boxes(seen: Sequence[Seen], features: Sequence[NDArray[np.float32]], temperature: float) -> Calibration:
    """Logistic regression by Newton's method: finds that fit a box against finds in photos boxed completely."""
    score = np.concatenate([photo.scores for photo in seen]).astype(np.float64).clip(1e-6, 1 - 1e-6)
    word = np.concatenate(features).astype(np.float64).clip(MIN_FLOWER_LOGIT, MAX_FLOWER_LOGIT)
    truth = np.concatenate([photo.matched for photo in seen]).astype(np.float64)
    used = np.concatenate([photo.matched | photo.complete for photo in seen])
    x = np.column_stack([np.ones_like(score), np.log(score / (1 - score)), word])[used]
    weights = np.zeros(3)
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ weights))
        hessian = (x * (p * (1 - p))[:, None]).T @ x + 1e-3 * np.eye(3)
        weights += np.linalg.solve(hessian, x.T @ (truth[used] - p) - 1e-3 * weights)
    return Calibration(float(weights[0]), max(float(weights[1]), 0.0), max(float(weights[2]), 0.0), temperature)


def best_threshold(seen: Sequence[Seen], probability: Sequence[NDArray[np.float32]]) -> float:
    """The threshold, in steps of 0.05, with the best sum of two shares, smoothed over its neighbours.

    Photos whose count lies inside low-high of the count by eye, and photos boxed completely whose count is exact; among
    thresholds at which at most 1 % of the photos without flowers get one.
    """
    steps = np.arange(0.15, 0.801, 0.05)
    empty = np.array([[photo.row.without_flowers] for photo in seen]).ravel()
    counts = np.array([[int((p >= step).sum()) for step in steps] for p in probability])
    low = np.array([photo.row.eye.low if photo.row.eye else -1 for photo in seen])[:, None]
    high = np.array([photo.row.eye.high if photo.row.eye else -1 for photo in seen])[:, None]
    boxed = np.array([photo.complete and not photo.row.without_flowers for photo in seen])
    exact = counts == np.array([len(photo.row.boxes_xyxy) for photo in seen])[:, None]
    good = np.zeros(len(steps))
    if (low >= 0).any():
        good += ((counts >= low) & (counts <= high))[low[:, 0] >= 0].mean(axis=0)
    if boxed.any():
        good += exact[boxed].mean(axis=0)
    smooth = np.convolve(np.pad(good, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    if empty.any():
        smooth -= 10 * ((counts[empty] > 0).mean(axis=0) > _EMPTY_SHARE_MAX)
    return float(np.round(steps[int(smooth.argmax())], 2))


def recall_at(seen: Sequence[Seen], probability: Sequence[NDArray[np.float32]], threshold: float) -> float:
    """The share of the flowers counted by eye that are counted; without such counts, of drawn boxes that a find fits.

    Boxes leave out flowers that an eye counts, so they are the second choice.
    """
    eye = [
        (min(int((p >= threshold).sum()), photo.row.eye.best), photo.row.eye.best)
        for photo, p in zip(seen, probability, strict=True)
        if photo.row.eye
    ]
    if eye:
        return sum(count for count, _ in eye) / sum(best for _, best in eye)
    boxes = sum(len(photo.row.boxes_xyxy) for photo in seen)
    hits = sum(int((photo.matched & (p >= threshold)).sum()) for photo, p in zip(seen, probability, strict=True))
    return hits / boxes if boxes else 1.0
