"""Boxes -> taxon scores: each box is cut with a margin, resized, and named by the network one by one.

The network is any callable from pixels (side, side, 3) to logits: one a label, in some packages one for kinds that no
label stands for, and the last for "not a flower".
(Batches gain little in LiteRT on two cores; one by one keeps memory flat.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.recognition.likeness import in_bytes
from core.recognition.network import Network

MARGIN = 0.35
"""A box grows by this share of its longer side; training cuts with 0 to 0.6. Measured in docs/experiments/names.md."""

_GREY = np.array([[0.299], [0.587], [0.114]], np.float32)
"""Brightness of red, green and blue (ITU-R BT.601), as Pillow's "L" has it."""

_LEAST = 1e-4
"""No score is so low that the other could not speak against it."""

PHOTO_SHARE = 0.4
"""Weight of what the whole photo looks like in naming one of its flowers. Measured in docs/experiments/names.md."""

Logits = Callable[[NDArray[np.float32]], NDArray[np.float32]]
Outputs = Callable[[NDArray[np.float32]], Sequence[NDArray[np.float32]]]
"""Pixels to the logits, and after them the features where the network gives some."""


def classify(
    picture: Image.Image, boxes_xyxy: NDArray[np.float32], network: Logits, *, sizes_px: Sequence[int]
) -> NDArray[np.float32]:
    """Logits (n, taxa + 1) of n boxes, in pixels of the picture."""
    return stacked(outputs_of(picture, boxes_xyxy, lambda pixels: [network(pixels)], sizes_px=sizes_px))[0]


def outputs_of(
    picture: Image.Image, boxes_xyxy: NDArray[np.float32], network: Outputs, *, sizes_px: Sequence[int]
) -> list[Sequence[NDArray[np.float32]]]:
    """The network's outputs for each box, in pixels of the picture."""
    return [network(crop(picture, box, sizes_px=sizes_px)) for box in boxes_xyxy]


def stacked(outputs: Sequence[Sequence[NDArray[np.float32]]]) -> tuple[NDArray[np.float32], NDArray[np.int8] | None]:
    """Logits (n, taxa + 1) and the features of n boxes; None of a network that gives logits alone."""
    if not outputs:
        return np.empty((0, 0), np.float32), None
    logits, *features = (np.stack(rows) for rows in zip(*outputs, strict=True))
    return logits, in_bytes(features[0]) if features else None


def classify_whole(picture: Image.Image, network: Logits, *, sizes_px: Sequence[int]) -> NDArray[np.float32]:
    """Logits (1, taxa + 1) of the whole picture."""
    return classify(picture, np.array([[0, 0, *picture.size]], np.float32), network, sizes_px=sizes_px)


def crop(picture: Image.Image, box_xyxy: NDArray[np.float32], *, sizes_px: Sequence[int]) -> NDArray[np.float32]:
    """The square around a box with its margin, moved into the picture, float32 (side, side, 3) of 0..255.

    side: the smallest of these sizes, in order, that loses no pixel, else the largest.
    """
    width, height = picture.size
    x0, y0, x1, y1 = (float(v) for v in box_xyxy)
    side = side_px(box_xyxy)
    left, right = _inside((x0 + x1) / 2, side, width)
    top, bottom = _inside((y0 + y1) / 2, side, height)
    part = (left, top, right, bottom)
    input_px = next((px for px in sizes_px if side <= px), sizes_px[-1])
    resized = picture.resize((input_px, input_px), Image.Resampling.BILINEAR, box=part, reducing_gap=2.0)
    return np.asarray(resized, np.float32)


def side_px(box_xyxy: NDArray[np.float32]) -> float:
    """Side of the square around a box, with its margin."""
    x0, y0, x1, y1 = (float(v) for v in box_xyxy)
    return max(x1 - x0, y1 - y0, 8.0) * (1 + MARGIN)


def prepared(crop_rgb: NDArray[np.float32], network: Network) -> NDArray[np.float32]:
    """A crop of 0..255 as another network takes it: (input_px, input_px, channels), from its black to its white."""
    pixels = crop_rgb if network.channels == 3 else grey(crop_rgb)
    black, white = np.array(network.black, np.float32), np.array(network.white, np.float32)
    return np.asarray(black + pixels * ((white - black) / 255), np.float32)


def grey(pixels_rgb: NDArray[np.float32]) -> NDArray[np.float32]:
    """Brightness (height, width, 1) of a picture of 0..255."""
    return np.asarray(pixels_rgb @ _GREY, np.float32)


def _inside(centre: float, side: float, length: int) -> tuple[int, int]:
    start = min(max(centre - side / 2, 0.0), max(length - side, 0.0))
    first = min(int(start), length - 1)
    return first, min(max(int(np.ceil(start + side)), first + 1), length)


def taxon_scores(logits: NDArray[np.float32], *, temperature: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Scores (n, outputs but the last) that sum to 1 a flower, and the logit (n,) of "this is a flower" against "not a
    flower"."""
    scaled = logits.astype(np.float64) / temperature
    taxa, nothing = scaled[:, :-1], scaled[:, -1]
    top = taxa.max(axis=1, keepdims=True)
    exponent = np.exp(taxa - top)
    total = exponent.sum(axis=1, keepdims=True)
    flower_logit = top[:, 0] + np.log(total[:, 0]) - nothing
    return (exponent / total).astype(np.float32), flower_logit.astype(np.float32)


def in_photo(scores: NDArray[np.float32], photo_scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """The flowers' scores (n, taxa) with PHOTO_SHARE of the whole photo's (1, taxa): a weighted geometric mean."""
    logs = (1 - PHOTO_SHARE) * np.log(scores + _LEAST) + PHOTO_SHARE * np.log(photo_scores + _LEAST)
    mixed = np.exp(logs)
    return np.asarray(mixed / mixed.sum(axis=1, keepdims=True), np.float32)
