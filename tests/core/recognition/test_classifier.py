"""Crops and scores."""

import numpy as np
import pytest
from PIL import Image

from core.recognition.classifier import classify, classify_whole, crop, in_photo, taxon_scores


@pytest.mark.parametrize(
    "box",
    [
        pytest.param([40, 40, 60, 60], id="inside"),
        pytest.param([0, 0, 5, 5], id="in a corner"),
        pytest.param([90, 70, 100, 80], id="at the far corner"),
        pytest.param([-5, -5, 130, 130], id="larger than the photo"),
        pytest.param([50, 50, 50, 50], id="of no size"),
    ],
)
def test_any_box_gives_a_whole_crop(box):
    pixels = crop(Image.new("RGB", (100, 80), (7, 7, 7)), np.array(box, np.float32), sizes_px=(32,))
    np.testing.assert_array_equal(pixels, np.full((32, 32, 3), 7, np.float32))


def test_a_crop_shows_the_box_with_its_margin():
    photo = Image.new("RGB", (200, 200))
    photo.paste("white", (80, 80, 120, 120))
    pixels = crop(photo, np.array([80, 80, 120, 120], np.float32), sizes_px=(48,))
    assert pixels[7:41, 7:41].mean() > 250
    assert pixels[0].max() == 0


@pytest.mark.parametrize(("side_px", "input_px"), [(20, 32), (23, 32), (24, 48), (90, 48)])
def test_a_crop_has_the_smallest_size_that_loses_no_pixel(side_px, input_px):
    box = np.array([40, 40, 40 + side_px, 40 + side_px], np.float32)
    assert crop(Image.new("RGB", (200, 200)), box, sizes_px=(32, 48)).shape == (input_px, input_px, 3)


def test_no_boxes_give_no_logits():
    assert len(classify(Image.new("RGB", (9, 9)), np.empty((0, 4), np.float32), lambda p: p[0, 0], sizes_px=(8,))) == 0


def test_scores_sum_to_one_and_the_last_output_speaks_against_a_flower():
    scores, word = taxon_scores(np.array([[2.0, 0.0, -9.0], [0.0, 0.0, 9.0]], np.float32), temperature=1.0)
    np.testing.assert_allclose(scores.sum(axis=1), [1, 1], rtol=1e-6)
    np.testing.assert_allclose(scores[0], [0.880797, 0.119203], rtol=1e-5)
    np.testing.assert_allclose(word, [np.log(np.exp(2) + 1) + 9, np.log(2) - 9], rtol=1e-5)


def test_the_whole_photo_tips_the_scales_between_two_kinds_and_outvotes_no_sure_flower():
    flowers = np.array([[0.49, 0.50, 0.01], [0.01, 0.98, 0.01]], np.float32)
    mixed = in_photo(flowers, np.array([[0.90, 0.05, 0.05]], np.float32))
    np.testing.assert_allclose(mixed.sum(axis=1), [1, 1], rtol=1e-6)
    assert mixed.argmax(axis=1).tolist() == [0, 1]


def test_a_photo_that_looks_like_every_kind_alike_changes_no_order():
    flowers = np.array([[0.7, 0.2, 0.1]], np.float32)
    mixed = in_photo(flowers, np.full((1, 3), 1 / 3, np.float32))
    assert mixed.argsort().tolist() == flowers.argsort().tolist()


def test_the_whole_picture_is_one_crop():
    photo = Image.new("RGB", (60, 40), (9, 9, 9))
    assert classify_whole(photo, lambda pixels: pixels[0, 0], sizes_px=(16,)).tolist() == [[9, 9, 9]]
