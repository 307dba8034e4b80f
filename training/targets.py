"""The detector's target for a scene: a heat map of centres, sizes and offsets, and what not to learn from.

Channels of a target, float16 (cells, cells, 7) at stride 4: heat 0..1, log width, log height (of pixels / 64), x and y
offset (of the centre from the middle of the cell, in cells), weight of those four, and how the heat counts here:
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STRIDE_PX = 4
SIZE_UNIT_PX = 64.0
_SIGMA = 0.1
_MIN_SIGMA_CELLS = 0.7

FULL, SOFT, OFF = 0.0, 1.0, 2.0
"""Learn all; learn unless the network is already confident (flowers nobody boxed); learn nothing."""


def encode(
    boxes_xyxy: NDArray[np.float32], ignored_xyxy: NDArray[np.float32], trust: NDArray[np.float16], size_px: int
) -> NDArray[np.float16]:
    """The target of a scene.

    boxes_xyxy, ignored_xyxy: (n, 4) pixels of the scene; trust: (cells, cells), how what is in no box counts.
    """
    cells = size_px // STRIDE_PX
    target = np.zeros((cells, cells, 7), np.float32)
    target[..., 6] = trust
    for box in ignored_xyxy:
        target[_cells(box, cells)][..., 6] = OFF
    for box in boxes_xyxy:
        target[_cells(box, cells)][..., 6] = FULL
    areas = np.prod(boxes_xyxy[:, 2:] - boxes_xyxy[:, :2], axis=1)
    for box in boxes_xyxy[np.argsort(-areas)]:  # the smaller flower wins a cell that two claim
        _draw(target, box, cells)
    return target.astype(np.float16)


def _cells(box: NDArray[np.float32], cells: int) -> tuple[slice, slice]:
    x0, y0 = np.maximum(np.floor(box[:2] / STRIDE_PX).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(box[2:] / STRIDE_PX).astype(int), cells)
    return slice(y0, y1), slice(x0, x1)


def _draw(target: NDArray[np.float32], box: NDArray[np.float32], cells: int) -> None:
    width, height = box[2:] - box[:2]
    centre_x, centre_y = (box[:2] + box[2:]) / 2 / STRIDE_PX - 0.5
    column = int(np.clip(np.round(centre_x), 0, cells - 1))
    row = int(np.clip(np.round(centre_y), 0, cells - 1))
    sigma_x = max(_SIGMA * width / STRIDE_PX, _MIN_SIGMA_CELLS)
    sigma_y = max(_SIGMA * height / STRIDE_PX, _MIN_SIGMA_CELLS)
    reach_x, reach_y = int(3 * sigma_x) + 1, int(3 * sigma_y) + 1
    ys = np.arange(max(row - reach_y, 0), min(row + reach_y + 1, cells))
    xs = np.arange(max(column - reach_x, 0), min(column + reach_x + 1, cells))
    heat = np.exp(-(((ys - row) / sigma_y) ** 2)[:, None] / 2 - (((xs - column) / sigma_x) ** 2)[None, :] / 2)
    area = target[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1, 0]
    np.maximum(area, heat, out=area)
    near = (slice(max(row - 1, 0), row + 2), slice(max(column - 1, 0), column + 2))
    grid_y, grid_x = np.mgrid[near[0].start : min(row + 2, cells), near[1].start : min(column + 2, cells)]
    target[near][..., 1] = np.log(max(width, 1) / SIZE_UNIT_PX)
    target[near][..., 2] = np.log(max(height, 1) / SIZE_UNIT_PX)
    target[near][..., 3] = centre_x - grid_x
    target[near][..., 4] = centre_y - grid_y
    target[near][..., 5] = np.where((grid_y == row) & (grid_x == column), 1.0, 0.3)
