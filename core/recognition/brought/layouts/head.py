"""Facts that every layout needs to read a network's numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.recognition.brought.tensors import Floats
from core.recognition.merging import NO_CANDIDATES, Candidates


@dataclass(frozen=True, slots=True)
class Head:
    """The outputs of one detector. Its fields are those of Finding, all settled; classes: how many it tells apart.

    names: of the outputs. least: the lowest score that is kept. counted: the lowest that is counted.
    """

    layout: str
    names: tuple[str, ...]
    height_px: int
    width_px: int
    classes: int
    boxes: str
    form: str
    logits: bool
    objectness: bool
    background: bool
    least: float
    counted: float
    per_flower: float = 1.0

    @property
    def size_px(self) -> NDArray[np.float32]:
        """Width and height of the input."""
        return np.array([self.width_px, self.height_px], np.float32)

    def probabilities(self, scores: Floats) -> Floats:
        """Scores in 0..1."""
        if not self.logits:
            return scores
        with np.errstate(over="ignore"):
            return np.asarray(1 / (1 + np.exp(-scores)), np.float32)

    def corners_px(self, boxes: Floats) -> Floats:
        """Boxes (n, 4) of this head as left, top, right, bottom in pixels of the input."""
        one, two = boxes[:, :2], boxes[:, 2:]
        if self.form == "centre":
            one, two = np.asarray(one - two / 2, np.float32), np.asarray(one + two / 2, np.float32)
        elif self.form == "corners-yx":
            one, two = one[:, ::-1], two[:, ::-1]
        scale = self.size_px if self.boxes == "fractions" else np.float32(1)
        return np.concatenate([one * scale, two * scale], axis=1)

    def candidates(self, boxes: Floats, by_class: Floats, *, capped: bool = False) -> Candidates:
        """Keep what scores enough, of boxes (n, 4) as the head has them and scores (n, classes).

        Boxes that are none (not finite, or without an inside) are left out.
        """
        if not len(boxes):
            return NO_CANDIDATES
        scores = by_class.max(axis=1)
        corners = self.corners_px(boxes)
        whole = np.isfinite(corners).all(axis=1) & (corners[:, 2:] > corners[:, :2]).all(axis=1)
        kept = np.flatnonzero((scores >= self.least) & whole)
        return Candidates(
            corners[kept].astype(np.float32), scores[kept].clip(0, 1), by_class[kept].clip(0, 1), capped=capped
        )

    def one_hot(self, scores: Floats, classes: Floats) -> Floats:
        """Scores (n, classes) of finds that have one class each; a class that the head does not have scores 0."""
        by_class = np.zeros((len(scores), self.classes), np.float32)
        number = np.rint(classes).astype(np.int64) - self.background
        known = np.flatnonzero((number >= 0) & (number < self.classes))
        by_class[known, number[known]] = scores[known]
        return by_class


def rows_of(output: Floats, columns: int) -> Floats:
    """The output as (n, columns), turned where its columns come first."""
    return output if output.shape[1] == columns else output.T
