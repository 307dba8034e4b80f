"""A centre heat-map (CenterNet): a score a class and cell, the size of the flower there, and where in the cell it is.

One output with the classes first, then width and height, then the offset; or one output each, in that order. A cell
counts if it is the best of the nine around it.
"""

from __future__ import annotations

import numpy as np

from core.recognition.brought.layouts.head import Head
from core.recognition.brought.layouts.maps import channels_last, peaks
from core.recognition.brought.tensors import Floats
from core.recognition.merging import Candidates


def decode(outputs: list[Floats], head: Head) -> Candidates:
    """Candidates in pixels of the input. Boxes of the head are sizes in cells, in pixels, or fractions of the input."""
    heat, size, offset = _maps(outputs, head)
    by_class = head.probabilities(heat)
    rows, columns = peaks(by_class.max(axis=2), least=head.least)
    cell: Floats = np.asarray(head.size_px / np.array([heat.shape[1], heat.shape[0]]), np.float32)
    within = offset[rows, columns] if offset is not None else np.float32(0.5)
    middle = (np.stack([columns, rows], axis=1) + within) * cell
    units: dict[str, Floats] = {"cells": cell, "pixels": np.ones(2, np.float32), "fractions": head.size_px}
    half = np.asarray(size[rows, columns] * units[head.boxes] / 2, np.float32)
    scores = by_class[rows, columns].clip(0, 1)
    boxes = np.concatenate([middle - half, middle + half], axis=1).astype(np.float32)
    return Candidates(boxes, scores.max(axis=1), scores).take(np.flatnonzero((half > 0).all(axis=1)))


def _maps(outputs: list[Floats], head: Head) -> tuple[Floats, Floats, Floats | None]:
    classes = head.classes
    if len(outputs) == 1:
        channels = next((n for n in (classes + 4, classes + 2) if n in outputs[0].shape), classes + 2)
        together = channels_last(outputs[0], channels)
        offset = together[..., classes + 2 :]
        return together[..., :classes], together[..., classes : classes + 2], offset if offset.size else None
    heat = channels_last(outputs[0], classes)
    size, *more = (channels_last(output, 2) for output in outputs[1:3])
    return heat, size, more[0] if more else None
