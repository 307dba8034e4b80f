"""Reliability of probabilities: of those near 0.8, four in five should be right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """n probabilities from low to high: what they say on average, and the share that was right."""

    low: float
    high: float
    n: int
    said: float
    right: float


def reliability(probability: NDArray[np.float64], right: NDArray[np.bool_]) -> list[Bin]:
    """The bins, a tenth wide each, that hold any probability."""
    number = np.minimum((probability * _BINS).astype(int), _BINS - 1)
    return [
        Bin(k / _BINS, (k + 1) / _BINS, int(here.sum()), float(probability[here].mean()), float(right[here].mean()))
        for k in range(_BINS)
        if (here := number == k).any()
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Average distance between probability and share right (expected calibration error). nan without bins."""
    n = sum(b.n for b in bins)
    return sum(b.n * abs(b.said - b.right) for b in bins) / n if n else float("nan")
