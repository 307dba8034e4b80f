"""Finds of a trained detector on training photos, for both networks to learn on from.

On photos without flowers every find is a false one ("not a flower"); on the others the detector's own boxes show the
classifier the crops it will meet in the app, which are not those that people draw.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.photo.reading import only_pixels
from core.recognition.detector import Maps, find_flowers
from training.dataset import PhotoRow
from training.packing import PackedPhotos
from training.progress import on_all_cores
from training.whole_file import whole_file

Finds = dict[str, NDArray[np.float32]]
MIN_IOU = 0.35
"""From this on a find shows the flower in a drawn box, with an edge as the app will meet it. This and the five numbers
below were chosen, and not measured by themselves."""
_HARD_SCORE, _FOUND_SCORE, _UNBOXED_SCORE = 0.05, 0.2, 0.35
_MOST_HARD, MOST_UNBOXED = 12, 6


def false_finds(rows: Sequence[PhotoRow], photos: PackedPhotos, network: Maps, *, input_px: int, file: Path) -> Finds:
    """The best finds (n, 4) on each photo without flowers that has any."""
    rows = [row for row in rows if row.split == "train" and row.without_flowers]
    finds = _finds(rows, photos, network, input_px=input_px, min_score=_HARD_SCORE, file=file)
    return {photo: boxes[:_MOST_HARD, :4] for photo, boxes in finds.items() if len(boxes)}


def true_finds(rows: Sequence[PhotoRow], photos: PackedPhotos, network: Maps, *, input_px: int, file: Path) -> Finds:
    """The finds (n, 5: box and score) on each of the photos."""
    return _finds(rows, photos, network, input_px=input_px, min_score=_FOUND_SCORE, file=file)


def _finds(
    rows: Iterable[PhotoRow], photos: PackedPhotos, network: Maps, *, input_px: int, min_score: float, file: Path
) -> Finds:
    if not file.is_file():
        rows = list(rows)

        def find(row: PhotoRow) -> NDArray[np.float32]:
            photo = only_pixels(np.ascontiguousarray(photos[row.photo]))
            found = find_flowers(photo, network, input_px=input_px, min_score=min_score)
            return np.column_stack([found.boxes_xyxy, found.scores]).astype(np.float32)

        made = on_all_cores(find, rows, file.stem, len(rows))
        keep_finds(file, rows, made)
    return kept_finds(file)


def keep_finds(file: Path, rows: Sequence[PhotoRow], boxes: Iterable[NDArray[np.float32]]) -> None:
    """Write the boxes of each row's photo."""
    found = {row.photo: each for row, each in zip(rows, boxes, strict=True)}
    with whole_file(file) as part:
        np.savez(part, **found)  # type: ignore[arg-type]


def kept_finds(file: Path) -> Finds:
    """Read the file that keep_finds wrote."""
    with np.load(file) as stored:
        return {photo: stored[photo] for photo in stored.files}


def with_finds(row: PhotoRow, finds: Finds) -> PhotoRow:
    """The row with the detector's own boxes added: those that fit a drawn box, or the surest where none is drawn."""
    found = finds.get(row.photo, np.empty((0, 5), np.float32))
    if len(row.boxes_xyxy) == 0:
        more = found[found[:, 4] >= _UNBOXED_SCORE][:MOST_UNBOXED, :4]
    else:
        more = found[iou(found[:, :4], row.boxes_xyxy).max(axis=1, initial=0) >= MIN_IOU, :4]
    return replace(row, boxes_xyxy=np.concatenate([row.boxes_xyxy, more]).astype(np.float32))


def iou(a_xyxy: NDArray[np.float32], b_xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union (n, m) of n boxes with m boxes."""
    shared, a_area, b_area = _areas(a_xyxy, b_xyxy)
    return np.asarray(shared / np.maximum(a_area[:, None] + b_area[None, :] - shared, 1e-9), np.float32)


def share_of_smaller(a_xyxy: NDArray[np.float32], b_xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shared area of n boxes with m boxes, (n, m), as a share of the smaller of the two."""
    shared, a_area, b_area = _areas(a_xyxy, b_xyxy)
    return np.asarray(shared / np.maximum(np.minimum(a_area[:, None], b_area[None, :]), 1e-9), np.float32)


def _areas(a_xyxy: NDArray[np.float32], b_xyxy: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    """The shared areas (n, m) and the areas of both."""
    low = np.maximum(a_xyxy[:, None, :2], b_xyxy[None, :, :2])
    high = np.minimum(a_xyxy[:, None, 2:], b_xyxy[None, :, 2:])
    own = (np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (a_xyxy, b_xyxy))
    return np.prod((high - low).clip(0), axis=2), *own
