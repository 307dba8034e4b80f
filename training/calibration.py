"""From raw outputs to probabilities that mean what they say, and the default threshold: on the calibration split alone.

Boxes: logistic regression on what both networks say (Platt, 1999), held to the counts by eye. Taxa: one temperature
(Guo, 2017). Threshold: where counts by eye, complete boxes and photos without flowers agree best.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from core.photo.reading import only_pixels
from core.recognition.classifier import classify, classify_whole, in_photo, taxon_scores
from core.recognition.detector import find_flowers
from core.recognition.evidence import evidence, flower_probability, with_word
from core.recognition.flags import LIKELY, flag_of_likely
from core.recognition.naming import CONFIDENT
from core.recognition.package import Calibration, load_package
from core.recognition.recogniser import MIN_SCORE, BloomRecogniser
from core.recognition.taxa import Label
from training.count_figures import SEVERAL_SHARE
from training.dataset import EyeCount, PhotoRow
from training.finds import iou
from training.leaves import UNSAID, Leaves
from training.package_files import Measured
from training.packing import PackedPhotos
from training.progress import on_all_cores
from training.widening import fit_widening

_MATCH_IOU = 0.4
"""A find that overlaps a box so far is that flower: less than the 0.5 of the figures, as the flower counts and not its
edges. Chosen, not measured."""
_EMPTY_SHARE_MAX = 0.02
"""A flower where none is discredits every count; one photo in fifty is what the recogniser is meant to keep to."""
_EMPTY_COST = 10.0
"""Weight of each photo beyond that, beside one whose count is right. More would let two odd photos, of the few without
flowers that calibrate, decide the threshold alone (docs/experiments/counting.md)."""
_SURELY_WRONG = 0.02
"""Kinds that nobody taught and that are named confidently all the same: one in fifty, of photos with finds."""
_RIDGE = 0.3
"""Keeps weights near 0 that a few hundred boxes say little about."""
_EMPTY_WEIGHT = 10.0
"""A find in a photo without flowers weighs as much as ten others: such photos are few here and many in the field."""
_LEAST_COMPANY = -0.3
"""Among a hundred sure flowers the odds of each are no less than a quarter of those of one alone: photos that calibrate
have few flowers, and what they say of many is not to undo a crowd."""
_EYE_WEIGHT = 3.0
"""A photo counted by eye weighs as much as three boxes. What other weights give: docs/experiments/counting.md."""
_EYE_MOST = 40
"""In photos with more flowers by eye most have no candidate: they say nothing of a box, and little of recall."""
_EYE_SPREAD, _EYE_SPREAD_SHARE = 0.5, 0.1
"""Error that a count by eye may have: half a flower, half of half its low-high, and a tenth of it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Both networks' output for one photo. boxes (n, 4), scores (n,), logits (n, taxa + 1); matched: n of bool.

    photo_logits: (1, taxa + 1), the classifier's word on the whole photo. finest_per_px: of the photo.
    """

    row: PhotoRow
    boxes_xyxy: NDArray[np.float32]
    scores: NDArray[np.float32]
    logits: NDArray[np.float32]
    photo_logits: NDArray[np.float32]
    matched: NDArray[np.bool_]
    finest_per_px: float = 1.0


def calibrate(rows: Sequence[PhotoRow], photos: PackedPhotos, folder: Path, leaves: Leaves | None = None) -> Measured:
    """Calibrate the networks in a package folder; the folder's own calibration is ignored. leaves: of names by rank."""
    package = load_package(folder)
    recogniser = BloomRecogniser(package)
    rows = [row for row in rows if row.split == "calibration"]
    seen = list(
        on_all_cores(
            lambda row: look(recogniser, np.ascontiguousarray(photos[row.photo]), row), rows, "calibration", len(rows)
        )
    )
    return measured(seen, package.labels, leaves)


def measured(seen: Sequence[Seen], labels: Sequence[Label], leaves: Leaves | None = None) -> Measured:
    """The calibration that fits what was seen."""
    temperature = best_temperature(seen, labels, leaves)
    rows_of = [box_evidence(photo, temperature) for photo in seen]
    calibration = fit_boxes(seen, rows_of, temperature)
    probability = [flower_probability(rows, calibration) for rows in rows_of]
    threshold, recall = best_threshold(seen, probability), recall_of(seen, probability)
    flags = [
        flag_of_likely(photo.boxes_xyxy[p >= LIKELY], finest_per_px=photo.finest_per_px)
        for photo, p in zip(seen, probability, strict=True)
    ]
    widening = fit_widening([photo.row.eye for photo in seen], probability, flags, threshold, recall)
    return Measured(calibration, threshold, recall, widening)


def look(recogniser: BloomRecogniser, rgb_u8: NDArray[np.uint8], row: PhotoRow) -> Seen:
    """Both networks' raw word on a photo, and which finds fit a drawn box (each box once, best find first)."""
    photo = only_pixels(rgb_u8)
    found = find_flowers(photo, recogniser.detector, input_px=recogniser.detector.input_px, min_score=MIN_SCORE)
    sizes_px = recogniser.classifier.sizes_px
    logits = classify(photo.picture, found.boxes_xyxy, recogniser.classifier, sizes_px=sizes_px)
    whole = classify_whole(photo.picture, recogniser.classifier, sizes_px=sizes_px)
    matched = match(found.boxes_xyxy, row.boxes_xyxy)
    return Seen(row, found.boxes_xyxy, found.scores, logits, whole, matched, photo.finest_per_px)


def match(found_xyxy: NDArray[np.float32], boxes_xyxy: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Mask of the finds, best first, that take a drawn box which no better find took."""
    shared = iou(found_xyxy, boxes_xyxy)
    matched = np.zeros(len(found_xyxy), bool)
    for i in range(len(found_xyxy)):
        if shared.shape[1] and shared[i].max() >= _MATCH_IOU:
            matched[i] = True
            shared[:, int(shared[i].argmax())] = 0
    return matched


def best_temperature(seen: Sequence[Seen], labels: Sequence[Label], leaves: Leaves | None = None) -> float:
    """The temperature with the least log loss on the surest find of each photo of one kind, strangers among them.

    It is raised until at most _SURELY_WRONG of the kinds without a taxon would be called by one confidently.
    """
    number = {label.taxon: i for i, label in enumerate(labels)}
    truths = [_label_of(photo.row, number, leaves) if len(photo.scores) else UNSAID for photo in seen]
    known = [photo for photo, truth in zip(seen, truths, strict=True) if truth != UNSAID]
    logits = np.stack([photo.logits[int(photo.scores.argmax())] for photo in known])
    whole = np.concatenate([photo.photo_logits for photo in known])
    truth = np.array([truth for truth in truths if truth != UNSAID])

    kinds = leaves.kinds if leaves else len(labels)

    def scores(temperature: float) -> NDArray[np.float32]:
        return in_photo(*(taxon_scores(each, temperature=temperature)[0] for each in (logits, whole)))

    def loss(temperature: float) -> float:
        return float(-np.log(np.maximum(scores(temperature)[np.arange(len(truth)), truth], 1e-9)).mean())

    def surely_wrong(temperature: float) -> float:
        strange = scores(temperature)[truth >= kinds, :kinds]
        return float((strange.max(axis=1) > CONFIDENT).mean()) if len(strange) else 0.0

    steps = np.arange(0.4, 2.01, 0.05)
    least = min(steps, key=loss)
    enough = (step for step in steps if step >= least and surely_wrong(step) <= _SURELY_WRONG)
    return float(next(enough, least))


def _label_of(row: PhotoRow, number: Mapping[str, int], leaves: Leaves | None) -> int:
    if leaves is None:
        return number.get(row.taxon, UNSAID)
    truth = leaves.truth(row)
    return UNSAID if truth is None or truth.label == leaves.nothing else truth.label


def box_evidence(photo: Seen, temperature: float) -> NDArray[np.float64]:
    """The evidence for each find of a photo, see core.recognition.evidence."""
    photo_logit = taxon_scores(photo.photo_logits, temperature=temperature)[1]
    long_side_px = max(photo.row.width_px, photo.row.height_px)
    rows = evidence(photo.scores, photo.boxes_xyxy, long_side_px=long_side_px)
    if len(rows) == 0:
        return rows
    return with_word(rows, taxon_scores(photo.logits, temperature=temperature)[1], photo_logit=float(photo_logit[0]))


def fit_boxes(seen: Sequence[Seen], rows_of: Sequence[NDArray[np.float64]], temperature: float) -> Calibration:
    """The weights under which the drawn boxes and the counts by eye are most likely.

    Boxes: logistic regression, finds that fit one against finds in photos boxed completely. People box the flowers in
    front alone, so by these alone a photo's probabilities sum to too few: their sum should also be the best count by
    eye, give or take what the eye doubts.
    """
    used = [photo.matched | photo.row.drawn | _rejected(photo) for photo in seen]
    x = np.concatenate([rows[which] for rows, which in zip(rows_of, used, strict=True)])
    truth = np.concatenate([photo.matched[which] for photo, which in zip(seen, used, strict=True)]).astype(np.float64)
    heavy = np.concatenate(
        [np.full(which.sum(), _EMPTY_WEIGHT if _empty(photo) else 1.0) for photo, which in zip(seen, used, strict=True)]
    )
    by_eye = [(rows, eye) for photo, rows in zip(seen, rows_of, strict=True) if (eye := _eye(photo)) and len(rows)]

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logit = x @ weights
        value = float(heavy @ (np.logaddexp(0, logit) - truth * logit)) + _RIDGE * float(weights @ weights) / 2
        slope = x.T @ (heavy * (_sigmoid(logit) - truth)) + _RIDGE * weights
        for rows, eye in by_eye:
            p = _sigmoid(rows @ weights)
            spread = _EYE_SPREAD + (eye.high - eye.low) / 4 + _EYE_SPREAD_SHARE * eye.best
            off = (p.sum() - eye.best) / spread
            value += _EYE_WEIGHT * off**2 / 2
            slope = slope + _EYE_WEIGHT * off / spread * (rows.T @ (p * (1 - p)))
        return value, slope

    free: list[tuple[float | None, None]] = [(None, None)] * x.shape[1]
    free[1:4] = [(0.0, None)] * 3  # neither network's word may speak against itself
    free[6] = (_LEAST_COMPANY, None)
    weights = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", bounds=free).x
    return Calibration(*(float(number) for number in (*weights, temperature)))


def _empty(photo: Seen) -> bool:
    """True if it is a photo of something else; in one that an eye counted buds and fruit may be in doubt."""
    return photo.row.without_flowers and photo.row.eye is None


def _rejected(photo: Seen) -> NDArray[np.bool_]:
    """Mask of the finds that an eye found wrong."""
    shared = iou(photo.boxes_xyxy, photo.row.rejected_xyxy)
    return np.asarray(~photo.matched & (shared.max(axis=1, initial=0) >= _MATCH_IOU))


def _eye(photo: Seen) -> EyeCount | None:
    """The blind count by eye of a photo with no more flowers than _EYE_MOST. Where the eye had boxes in view it counted
    many that no candidate shows, and its number would make flowers of candidates beside them."""
    eye = photo.row.eye
    return eye if eye and eye.missed is None and eye.best <= _EYE_MOST else None


def _sigmoid(logit: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-logit)))


def best_threshold(seen: Sequence[Seen], probability: Sequence[NDArray[np.float32]]) -> float:
    """The threshold, in steps of 0.05, with the best sum of five shares, smoothed over its neighbours.

    Photos whose count lies inside low-high of the count by eye, and within one of its best; photos boxed completely
    whose count is exact, and within one (weighted so that three in four have several flowers, as in the figures);
    photos of one kind in which a flower is counted; less ten times the share of photos without flowers beyond 2 % that
    get one.
    """
    steps = np.arange(0.15, 0.801, 0.05)
    empty = np.array([_empty(photo) for photo in seen])
    counts = np.array([[int((p >= step).sum()) for step in steps] for p in probability])
    by_eye = np.array([photo.row.eye is not None for photo in seen])
    boxed = np.array([photo.row.drawn and not photo.row.without_flowers for photo in seen])
    good = np.zeros(len(steps))
    if by_eye.any():
        low, best, high = np.array([(e.low, e.best, e.high) for photo in seen if (e := photo.row.eye)]).T[:, :, None]
        ours = counts[by_eye]
        good += ((ours >= low) & (ours <= high)).mean(axis=0) + (abs(ours - best) <= 1).mean(axis=0)
    if boxed.any():
        boxes = np.array([len(photo.row.boxes_xyxy) for photo in seen])[boxed]
        off = abs(counts[boxed] - boxes[:, None])
        good += np.average((off == 0) * 1.0 + (off <= 1), axis=0, weights=_as_in_figures(boxes > 1))
    kinds = np.array([bool(photo.row.taxon) for photo in seen])
    if kinds.any():
        good += (counts[kinds] > 0).mean(axis=0)
    smooth = np.convolve(np.pad(good, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    if empty.any():
        smooth -= _EMPTY_COST * ((counts[empty] > 0).mean(axis=0) - _EMPTY_SHARE_MAX).clip(0)
    return float(np.round(steps[int(smooth.argmax())], 2))


def _as_in_figures(several: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights (n,) by which SEVERAL_SHARE of the photos have several flowers, where both sorts are there."""
    share = several.mean()
    if share in (0, 1):
        return np.ones(len(several))
    return np.asarray(np.where(several, SEVERAL_SHARE / share, (1 - SEVERAL_SHARE) / (1 - share)), np.float64)


def recall_of(seen: Sequence[Seen], probability: Sequence[NDArray[np.float32]]) -> float:
    """The flowers among all candidates, by their probabilities, as a share of those that an eye counts, at most 1.

    Without counts by eye, of those that are boxed in photos boxed completely: an eye would count more.
    """
    sums = [float(p.sum()) for p in probability]
    eye = [(found, seen_by.best) for photo, found in zip(seen, sums, strict=True) if (seen_by := _eye(photo))]
    boxed = [
        (found, len(photo.row.boxes_xyxy))
        for photo, found in zip(seen, sums, strict=True)
        if photo.row.drawn and not photo.row.without_flowers
    ]
    found, there = (sum(side) for side in zip(*(eye or boxed or [(0, 0)]), strict=True))
    return min(found / there, 1.0) if there else 1.0
