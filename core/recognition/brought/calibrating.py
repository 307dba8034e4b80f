"""Fits what a detector's scores mean to photos that people counted.

People say how many flowers of each taxon a photo shows, not which box is one. So the probabilities of a photo's finds
should sum to its flowers: bias and weight are those under which the counts are most likely (Poisson).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidModel
from core.recognition.brought.described import FindCalibration
from core.recognition.brought.detector import UNCALIBRATED_NAME, calibrated
from core.recognition.intervals import Widening, count_candidates

LEAST_PHOTOS = 20
"""With fewer photos the interval would be a guess: a stratum needs 19 photos to say what holds 18 of them."""

_MARK = "# Written by python -m core models calibrate"
_STRATA = (1, 2, 4, 11)
_EACH_SIDE = 0.95
_MISSED = 0.05
"""Flowers expected in a photo without any find."""

_PULL = 0.5
"""A weight far from 1, or a bias far from 0, needs this much more support by photos."""


@dataclass(frozen=True, slots=True)
class SeenPhoto:
    """Raw scores (n,) of a photo's finds, and the flowers that a person counted.

    same_name, named: of the flowers that both count, those that both call the same, and those that the detector names.
    """

    scores: NDArray[np.float32]
    flowers: int
    same_name: int = 0
    named: int = 0


def fit(seen: Sequence[SeenPhoto], *, density: bool) -> FindCalibration:
    """The calibration that fits these photos. density: each flower of a density map has the score 1.

    Raises InvalidModel where they are too few, or nothing is found in them.
    """
    flowers, finds = sum(photo.flowers for photo in seen), sum(len(photo.scores) for photo in seen)
    if len(seen) < LEAST_PHOTOS or not flowers or not finds:
        raise InvalidModel(
            f"{len(seen)} reviewed photos with {flowers} flowers and {finds} finds are too few to calibrate with; "
            f"it takes {LEAST_PHOTOS} photos or more, with flowers and finds in them. Count more on the page Review."
        )
    scale = min(max(flowers / finds, 0.01), 100.0) if density else 1.0
    bias, weight = (0.0, 1.0) if density else _most_likely(seen)
    probability = [photo.scores if density else calibrated(photo.scores, bias=bias, weight=weight) for photo in seen]
    if density:
        probability = [np.ones(round(len(photo.scores) * scale), np.float32) for photo in seen]
    threshold = _threshold(seen, probability)
    found = sum(float(p.sum()) for p in probability)
    recall = min(max(found / flowers, 0.01), 1.0)
    named = sum(photo.named for photo in seen)
    return FindCalibration(
        bias=bias,
        weight=weight,
        scale=scale,
        named_right=sum(photo.same_name for photo in seen) / named if named else UNCALIBRATED_NAME,
        threshold=threshold,
        recall=recall,
        widening=_widening(seen, probability, threshold, recall),
    )


def count_with(calibration: FindCalibration, photo: SeenPhoto, *, density: bool) -> int:
    """The flowers that the detector counts in a photo once it is calibrated."""
    if density:
        return round(len(photo.scores) * calibration.scale)
    probability = calibrated(photo.scores, bias=calibration.bias, weight=calibration.weight)
    return int((probability >= calibration.threshold).sum())


def _most_likely(seen: Sequence[SeenPhoto]) -> tuple[float, float]:
    """Bias and weight with the least loss, on a grid that is made finer around its best place three times."""
    scores = np.concatenate([photo.scores for photo in seen]).astype(np.float64).clip(1e-6, 1 - 1e-6)
    logits = np.log(scores / (1 - scores))
    ends = np.cumsum([len(photo.scores) for photo in seen])
    flowers = np.array([photo.flowers for photo in seen], np.float64)

    def loss(bias: float, weight: float) -> float:
        upto = np.concatenate([[0.0], np.cumsum(1 / (1 + np.exp(-(bias + weight * logits))))])
        expected = np.diff(upto[np.concatenate([[0], ends])]) + _MISSED
        likely = float((expected - flowers * np.log(expected)).sum())
        return likely + _PULL * ((weight - 1) ** 2 + (bias / 4) ** 2)

    best, reach = (0.0, 1.5), (8.0, 1.5)
    for _ in range(4):
        places = [
            (bias, max(weight, 0.0))
            for bias in np.linspace(best[0] - reach[0], best[0] + reach[0], 17)
            for weight in np.linspace(best[1] - reach[1], best[1] + reach[1], 13)
        ]
        best = min(places, key=lambda place: loss(*place))
        reach = reach[0] / 6, reach[1] / 5
    return float(best[0]), float(best[1])


def _threshold(seen: Sequence[SeenPhoto], probability: Sequence[NDArray[np.float32]]) -> float:
    """The threshold, in steps of 0.05, at which counts are nearest to people's, as shares of them; a middle one of
    equals."""
    steps = np.arange(0.1, 0.901, 0.05)
    flowers = np.array([photo.flowers for photo in seen])
    counts = np.array([[int((p >= step).sum()) for step in steps] for p in probability])
    off = (np.abs(counts - flowers[:, None]) / (flowers[:, None] + 1)).sum(axis=0)
    best = np.flatnonzero(off <= off.min() + 1e-9)
    return float(np.round(steps[best[len(best) // 2]], 2))


def _widening(
    seen: Sequence[SeenPhoto], probability: Sequence[NDArray[np.float32]], threshold: float, recall: float
) -> Widening:
    """The least widening with which low-high holds people's counts in each stratum of the number counted."""
    low: list[list[float]] = [[] for _ in _STRATA]
    high: list[list[float]] = [[] for _ in _STRATA]
    for photo, p in zip(seen, probability, strict=True):
        counted = p >= threshold
        if counted.any():
            count = count_candidates(p, counted, recall, "")
            stratum = int(np.searchsorted(_STRATA, count.count, side="right")) - 1
            low[stratum].append(1.0 if count.low <= photo.flowers else photo.flowers / count.count)
            high[stratum].append(1.0 if photo.flowers <= count.high else photo.flowers / count.count)
    everywhere = [share for shares in low for share in shares], [share for shares in high for share in shares]
    return Widening(
        _STRATA,
        tuple(-_conformal([-share for share in shares], [-share for share in everywhere[0]]) for shares in low),
        tuple(_conformal(shares, everywhere[1]) for shares in high),
    )


def _conformal(shares: Sequence[float], everywhere: Sequence[float]) -> float:
    """The least share that holds _EACH_SIDE of photos not yet seen, of those of all strata where its own are too few,
    and the worst of these where they are too few."""
    for known in (shares, everywhere):
        rank = ceil(_EACH_SIDE * (len(known) + 1))
        if rank <= len(known):
            return sorted(known)[rank - 1]
    return max(everywhere, default=1.0)


def write_calibration(directory: Path, calibration: FindCalibration, *, photos: int) -> str:
    """Write it into model.toml under a new version, which is returned: a version never changes."""
    path = directory / "model.toml"
    text = path.read_text(encoding="utf-8").split(_MARK)[0].rstrip()
    named = re.search(r'^version\s*=\s*"([^"]*)"', text, flags=re.MULTILINE)
    assert named, "a package was loaded from it"
    own, _, times = named[1].partition("+calibrated")
    version = f"{own}+calibrated{int(times or 0) + 1}"
    text = text[: named.start(1)] + version + text[named.end(1) :]
    path.write_text(
        f"{text}\n\n{_MARK} on {photos} reviewed photos.\n"
        "[calibration]\n"
        f"bias = {calibration.bias:.4f}\n"
        f"weight = {calibration.weight:.4f}\n"
        f"scale = {calibration.scale:.4f}\n"
        f"named_right = {calibration.named_right:.3f}\n\n"
        "[counting]\n"
        f"default_threshold = {calibration.threshold:.2f}\n"
        f"recall = {calibration.recall:.3f}\n\n"
        "[interval]\n"
        f"counts = {list(calibration.widening.counts)}\n"
        f"low = {[round(float(share), 3) for share in calibration.widening.low]}\n"
        f"high = {[round(max(float(share), 1.0), 3) for share in calibration.widening.high]}\n",
        encoding="utf-8",
    )
    return version
