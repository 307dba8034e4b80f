"""Training samples: targets decode to the boxes they were made from, and nothing is learned where it must not be."""

from dataclasses import replace

import numpy as np
import pytest

from core.recognition.detector import decode
from training.batches import batches
from training.crops import cut, vary
from training.dataset import EyeCount, PhotoRow
from training.finds import iou, with_finds
from training.scenes import PAD, Scene, paste
from training.targets import FULL, OFF, SOFT, encode

BOXES = np.array([[40, 60, 120, 100], [200, 200, 220, 224]], np.float32)


def full_trust(cells: int) -> np.ndarray:
    return np.full((cells, cells), FULL, np.float16)


def test_a_target_decodes_to_its_boxes_with_the_code_of_the_app():
    target = encode(BOXES, np.empty((0, 4), np.float32), full_trust(72), 288).astype(np.float32)
    found = decode(np.where(target[..., :1] > 0.999, target[..., :5], 0), min_score=0.999)
    order = np.argsort(found.boxes_xyxy[:, 0])
    np.testing.assert_allclose(found.boxes_xyxy[order], BOXES, atol=0.5)


def test_ignored_flowers_teach_nothing_and_boxed_ones_do():
    trust = np.full((72, 72), SOFT, np.float16)
    target = encode(BOXES[:1], BOXES[1:], trust, 288)
    assert target[20, 20, 6] == FULL
    assert target[53, 52, 6] == OFF
    assert target[0, 0, 6] == SOFT


def row(boxed: str, boxes: np.ndarray) -> PhotoRow:
    return PhotoRow("p", 100, 100, "s", "g", "rose", len(boxes), boxed, boxes, None, "train")


@pytest.mark.parametrize(("boxed", "trust"), [("all", FULL), ("foreground", SOFT), ("crowd", OFF)])
def test_what_is_outside_the_boxes_counts_as_the_photo_says(boxed, trust):
    scene = Scene(np.full((96, 96, 3), PAD, np.uint8), [], [], full_trust(24))
    photo = np.zeros((100, 100, 3), np.uint8)
    box = np.array([[25, 25, 75, 75]], np.float32)
    paste(scene, photo, row(boxed, box), np.array([0, 0, 100, 100.0]), (0, 0, 96, 96))
    assert (scene.trust == trust).all()
    np.testing.assert_allclose(scene.boxes, [[24, 24, 72, 72]])


def pasted(a_row: PhotoRow) -> Scene:
    scene = Scene(np.full((96, 96, 3), PAD, np.uint8), [], [], full_trust(24))
    paste(scene, np.zeros((96, 96, 3), np.uint8), a_row, np.array([0, 0, 96, 96.0]), (0, 0, 96, 96))
    return scene


def test_where_an_eye_missed_more_than_a_third_nothing_is_learned_outside_the_boxes():
    judged = row("foreground", np.array([[25, 25, 75, 75]], np.float32))
    assert (pasted(replace(judged, eye=EyeCount(2, 9, 9, missed=3))).trust == SOFT).all()
    assert (pasted(replace(judged, eye=EyeCount(2, 9, 9, missed=4))).trust == OFF).all()


def test_the_middle_of_a_box_that_an_eye_rejected_is_learned_as_no_flower():
    rejected = np.array([[16, 16, 48, 48]], np.float32)
    judged = replace(row("crowd", np.empty((0, 4), np.float32)), rejected_xyxy=rejected)
    expected = np.full((24, 24), OFF, np.float16)
    expected[6:10, 6:10] = FULL
    np.testing.assert_array_equal(pasted(judged).trust, expected)


def test_a_flower_that_is_mostly_cut_off_is_neither_a_flower_nor_background():
    scene = Scene(np.full((96, 96, 3), PAD, np.uint8), [], [], full_trust(24))
    box = np.array([[0, 0, 60, 60]], np.float32)
    paste(scene, np.zeros((100, 100, 3), np.uint8), row("all", box), np.array([50, 0, 100, 50.0]), (0, 0, 96, 96))
    assert (len(scene.boxes), len(scene.ignored)) == (0, 1)


def test_a_variation_keeps_size_and_type():
    crop = cut(np.random.default_rng(0).integers(0, 255, (50, 70, 3), np.uint8), (3, 4, 41, 40), 64)
    for seed in range(20):
        varied = vary(crop, np.random.default_rng(seed))
        assert (varied.shape, varied.dtype) == ((64, 64, 3), np.uint8)


class Counting:
    def __call__(self, random: np.random.Generator) -> tuple[np.ndarray, ...]:
        return (random.integers(0, 1000, 4),)


def test_a_run_that_resumes_sees_the_batches_it_would_have_seen():
    whole = [b[0].tolist() for b in batches(Counting(), stage="s", first_step=0, steps=9, workers=2)]
    rest = [b[0].tolist() for b in batches(Counting(), stage="s", first_step=5, steps=9, workers=1)]
    assert whole[5:] == rest


def test_overlap_of_boxes():
    a = np.array([[0, 0, 10, 10]], np.float32)
    b = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 0, 30, 10]], np.float32)
    np.testing.assert_allclose(iou(a, b), [[1, 1 / 3, 0]], rtol=1e-6)


def test_finds_join_the_boxes_they_fit():
    finds = {"p": np.array([[1, 1, 10, 10, 0.9], [50, 50, 60, 60, 0.9]], np.float32)}
    assert len(with_finds(row("foreground", np.array([[0, 0, 10, 10]], np.float32)), finds).boxes_xyxy) == 2
    assert len(with_finds(row("no", np.empty((0, 4), np.float32)), finds).boxes_xyxy) == 2
