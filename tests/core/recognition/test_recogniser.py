"""The shipped recogniser: light to import, the same twice, shared by threads."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.photo.reading import Photo, PhotoFacts
from core.recognition.flowers import MOST_FEATURES, STORED_PROBABILITY, STORED_TAXA
from core.recognition.recogniser import load_recogniser
from core.settings import SHIPPED_MODEL
from tests.core.recognition.test_detector import PX, SeesSquares, jpeg, maps_with, squares

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def recogniser():
    return load_recogniser(SHIPPED_MODEL)


def picture(seed: int, *, full: int = 1) -> Photo:
    """Yellow discs on green. full: how many times larger the photo is than its pixels."""
    random = np.random.default_rng(seed)
    ys, xs = np.mgrid[:300, :400]
    rgb_u8 = np.full((300, 400, 3), (40, 110, 40), np.uint8) + random.integers(0, 20, (300, 400, 3), np.uint8)
    for cy, cx in ((80, 90), (200, 300)):
        rgb_u8[(ys - cy) ** 2 + (xs - cx) ** 2 < 45**2] = (240, 200, 30)
        rgb_u8[(ys - cy) ** 2 + (xs - cx) ** 2 < 18**2] = (90, 50, 20)
    width, height = 400 * full, 300 * full
    return Photo(Image.fromarray(rgb_u8), width, height, PhotoFacts(width, height, None, None, None, None))


def test_serving_never_imports_tensorflow_or_training():
    code = (
        "import sys; from core.recognition.recogniser import load_recogniser; from core.settings import SHIPPED_MODEL;"
        "load_recogniser(SHIPPED_MODEL);"
        "print(sorted({'tensorflow', 'keras', 'training', 'streamlit', 'pandas'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_what_is_stored_keeps_its_promises(recogniser):
    flowers = recogniser.recognise(picture(1)).flowers
    assert (flowers.probability >= STORED_PROBABILITY).all()
    assert (np.diff(flowers.probability) <= 0).all()
    for taxa in flowers.taxa:
        assert len(taxa) == STORED_TAXA
        assert all(a.score >= b.score for a, b in pairwise(taxa))


def test_each_flower_has_features_of_at_most_128_bytes_and_the_same_pixels_have_the_same(recogniser):
    features = recogniser.recognise(picture(1)).flowers.features
    assert features.dtype == np.int8
    assert 0 < features.shape[1] <= MOST_FEATURES
    assert (np.abs(features).max(axis=1) == 127).all()
    assert recogniser.recognise(picture(1)).flowers.features.tobytes() == features.tobytes()


def test_boxes_are_in_pixels_of_the_full_size_photo(recogniser):
    small, large = recogniser.recognise(picture(1)).flowers, recogniser.recognise(picture(1, full=3)).flowers
    np.testing.assert_allclose(large.boxes_xyxy, small.boxes_xyxy * 3, rtol=1e-5)


class SeesWhite:
    """A classifier by the middle of what it is given: the first taxon where it is white, the second where it is not."""

    sizes_px = (32,)

    def __init__(self, taxa: int) -> None:
        self.taxa = taxa

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        logits = np.full(self.taxa + 1, -9, np.float32)
        logits[0 if pixels[16, 16].min() > 190 else 1] = 9
        return logits

    def outputs(self, pixels: np.ndarray) -> list[np.ndarray]:
        return [self(pixels)]


@pytest.mark.parametrize(("side_px", "step_px"), [(240, 400), (140, 200), (60, 100)])
def test_small_flowers_of_a_large_photo_are_named_from_their_own_place_in_finer_pixels(side_px, step_px):
    scene = squares(4000, 3000, [(x, y, side_px) for x in range(40, 3700, step_px) for y in range(40, 500, step_px)])
    scene[:, 2000:, 1:] = 40  # red from the middle on
    recogniser = load_recogniser(SHIPPED_MODEL)
    names = [label.taxon for label in recogniser.package.labels]
    recogniser.detector, recogniser.classifier = SeesSquares(), SeesWhite(len(names))
    recogniser.detector.input_px = PX
    flowers = recogniser.recognise(jpeg(scene)).flowers
    assert len(flowers.taxa) == len(range(40, 3700, step_px)) * len(range(40, 500, step_px))
    for box, taxa in zip(flowers.boxes_xyxy, flowers.taxa, strict=True):
        assert taxa[0].taxon == names[0 if box[0] + box[2] < 4000 else 1], box


class SaysNothingIsAFlower(SeesWhite):
    """A classifier that counts how often it is asked."""

    asked = 0

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        self.asked += 1
        return np.concatenate([np.full(self.taxa, -9, np.float32), np.full(1, 9, np.float32)])


@pytest.mark.parametrize(("weak", "asked"), [(0.3, 1 + 1), (0.65, 1 + 1 + 40)])
def test_a_find_that_no_word_could_make_a_flower_beside_what_was_said_of_the_sure_ones_is_not_named(weak, asked):
    peaks = [(50, 50, 0.8, 60)] + [
        (5 + 10 * row, 3 + 10 * column, weak, 40) for row in range(4) for column in range(10)
    ]
    recogniser = load_recogniser(SHIPPED_MODEL)
    recogniser.detector = lambda pixels: maps_with(*peaks)
    recogniser.detector.input_px = PX
    recogniser.classifier = SaysNothingIsAFlower(len(recogniser.package.labels))
    recogniser.recognise(picture(1))
    assert recogniser.classifier.asked == asked


def test_threads_share_it_and_each_photo_always_gives_the_same(recogniser):
    photos = [picture(seed) for seed in (1, 2)] * 3
    alone = [recogniser.recognise(photo) for photo in photos]
    with ThreadPoolExecutor(3) as threads:
        together = list(threads.map(recogniser.recognise, photos))
    for a, b in zip(alone, together, strict=True):
        np.testing.assert_array_equal(a.flowers.boxes_xyxy, b.flowers.boxes_xyxy)
        np.testing.assert_array_equal(a.flowers.probability, b.flowers.probability)
        assert (a.flowers.taxa, a.flag) == (b.flowers.taxa, b.flag)
