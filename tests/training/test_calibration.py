"""Calibration finds what made-up photos were made with."""

import numpy as np

from core.recognition.recogniser import flower_probability
from training.calibration import Seen, best_threshold, box_features, fit_boxes, match, recall_at
from training.dataset import EyeCount, PhotoRow


def photo(boxes: int, *, boxed: str = "all", eye: EyeCount | None = None) -> PhotoRow:
    xyxy = np.array([[20 * i, 0, 20 * i + 10, 10] for i in range(boxes)], np.float32).reshape(-1, 4)
    return PhotoRow("p", 99, 99, "s", "g", "", boxes, boxed, xyxy, eye, "calibration")


def test_a_box_is_matched_once_by_its_best_find():
    found = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10], [60, 0, 70, 10]], np.float32)
    assert match(found, photo(2).boxes_xyxy).tolist() == [True, False, True, False]


def test_probabilities_mean_what_they_say():
    random = np.random.default_rng(5)
    scores = random.uniform(0.06, 0.9, 4000).astype(np.float32)
    logits = random.normal(0, 2, (4000, 3)).astype(np.float32)
    word = box_features(Seen(photo(0), scores, logits, np.zeros(4000, bool)), 1.0)
    odds = 0.7 + 1.5 * np.log(scores / (1 - scores)) + 0.4 * word.clip(-8, 4)
    seen = [Seen(photo(0), scores, logits, random.random(4000) < 1 / (1 + np.exp(-odds)))]
    p = flower_probability(scores, word, fit_boxes(seen, [word], 1.0))
    for low in np.arange(0, 1, 0.2):
        inside = (p >= low) & (p < low + 0.2)
        assert abs(seen[0].matched[inside].mean() - p[inside].mean()) < 0.06


def test_the_threshold_is_one_at_which_photos_without_flowers_stay_without():
    empty = photo(0)
    full = photo(3, boxed="foreground", eye=EyeCount(3, 3, 3))
    nothing = np.zeros(0, np.float32)
    seen = [Seen(row, nothing, np.zeros((0, 3), np.float32), np.zeros(0, bool)) for row in [empty] * 5 + [full] * 5]
    probability = [np.array([0.42], np.float32)] * 5 + [np.array([0.9, 0.9, 0.9, 0.3], np.float32)] * 5
    assert best_threshold(seen, probability) >= 0.45


def test_recall_is_the_share_of_boxes_found():
    matched = np.array([True, True, False])
    seen = [Seen(photo(4), np.ones(3, np.float32), np.zeros((3, 3), np.float32), matched)]
    assert recall_at(seen, [np.array([0.9, 0.2, 0.9], np.float32)], 0.5) == 0.25


def test_where_an_eye_counted_recall_is_the_share_of_its_flowers():
    rows = [photo(1, eye=EyeCount(2, 4, 5)), photo(1, eye=EyeCount(1, 1, 1))]
    seen = [Seen(row, np.ones(3, np.float32), np.zeros((3, 3), np.float32), np.zeros(3, bool)) for row in rows]
    assert recall_at(seen, [np.full(3, 0.9, np.float32)] * 2, 0.5) == (3 + 1) / (4 + 1)
