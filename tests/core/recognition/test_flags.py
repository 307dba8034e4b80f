"""The three plain rules that make a count a lower bound."""

import numpy as np
import pytest
from PIL import Image

from core.recognition.flags import flag_of
from core.recognition.flowers import Flowers

CRISP = Image.fromarray(np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8))
SOFT = Image.fromarray(np.broadcast_to(np.linspace(20, 230, 400)[None, :, None], (300, 400, 3)).astype(np.uint8))


def flowers(n: int, side_px: float, *, step_px: float = 100) -> Flowers:
    """Flowers in rows of ten, their left edges step_px apart."""
    corner = np.array([(i % 10 * step_px, i // 10 * 100) for i in range(n)], np.float32).reshape(n, 2)
    boxes = np.concatenate([corner, corner + np.float32(side_px)], axis=1)
    return Flowers(boxes, np.full(n, 0.9, np.float32), ((),) * n)


@pytest.mark.parametrize(
    ("photo", "n", "side_px", "flag"),
    [
        pytest.param(CRISP, 3, 50, "", id="nothing to say"),
        pytest.param(CRISP, 0, 0, "", id="no flowers"),
        pytest.param(CRISP, 1000, 90, "", id="a thousand that lie apart"),
        pytest.param(CRISP, 3, 31.9, "tiny", id="under 32 px"),
        pytest.param(CRISP, 3, 32.1, "", id="over 32 px"),
        pytest.param(CRISP, 3, 8, "tiny", id="tiny"),
        pytest.param(SOFT, 3, 50, "blurred", id="blurred"),
        pytest.param(Image.new("RGB", (50, 50), (9, 9, 9)), 0, 0, "", id="one colour has nothing to blur"),
    ],
)
def test_flags(photo, n, side_px, flag):
    assert flag_of(photo, flowers(n, side_px), finest_per_px=1.0) == flag


@pytest.mark.parametrize(
    ("n", "step_px", "flag"),
    [
        pytest.param(60, 41, "", id="touching, 18 hundredths shared"),
        pytest.param(60, 39, "crowded", id="behind each other, 22 hundredths shared"),
        pytest.param(9, 39, "", id="so few can be counted by eye"),
        pytest.param(10, 39, "crowded", id="ten are a crowd"),
    ],
)
def test_a_crowd_is_flowers_that_hide_others_not_their_number(n, step_px, flag):
    assert flag_of(CRISP, flowers(n, 50, step_px=step_px), finest_per_px=1.0) == flag


def test_half_of_the_flowers_behind_each_other_are_no_crowd_yet():
    pairs = flowers(10, 50, step_px=39).boxes_xyxy
    apart = flowers(10, 50).boxes_xyxy + np.float32([0, 1000, 0, 1000])
    boxes = np.concatenate([pairs, apart])
    half = Flowers(boxes, np.full(20, 0.9, np.float32), ((),) * 20)
    assert flag_of(CRISP, half, finest_per_px=1.0) == ""


def test_a_flower_is_tiny_by_the_pixels_that_were_looked_at():
    assert flag_of(CRISP, flowers(3, 40), finest_per_px=0.7) == "tiny"
