"""Flowers that nobody boxed, for the detector to learn on from: finds of the one before that the classifier calls by
the photo's own kind.

People boxed the flowers in front; a detector that learns from these alone counts too few. Neither network decides: the
detector's score says little of blurred, cut off and distant flowers, and the classifier knows what kind to expect.
Where boxes are said to be complete, both together are believed more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.recognition.classifier import Logits, classify, taxon_scores
from core.recognition.taxa import Label
from training.dataset import PhotoRow
from training.finds import Finds, keep_finds, kept_finds, share_of_smaller
from training.packing import PackedPhotos
from training.progress import on_all_cores

_BESIDE_SHARE = 0.2
"""A find that shares more than this (of the smaller one) with a drawn box is that flower, or a part of it."""

_OWN_KIND_SCORE = 0.5
"""The photo's kind must be more likely than all others and "not a flower" together."""


def unboxed_flowers(
    rows: Sequence[PhotoRow],
    photos: PackedPhotos,
    finds: Finds,
    network: Logits,
    labels: Sequence[Label],
    *,
    input_px: int,
    file: Path,
) -> Finds:
    """The boxes (n, 4) of such flowers in each photo of a known kind; kept in `file`."""
    if not file.is_file():
        number = {label.taxon: i for i, label in enumerate(labels)}
        known = [row for row in rows if row.taxon in number and row.photo in finds]

        def look(row: PhotoRow) -> NDArray[np.float32]:
            boxes = beside(finds[row.photo][:, :4], row.boxes_xyxy)
            picture = Image.fromarray(np.ascontiguousarray(photos[row.photo]))
            logits = classify(picture, boxes, network, sizes_px=(input_px,))
            if len(boxes) == 0:
                return boxes
            scores, flower_logit = taxon_scores(logits, temperature=1.0)
            own = scores[:, number[row.taxon]] / (1 + np.exp(-flower_logit))
            return np.asarray(boxes[own >= _OWN_KIND_SCORE])

        made = on_all_cores(look, known, file.stem, len(known))
        keep_finds(file, known, made)
    return kept_finds(file)


def beside(found_xyxy: NDArray[np.float32], boxes_xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
    """The finds that lie beside every drawn box."""
    apart = share_of_smaller(found_xyxy, boxes_xyxy).max(axis=1, initial=0) < _BESIDE_SHARE
    return np.asarray(found_xyxy[apart])


def with_unboxed(row: PhotoRow, unboxed: Finds) -> PhotoRow:
    """The row with these boxes too. In a photo that nobody boxed nothing is learned from what lies outside them."""
    more = unboxed.get(row.photo, np.empty((0, 4), np.float32))
    boxes = np.concatenate([row.boxes_xyxy, more]).astype(np.float32)
    return replace(row, boxes_xyxy=boxes, boxed="crowd" if row.boxed == "no" else row.boxed)
