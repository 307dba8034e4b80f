"""Points (P2PNet): x, y and a score a class, (n, 2 + classes); or one output of points and one of scores.

A point is a box without an inside: it is counted and shown, and nothing is known of the flower's size.
"""

from __future__ import annotations

import numpy as np

from core.recognition.brought.layouts.head import Head, rows_of
from core.recognition.brought.tensors import Floats
from core.recognition.merging import Candidates


def decode(outputs: list[Floats], head: Head) -> Candidates:
    """Candidates in pixels of the input."""
    columns = head.classes + head.background
    if len(outputs) == 1:
        rows = rows_of(outputs[0], 2 + columns)
        points, scores = rows[:, :2], rows[:, 2:]
    else:
        turned = 2 not in outputs[0].shape  # with two classes both have two columns: points come first then
        places, named = outputs[:2][:: -1 if turned else 1]
        points, scores = rows_of(places, 2), rows_of(named, columns)
    by_class = head.probabilities(scores)[:, int(head.background) :].clip(0, 1)
    best = by_class.max(axis=1)
    kept = np.flatnonzero((best >= head.least) & np.isfinite(points).all(axis=1))
    scale = head.size_px if head.boxes == "fractions" else np.float32(1)
    middle = (points[kept] * scale).astype(np.float32)
    return Candidates(np.concatenate([middle, middle], axis=1), best[kept], by_class[kept])
