"""Flags that make a photo's count a lower bound, by three plain rules on its picture and flowers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.recognition.flowers import Flowers
from core.recognition.merging import sharing

CROWDED_SHARE, CROWDED_FROM = 0.5, 10
_COVERS = 0.2
"""In a crowd more than half of ten or more flowers share a fifth of the smaller one with a neighbour: they hide others,
which merging cannot tell from doubles. Their number does not matter. Of 42 flowerbeds with 10 to 444 drawn boxes nine
in ten have less than a third of such boxes, the densest just over half."""

TINY_PX = 32.0
"""Flowers under this have too few pixels, however close one looks: of such photos an eye counts up to five and more
times as many (docs/experiments/counting.md)."""

SHARP_MIN = 0.09
"""Below this a photo is blurred: of 200 photos none, of the same with 4 px of blur at 416 px two in three."""

LIKELY = 0.3
"""Candidates from this probability say what a photo is like. Chosen below every default threshold, not measured."""

_SHARPNESS_PX = 416


def flag_of(picture: Image.Image, flowers: Flowers, *, finest_per_px: float) -> str:
    """The first flag that holds of crowded, tiny and blurred; empty if none does.

    finest_per_px: of the photo, see core/photo/reading.py.
    """
    likely = flowers.boxes_xyxy[flowers.probability >= LIKELY]
    return flag_of_likely(likely, finest_per_px=finest_per_px) or ("blurred" if sharpness(picture) < SHARP_MIN else "")


def flag_of_likely(boxes_xyxy: NDArray[np.float32], *, finest_per_px: float) -> str:
    """The first flag that holds of crowded and tiny, by the boxes of likely flowers alone."""
    if _crowded(boxes_xyxy):
        return "crowded"
    sides = np.sqrt(np.prod(boxes_xyxy[:, 2:] - boxes_xyxy[:, :2], axis=1)) * finest_per_px
    return "tiny" if len(sides) and float(np.median(sides)) < TINY_PX else ""


def _crowded(boxes_xyxy: NDArray[np.float32]) -> bool:
    covered = {box for pair in sharing(boxes_xyxy, share=_COVERS) for box in pair}
    return len(boxes_xyxy) >= CROWDED_FROM and len(covered) > CROWDED_SHARE * len(boxes_xyxy)


def sharpness(picture: Image.Image) -> float:
    """The share of the photo's contrast between neighbouring pixels, at 416 px: 0 flat, about 0.3 crisp.

    Root mean square of the differences of neighbours over the standard deviation; 1 for a photo without any contrast.
    """
    image = picture.convert("L")
    image.thumbnail((_SHARPNESS_PX, _SHARPNESS_PX), Image.Resampling.BILINEAR, reducing_gap=2.0)
    grey = np.asarray(image, np.float32)
    contrast = float(grey.std())
    if contrast < 2 or min(grey.shape) < 3:
        return 1.0
    return float(np.sqrt((np.diff(grey, axis=0) ** 2).mean() + (np.diff(grey, axis=1) ** 2).mean()) / contrast)
