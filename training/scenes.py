"""Training samples of the detector: single photos, mosaics of several (many small flowers), flowerbeds, and nothing."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.batches import Batch
from training.crops import recolour
from training.dataset import PhotoRow
from training.packing import PackedPhotos
from training.targets import FULL, OFF, SOFT, STRIDE_PX, encode

PAD = 127
_KINDS = ("single", "mosaic", "flowerbed", "empty")
_SHARES = (0.52, 0.26, 0.08, 0.14)
_SOURCE_WEIGHT = {"oxford102": 1.0, "tf_flowers": 3.0, "korea21": 3.0, "garden": 1.5, "kiwi": 0.7}
"""Weights by which photos of a source are drawn: those with many flowers from many cameras are few. Chosen, not
measured."""
_WILD_WEIGHT = 4.0
"""Photos of wild flowers are 1 in 6 of those with boxes; so they are 4 in 10 of those drawn. Chosen, not measured."""
_MISSED_SHARE = 1 / 3
"""With a larger share of the flowers unboxed, by eye, nothing is learned from what lies outside the boxes."""
_MIN_FLOWER_PX = 7.0
_MIN_VISIBLE = 0.35


@dataclass
class Scene:
    """A square picture under construction. trust: (cells, cells), see targets."""

    rgb_u8: NDArray[np.uint8]
    boxes: list[NDArray[np.float32]]
    ignored: list[NDArray[np.float32]]
    trust: NDArray[np.float16]


@dataclass
class SceneMaker:
    """Batches of (scenes uint8 (n, size, size, 3), targets float16 (n, cells, cells, 7))."""

    photos: PackedPhotos
    boxed: Sequence[PhotoRow]
    beds: Sequence[PhotoRow]
    empty: Sequence[PhotoRow]
    size_px: int
    batch: int

    def __post_init__(self) -> None:
        weight = np.array([_weight(row) for row in self.boxed])
        self._weight = weight / weight.sum()

    def __call__(self, random: np.random.Generator) -> Batch:
        """One batch."""
        made = [self._sample(random) for _ in range(self.batch)]
        return np.stack([scene for scene, _ in made]), np.stack([target for _, target in made])

    def _sample(self, random: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
        kind = _KINDS[int(random.choice(len(_KINDS), p=_SHARES))]
        cells = self.size_px // STRIDE_PX
        scene = Scene(
            np.full((self.size_px, self.size_px, 3), PAD, np.uint8), [], [], np.full((cells, cells), FULL, np.float16)
        )
        if kind == "mosaic":
            self._mosaic(scene, random)
        else:
            row = self._draw(kind, random)
            paste(
                scene, self.photos[row.photo], row, self._window(kind, row, random), (0, 0, self.size_px, self.size_px)
            )
        boxes = np.array(scene.boxes, np.float32).reshape(-1, 4)
        ignored = np.array(scene.ignored, np.float32).reshape(-1, 4)
        rgb_u8, target = recolour(scene.rgb_u8, random), scene.trust
        if random.random() < 0.5:
            rgb_u8, target = rgb_u8[:, ::-1], target[:, ::-1]
            boxes, ignored = _mirror(boxes, self.size_px), _mirror(ignored, self.size_px)
        return rgb_u8, encode(boxes, ignored, target, self.size_px)

    def _draw(self, kind: str, random: np.random.Generator) -> PhotoRow:
        if kind == "single":
            return self.boxed[int(random.choice(len(self.boxed), p=self._weight))]
        rows = self.beds if kind == "flowerbed" and self.beds else self.empty
        return rows[int(random.integers(len(rows)))]

    def _window(self, kind: str, row: PhotoRow, random: np.random.Generator) -> NDArray[np.float64]:
        """The square of the photo, in its pixels, that fills the scene; may reach beyond the photo."""
        height, width = self.photos[row.photo].shape[:2]
        if kind == "flowerbed":
            side = self.size_px * np.exp(random.uniform(np.log(0.5), np.log(1.8)))
        else:
            side = max(height, width) * (
                1.0 if random.random() < 0.3 else np.exp(random.uniform(np.log(0.6), np.log(1.6)))
            )
        left = _placed(width, side, random)
        top = _placed(height, side, random)
        return np.array([left, top, left + side, top + side])

    def _mosaic(self, scene: Scene, random: np.random.Generator) -> None:
        columns, rows = ((2, 2), (2, 2), (2, 3), (3, 2), (3, 3))[int(random.integers(5))]
        xs = np.linspace(0, self.size_px, columns + 1).astype(int) // STRIDE_PX * STRIDE_PX
        ys = np.linspace(0, self.size_px, rows + 1).astype(int) // STRIDE_PX * STRIDE_PX
        for x0, x1 in itertools.pairwise(xs):
            for y0, y1 in itertools.pairwise(ys):
                row = self._draw("empty" if random.random() < 0.08 else "single", random)
                height, width = self.photos[row.photo].shape[:2]
                zoom = random.uniform(0.75, 1.0) * min(width / (x1 - x0), height / (y1 - y0))
                w, h = (x1 - x0) * zoom, (y1 - y0) * zoom
                left, top = random.uniform(0, width - w), random.uniform(0, height - h)
                paste(scene, self.photos[row.photo], row, np.array([left, top, left + w, top + h]), (x0, y0, x1, y1))


def _weight(row: PhotoRow) -> float:
    return (_WILD_WEIGHT if row.wild else _SOURCE_WEIGHT.get(row.source, 1.0)) * (1.5 if len(row.boxes_xyxy) > 1 else 1)


def _trust(row: PhotoRow) -> float:
    """The trust in what lies in no box of the photo."""
    if row.eye and row.eye.missed is not None and row.eye.missed > _MISSED_SHARE * row.eye.best:
        return OFF
    return {"all": FULL, "crowd": OFF}.get(row.boxed, SOFT)


def _placed(length: float, side: float, random: np.random.Generator) -> float:
    low, high = sorted((0.0, length - side))
    return float(random.uniform(low, high))


def _mirror(boxes: NDArray[np.float32], size_px: int) -> NDArray[np.float32]:
    return np.stack([size_px - boxes[:, 2], boxes[:, 1], size_px - boxes[:, 0], boxes[:, 3]], axis=1)


def paste(
    scene: Scene,
    rgb_u8: NDArray[np.uint8],
    row: PhotoRow,
    window: NDArray[np.float64],
    place: tuple[int, int, int, int],
) -> None:
    """Draw a window of a photo into a place of the scene, with its boxes and how far to trust what is in none."""
    height, width = rgb_u8.shape[:2]
    x0, y0, x1, y1 = place
    scale = np.array([(x1 - x0) / (window[2] - window[0]), (y1 - y0) / (window[3] - window[1])])
    seen = np.array([max(window[0], 0), max(window[1], 0), min(window[2], width), min(window[3], height)])
    seen = np.array([*np.floor(seen[:2]), *np.maximum(np.ceil(seen[2:]), np.floor(seen[:2]) + 2)]).astype(int)
    origin = np.array([x0, y0]) - window[:2] * scale
    corner = np.clip(np.round(seen[:2] * scale + origin).astype(int), (x0, y0), (x1 - 1, y1 - 1))
    end = np.clip(np.round(seen[2:] * scale + origin).astype(int), corner + 1, (x1, y1))
    part = Image.fromarray(np.ascontiguousarray(rgb_u8[seen[1] : seen[3], seen[0] : seen[2]]))
    part = part.resize(tuple(end - corner), Image.Resampling.BILINEAR, reducing_gap=2.0)
    scene.rgb_u8[corner[1] : end[1], corner[0] : end[0]] = np.asarray(part)
    scene.trust[_cells(corner, end)] = _trust(row)
    for middle, half in zip(*_middles(row.rejected_xyxy * np.tile(scale, 2) + np.tile(origin, 2)), strict=True):
        low, high = np.maximum(middle - half / 2, corner), np.minimum(middle + half / 2, end)
        if (high > low).all():  # an eye says that no flower has its middle here
            scene.trust[_cells(low.astype(int), np.ceil(high).astype(int))] = FULL
    for box in row.boxes_xyxy * np.tile(scale, 2) + np.tile(origin, 2):
        clipped = np.array([*np.maximum(box[:2], corner), *np.minimum(box[2:], end)], np.float32)
        sides = clipped[2:] - clipped[:2]
        if (sides <= 0).any():
            continue
        visible = np.prod(sides) / np.prod(box[2:] - box[:2])
        clear = visible >= _MIN_VISIBLE and sides.max() >= _MIN_FLOWER_PX
        (scene.boxes if clear else scene.ignored).append(clipped)


def _cells(corner: NDArray[np.int_], end: NDArray[np.int_]) -> tuple[slice, slice]:
    """The cells between two corners (x, y) in pixels."""
    (x0, y0), (x1, y1) = corner // STRIDE_PX, -(-end // STRIDE_PX)
    return slice(y0, y1), slice(x0, x1)


def _middles(boxes: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The middle (n, 2) and half the width and height (n, 2) of boxes."""
    return (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2
