"""Scenes composed of cut-out flowers on ground without any: 1 to 400 of them, every box exact, also where they overlap.

Farther flowers are smaller, pasted first, and sometimes blurred; one scene has one to three kinds in one light.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from training.crops import recolour

RGBA = NDArray[np.uint8]
_MOST = 400
_SMALLEST_PX, _LARGEST_PX = 9.0, 150.0
_FULLEST = 0.55
"""So much of the scene may be covered, were no flower before another."""


@dataclass(frozen=True, slots=True)
class Composed:
    """rgb_u8 (h, w, 3). boxes_xyxy float32 (n, 4) of the whole flowers and what share of each is visible (n,)."""

    rgb_u8: NDArray[np.uint8]
    boxes_xyxy: NDArray[np.float32]
    visible: NDArray[np.float32]


def compose(ground_u8: NDArray[np.uint8], cutouts: Sequence[RGBA], random: np.random.Generator) -> Composed:
    """A scene on `ground_u8` (h, w, 3)."""
    height, width = ground_u8.shape[:2]
    number = int(np.exp(random.uniform(0, np.log(_MOST))))
    largest_px = min(_LARGEST_PX, np.sqrt(_FULLEST * height * width / number))
    side_px = max(largest_px * random.uniform(0.4, 1.0), _SMALLEST_PX)
    depth = np.sort(random.uniform(1.0 - random.uniform(0, 0.6), 1.0, number))
    kinds = [cutouts[int(i)] for i in random.integers(len(cutouts), size=int(random.integers(1, 4)))]
    picture = Image.fromarray(ground_u8)
    owner = np.full((height, width), -1, np.int32)
    boxes, areas = [], []
    for index, near in enumerate(depth):
        flower = _posed(kinds[int(random.integers(len(kinds)))], max(side_px * near, _SMALLEST_PX), near, random)
        x = int(random.uniform(-0.3 * flower.width, width - 0.7 * flower.width))
        y = int(random.uniform(-0.3 * flower.height, height - 0.7 * flower.height))
        picture.paste(flower, (x, y), flower)
        solid = np.asarray(flower.getchannel("A")) > 127
        part = solid[max(-y, 0) : height - y, max(-x, 0) : width - x]
        owner[max(y, 0) : max(y, 0) + part.shape[0], max(x, 0) : max(x, 0) + part.shape[1]][part] = index
        boxes.append([x, y, x + flower.width, y + flower.height])
        areas.append(max(int(solid.sum()), 1))
    seen = np.bincount(owner[owner >= 0], minlength=number)
    return Composed(np.asarray(picture), np.array(boxes, np.float32), (seen / np.array(areas)).astype(np.float32))


def _posed(cutout: RGBA, side_px: float, near: float, random: np.random.Generator) -> Image.Image:
    """The flower turned, tilted, relit and, far away, blurred; cropped to what is left of it."""
    lit = np.dstack([recolour(np.ascontiguousarray(cutout[..., :3]), random), cutout[..., 3]])
    flower = Image.fromarray(lit)
    scale = side_px * random.uniform(0.8, 1.2) / max(flower.size)
    tilt = random.uniform(0.6, 1.0)
    size = (max(round(flower.width * scale), 4), max(round(flower.height * scale * tilt), 4))
    flower = flower.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    flower = flower.rotate(random.uniform(-180, 180), Image.Resampling.BILINEAR, expand=True)
    if random.random() < 0.6 * (1.3 - near):
        flower = flower.filter(ImageFilter.GaussianBlur(float(0.03 * side_px * random.random())))
    box = flower.getchannel("A").point([0] * 128 + [255] * 128).getbbox()
    return flower.crop(box) if box else flower
