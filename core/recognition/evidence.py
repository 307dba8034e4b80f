"""Evidence that a box is a flower: the scores of both networks, and what else is in the photo.

A weak find beside a sure flower is more often a flower than the same find in a photo of a street; one much smaller than
the sure ones is more often a part of one, or a bud. One that is larger than they says nothing: flowers in front are;
but what takes much of the photo is more often a flower than what takes little.
"""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
from numpy.typing import NDArray

from core.recognition.package import Calibration

MIN_FLOWER_LOGIT, MAX_FLOWER_LOGIT = -8.0, 4.0
"""The classifier's word for a flower counts up to this; so a weak peak stays weak whatever it says."""

_PEAK, _WORD, _PHOTO_WORD = 1, 2, 3
"""The columns of the detector's score, and of the classifier's word on the box and on the photo."""

_SURE_SCORE = 0.95
"""A photo's surest find counts up to this."""

_NEARLY_SUREST = 0.75
"""Finds with this share of the surest score say how large a photo's flowers are: one alone may be an odd one."""

_SMALL_SHARE = 0.09
"""A box whose side is less than this share of the photo's long side is small, however much less: 36 px of 416, under
which a closer look is taken (detector.py)."""

_MOST_COMPANY = 100
"""The most sure finds that count as company; photos that calibrate have hardly more."""


def evidence(scores: NDArray[np.float32], boxes_xyxy: NDArray[np.float32], *, long_side_px: int) -> NDArray[np.float64]:
    """One row a box of a photo, one column a weight of Calibration: 1, the logit of the detector's score, the
    classifier's words on the box and on the photo at their loudest (see with_word), the logit of the photo's surest
    score, how much smaller the box is than the sure ones (the logarithm of its side over their median side, at most 0),
    the logarithm of how many sure ones there are, and how large the box is in the photo (the logarithm of its side over
    that of a small one, at least 0). long_side_px: of the photo, in the pixels of the boxes.
    """
    if len(scores) == 0:
        return np.empty((0, 8))
    peak = _logit(scores.astype(np.float64).clip(1e-6, 1 - 1e-6))
    surest = scores.argmax()
    sure = _sure(peak)
    side = np.sqrt(np.prod((boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]).astype(np.float64), axis=1).clip(1.0))
    return np.column_stack(
        [
            np.ones(len(scores)),
            peak,
            np.full(len(scores), MAX_FLOWER_LOGIT),
            np.full(len(scores), MAX_FLOWER_LOGIT),
            np.full(len(scores), min(peak[surest], _logit(np.float64(_SURE_SCORE)))),
            np.log(side / np.median(side[sure])).clip(-2.5, 0.0),
            np.full(len(scores), np.log(min(sure.sum(), _MOST_COMPANY))),
            np.log(side / (_SMALL_SHARE * long_side_px)).clip(0.0, None),
        ]
    )


def with_word(
    rows: NDArray[np.float64], flower_logit: NDArray[np.float32], *, photo_logit: float
) -> NDArray[np.float64]:
    """The evidence with what the classifier says: its logits of flower against not a flower, of each box (n,) and of
    the whole photo.
    """
    rows = with_photo_word(rows, flower_logit[sure_finds(rows)], photo_logit=photo_logit)
    rows[:, _WORD] = _audible(flower_logit)
    return rows


def with_photo_word(
    rows: NDArray[np.float64], sure_logit: NDArray[np.float32], *, photo_logit: float
) -> NDArray[np.float64]:
    """The evidence with what the classifier says of the photo; its words on the boxes stay as they are.

    Flowers may be too small to be seen in the whole photo: what it says of the sure finds (their median) counts as its
    word on the photo where that is better. sure_logit: its logits of these alone.
    """
    rows = rows.copy()
    if len(rows):
        rows[:, _PHOTO_WORD] = max(float(np.median(_audible(sure_logit))), float(_audible(np.float32(photo_logit))))
    return rows


def sure_finds(rows: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mask of the boxes whose scores come near the photo's surest."""
    return _sure(rows[:, _PEAK]) if len(rows) else np.zeros(0, bool)


def _audible(logit: NDArray[np.float32] | np.float32) -> NDArray[np.float64]:
    return np.asarray(logit, np.float64).clip(MIN_FLOWER_LOGIT, MAX_FLOWER_LOGIT)


def _sure(peak: NDArray[np.float64]) -> NDArray[np.bool_]:
    score = 1 / (1 + np.exp(-peak))
    return np.asarray(score >= _NEARLY_SUREST * score.max())


def flower_probability(rows: NDArray[np.float64], calibration: Calibration) -> NDArray[np.float32]:
    """The calibrated probability (n,) that each box is a flower. rows: of evidence."""
    weights = np.array(astuple(calibration)[: rows.shape[1]])
    return np.asarray(1 / (1 + np.exp(-rows @ weights)), np.float32)


def _logit(p: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    return np.asarray(np.log(p / (1 - p)))
