"""Two outputs: boxes (n, 4), and a score a class (n, classes), which overlap by dozens until they are merged."""

from __future__ import annotations

from core.recognition.brought.layouts.head import Head, rows_of
from core.recognition.brought.tensors import Floats
from core.recognition.merging import Candidates


def decode(outputs: list[Floats], head: Head) -> Candidates:
    """Candidates in pixels of the input."""
    columns = head.classes + head.background
    one, two = (output if output.ndim == 2 else output.reshape(len(output), -1) for output in outputs[:2])
    boxes, scores = (one, two) if _are_boxes(one, two, columns) else (two, one)
    boxes, scores = rows_of(boxes, 4), rows_of(scores, columns)
    return head.candidates(boxes, head.probabilities(scores)[:, int(head.background) :])


def _are_boxes(one: Floats, two: Floats, columns: int) -> bool:
    """True if the first has the boxes. With four classes both have four columns: boxes come first then."""
    return 4 in one.shape and (columns in two.shape or 4 not in two.shape)
