"""TensorFlow's object detection: boxes (n, 4), classes (n), scores (n) and how many of them count.

A SavedModel says by name which is which, and its first class is 1; LiteRT's come in a fixed order where they are named
after the operation that makes them, and elsewhere classes are told by being whole numbers. n is a cap.
"""

from __future__ import annotations

import numpy as np

from core.recognition.brought.layouts.head import Head
from core.recognition.brought.tensors import Floats
from core.recognition.merging import NO_CANDIDATES, Candidates

BOXES, CLASSES, SCORES, NUMBER = "detection_boxes", "detection_classes", "detection_scores", "num_detections"
_OPERATION = "TFLite_Detection_PostProcess"


def decode(outputs: list[Floats], head: Head) -> Candidates:
    """Candidates in pixels of the input."""
    by_name = dict(zip(head.names, outputs, strict=True))
    if {BOXES, CLASSES, SCORES} <= by_name.keys():
        boxes, classes, scores = by_name[BOXES], by_name[CLASSES], by_name[SCORES]
        number = by_name.get(NUMBER)
    else:
        boxes, classes, scores, number = _told(outputs, head)
    rows = len(scores) if number is None else min(int(np.asarray(number).reshape(-1)[0]), len(scores))
    if not rows:
        return NO_CANDIDATES
    capped = bool((scores >= head.counted).all()) and rows == len(scores)
    by_class = head.one_hot(head.probabilities(scores[:rows]), classes[:rows])
    return head.candidates(boxes[:rows], by_class, capped=capped)


def _told(outputs: list[Floats], head: Head) -> tuple[Floats, Floats, Floats, Floats | None]:
    boxes = next(output for output in outputs if output.ndim == 2 and output.shape[1] == 4)
    lists = [output for output in outputs if output.ndim == 1 and len(output) == len(boxes)]
    number = next((output for output in outputs if output.size == 1 and len(boxes) != 1), None)
    if len(lists) > 2 or (len(boxes) == 1 and len(lists) > 2):
        lists = lists[:2]
    first, second = lists
    whole = np.array_equal(first, np.rint(first))
    if any(name.startswith(_OPERATION) for name in head.names) and whole:
        return boxes, first, second, number
    return (boxes, first, second, number) if whole else (boxes, second, first, number)
