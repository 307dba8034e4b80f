"""Candidate boxes, and the one rule by which double boxes of a flower become one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MERGE_SHARE = 0.6
"""Two boxes that share more than this of the smaller one are one flower. Touching flowers share less."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Boxes float32 (n, 4) in pixels of one look, and raw scores float32 (n,) in 0..1."""

    boxes_xyxy: NDArray[np.float32]
    scores: NDArray[np.float32]

    def take(self, which: NDArray[np.generic]) -> Candidates:
        """Select candidates by an index array or a mask."""
        return Candidates(self.boxes_xyxy[which], self.scores[which])


def merge(candidates: Candidates) -> Candidates:
    """Each flower once: of boxes that share more than MERGE_SHARE the best stays. Best first."""
    candidates = candidates.take(np.lexsort((*candidates.boxes_xyxy.T, -candidates.scores)))
    alive = np.ones(len(candidates.scores), bool)
    for better, worse in sharing(candidates.boxes_xyxy, share=MERGE_SHARE):
        alive[worse] &= not alive[better]
    return candidates.take(alive)


def sharing(boxes_xyxy: NDArray[np.float32], *, share: float) -> list[tuple[int, int]]:
    """Pairs (i, j), i < j, in order: boxes that have more than this share of the smaller one in common.

    Boxes are swept from left to right, each against those that begin before it ends, so that thousands take moments.
    """
    order = np.argsort(boxes_xyxy[:, 0], kind="stable")
    boxes = boxes_xyxy[order]
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    ends = np.searchsorted(boxes[:, 0], boxes[:, 2])
    pairs = []
    for i, end in enumerate(ends):
        near = slice(i + 1, end)
        sides = np.minimum(boxes[i, 2:], boxes[near, 2:]) - np.maximum(boxes[i, :2], boxes[near, :2])
        shared = np.prod(sides.clip(0), axis=1)
        for j in np.flatnonzero(shared > share * np.minimum(areas[i], areas[near])) + i + 1:
            pairs.append((min(order[i], order[j]), max(order[i], order[j])))
    return sorted(pairs)
