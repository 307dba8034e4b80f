"""Finds against drawn boxes: which find is right, average precision, best F1.

As in PASCAL VOC since 2010 (Everingham, 2015) and COCO: a find, best first, takes the free box that it overlaps most; a
second find of the same box is false. `tests/training/test_matching.py` compares it with pycocotools.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.finds import iou

MIN_IOU = 0.5


def hits(
    found_xyxy: NDArray[np.float32], probability: NDArray[np.float32], boxes_xyxy: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Mask of the right ones among the finds (n,) of one photo, in the order they came."""
    shared = iou(found_xyxy, boxes_xyxy)
    right = np.zeros(len(found_xyxy), bool)
    for find in np.argsort(-probability, kind="stable"):
        if shared.shape[1] and shared[find].max() >= MIN_IOU:
            right[find] = True
            shared[:, shared[find].argmax()] = 0
    return right


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision and recall (n,) at each of n probabilities, the highest first; equal ones are one."""

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]

    def average_precision(self) -> float:
        """Area under the curve, precision taken as the best at this recall or more (all points interpolated)."""
        best = np.maximum.accumulate(self.precision[::-1])[::-1]
        return float((np.diff(self.recall, prepend=0.0) * best).sum())

    def best_f1(self) -> float:
        """The highest F1 (harmonic mean of precision and recall) at any threshold."""
        both = np.maximum(self.precision + self.recall, 1e-12)
        return float((2 * self.precision * self.recall / both).max(initial=0.0))


def curve(probability: Sequence[NDArray[np.float32]], right: Sequence[NDArray[np.bool_]], *, boxes: int) -> Curve:
    """The curve of all photos together. boxes: how many are drawn in them, at least one."""
    together = np.concatenate([np.empty(0, np.float32), *probability]).astype(np.float64)
    order = np.argsort(-together, kind="stable")
    sorted_p = together[order]
    true = np.cumsum(np.concatenate([np.empty(0, bool), *right])[order])
    last = np.append(sorted_p[1:] != sorted_p[:-1], True)[: len(sorted_p)]
    found, true = np.flatnonzero(last) + 1, true[last]
    return Curve(true / found, true / boxes)
