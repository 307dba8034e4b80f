"""Composed scenes: boxes are exact, what is hidden is known, and the same seed gives the same scene."""

import numpy as np
import pytest

from training.composed import compose

GROUND = np.zeros((200, 300, 3), np.uint8)


def square(side_px: int = 60) -> np.ndarray:
    """A white opaque cut-out."""
    return np.full((side_px, side_px, 4), 255, np.uint8)


@pytest.mark.parametrize("seed", range(12))
def test_every_lit_pixel_lies_in_a_box_and_every_visible_flower_is_lit(seed):
    scene = compose(GROUND, [square()], np.random.default_rng(seed))
    lit = scene.rgb_u8.max(axis=2) > 0
    boxed = np.zeros_like(lit)
    for (x0, y0, x1, y1), visible in zip(scene.boxes_xyxy.astype(int), scene.visible, strict=True):
        inside = (slice(max(y0, 0), max(y1, 0)), slice(max(x0, 0), max(x1, 0)))
        boxed[inside] = True
        assert visible == 0 or lit[inside].any()
    assert not (lit & ~boxed)[2:-2, 2:-2].any() or (lit & ~boxed).mean() < 0.01


def test_what_others_hide_or_the_edge_cuts_off_is_less_visible():
    scenes = [compose(GROUND, [square()], np.random.default_rng(seed)) for seed in range(40)]
    for scene in scenes:
        assert ((scene.visible >= 0) & (scene.visible <= 1)).all()
    whole = [s.visible[-1] for s in scenes if (s.boxes_xyxy[-1] >= 0).all() and s.boxes_xyxy[-1, 2] <= 300
             and s.boxes_xyxy[-1, 3] <= 200]  # fmt: skip
    assert whole
    np.testing.assert_allclose(whole, 1.0)


def test_there_are_one_to_four_hundred_flowers():
    numbers = [len(compose(GROUND, [square()], np.random.default_rng(seed)).boxes_xyxy) for seed in range(60)]
    assert min(numbers) <= 3
    assert 200 < max(numbers) <= 400


def test_the_same_seed_gives_the_same_scene():
    a, b = (compose(GROUND, [square()], np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(a.rgb_u8, b.rgb_u8)
    np.testing.assert_array_equal(a.boxes_xyxy, b.boxes_xyxy)
