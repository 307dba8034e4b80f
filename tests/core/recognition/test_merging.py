"""Double boxes of a flower become one, and touching flowers stay two."""

from __future__ import annotations

import numpy as np
import pytest

from core.recognition.merging import MERGE_SHARE, Candidates, merge


@pytest.mark.parametrize(
    ("boxes", "kept"),
    [
        pytest.param([[0, 0, 10, 10], [0, 0, 10, 10]], [0], id="the same flower twice"),
        pytest.param([[0, 0, 10, 10], [1, 1, 9, 9]], [0], id="a part of a flower"),
        pytest.param([[2, 2, 8, 8], [0, 0, 20, 20]], [0], id="a flower and a box around it and more"),
        pytest.param([[0, 0, 20, 20], [1, 1, 9, 9], [11, 11, 19, 19]], [0], id="a flower surer than its florets"),
        pytest.param([[1, 1, 9, 9], [0, 0, 20, 20], [11, 11, 19, 19]], [0, 2], id="florets of which one is surer"),
        pytest.param([[0, 0, 10, 10], [10, 0, 20, 10]], [0, 1], id="side by side"),
        pytest.param([[0, 0, 10, 10], [5, 0, 15, 10]], [0, 1], id="touching, half covered"),
        pytest.param([[0, 0, 10, 10], [5, 5, 9, 17]], [0, 1], id="a smaller one behind, two fifths covered"),
        pytest.param([[0, 0, 10, 10], [3, 0, 13, 10]], [0], id="seven tenths covered"),
        pytest.param([[0, 0, 10, 10], [3, 0, 13, 10], [6, 0, 16, 10]], [0, 2], id="what is dropped drops nobody"),
        pytest.param([[0, 0, 0, 10], [0, 0, 10, 10]], [0, 1], id="a box without area shares nothing"),
    ],
)
def test_merging_keeps_touching_flowers_and_drops_doubles(boxes, kept):
    found = Candidates(np.array(boxes, np.float32), np.linspace(0.9, 0.8, len(boxes)).astype(np.float32))
    np.testing.assert_array_equal(merge(found).boxes_xyxy, found.boxes_xyxy[kept])


def random_boxes(n: int, *, seed: int, ground_px: float) -> Candidates:
    random = np.random.default_rng(seed)
    corner = random.uniform(0, ground_px, (n, 2))
    boxes = np.concatenate([corner, corner + random.uniform(5, 60, (n, 2))], axis=1).astype(np.float32)
    return Candidates(boxes, random.random(n).astype(np.float32))


@pytest.mark.parametrize("seed", range(2))
def test_of_any_boxes_each_is_kept_or_shares_too_much_with_a_better_one_that_is(seed):
    found = random_boxes(300, seed=seed, ground_px=400)
    kept: list[np.ndarray] = []
    for box in found.boxes_xyxy[np.argsort(-found.scores)].astype(np.float64):
        shares = [np.prod((np.minimum(box[2:], k[2:]) - np.maximum(box[:2], k[:2])).clip(0)) for k in kept]
        areas = [min(np.prod(box[2:] - box[:2]), np.prod(k[2:] - k[:2])) for k in kept]
        if all(share <= MERGE_SHARE * area for share, area in zip(shares, areas, strict=True)):
            kept.append(box)
    assert 50 < len(kept) < 300
    np.testing.assert_array_equal(merge(found).boxes_xyxy, np.array(kept, np.float32))


def test_merging_compares_neighbours_only(monkeypatch):
    compared = []
    minimum = np.minimum

    def counting_minimum(a, b):
        compared.append(len(b))
        return minimum(a, b)

    found = random_boxes(5000, seed=1, ground_px=4000)
    monkeypatch.setattr(np, "minimum", counting_minimum)
    merge(found)
    assert sum(compared) < 5000**2 / 20


def test_merging_does_not_depend_on_the_order():
    found = random_boxes(200, seed=1, ground_px=300)
    shuffled = merge(found.take(np.random.default_rng(2).permutation(200)))
    np.testing.assert_array_equal(merge(found).boxes_xyxy, shuffled.boxes_xyxy)
