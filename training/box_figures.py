"""Figures on boxes: how well they fit, and how well calibrated their probability is."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import numpy as np
from numpy.typing import NDArray

from training.answers import Answer
from training.figure import Figure
from training.matching import curve, hits
from training.reliability import Bin, calibration_error, reliability

_LOOSE_EDGES = ("flowerbed",)
"""Sources whose number of boxes is sure and whose edges are not (the folder's README)."""


def box_figures(answers: Sequence[Answer]) -> list[Figure]:
    """Average precision and best F1 over all candidates, from probability 0.05 on.

    Flowers that nobody boxed are neither right nor wrong, so the first two take only photos boxed completely; the other
    two take every boxed photo and every find beside a box as false, which is less than what is true.
    """
    boxed = [a for a in answers if len(a.row.boxes_xyxy) and a.row.source not in _LOOSE_EDGES]
    return [
        *detection_figures("", "all boxed", [a for a in boxed if a.row.complete]),
        *detection_figures("_any", "all or the front boxed: a lower bound", boxed),
    ]


def detection_figures(key: str, which: str, boxed: Sequence[Answer], *, precision: float = 0.78) -> list[Figure]:
    """Average precision and best F1 of these photos. precision: what it should be."""
    average, f1 = nan, nan
    if boxed:
        total = sum(len(a.row.boxes_xyxy) for a in boxed)
        found = curve([a.flowers.probability for a in boxed], [_hits(a) for a in boxed], boxes=total)
        average, f1 = found.average_precision(), found.best_f1()
    return [
        Figure(f"ap50{key}", f"boxes at IoU 0.5, average precision ({which})", average, "", len(boxed), precision),
        Figure(f"f1{key}", f"boxes at IoU 0.5, best F1 ({which})", f1, "", len(boxed), 0.80),
    ]


def _hits(answer: Answer) -> NDArray[np.bool_]:
    return hits(answer.flowers.boxes_xyxy, answer.flowers.probability, answer.row.boxes_xyxy)


def box_reliability(answers: Sequence[Answer]) -> list[Bin]:
    """The probabilities of all candidates in photos that are boxed completely or have no flower; right at IoU 0.5."""
    used = _complete(answers)
    probability = np.concatenate([np.empty(0), *(a.flowers.probability for a in used)])
    return reliability(probability, np.concatenate([np.empty(0, bool), *(_hits(a) for a in used)]))


def box_calibration_figure(answers: Sequence[Answer]) -> Figure:
    """The calibration error of box probabilities."""
    return Figure("box_calibration", "probability of a box: mean distance from the share that is right",
                  100 * calibration_error(box_reliability(answers)), "%", len(_complete(answers)))  # fmt: skip


def _complete(answers: Sequence[Answer]) -> list[Answer]:
    return [a for a in answers if a.row.drawn and a.row.source not in _LOOSE_EDGES]
