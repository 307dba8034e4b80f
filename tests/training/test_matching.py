"""Average precision and F1 keep the laws they are known by, and agree with pycocotools."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from tests.training.photos import squares
from training.matching import Curve, curve, hits


def curve_of(photos: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Curve:
    """The curve of photos, each given as found boxes, their probability and drawn boxes."""
    right = [hits(found, p, boxes) for found, p, boxes in photos]
    return curve([p for _, p, _ in photos], right, boxes=sum(len(boxes) for _, _, boxes in photos))


def surely(n: int, probability: float = 0.9) -> np.ndarray:
    return np.full(n, probability, np.float32)


NOTHING = np.empty((0, 4), np.float32)


@pytest.mark.parametrize(
    ("found", "probability", "average_precision", "f1"),
    [
        pytest.param(squares(4), surely(4), 1, 1, id="perfect boxes"),
        pytest.param(squares(4, shift=3), surely(4), 1, 1, id="IoU 7/13"),
        pytest.param(squares(4, shift=3.4), surely(4), 0, 0, id="IoU just under a half"),
        pytest.param(squares(2), surely(2), 0.5, 2 / 3, id="half of them found"),
        pytest.param(NOTHING, surely(0), 0, 0, id="nothing found"),
        pytest.param(
            np.concatenate([squares(4), squares(1)]),
            np.array([0.9, 0.9, 0.9, 0.9, 0.3]),
            1,
            1,
            id="a doubtful duplicate comes after all that is right",
        ),
        pytest.param(np.concatenate([squares(4), squares(4)]), surely(8), 0.5, 2 / 3, id="every find twice"),
        pytest.param(
            np.concatenate([squares(1, shift=200), squares(4)]),
            np.array([0.9, 0.8, 0.7, 0.6, 0.5]),
            0.8,
            8 / 9,
            id="the surest find is false",
        ),
    ],
)
def test_average_precision_and_f1(found, probability, average_precision, f1):
    result = curve_of([(found, probability, squares(4))])
    assert result.average_precision() == pytest.approx(average_precision)
    assert result.best_f1() == pytest.approx(f1)


def test_a_duplicate_box_is_a_false_positive_and_the_surer_one_is_right():
    found = np.concatenate([squares(1, shift=1), squares(1)])
    assert hits(found, np.array([0.4, 0.8], np.float32), squares(1)).tolist() == [False, True]


def test_a_find_takes_the_box_it_overlaps_most():
    boxes = np.array([[0, 0, 10, 10], [2, 0, 12, 10]], np.float32)
    found = np.array([[2, 0, 12, 10], [0, 0, 10, 10]], np.float32)
    assert hits(found, np.array([0.9, 0.8], np.float32), boxes).tolist() == [True, True]


def random_photos(seed: int, photos: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    random = np.random.default_rng(seed)

    def some(n: int) -> np.ndarray:
        corner, size = random.uniform(0, 60, (n, 2)), random.uniform(8, 30, (n, 2))
        return np.concatenate([corner, corner + size], axis=1).astype(np.float32)

    made = []
    for _ in range(photos):
        boxes = some(random.integers(1, 8))
        near = boxes[random.random(len(boxes)) < 0.8] + random.normal(0, 2, 4).astype(np.float32)
        found = np.concatenate([near, near[:2] + 1, some(random.integers(0, 5))]).astype(np.float32)
        made.append((found, random.uniform(0.05, 1, len(found)).astype(np.float32), boxes))
    return made


@settings(deadline=None)
@given(st.integers(0, 10**6), st.randoms())
def test_the_order_of_the_photos_does_not_matter(seed, order):
    photos = random_photos(seed, 6)
    for _, probability, _ in photos:
        probability[:] = probability.round(1)  # many of equal probability
    shuffled = order.sample(photos, len(photos))
    assert curve_of(shuffled).average_precision() == pytest.approx(curve_of(photos).average_precision(), abs=1e-12)
    assert curve_of(shuffled).best_f1() == pytest.approx(curve_of(photos).best_f1(), abs=1e-12)


@settings(deadline=None)
@given(st.integers(0, 10**6))
def test_a_false_find_never_helps_and_a_right_one_never_hurts(seed):
    photos = random_photos(seed, 4)
    found, probability, boxes = photos[0]
    far = np.array([[500, 500, 510, 510]], np.float32)
    more = np.concatenate([found, far]), np.append(probability, np.float32(0.5)), boxes
    assert curve_of([more, *photos[1:]]).average_precision() <= curve_of(photos).average_precision() + 1e-12
    right = np.concatenate([found, far]), np.append(probability, np.float32(2.0)), np.concatenate([boxes, far])
    missed = found, probability, np.concatenate([boxes, far])
    assert curve_of([right, *photos[1:]]).average_precision() >= curve_of([missed, *photos[1:]]).average_precision()


@pytest.mark.parametrize("seed", range(5))
def test_precision_at_every_recall_is_that_of_pycocotools(seed):
    photos = random_photos(seed, 20)
    ours = curve_of(photos)
    best = np.maximum.accumulate(ours.precision[::-1])[::-1]
    at = np.searchsorted(ours.recall, np.linspace(0, 1, 101), side="left")
    sampled = np.append(best, 0.0)[np.minimum(at, len(best))]
    np.testing.assert_allclose(sampled, coco_precision(photos), atol=1e-9)


def coco_precision(photos: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> np.ndarray:
    """Precision at 101 recalls, IoU 0.5, as pycocotools has it."""

    def xywh(box: np.ndarray) -> list[float]:
        x0, y0, x1, y1 = (float(v) for v in box)
        return [x0, y0, x1 - x0, y1 - y0]

    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        drawn = [(i, box) for i, (_, _, boxes) in enumerate(photos) for box in boxes]
        truth.dataset = {
            "info": {},
            "images": [{"id": i} for i in range(len(photos))],
            "categories": [{"id": 1}],
            "annotations": [
                {"id": n + 1, "image_id": i, "category_id": 1, "bbox": xywh(box), "iscrowd": 0,
                 "area": float((box[2] - box[0]) * (box[3] - box[1]))}
                for n, (i, box) in enumerate(drawn)
            ],
        }  # fmt: skip
        truth.createIndex()
        found = [
            {"image_id": i, "category_id": 1, "bbox": xywh(box), "score": float(p)}
            for i, (boxes, probability, _) in enumerate(photos)
            for box, p in zip(boxes, probability, strict=True)
        ]
        run = COCOeval(truth, truth.loadRes(found), "bbox")
        run.params.iouThrs, run.params.maxDets = np.array([0.5]), [1000]
        run.params.areaRng, run.params.areaRngLbl = [[0, 1e10]], ["all"]
        run.evaluate()
        run.accumulate()
    return np.asarray(run.eval["precision"][0, :, 0, 0, 0])
