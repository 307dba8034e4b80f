"""Flowers cut out of training photos, to compose scenes whose every box is exact.

A box is no mask. Colours that are common inside the box and rare around it make one (two histograms, Bayes); what
does not fill the middle of its box, or spills over it, is not used.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from training.dataset import PhotoRow
from training.packing import PackedPhotos

RGBA = NDArray[np.uint8]
SIDE_PX = 128
"""Long side of a cut-out; composed flowers are smaller."""

_AROUND = 0.2
_MIN_SIDE_PX = 64
_TRIED = 3
_LEVELS = 8
_MIN_FILL, _MAX_FILL = 0.3, 0.92
_CORE, _MIN_SOLID = 0.5, 0.75
_REACH = 1.15
"""In half sides of the box: what is farther from its middle is another flower."""
_MAX_OUTSIDE = 0.12


def cut_out_all(rows: Sequence[PhotoRow], photos: PackedPhotos, file: Path, *, most: int) -> list[RGBA]:
    """Cut-outs (h, w, 4) of at most `most` flowers of training photos, one a photo; made once into `file`."""
    if not file.is_file():
        rows = [row for row in rows if row.split == "train" and row.boxed == "foreground" and row.taxon]
        rows = sorted(rows, key=lambda row: row.photo[::-1])  # mixes the taxa, the same way each time
        one_each = (_first(photos[row.photo], row.boxes_xyxy) for row in rows)
        cutouts = list(itertools.islice((cutout for cutout in one_each if cutout is not None), most))
        np.savez(file, *cutouts)
    with np.load(file) as stored:
        return [stored[name] for name in stored.files]


def _first(rgb_u8: NDArray[np.uint8], boxes_xyxy: NDArray[np.float32]) -> RGBA | None:
    """The first flower of a photo that is large enough and comes out."""
    found = (cut_out(rgb_u8, box) for box in boxes_xyxy[:_TRIED] if _large(box))
    return next((cutout for cutout in found if cutout is not None), None)


def _large(box_xyxy: NDArray[np.float32]) -> bool:
    return bool((box_xyxy[2:] - box_xyxy[:2]).min() >= _MIN_SIDE_PX)


def cut_out(rgb_u8: NDArray[np.uint8], box_xyxy: NDArray[np.float32]) -> RGBA | None:
    """The flower of a box, cropped to its mask, long side SIDE_PX; None where colours do not tell it apart."""
    height, width = rgb_u8.shape[:2]
    grow = _AROUND * (box_xyxy[2:] - box_xyxy[:2])
    x0, y0 = np.maximum(box_xyxy[:2] - grow, 0).astype(int)
    x1, y1 = np.minimum(box_xyxy[2:] + grow, (width, height)).astype(int)
    scale = SIDE_PX / float((box_xyxy[2:] - box_xyxy[:2]).max())
    size = (max(round((x1 - x0) * scale), 8), max(round((y1 - y0) * scale), 8))
    part = Image.fromarray(np.ascontiguousarray(rgb_u8[y0:y1, x0:x1])).resize(size, Image.Resampling.BILINEAR)
    box = tuple(float(v) for v in (box_xyxy - np.array([x0, y0, x0, y0])) * scale)
    mask = _mask(part, box)
    if mask is None:
        return None
    left, top, right, bottom = mask.getbbox() or (0, 0, 1, 1)
    return np.dstack([np.asarray(part), np.asarray(mask)])[top:bottom, left:right]


def _mask(part: Image.Image, box: tuple[float, ...]) -> Image.Image | None:
    """The soft mask (mode L) of the flower in `box`."""
    pixels = np.asarray(part).astype(int) * _LEVELS // 256
    colour = (pixels[..., 0] * _LEVELS + pixels[..., 1]) * _LEVELS + pixels[..., 2]
    ys, xs = np.mgrid[: colour.shape[0], : colour.shape[1]]
    x0, y0, x1, y1 = box
    from_middle = np.hypot((xs + 0.5 - (x0 + x1) / 2) / (x1 - x0), (ys + 0.5 - (y0 + y1) / 2) / (y1 - y0)) * 2
    outside = (xs < x0) | (xs > x1) | (ys < y0) | (ys > y1)
    if outside.sum() < 100:
        return None
    inside = np.bincount(colour[from_middle < 0.6], minlength=_LEVELS**3) + 0.5
    around = np.bincount(colour[outside], minlength=_LEVELS**3) + 0.5
    flower = (inside / inside.sum() / (inside / inside.sum() + around / around.sum()))[colour]
    likely = Image.fromarray((255 * flower).astype(np.uint8)).filter(ImageFilter.GaussianBlur(2.0))
    piece = (np.asarray(likely) >= 128) & (from_middle < _REACH)
    fill = piece.sum() / ((x1 - x0) * (y1 - y0))
    if not _MIN_FILL <= fill <= _MAX_FILL or piece[from_middle < _CORE].mean() < _MIN_SOLID:
        return None
    if (piece & outside).sum() > _MAX_OUTSIDE * piece.sum():
        return None
    return Image.fromarray((255 * piece).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1.0))
