"""Calibration finds what made-up photos were made with."""

from dataclasses import replace

import numpy as np
import pytest

from core.recognition.evidence import flower_probability
from training.calibration import Seen, best_threshold, box_evidence, fit_boxes, match, recall_of
from training.dataset import EyeCount, PhotoRow


def photo(boxes: int, *, boxed: str = "all", eye: EyeCount | None = None) -> PhotoRow:
    xyxy = np.array([[20 * i, 0, 20 * i + 10, 10] for i in range(boxes)], np.float32).reshape(-1, 4)
    return PhotoRow("p", 99, 99, "s", "g", "", boxes, boxed, xyxy, eye, "calibration")


def test_a_box_is_matched_once_by_its_best_find():
    found = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10], [60, 0, 70, 10]], np.float32)
    assert match(found, photo(2).boxes_xyxy).tolist() == [True, False, True, False]


def seen(row: PhotoRow, scores: np.ndarray, logits: np.ndarray, matched: np.ndarray) -> Seen:
    boxes = np.array([[40 * i, 0, 40 * i + 20, 20] for i in range(len(scores))], np.float32).reshape(-1, 4)
    whole = np.zeros((1, max(logits.shape[1], 3)), np.float32)
    return Seen(row, boxes, scores, logits, whole, matched)


def test_probabilities_mean_what_they_say():
    random = np.random.default_rng(5)
    photos, rows_of = [], []
    for _ in range(700):
        n = int(random.integers(1, 12))
        scores = random.uniform(0.06, 0.9, n).astype(np.float32)
        made = seen(photo(0), scores, random.normal(0, 2, (n, 3)).astype(np.float32), np.zeros(n, bool))
        rows = box_evidence(made, 1.0)
        odds = rows @ np.array([0.7, 1.5, 0.4, 0.0, 0.3, 0.0, 0.0, 0.0])
        photos.append(seen(made.row, scores, made.logits, random.random(n) < 1 / (1 + np.exp(-odds))))
        rows_of.append(rows)
    calibration = fit_boxes(photos, rows_of, 1.0)
    p = np.concatenate([flower_probability(rows, calibration) for rows in rows_of])
    truth = np.concatenate([made.matched for made in photos])
    for low in np.arange(0, 1, 0.2):
        inside = (p >= low) & (p < low + 0.2)
        assert abs(truth[inside].mean() - p[inside].mean()) < 0.06


def test_probabilities_sum_to_what_an_eye_counts_where_people_boxed_only_the_front():
    random = np.random.default_rng(6)
    photos = []
    for _ in range(60):
        scores = np.array([0.8, 0.8, 0.3, 0.3, 0.3, 0.3], np.float32)
        matched = np.array([True, True, False, False, False, False])
        logits = random.normal(0, 1, (6, 3)).astype(np.float32)
        photos.append(seen(photo(2, boxed="foreground", eye=EyeCount(5, 6, 6)), scores, logits, matched))
        photos.append(seen(photo(2), scores, logits, matched))
    rows_of = [box_evidence(made, 1.0) for made in photos]
    uncounted = [replace(made, row=replace(made.row, eye=None)) for made in photos]

    def counted(looks: list[Seen]) -> float:
        calibration = fit_boxes(looks, rows_of, 1.0)
        return float(np.mean([flower_probability(rows, calibration).sum() for rows in rows_of]))

    assert counted(uncounted) == pytest.approx(2, abs=0.2)
    assert 3.5 < counted(photos) < 6


def test_no_weight_lets_a_network_speak_against_itself_or_a_crowd_undo_itself():
    random = np.random.default_rng(7)
    photos = []
    for _ in range(60):
        n = int(random.choice([1, 40]))
        scores, logits = random.uniform(0.5, 0.9, n).astype(np.float32), random.normal(0, 3, (n, 3)).astype(np.float32)
        wrong = (n == 1) & (logits[:, :2].max(axis=1) < logits[:, 2])  # a flower where both networks say none
        photos.append(seen(photo(0), scores, logits, np.asarray(wrong)))
    calibration = fit_boxes(photos, [box_evidence(made, 1.0) for made in photos], 1.0)
    assert min(calibration.detector_weight, calibration.flower_weight, calibration.photo_weight) >= 0
    assert calibration.flower_weight == 0
    assert calibration.company_weight == pytest.approx(-0.3)


def test_the_threshold_is_above_what_many_photos_without_flowers_show():
    empty = photo(0)
    full = photo(3, boxed="foreground", eye=EyeCount(3, 3, 3))
    nothing = np.zeros(0, np.float32)
    looks = [seen(row, nothing, np.zeros((0, 3), np.float32), np.zeros(0, bool)) for row in [empty] * 5 + [full] * 5]
    probability = [np.array([0.42], np.float32)] * 5 + [np.array([0.9, 0.9, 0.9, 0.3], np.float32)] * 5
    assert best_threshold(looks, probability) >= 0.45


def test_two_odd_photos_without_flowers_do_not_decide_the_threshold_alone():
    rows = [photo(0)] * 66 + [photo(3, boxed="foreground", eye=EyeCount(3, 3, 3))] * 5
    nothing = np.zeros(0, np.float32)
    looks = [seen(row, nothing, np.zeros((0, 3), np.float32), np.zeros(0, bool)) for row in rows]
    flowers = np.array([0.5, 0.6, 0.6, 0.2], np.float32)
    probability = [np.full(1, 0.78, np.float32)] * 2 + [nothing] * 64 + [flowers] * 5
    assert best_threshold(looks, probability) <= 0.5


def test_recall_is_the_share_of_boxed_flowers_that_are_candidates():
    look = seen(photo(4), np.ones(3, np.float32), np.zeros((3, 3), np.float32), np.ones(3, bool))
    assert recall_of([look], [np.array([0.9, 0.2, 0.9], np.float32)]) == pytest.approx(2 / 4)


def test_where_an_eye_counted_recall_is_the_share_of_its_flowers():
    rows = [photo(1, eye=EyeCount(2, 4, 5)), photo(1, eye=EyeCount(1, 1, 1)), photo(9)]
    looks = [seen(row, np.ones(3, np.float32), np.zeros((3, 3), np.float32), np.zeros(3, bool)) for row in rows]
    assert recall_of(looks, [np.full(3, 0.5, np.float32)] * 3) == pytest.approx(3 / 5)


def test_recall_is_never_more_than_all():
    look = seen(photo(1), np.ones(3, np.float32), np.zeros((3, 3), np.float32), np.ones(3, bool))
    assert recall_of([look], [np.ones(3, np.float32)]) == 1.0


def test_recall_takes_no_photo_in_which_flowers_were_not_boxed():
    ones = np.ones(4, np.float32)
    rows = [photo(4), photo(0, boxed="no"), photo(1, boxed="foreground"), photo(0)]
    looks = [seen(row, ones, np.zeros((4, 3), np.float32), np.ones(4, bool)) for row in rows]
    assert recall_of(looks, [np.full(4, p, np.float32) for p in (0.5, 0.9, 0.9, 0.3)]) == pytest.approx(2 / 4)


def test_photos_whose_flowers_were_counted_but_not_boxed_teach_nothing_about_boxes():
    scores, logits, none = np.full(3, 0.8, np.float32), np.zeros((3, 3), np.float32), np.zeros(3, bool)
    right = seen(photo(3), scores, logits, ~none)
    unboxed = seen(replace(photo(0), flowers=3), scores, logits, none)
    rows_of = [box_evidence(right, 1.0)] * 2
    p = [flower_probability(rows_of[0], fit_boxes(looks, rows_of, 1.0)) for looks in ([right] * 2, [right, unboxed])]
    assert p[1].min() > 0.9
    assert best_threshold([right, unboxed], [np.full(3, 0.9, np.float32)] * 2) == best_threshold(
        [right], [np.full(3, 0.9, np.float32)]
    )
