"""YOLO's raw head: each place of the picture gives a box and a score a class, (4 + classes, n) or turned.

Boxes overlap by dozens: merging makes them one. YOLOv5's own exports have an objectness before the classes.
"""

from __future__ import annotations

from core.recognition.brought.layouts.head import Head, rows_of
from core.recognition.brought.tensors import Floats
from core.recognition.merging import Candidates


def columns(head: Head) -> int:
    """Numbers of one place."""
    return 4 + head.objectness + head.classes


def decode(outputs: list[Floats], head: Head) -> Candidates:
    """Candidates in pixels of the input."""
    rows = rows_of(outputs[0], columns(head))
    by_class = head.probabilities(rows[:, 4 + head.objectness :])
    if head.objectness:
        by_class = by_class * head.probabilities(rows[:, 4:5])
    return head.candidates(rows[:, :4], by_class)
