"""YOLO with its suppression inside, and RT-DETR: (n, 6), box, score and class, padded with zeros or not.

n is a cap: where each of its rows is a find that counts, there may be more flowers.
"""

from __future__ import annotations

from core.recognition.brought.layouts.head import Head
from core.recognition.brought.tensors import Floats
from core.recognition.merging import Candidates


def decode(outputs: list[Floats], head: Head) -> Candidates:
    """Candidates in pixels of the input."""
    rows = outputs[0]
    scores = head.probabilities(rows[:, 4])
    capped = bool((scores >= head.counted).all())
    return head.candidates(rows[:, :4], head.one_hot(scores, rows[:, 5]), capped=capped)
