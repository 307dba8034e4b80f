"""Flowers that nobody boxed are added where boxes are known to be incomplete, and only there."""

import numpy as np
import pytest

from training.dataset import PhotoRow
from training.finds import share_of_smaller, with_missing_boxes

DRAWN = np.array([[0, 0, 100, 100]], np.float32)
FOUND = np.array([[5, 5, 60, 60, 0.9], [200, 0, 240, 40, 0.8], [300, 0, 340, 40, 0.2]], np.float32)


def row(source: str, boxed: str, boxes: np.ndarray) -> PhotoRow:
    return PhotoRow("p", 400, 200, source, "g", "rose", len(boxes), boxed, boxes, None, "train")


@pytest.mark.parametrize(
    ("source", "boxed", "drawn", "boxes", "then"),
    [
        pytest.param("tf_flowers", "foreground", DRAWN, 2, "foreground", id="the sure one outside the drawn box"),
        pytest.param("oxford102", "foreground", DRAWN, 1, "foreground", id="a source where every flower is boxed"),
        pytest.param("beans", "all", DRAWN[:0], 0, "all", id="no flowers, and somebody vouches for it"),
        pytest.param("oxford17", "no", DRAWN[:0], 2, "crowd", id="nobody boxed it: the sure ones, all else ignored"),
    ],
)
def test_missing_boxes_are_added(source, boxed, drawn, boxes, then):
    changed = with_missing_boxes(row(source, boxed, drawn), {"p": FOUND})
    assert (len(changed.boxes_xyxy), changed.boxed) == (boxes, then)


def test_a_box_inside_another_is_wholly_shared():
    np.testing.assert_allclose(share_of_smaller(FOUND[:, :4], DRAWN), [[1.0], [0.0], [0.0]])
