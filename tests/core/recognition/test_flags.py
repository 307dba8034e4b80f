"""The three plain rules that make a count a lower bound."""

import numpy as np
import pytest

from core.recognition.flags import CROWDED_FLOWERS, flag_of
from core.recognition.flowers import Flowers

CRISP = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
SOFT = np.broadcast_to(np.linspace(20, 230, 400)[None, :, None], (300, 400, 3)).astype(np.uint8)


def flowers(n: int, side_px: float) -> Flowers:
    corner = np.zeros((n, 2), np.float32)
    boxes = np.concatenate([corner, corner + np.float32(side_px)], axis=1)
    return Flowers(boxes, np.full(n, 0.9, np.float32), ((),) * n)


@pytest.mark.parametrize(
    ("photo", "n", "side_px", "flag"),
    [
        pytest.param(CRISP, 3, 50, "", id="nothing to say"),
        pytest.param(CRISP, 0, 0, "", id="no flowers"),
        pytest.param(CRISP, CROWDED_FLOWERS, 50, "", id="many"),
        pytest.param(CRISP, CROWDED_FLOWERS + 1, 50, "crowded", id="too many"),
        pytest.param(CRISP, 3, 8, "tiny", id="tiny"),
        pytest.param(SOFT, 3, 50, "blurred", id="blurred"),
        pytest.param(np.full((50, 50, 3), 9, np.uint8), 0, 0, "", id="one colour has nothing to blur"),
    ],
)
def test_flags(photo, n, side_px, flag):
    assert flag_of(photo, flowers(n, side_px), seen_per_px=1.0) == flag


def test_a_flower_is_tiny_by_the_pixels_that_were_looked_at():
    assert flag_of(CRISP, flowers(3, 40), seen_per_px=0.2) == "tiny"
