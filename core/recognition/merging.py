"""Candidate boxes, and the one rule by which double boxes of a flower become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MERGE_SHARE = 0.6
"""Two boxes that share more than this of the smaller one are one flower. Touching flowers share less."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Boxes float32 (n, 4) in pixels of one look, and raw scores float32 (n,) in 0..1.

    by_class: float32 (n, classes), the score of each class, of a detector that has several. capped: the network gave as
    many as it can give, so that there may be more.
    """

    boxes_xyxy: NDArray[np.float32]
    scores: NDArray[np.float32]
    by_class: NDArray[np.float32] | None = None
    capped: bool = False

    def take(self, which: NDArray[np.generic]) -> Candidates:
        """Select candidates by an index array or a mask."""
        by_class = None if self.by_class is None else self.by_class[which]
        return Candidates(self.boxes_xyxy[which], self.scores[which], by_class, self.capped)

    def placed(self, boxes_xyxy: NDArray[np.float32]) -> Candidates:
        """The same candidates with other boxes."""
        return Candidates(boxes_xyxy.astype(np.float32), self.scores, self.by_class, self.capped)

    @staticmethod
    def joined(parts: Sequence[Candidates]) -> Candidates:
        """All of them; parts without any may lack by_class."""
        by_class = [part.by_class for part in parts if part.by_class is not None]
        return Candidates(
            np.concatenate([NO_CANDIDATES.boxes_xyxy, *(part.boxes_xyxy for part in parts)]),
            np.concatenate([NO_CANDIDATES.scores, *(part.scores for part in parts)]),
            np.concatenate(by_class) if by_class else None,
            any(part.capped for part in parts),
        )


NO_CANDIDATES = Candidates(np.empty((0, 4), np.float32), np.empty(0, np.float32))


def merge(candidates: Candidates, *, each_class: bool = False) -> Candidates:
    """Each flower once: of boxes that share more than MERGE_SHARE the best stays. Best first.

    each_class: boxes of different classes are different flowers.
    """
    candidates = candidates.take(np.lexsort((*candidates.boxes_xyxy.T, -candidates.scores)))
    alive = np.ones(len(candidates.scores), bool)
    best = candidates.by_class.argmax(axis=1) if each_class and candidates.by_class is not None else None
    for better, worse in sharing(candidates.boxes_xyxy, share=MERGE_SHARE):
        if best is None or best[better] == best[worse]:
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
