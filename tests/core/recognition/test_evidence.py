"""Evidence for a flower raises its probability, and only as much as the calibration says."""

from dataclasses import replace

import numpy as np

from core.recognition.evidence import evidence, flower_probability, with_word
from core.recognition.package import Calibration

PLAIN = Calibration(0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, temperature=1.0)
BOXES = np.array([[0, 0, 40, 40], [10, 10, 30, 30], [100, 100, 140, 140]], np.float32)
SCORES = np.array([0.8, 0.3, 0.3], np.float32)


def rows_of(scores: np.ndarray = SCORES, boxes: np.ndarray = BOXES, *, long_side_px: int = 200) -> np.ndarray:
    return evidence(scores, boxes, long_side_px=long_side_px)


def probability(calibration: Calibration, *, word: float = 0.0, photo: float = 1.0) -> np.ndarray:
    rows = with_word(rows_of(), np.full(3, word, np.float32), photo_logit=photo)
    return flower_probability(rows, calibration)


def test_with_the_detector_alone_the_probability_is_its_score():
    np.testing.assert_allclose(probability(PLAIN), SCORES, rtol=1e-5)


def test_not_a_flower_lowers_the_probability():
    calibration = replace(PLAIN, detector_weight=0.0, flower_weight=0.5)
    words = [-6, 0, 3]
    np.testing.assert_allclose(
        [probability(calibration, word=word)[0] for word in words], 1 / (1 + np.exp(-0.5 * np.array(words))), rtol=1e-5
    )


def test_a_photo_that_looks_like_no_flower_lowers_the_probability_of_each():
    calibration = replace(PLAIN, photo_weight=0.5)
    assert (probability(calibration, word=-6, photo=-6) < probability(calibration, word=-6, photo=2)).all()


def test_flowers_too_small_to_be_seen_in_the_whole_photo_are_vouched_for_by_the_sure_ones():
    calibration = replace(PLAIN, photo_weight=0.5)
    np.testing.assert_allclose(probability(calibration, word=3, photo=-8), probability(calibration, word=3, photo=3))


def test_a_box_is_compared_with_the_sure_flowers_and_one_that_is_larger_loses_nothing():
    boxes = np.array([[0, 0, side, side] for side in (40, 20, 10, 80, 30)], np.float32)
    scores = np.array([0.8, 0.7, 0.3, 0.2, 0.61], np.float32)
    smaller = [0, np.log(20 / 30), np.log(10 / 30), 0, 0]
    np.testing.assert_allclose(rows_of(scores, boxes)[:, 5], smaller, atol=1e-6)


def test_the_more_sure_flowers_the_less_each_find_says_by_itself():
    calibration = replace(PLAIN, company_weight=-0.3)
    crowd = np.full(5, 0.8, np.float32)
    alone, together = (flower_probability(rows_of(crowd[:n], np.tile(BOXES[:1], (n, 1))), calibration) for n in (1, 5))
    assert alone[0] > together[0]


def test_the_scale_of_the_photo_does_not_matter():
    np.testing.assert_allclose(rows_of(), rows_of(boxes=BOXES * 7, long_side_px=1400), atol=1e-6)


def test_a_box_that_takes_much_of_the_photo_is_a_flower_more_often_than_a_small_one():
    calibration = replace(PLAIN, share_weight=1.0)
    sides = np.array([1, 18, 36, 200], np.float32)
    boxes = np.column_stack([np.zeros((4, 2)), sides, sides]).astype(np.float32)
    odds = 1 / (1 / flower_probability(rows_of(np.full(4, 0.5, np.float32), boxes), calibration) - 1)
    np.testing.assert_allclose(odds, [1, 1, 2, 200 / 18], rtol=1e-4)


def test_the_order_of_the_boxes_does_not_matter():
    order = [2, 0, 1]
    np.testing.assert_allclose(rows_of(SCORES[order], BOXES[order]), rows_of()[order])


def test_a_sure_flower_in_the_photo_speaks_for_the_others():
    calibration = replace(PLAIN, surest_weight=0.5)
    assert probability(calibration)[2] > probability(PLAIN)[2]


def test_before_the_classifier_has_spoken_the_probability_is_the_highest_it_can_become():
    calibration = Calibration(0.3, 1.2, 0.7, 0.2, 0.1, -0.4, -0.2, 1.1, temperature=1.0)
    before = flower_probability(rows_of(), calibration)
    for word in (-20, -1, 0, 4, 20):
        assert (probability(calibration, word=word) <= before + 1e-6).all()


def test_a_photo_without_candidates_has_no_evidence():
    rows = rows_of(np.empty(0, np.float32), np.empty((0, 4), np.float32))
    assert flower_probability(rows, PLAIN).shape == (0,)
