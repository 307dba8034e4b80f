"""The detector's head: taken out and put back it is the same, and people's boxes teach it."""

from __future__ import annotations

import numpy as np
import pytest

from core.photo.reading import only_pixels
from core.recognition.interpreters import Interpreters
from core.recognition.network import Network
from core.recognition.package import load_package
from core.review.lessons import ReviewedPhoto
from core.settings import SHIPPED_MODEL
from training import more_finds
from training.detector_head import CHANNELS, Head, head_of, with_head, without_head
from training.more_finds import Views, _views, learn_finds
from training.targets import FULL, OFF, encode

BASE = load_package(SHIPPED_MODEL).detector
FILE = BASE.path.read_bytes()
NONE = np.empty((0, 4), np.float32)


def maps_of(tflite: bytes, folder, rgb: np.ndarray) -> np.ndarray:
    path = folder / f"{len(list(folder.iterdir()))}.tflite"
    path.write_bytes(tflite)
    return Interpreters(Network(path, BASE.input_px))(rgb)


@pytest.fixture
def rgb() -> np.ndarray:
    blocks = np.random.default_rng(0).integers(0, 255, (13, 13, 3))
    return np.kron(blocks, np.ones((32, 32, 1))).astype(np.float32)


def test_a_head_that_is_put_back_changes_nothing(tmp_path, rgb):
    np.testing.assert_array_equal(maps_of(with_head(FILE, head_of(FILE)), tmp_path, rgb), maps_of(FILE, tmp_path, rgb))


def test_the_head_on_the_features_says_what_the_file_says(tmp_path, rgb):
    features, head = maps_of(without_head(FILE), tmp_path, rgb), head_of(FILE)
    own = more_finds._network(head)(features[None]).numpy()[0]
    assert features.shape == (104, 104, CHANNELS)
    assert np.abs(own - maps_of(FILE, tmp_path, rgb))[..., 1:].mean() < 0.02


def test_another_head_is_written_within_a_step_of_8_bits(tmp_path, rgb):
    head = head_of(FILE)
    other = Head(head.kernel * 1.01, head.bias + 0.1, head.maps, head.offsets - 1)
    written = head_of(with_head(FILE, other))
    step = np.abs(other.kernel).max(axis=(0, 1, 2)) / 127
    assert (np.abs(written.kernel - other.kernel) <= 0.51 * step).all()
    np.testing.assert_allclose(written.bias, other.bias, atol=1e-3)
    np.testing.assert_array_equal(written.offsets, other.offsets)


def reviewed(boxes: np.ndarray, rejected: np.ndarray = NONE, *, drawn: bool) -> ReviewedPhoto:
    number = len(boxes) if drawn else None
    names = ("rose",) * len(boxes)
    return ReviewedPhoto("0" * 64, "a.jpg", "r", "v", boxes, names, rejected, {"rose": 1}, number, drawn)


def test_what_nobody_spoke_of_teaches_nothing_unless_every_flower_has_a_box(tmp_path, rgb):
    path = tmp_path / "f.tflite"
    path.write_bytes(without_head(FILE))
    features = Interpreters(Network(path, BASE.input_px))
    pixels = only_pixels(rgb.astype(np.uint8))
    box, taken_away = np.float32([[100, 100, 160, 160]]), np.float32([[300, 300, 340, 340]])
    some = _views(reviewed(box, taken_away, drawn=False), pixels, features)
    trust = some.targets[0, ..., 6]
    assert (trust[30, 30], trust[80, 80], trust[60, 20]) == (FULL, FULL, OFF)
    assert some.targets[0, 32, 32, 0] == 1
    assert some.targets[0, 80, 80, 0] == 0
    every = _views(reviewed(box, drawn=True), pixels, features)
    assert (every.targets[0, ..., 6] == FULL).all()
    assert len(every.features_u8) == 2, "whole, and closer"


def test_boxes_teach_the_head_to_find_and_what_was_taken_away_to_leave(monkeypatch):
    monkeypatch.setattr(more_finds, "_STEPS", 40)
    monkeypatch.setattr(more_finds, "_RATE", 3e-3)
    random = np.random.default_rng(1)
    features = random.integers(0, 40, (1, 26, 26, CHANNELS)).astype(np.uint8)
    features[0, 8, 8], features[0, 18, 18] = 200, random.integers(0, 255, CHANNELS)
    found = np.float32([[24, 24, 44, 44]])
    trust = np.full((26, 26), OFF, np.float16)
    trust[16:21, 16:21] = FULL
    seen = Views(features, encode(found, NONE, trust, 104)[None])
    start = head_of(FILE)
    start = start._replace(offsets=start.offsets * np.float32([0, 1, 1, 1, 1]))
    before, after = (
        more_finds._network(head)(features * np.float32(6 / 255)).numpy()[0, ..., 0]
        for head in (start, learn_finds([seen] * 6, start, stage="test"))
    )
    assert after[8, 8] > before[8, 8] + 0.5
    assert after[16:21, 16:21].max() < before[16:21, 16:21].max()
