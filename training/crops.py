"""Training samples of the classifier: crops of flowers as the app will cut them, and crops of what is not a flower."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.batches import Batch
from training.dataset import PhotoRow
from training.packing import PackedPhotos

RGB = NDArray[np.uint8]
Window = tuple[float, float, float, float]
_MIN_CONTEXT, _MAX_CONTEXT = 0.0, 0.6
_SHIFT = 0.12
"""Shift in sides of the box; chosen: about the detector's error, around the margin of 0.35 that the app cuts with."""

_BOXED_SHARE = 0.8
"""Share of crops that show a boxed flower; the others show a part of the photo, as the app looks at it whole too."""

STRANGER = -1
"""The class number of a flower of none of the kinds: no name should come to mind."""


@dataclass
class CropMaker:
    """Batches of (crops uint8 (n, size, size, 3), what each is float32 (n, classes)); the last is "not a flower".

    hard: per photo without flowers, windows (m, 4) where the detector saw one all the same.
    strangers: boxed photos of kinds that have no class. Of their crops every taxon should be as likely, so that the
    scores of kinds that nobody taught stay low (outlier exposure, Hendrycks 2019, arXiv 1812.04606).
    blended_share: of the flowers; each is blended with another flower of the batch, known or stranger, and so is what
    it is: between the kinds no name is sure (MixUp, arXiv 1710.09412; with strangers, arXiv 2106.03917).
    """

    photos: PackedPhotos
    rows_of_class: Sequence[Sequence[PhotoRow]]
    empty: Sequence[PhotoRow]
    size_px: int
    batch: int
    hard: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    strangers: Sequence[PhotoRow] = ()
    empty_share: float = 0.12
    strangers_share: float = 0.08
    blended_share: float = 0.3

    def __call__(self, random: np.random.Generator) -> Batch:
        """One batch; taxa are drawn by the square root of their number of photos."""
        weight = np.sqrt([len(rows) for rows in self.rows_of_class])
        classes = random.choice(len(weight), self.batch, p=weight / weight.sum())
        kind = random.random(self.batch)
        classes[kind < self.empty_share] = len(weight)
        if self.strangers:
            classes[kind > 1 - self.strangers_share] = STRANGER
        crops = [self._empty(random) if c == len(weight) else self._flower(int(c), random) for c in classes]
        return self._blended(np.stack(crops), classes, random)

    def _blended(self, crops: RGB, classes: NDArray[np.intp], random: np.random.Generator) -> Batch:
        taxa = len(self.rows_of_class)
        target = np.eye(taxa + 1, dtype=np.float32)[classes]
        target[classes == STRANGER] = [*[1 / taxa] * taxa, 0]
        flowers = np.flatnonzero(classes < taxa)
        other = random.permutation(flowers)
        chosen = random.random(len(flowers)) < self.blended_share
        share = np.where(chosen, random.random(len(flowers)), 1.0).astype(np.float32)
        mixed = _mixed(crops[flowers].astype(np.float32), crops[other].astype(np.float32), share)
        target[flowers] = _mixed(target[flowers], target[other], share)
        crops[flowers] = mixed.astype(np.uint8)
        return crops, target

    def _flower(self, number: int, random: np.random.Generator) -> RGB:
        rows = self.strangers if number == STRANGER else self.rows_of_class[number]
        row = rows[int(random.integers(len(rows)))]
        rgb_u8 = self.photos[row.photo]
        boxed = len(row.boxes_xyxy) > 0 and random.random() < _BOXED_SHARE
        box = row.boxes_xyxy[int(random.integers(max(len(row.boxes_xyxy), 1)))] if boxed else None
        window = random_window(rgb_u8, random, 0.35) if box is None else box_window(rgb_u8, box, random)
        return vary(cut(rgb_u8, window, self.size_px), random)

    def _empty(self, random: np.random.Generator) -> RGB:
        if self.hard and random.random() < 0.6:
            photo = list(self.hard)[int(random.integers(len(self.hard)))]
            rgb_u8, boxes = self.photos[photo], self.hard[photo]
            window = box_window(rgb_u8, boxes[int(random.integers(len(boxes)))], random)
        else:
            rgb_u8 = self.photos[self.empty[int(random.integers(len(self.empty)))].photo]
            window = random_window(rgb_u8, random, 0.02)
        return vary(cut(rgb_u8, window, self.size_px), random)


def _mixed(one: NDArray[np.float32], other: NDArray[np.float32], share: NDArray[np.float32]) -> NDArray[np.float32]:
    share = share.reshape(-1, *[1] * (one.ndim - 1))
    return one * share + other * (1 - share)


def box_window(rgb_u8: RGB, box_xyxy: NDArray[np.float32], random: np.random.Generator) -> Window:
    """A square around a box, enlarged and shifted at random, moved into the photo and cut off where it is larger."""
    height, width = rgb_u8.shape[:2]
    x0, y0, x1, y1 = (float(v) for v in box_xyxy)
    side = max(x1 - x0, y1 - y0, 8.0)
    shift = random.uniform(-_SHIFT, _SHIFT, 2) * side
    side *= 1 + random.uniform(_MIN_CONTEXT, _MAX_CONTEXT)
    left, right = _inside((x0 + x1) / 2 + shift[0], side, width)
    top, bottom = _inside((y0 + y1) / 2 + shift[1], side, height)
    return left, top, right, bottom


def _inside(centre: float, side: float, length: int) -> tuple[float, float]:
    start = min(max(centre - side / 2, 0.0), max(length - side, 0.0))
    return start, min(start + side, float(length))


def random_window(rgb_u8: RGB, random: np.random.Generator, min_area: float) -> Window:
    """A window of a random share of the photo's area, from min_area to all, with a side ratio of 3:4 to 4:3."""
    height, width = rgb_u8.shape[:2]
    area = np.exp(random.uniform(np.log(min_area), 0)) * height * width
    ratio = np.exp(random.uniform(np.log(3 / 4), np.log(4 / 3)))
    w, h = min(np.sqrt(area * ratio), width), min(np.sqrt(area / ratio), height)
    left, top = random.uniform(0, width - w), random.uniform(0, height - h)
    return left, top, left + w, top + h


def cut(rgb_u8: RGB, window: Window, size_px: int) -> RGB:
    """The window resized to a square, uint8 (size, size, 3)."""
    left, top = int(window[0]), int(window[1])
    right = max(int(np.ceil(window[2])), left + 2)
    bottom = max(int(np.ceil(window[3])), top + 2)
    image = Image.fromarray(np.ascontiguousarray(rgb_u8[top:bottom, left:right]))
    return np.asarray(image.resize((size_px, size_px), Image.Resampling.BILINEAR, reducing_gap=2.0))


def vary(rgb_u8: RGB, random: np.random.Generator) -> RGB:
    """Mirror, turn, blur and recolour a picture as other cameras and other light would."""
    image = Image.fromarray(rgb_u8)
    size = image.size
    if random.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if random.random() < 0.25:
        zoomed = image.rotate(random.uniform(-25, 25), Image.Resampling.BILINEAR)
        edge = int(size[0] * 0.1)
        image = zoomed.resize(size, Image.Resampling.BILINEAR, box=(edge, edge, size[0] - edge, size[1] - edge))
    if random.random() < 0.25:
        small = int(size[0] * random.uniform(0.2, 0.7))
        image = image.resize((small, small), Image.Resampling.BILINEAR).resize(size, Image.Resampling.BILINEAR)
    return recolour(np.asarray(image), random)


def recolour(rgb_u8: RGB, random: np.random.Generator) -> RGB:
    """Change exposure, contrast, white balance and saturation, through one table a channel and one mix."""
    gain = random.uniform(0.75, 1.3) * random.uniform(0.94, 1.06, 3)
    gamma = np.exp(random.uniform(-0.25, 0.25))
    ramp = (np.arange(256) / 255) ** gamma
    table = np.clip(ramp[:, None] * gain * 255, 0, 255).astype(np.uint8)
    image = Image.fromarray(rgb_u8).point(table.T.ravel().tolist())
    saturation = random.uniform(0.6, 1.3)
    grey = image.convert("L").convert("RGB")
    return np.asarray(Image.blend(grey, image, saturation))
