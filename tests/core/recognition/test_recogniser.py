"""The shipped recogniser: light to import, the same twice, shared by threads."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.photos import Photo, PhotoFacts
from core.recognition.flowers import STORED_PROBABILITY, STORED_TAXA
from core.recognition.recogniser import load_recogniser
from core.settings import SHIPPED_MODEL

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


def test_boxes_are_in_pixels_of_the_full_size_photo(recogniser):
    small, large = recogniser.recognise(picture(1)).flowers, recogniser.recognise(picture(1, full=3)).flowers
    np.testing.assert_allclose(large.boxes_xyxy, small.boxes_xyxy * 3, rtol=1e-5)


def test_threads_share_it_and_each_photo_always_gives_the_same(recogniser):
    photos = [picture(seed) for seed in (1, 2)] * 3
    alone = [recogniser.recognise(photo) for photo in photos]
    with ThreadPoolExecutor(3) as threads:
        together = list(threads.map(recogniser.recognise, photos))
    for a, b in zip(alone, together, strict=True):
        np.testing.assert_array_equal(a.flowers.boxes_xyxy, b.flowers.boxes_xyxy)
        np.testing.assert_array_equal(a.flowers.probability, b.flowers.probability)
        assert (a.flowers.taxa, a.flag) == (b.flowers.taxa, b.flag)
