"""Pixels -> boxes with raw scores: the photo whole, in overlapping tiles where its flowers are small, and once more
from afar where none is sure: flowers that fill the photo are easier to tell then.

The network is any callable from (input_px, input_px, 3) pixels to maps (cells, cells, 5): the peak's score (0 where the
cell is no local peak), width and height (log of pixels / 64), x and y offset (cells). Nothing here caps their number.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

STRIDE_PX = 4
SIZE_UNIT_PX = 64.0
PAD = 127
"""What lies beside a photo that is not square; the middle of the network's input."""

OVERLAP_PX = 96
MERGE_SHARE = 0.6
"""Two boxes that share more than this of the smaller one are one flower. Touching flowers share less."""

_SMALL_PX, _WANTED_PX = 36.0, 64.0
_MIN_GAIN = 1.3
_AFAR = 0.5
_AFAR_UNLESS = 0.4
_AFAR_SIDE = 0.25
"""Half the size, where no score of the whole view reaches this, for boxes over a quarter of the photo's long side.
Of 136 photos with a flower that scored under 0.33 whole it lifts three in four over it; of photos without, 3 %."""

_SURE = 0.25
"""Tiles are looked at when the sure flowers of the whole view are small and the photo has more pixels to give."""

Maps = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Boxes float32 (n, 4) in pixels of the picture that was looked at, and raw scores float32 (n,) in 0..1."""

    boxes_xyxy: NDArray[np.float32]
    scores: NDArray[np.float32]

    def take(self, which: NDArray[np.generic]) -> Candidates:
        """Those that an index array or mask selects."""
        return Candidates(self.boxes_xyxy[which], self.scores[which])


def find_flowers(rgb_u8: NDArray[np.uint8], network: Maps, *, input_px: int, min_score: float) -> Candidates:
    """Every candidate of a picture, each flower once, best first."""
    height, width = rgb_u8.shape[:2]
    scale = input_px / max(height, width)
    whole = _look(_resized(rgb_u8, scale), network, input_px=input_px, min_score=min_score)
    whole = _scaled(whole, 1 / scale)
    if whole.scores.max(initial=0) < _AFAR_UNLESS:
        afar = _look(_resized(rgb_u8, scale * _AFAR), network, input_px=input_px, min_score=min_score)
        afar = _scaled(afar, 1 / (scale * _AFAR))
        whole = merge(_both(whole, afar.take(_sides(afar.boxes_xyxy) >= _AFAR_SIDE * max(height, width))))
    fine = finer_scale(whole, scale, max_scale=1.0)
    if fine is None:
        return merge(whole)
    return merge(
        _join(whole, _look_closer(rgb_u8, fine, network, input_px=input_px, min_score=min_score), fine, input_px)
    )


def finer_scale(whole: Candidates, scale: float, *, max_scale: float) -> float | None:
    """The scale at which small flowers are looked at again, None where the whole view is fine enough."""
    sure = whole.boxes_xyxy[whole.scores >= _SURE]
    if len(sure) == 0:
        return None
    side_px = float(np.median(_sides(sure))) * scale
    fine = min(scale * _WANTED_PX / max(side_px, 1.0), max_scale)
    return fine if side_px < _SMALL_PX and fine >= scale * _MIN_GAIN else None


def tile_origins(length_px: int, *, tile_px: int, overlap_px: int) -> list[int]:
    """Where tiles start along one side, so that neighbours overlap; the last is pulled back to the edge."""
    step = tile_px - overlap_px
    origins = list(range(0, max(length_px - overlap_px, 1), step))
    last = max(length_px - tile_px, 0)
    return sorted({min(origin, last) for origin in origins} | ({last} if length_px > tile_px else set()))


def decode(maps: NDArray[np.float32], *, min_score: float) -> Candidates:
    """The peaks of one output, boxes in pixels of the network's input."""
    rows, columns = np.nonzero(maps[..., 0] >= min_score)
    score, log_w, log_h, dx, dy = maps[rows, columns].T
    centre = np.stack([columns + 0.5 + dx, rows + 0.5 + dy], axis=1) * STRIDE_PX
    half = np.exp(np.stack([log_w, log_h], axis=1).clip(-6, 4)) * SIZE_UNIT_PX / 2
    return Candidates(np.concatenate([centre - half, centre + half], axis=1).astype(np.float32), score.copy())


def merge(found: Candidates) -> Candidates:
    """Each flower once: of boxes that share more than MERGE_SHARE the best stays. Best first."""
    order = np.lexsort((*found.boxes_xyxy.T, -found.scores))
    found = found.take(order)
    areas = _sides(found.boxes_xyxy) ** 2
    alive = np.ones(len(order), bool)
    for i in range(len(order)):
        if alive[i]:
            rest = np.flatnonzero(alive[i + 1 :]) + i + 1
            shared = _shared(found.boxes_xyxy[i], found.boxes_xyxy[rest])
            alive[rest[shared > MERGE_SHARE * np.minimum(areas[i], areas[rest])]] = False
    return found.take(alive)


def _shared(box: NDArray[np.float32], boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    return np.asarray(np.prod(sides.clip(0), axis=1))


def _sides(boxes_xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.sqrt(np.prod(boxes_xyxy[:, 2:] - boxes_xyxy[:, :2], axis=1)))


def _scaled(found: Candidates, factor: float) -> Candidates:
    return Candidates((found.boxes_xyxy * factor).astype(np.float32), found.scores)


def _resized(rgb_u8: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    height, width = rgb_u8.shape[:2]
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    if size == (width, height):
        return rgb_u8
    return np.asarray(Image.fromarray(rgb_u8).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))


def _look(part_u8: NDArray[np.uint8], network: Maps, *, input_px: int, min_score: float) -> Candidates:
    """Candidates of a part no larger than the input, whose centre lies in the part; boxes cut off at its edge."""
    height, width = part_u8.shape[:2]
    pixels = np.full((input_px, input_px, 3), PAD, np.float32)
    pixels[:height, :width] = part_u8
    found = decode(network(pixels), min_score=min_score)
    centre = (found.boxes_xyxy[:, :2] + found.boxes_xyxy[:, 2:]) / 2
    found = found.take((centre[:, 0] < width) & (centre[:, 1] < height))
    return Candidates(found.boxes_xyxy.clip(0, np.array([width, height] * 2, np.float32)), found.scores)


def _look_closer(
    rgb_u8: NDArray[np.uint8], scale: float, network: Maps, *, input_px: int, min_score: float
) -> Candidates:
    """Candidates from overlapping tiles; where tiles overlap, the tile owns a flower whose middle holds its centre."""
    picture = _resized(rgb_u8, scale)
    height, width = picture.shape[:2]
    boxes, scores = [np.empty((0, 4), np.float32)], [np.empty(0, np.float32)]
    tops = tile_origins(height, tile_px=input_px, overlap_px=OVERLAP_PX)
    lefts = tile_origins(width, tile_px=input_px, overlap_px=OVERLAP_PX)
    for top, (y0, y1) in zip(tops, _owned(tops, input_px), strict=True):
        for left, (x0, x1) in zip(lefts, _owned(lefts, input_px), strict=True):
            part = picture[top : top + input_px, left : left + input_px]
            found = _look(part, network, input_px=input_px, min_score=min_score)
            moved = found.boxes_xyxy + np.array([left, top] * 2, np.float32)
            x, y = ((moved[:, :2] + moved[:, 2:]) / 2).T
            mine = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
            boxes.append(moved[mine])
            scores.append(found.scores[mine])
    return _scaled(Candidates(np.concatenate(boxes), np.concatenate(scores)), 1 / scale)


def _owned(origins: list[int], tile_px: int) -> list[tuple[float, float]]:
    """Along one side, the stretch that each tile owns: up to the middle of its overlap with the next."""
    seams = [(a + tile_px + b) / 2 for a, b in itertools.pairwise(origins)]
    return list(zip([-np.inf, *seams], [*seams, np.inf], strict=True))


def _join(whole: Candidates, close: Candidates, scale: float, input_px: int) -> Candidates:
    """Flowers too large for a tile from the whole view, the others from the tiles."""
    limit_px = input_px / 2 / scale
    large = whole.take(_sides(whole.boxes_xyxy) >= limit_px)
    small = close.take(_sides(close.boxes_xyxy) < limit_px)
    return _both(large, small)


def _both(a: Candidates, b: Candidates) -> Candidates:
    return Candidates(np.concatenate([a.boxes_xyxy, b.boxes_xyxy]), np.concatenate([a.scores, b.scores]))
