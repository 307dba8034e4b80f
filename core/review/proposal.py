"""The threshold and the recall under which a model's counts are nearest to those of people on the same photos."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.recognition.flowers import STORED_PROBABILITY

_STEPS = np.arange(0.10, 0.901, 0.05)
_LEAST_RECALL = 0.3
"""A store in which people count more than three times what is found needs another model, not a wider interval."""


def best_threshold(probability: Sequence[NDArray[np.float32]], numbers: Sequence[int], *, usual: float) -> float:
    """The threshold with the least mean error of the count, in steps of 0.05; `usual` unless that is surely worse.

    Surely: photo by photo the error is less by more than twice the standard error of the difference, so that no few
    crowded photos decide. probability: of every candidate, one array a photo; numbers: flowers that a person counted.
    """
    of_photo = np.array(numbers)

    def errors(threshold: float) -> NDArray[np.float64]:
        counts = np.array([int((p >= threshold).sum()) for p in probability])
        return np.asarray(abs(counts - of_photo), np.float64)

    before = errors(usual)
    less = [before - errors(step) for step in _STEPS]
    smooth = np.convolve(np.pad([gain.mean() for gain in less], 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    best = int(smooth.argmax())
    gain = less[best]
    sure = len(gain) > 1 and gain.mean() > 2 * gain.std(ddof=1) / np.sqrt(len(gain))
    return float(np.round(_STEPS[best], 2)) if sure else usual


def recall_of(probability: Sequence[NDArray[np.float32]], numbers: Sequence[int]) -> float:
    """The flowers among all candidates, by their probabilities, as a share of those that people counted, at most 1."""
    found = sum(float(p[p >= STORED_PROBABILITY].sum()) for p in probability)
    there = sum(numbers)
    return float(np.clip(found / there, _LEAST_RECALL, 1.0)) if there else 1.0
