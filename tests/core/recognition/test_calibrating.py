"""A detector's scores become probabilities by photos that people counted."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import InvalidModel
from core.recognition.brought.calibrating import SeenPhoto, count_with, fit, write_calibration
from core.recognition.brought.detector import calibrated
from core.recognition.counting import count_flowers
from core.recognition.flowers import Flowers
from core.recognition.package import load_package
from tests.core.detectors import ULTRALYTICS, detector_package, onnx_detector

BIAS, WEIGHT = -1.0, 2.0


def scores_and_truth(photos: int, seed: int = 4) -> list[tuple[NDArray[np.float32], int]]:
    """Photos whose finds are flowers with the sigmoid of BIAS + WEIGHT x logit(score)."""
    random = np.random.default_rng(seed)
    scores = [random.uniform(0.05, 0.99, random.integers(1, 30)).astype(np.float32) for _ in range(photos)]
    return [(s, int((random.random(len(s)) < calibrated(s, bias=BIAS, weight=WEIGHT)).sum())) for s in scores]


@pytest.fixture(scope="module")
def fitted():
    return fit([SeenPhoto(scores, flowers, 3, 4) for scores, flowers in scores_and_truth(200)], density=False)


def test_what_made_the_flowers_is_found_again(fitted):
    assert (fitted.bias, fitted.weight) == pytest.approx((BIAS, WEIGHT), abs=0.35)
    assert fitted.recall == pytest.approx(1.0, abs=0.05)
    assert fitted.named_right == 0.75


def test_nine_in_ten_counts_of_other_photos_lie_in_the_interval(tmp_path, fitted):
    file = onnx_detector(tmp_path / "squares.onnx", layout="yolo", facts=ULTRALYTICS)
    folder = detector_package(tmp_path, file)
    assert write_calibration(folder, fitted, photos=200) == "1+calibrated1"
    package = load_package(folder)
    assert (package.version, package.default_threshold) == ("1+calibrated1", fitted.threshold)
    inside = []
    for scores, flowers in scores_and_truth(300, seed=5):
        p = calibrated(scores, bias=fitted.bias, weight=fitted.weight)
        found = Flowers(np.zeros((len(p), 4), np.float32), p, ((),) * len(p))
        total = count_flowers(
            found,
            package_labels=package.labels,
            threshold=package.default_threshold,
            recall=package.recall,
            widening=package.widening,
        ).total
        inside.append(total.low <= flowers <= total.high)
    assert 0.9 <= np.mean(inside) <= 1.0
    assert write_calibration(folder, fitted, photos=200) == "1+calibrated2"


def test_its_counts_of_other_photos_come_near_those_of_people(fitted):
    photos = [SeenPhoto(scores, flowers) for scores, flowers in scores_and_truth(300, seed=5)]
    counted = sum(count_with(fitted, photo, density=False) for photo in photos)
    assert counted == pytest.approx(sum(photo.flowers for photo in photos), rel=0.15)


def test_a_density_map_is_scaled_to_what_people_counted():
    seen = [SeenPhoto(np.ones(2 * flowers, np.float32), flowers) for flowers in range(1, 41)]
    found = fit(seen, density=True)
    assert (found.scale, found.recall) == (0.5, 1.0)
    assert [count_with(found, photo, density=True) for photo in seen] == list(range(1, 41))


@pytest.mark.parametrize(("photos", "flowers"), [(19, 3), (30, 0)])
def test_too_few_photos_or_flowers_calibrate_nothing(photos, flowers):
    seen = [SeenPhoto(np.array([0.5], np.float32), flowers)] * photos
    with pytest.raises(InvalidModel, match="are too few to calibrate with; it takes 20 photos or more"):
        fit(seen, density=False)
