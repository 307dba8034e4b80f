"""A flower that differs in colour from its ground is cut out whole; one that does not is not used."""

import numpy as np

from training.cutouts import SIDE_PX, cut_out

BOX = np.array([60, 50, 160, 150], np.float32)


def disc(*, flower: tuple[int, int, int], ground: tuple[int, int, int]) -> np.ndarray:
    """A disc of 100 px in the middle of BOX, on noisy ground."""
    ys, xs = np.mgrid[:200, :220]
    rgb = np.full((200, 220, 3), ground, np.float32)
    rgb[(xs - 110) ** 2 + (ys - 100) ** 2 < 50**2] = flower
    return (rgb + np.random.default_rng(0).normal(0, 5, rgb.shape)).clip(0, 255).astype(np.uint8)


def test_the_mask_is_the_flower_and_not_its_ground():
    cutout = cut_out(disc(flower=(240, 200, 30), ground=(40, 110, 40)), BOX)
    assert cutout is not None
    solid = cutout[..., 3] > 127
    assert abs(solid.any(axis=0).sum() - SIDE_PX) <= 2
    assert abs(solid.sum() / SIDE_PX**2 - np.pi / 4) < 0.02
    assert cutout[..., :3][solid].mean(axis=0).round(-1).tolist() == [240, 200, 30]


def test_a_flower_of_the_colour_of_its_ground_is_not_used():
    assert cut_out(disc(flower=(40, 110, 40), ground=(40, 110, 40)), BOX) is None


def test_a_box_that_fills_the_photo_shows_no_ground_and_is_not_used():
    rgb_u8 = disc(flower=(240, 200, 30), ground=(40, 110, 40))[50:150, 60:160]
    assert cut_out(rgb_u8, np.array([0, 0, 100, 100], np.float32)) is None
