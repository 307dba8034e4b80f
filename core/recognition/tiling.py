"""Tiles of a look: their places, and the flowers that each of them answers for."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

OVERLAP_PX = 96
"""Neighbouring tiles share this much, at most a quarter of a tile: a flower of up to this size is seen whole by one of
them."""

SLACK_PX = 16.0
"""Two tiles may place the middle of one flower on either side of their seam, apart by less than this: four cells of the
detector. Chosen, not measured; --check-seams shows what is lost or doubled."""

Span = tuple[int, int]


class Tile(NamedTuple):
    """Columns x and rows y of a look, first and past the last; own_x, own_y: up to halfway into each overlap."""

    x: Span
    y: Span
    own_x: tuple[float, float]
    own_y: tuple[float, float]

    def holds(self, x: float, y: float) -> bool:
        """True if the tile owns the point. Every point is one tile's own."""
        return self.own_x[0] <= x < self.own_x[1] and self.own_y[0] <= y < self.own_y[1]

    def shows(self, boxes_xyxy: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Mask of the boxes (n, 4) whose middle lies in the tile."""
        return _middle_in(boxes_xyxy, self.x, self.y)

    def owns(self, boxes_xyxy: NDArray[np.float32], *, slack_px: float = 0.0) -> NDArray[np.bool_]:
        """Mask of the boxes (n, 4) whose middle lies in what the tile owns, widened by slack_px."""
        return _middle_in(boxes_xyxy, self.own_x, self.own_y, slack_px=slack_px)

    def answers_for(self, boxes_xyxy: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Mask of the boxes (n, 4) that are (nearly) the tile's own and not cut off by a seam; a photo's edge may."""
        cut = np.zeros(len(boxes_xyxy), bool)
        for axis, (span, own) in enumerate(((self.x, self.own_x), (self.y, self.own_y))):
            cut |= np.isfinite(own[0]) & (boxes_xyxy[:, axis] <= span[0])
            cut |= np.isfinite(own[1]) & (boxes_xyxy[:, axis + 2] >= span[1])
        return self.owns(boxes_xyxy, slack_px=SLACK_PX) & ~cut


def tiles_of(size_px: tuple[int, int], *, tile_px: int, shift_px: int = 0) -> list[Tile]:
    """The tiles of a look of this width and height, row by row; shift_px moves all seams towards the origin."""
    across, down = (tile_spans(side, tile_px=tile_px, shift_px=shift_px) for side in size_px)
    return [
        Tile(x, y, own_x, own_y)
        for y, own_y in zip(down, _owned(down), strict=True)
        for x, own_x in zip(across, _owned(across), strict=True)
    ]


def tile_spans(length_px: int, *, tile_px: int, shift_px: int = 0) -> list[Span]:
    """First and last pixels of the tiles along one side; neighbours overlap, the last is pulled back to the edge."""
    last = max(length_px - tile_px, 0)
    begins = range(-shift_px if last else 0, last, tile_px - min(OVERLAP_PX, tile_px // 4))
    return sorted({(max(begin, 0), min(begin + tile_px, length_px)) for begin in (*begins, last)})


def _middle_in(
    boxes_xyxy: NDArray[np.float32], x: tuple[float, float], y: tuple[float, float], *, slack_px: float = 0.0
) -> NDArray[np.bool_]:
    middle = (boxes_xyxy[:, :2] + boxes_xyxy[:, 2:]) / 2
    low, high = np.array([x, y]).T
    return np.asarray(((middle >= low - slack_px) & (middle < high + slack_px)).all(axis=1))


def _owned(spans: list[Span]) -> list[tuple[float, float]]:
    seams = [(one[1] + next_one[0]) / 2 for one, next_one in itertools.pairwise(spans)]
    return list(zip([-np.inf, *seams], [*seams, np.inf], strict=True))
