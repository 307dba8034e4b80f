"""Decoding, tiling and merging as tables of exact values; a network is any function that returns maps."""

import numpy as np
import pytest

from core.recognition.detector import Candidates, decode, find_flowers, finer_scale, merge, tile_origins

PX = 416
CELLS = PX // 4


def maps_with(*peaks: tuple[int, int, float, float]) -> np.ndarray:
    """Maps with a peak at (row, column) of a score and a side in pixels."""
    maps = np.zeros((CELLS, CELLS, 5), np.float32)
    for row, column, score, side_px in peaks:
        maps[row, column] = (score, np.log(side_px / 64), np.log(side_px / 64), 0, 0)
    return maps


@pytest.mark.parametrize(
    ("length_px", "origins"),
    [
        pytest.param(100, [0], id="smaller than a tile"),
        pytest.param(640, [0], id="exactly a tile"),
        pytest.param(1200, [0, 544, 560], id="last tile pulled back to the edge"),
        pytest.param(1184, [0, 544], id="two tiles fit exactly"),
    ],
)
def test_tile_origins(length_px, origins):
    assert tile_origins(length_px, tile_px=640, overlap_px=96) == origins


def test_a_peak_becomes_a_box_around_its_cell():
    found = decode(maps_with((10, 20, 0.8, 32)), min_score=0.1)
    np.testing.assert_allclose(found.boxes_xyxy, [[66, 26, 98, 58]], atol=1e-4)
    np.testing.assert_allclose(found.scores, [0.8])


def test_peaks_below_the_lowest_score_are_left_out():
    assert len(decode(maps_with((1, 1, 0.2, 20), (50, 50, 0.4, 20)), min_score=0.3).scores) == 1


@pytest.mark.parametrize(
    ("boxes", "kept"),
    [
        pytest.param([[0, 0, 10, 10], [0, 0, 10, 10]], 1, id="the same flower twice"),
        pytest.param([[0, 0, 10, 10], [1, 1, 9, 9]], 1, id="one inside the other"),
        pytest.param([[0, 0, 10, 10], [10, 0, 20, 10]], 2, id="side by side"),
        pytest.param([[0, 0, 10, 10], [5, 0, 15, 10]], 2, id="touching, half covered"),
        pytest.param([[0, 0, 10, 10], [3, 0, 13, 10]], 1, id="seven tenths covered"),
    ],
)
def test_merging_keeps_touching_flowers_and_drops_doubles(boxes, kept):
    found = Candidates(np.array(boxes, np.float32), np.array([0.9, 0.8], np.float32))
    merged = merge(found)
    assert len(merged.scores) == kept
    assert merged.scores[0] == np.float32(0.9)


def test_merging_does_not_depend_on_the_order():
    random = np.random.default_rng(1)
    corner = random.uniform(0, 300, (200, 2))
    boxes = np.concatenate([corner, corner + random.uniform(10, 60, (200, 2))], axis=1).astype(np.float32)
    found = Candidates(boxes, random.random(200).astype(np.float32))
    shuffled = merge(found.take(random.permutation(200)))
    np.testing.assert_array_equal(merge(found).boxes_xyxy, shuffled.boxes_xyxy)


def test_boxes_are_in_pixels_of_the_photo_that_was_given():
    found = find_flowers(np.zeros((208, 104, 3), np.uint8), lambda _: maps_with((49, 24, 0.9, 40)),
                         input_px=PX, min_score=0.1)  # fmt: skip
    np.testing.assert_allclose(found.boxes_xyxy, [[39, 89, 59, 109]], atol=1e-3)


def test_a_peak_outside_the_photo_is_no_flower():
    found = find_flowers(np.zeros((416, 208, 3), np.uint8), lambda _: maps_with((50, 80, 0.9, 40)),
                         input_px=PX, min_score=0.1)  # fmt: skip
    assert len(found.scores) == 0


def test_a_thousand_flowers_are_a_thousand_through_decode_merge_and_count():
    from core.recognition.counting import count_flowers
    from core.recognition.flowers import Flowers
    from tests.core.recognition.test_counting import LABELS

    peaks = [(1 + 3 * row, 1 + 3 * column, 0.9, 12.0) for row in range(25) for column in range(34)]
    peaks += [(76 + 3 * row, 1 + 3 * column, 0.9, 12.0) for row in range(5) for column in range(30)]
    found = find_flowers(np.zeros((PX, PX, 3), np.uint8), lambda _: maps_with(*peaks), input_px=PX, min_score=0.1)
    flowers = Flowers(found.boxes_xyxy, found.scores, ((),) * len(found.scores))
    assert count_flowers(flowers, package_labels=LABELS, threshold=0.5, recall=0.9).total.count == 1000


SPOTS = [(y, x) for y in range(12, 1000, 26) for x in range(12, 1000, 26)]


def white_spots(pixels: np.ndarray) -> np.ndarray:
    """A network that finds bright squares of any size by their 4-connected white areas."""
    white = pixels[..., 0] > 160
    maps = np.zeros((CELLS, CELLS, 5), np.float32)
    seen = np.zeros_like(white)
    for y, x in zip(*np.nonzero(white), strict=True):
        if not seen[y, x]:
            y1 = y + int(np.argmin(np.append(white[y:, x], False)))
            x1 = x + int(np.argmin(np.append(white[y, x:], False)))
            seen[y:y1, x:x1] = True
            cy, cx = (y + y1) / 2 / 4, (x + x1) / 2 / 4
            row, column = min(int(cy), CELLS - 1), min(int(cx), CELLS - 1)
            maps[row, column] = (0.9, np.log((x1 - x) / 64), np.log((y1 - y) / 64), cx - column - 0.5, cy - row - 0.5)
    return maps


def test_small_flowers_of_a_large_photo_are_counted_once_each_in_tiles():
    rgb_u8 = np.zeros((1000, 1000, 3), np.uint8)
    for y, x in SPOTS:
        rgb_u8[y - 6 : y + 6, x - 6 : x + 6] = 255
    found = find_flowers(rgb_u8, white_spots, input_px=PX, min_score=0.1)
    assert len(found.scores) == len(SPOTS) == 1444


@pytest.mark.parametrize(
    ("side_px", "max_scale", "expected"),
    [
        pytest.param(100.0, 1.0, None, id="flowers are large enough"),
        pytest.param(60.0, 1.0, 1.0, id="small flowers, all the pixels there are"),
        pytest.param(60.0, 0.45, None, id="the photo has no more pixels"),
        pytest.param(80.0, 1.0, 0.8, id="as fine as wanted"),
    ],
)
def test_tiles_are_looked_at_when_flowers_are_small_and_pixels_are_left(side_px, max_scale, expected):
    whole = Candidates(np.array([[0, 0, side_px, side_px]], np.float32), np.array([0.9], np.float32))
    assert finer_scale(whole, 0.4, max_scale=max_scale) == pytest.approx(expected)


def test_a_flower_that_is_only_seen_from_afar_is_found_once():
    def large_flowers_only_when_small(pixels: np.ndarray) -> np.ndarray:
        afar = (pixels[300:, 300:] == 127).all()
        return maps_with((26, 26, 0.8, 100)) if afar else maps_with((52, 52, 0.2, 210))

    found = find_flowers(np.zeros((PX, PX, 3), np.uint8), large_flowers_only_when_small, input_px=PX, min_score=0.1)
    np.testing.assert_allclose(found.boxes_xyxy, [[112, 112, 312, 312]], atol=0.1)
    np.testing.assert_allclose(found.scores, [0.8])
