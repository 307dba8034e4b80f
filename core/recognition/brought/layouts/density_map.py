"""A density map: how much of a flower each cell holds. A photo's flowers are the sum, and no flower has a place.

Each cell is a candidate without an inside whose score is its density; `units` makes a point of each whole flower.
"""

from __future__ import annotations

import numpy as np

from core.recognition.brought.layouts.head import Head
from core.recognition.brought.layouts.maps import channels_last
from core.recognition.brought.tensors import Floats
from core.recognition.merging import Candidates


def decode(outputs: list[Floats], head: Head) -> Candidates:
    """The cells that hold anything, at their middles in pixels of the input; scores are flowers a cell."""
    density = channels_last(outputs[0], 1)[..., 0] / np.float32(head.per_flower)
    rows, columns = np.nonzero(np.isfinite(density) & (density != 0))  # a negative cell takes from the sum, as trained
    cell = head.size_px / np.array([density.shape[1], density.shape[0]], np.float32)
    middle = ((np.stack([columns, rows], axis=1) + 0.5) * cell).astype(np.float32)
    return Candidates(np.concatenate([middle, middle], axis=1), density[rows, columns])


def units(cells: Candidates, *, scale: float = 1.0) -> Candidates:
    """One point for each flower of the sum, rounded, where the density is: at every whole of it along a curve that
    keeps neighbours together (Morton 1966)."""
    dense = cells.scores * np.float32(scale)
    flowers = max(round(float(dense.sum(dtype=np.float64))), 0)
    order = np.argsort(_along_curve(cells.boxes_xyxy[:, :2]), kind="stable")
    upto = np.cumsum(dense[order].clip(0), dtype=np.float64)
    if not flowers or not upto[-1]:
        return Candidates(np.empty((0, 4), np.float32), np.empty(0, np.float32))
    wholes = (np.arange(flowers) + 0.5) * (upto[-1] / flowers)
    at = order[np.searchsorted(upto, wholes).clip(max=len(order) - 1)]
    return Candidates(cells.boxes_xyxy[at], np.ones(flowers, np.float32))


def _along_curve(points: Floats) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """The place of each point on a Z-shaped curve through the picture: the bits of x and y in turn."""
    x, y = (points[:, axis].clip(0).astype(np.uint64) for axis in (0, 1))
    place = np.zeros(len(points), np.uint64)
    for bit in range(16):
        place |= ((x >> np.uint64(bit)) & np.uint64(1)) << np.uint64(2 * bit)
        place |= ((y >> np.uint64(bit)) & np.uint64(1)) << np.uint64(2 * bit + 1)
    return place
