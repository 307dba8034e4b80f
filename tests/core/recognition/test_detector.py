"""Decoding, tiling and merging as tables of exact values; a network is any function that returns maps."""

from collections.abc import Iterable
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.photo.reading import Photo, only_pixels, read_photo
from core.recognition.detector import PhotoCandidates, decode, find_flowers
from core.settings import PhotoLimits

PX = 416
CELLS = PX // 4


def maps_with(*peaks: tuple[int, int, float, float]) -> np.ndarray:
    """Maps with a peak at (row, column) of a score and a side in pixels."""
    maps = np.zeros((CELLS, CELLS, 5), np.float32)
    for row, column, score, side_px in peaks:
        maps[row, column] = (score, np.log(side_px / 64), np.log(side_px / 64), 0, 0)
    return maps


def test_a_peak_becomes_a_box_around_its_cell():
    found = decode(maps_with((10, 20, 0.8, 32)), min_score=0.1)
    np.testing.assert_allclose(found.boxes_xyxy, [[66, 26, 98, 58]], atol=1e-4)
    np.testing.assert_allclose(found.scores, [0.8])


def test_peaks_below_the_lowest_score_are_left_out():
    assert len(decode(maps_with((1, 1, 0.2, 20), (50, 50, 0.4, 20)), min_score=0.3).scores) == 1


def look(photo: Photo | np.ndarray, network, **options: float) -> PhotoCandidates:
    photo = only_pixels(photo) if isinstance(photo, np.ndarray) else photo
    return find_flowers(photo, network, input_px=PX, min_score=0.1, **options)


def test_boxes_are_in_pixels_of_the_photo_that_was_given():
    found = look(np.zeros((208, 104, 3), np.uint8), lambda _: maps_with((49, 24, 0.9, 40)))
    np.testing.assert_allclose(found.boxes_xyxy, [[39, 89, 59, 109]], atol=1e-3)


def test_a_peak_outside_the_photo_is_no_flower():
    found = look(np.zeros((416, 208, 3), np.uint8), lambda _: maps_with((50, 80, 0.9, 40)))
    assert len(found.scores) == 0


def test_a_thousand_flowers_are_a_thousand_through_decode_merge_and_count():
    from core.recognition.counting import count_flowers
    from core.recognition.flowers import Flowers
    from tests.core.recognition.test_counting import LABELS

    peaks = [(1 + 3 * row, 1 + 3 * column, 0.9, 12.0) for row in range(25) for column in range(34)]
    peaks += [(76 + 3 * row, 1 + 3 * column, 0.9, 12.0) for row in range(5) for column in range(30)]
    found = look(np.zeros((PX, PX, 3), np.uint8), lambda _: maps_with(*peaks))
    flowers = Flowers(found.boxes_xyxy, found.scores, ((),) * len(found.scores))
    assert count_flowers(flowers, package_labels=LABELS, threshold=0.5, recall=0.9).total.count == 1000


SEEN_FROM_PX = 8


class SeesSquares:
    """A network that finds bright squares which are at least SEEN_FROM_PX wide; it counts how often it looks."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        self.looks += 1
        white = np.pad(pixels[..., 0] > 190, 1)
        corners = white[1:-1, 1:-1] & ~white[:-2, 1:-1] & ~white[1:-1, :-2]
        maps = np.zeros((CELLS, CELLS, 5), np.float32)
        for y, x in zip(*np.nonzero(corners), strict=True):
            h, w = int(np.argmin(white[y + 1 :, x + 1])), int(np.argmin(white[y + 1, x + 1 :]))
            cy, cx = (y + h / 2) / 4, (x + w / 2) / 4
            row, column = min(int(cy), CELLS - 1), min(int(cx), CELLS - 1)
            if min(h, w) >= SEEN_FROM_PX:
                maps[row, column] = (0.9, np.log(w / 64), np.log(h / 64), cx - column - 0.5, cy - row - 0.5)
        return maps


def squares(width: int, height: int, boxes: Iterable[tuple[int, int, int]]) -> np.ndarray:
    """A dark ground with bright squares of (left, top, side)."""
    rgb_u8 = np.full((height, width, 3), 40, np.uint8)
    for x, y, side in boxes:
        rgb_u8[y : y + side, x : x + side] = 250
    return rgb_u8


def jpeg(rgb_u8: np.ndarray) -> Photo:
    """A photo as the app reads it: small, with its bytes for a closer look."""
    file = BytesIO()
    Image.fromarray(rgb_u8).save(file, "JPEG", quality=90)
    return read_photo(file.getvalue(), name="meadow.jpg", limits=PhotoLimits(50), long_side_px=1000)


def by_place(found: PhotoCandidates, *, cell_px: int) -> np.ndarray:
    """Boxes row by row, of flowers that lie one to a cell."""
    columns, rows = ((found.boxes_xyxy[:, :2] + found.boxes_xyxy[:, 2:]) / 2 // cell_px).T
    return found.boxes_xyxy[np.lexsort((columns, rows))]


def test_small_flowers_of_a_large_photo_are_counted_once_each_in_tiles():
    spots = [(x, y, 20) for y in range(12, 980, 30) for x in range(12, 980, 30)]
    assert len(look(squares(1000, 1000, spots), SeesSquares()).scores) == len(spots) == 1089


def test_flowers_too_small_for_the_whole_view_are_found_at_all_the_pixels_of_the_file():
    meadow = [(x, y, 26) for y in range(50, 2600, 100) for x in range(50, 3900, 100)]
    found = look(jpeg(squares(4000, 2600, meadow)), SeesSquares())
    assert found.picture.size == (4000, 2600)
    assert found.look_per_px == pytest.approx(3328 / 4000)
    expected = np.array([(x, y, x + side, y + side) for x, y, side in meadow], np.float32)
    np.testing.assert_allclose(by_place(found, cell_px=100), expected, atol=1.5)


def test_one_flower_that_fills_the_photo_takes_one_look_and_no_more_pixels():
    network = SeesSquares()
    found = look(jpeg(squares(6000, 4000, [(1500, 1000, 2000)])), network)
    assert network.looks == 1
    assert found.picture.size == (1000, 667)


def test_a_large_photo_without_anything_like_a_flower_is_probed_once_in_half_its_pixels():
    network = SeesSquares()
    found = look(jpeg(squares(6000, 4000, [])), network)
    assert len(found.scores) == 0
    assert network.looks == 2 + 5
    assert found.picture.size == (3000, 2000)


@pytest.mark.parametrize(("score", "closer"), [(0.14, False), (0.16, True)])
def test_rough_ground_that_is_full_of_very_weak_small_finds_is_not_looked_at_closer(score, closer):
    sure_and_large = (50, 50, 0.9, 120)
    rough = [(10 + 8 * n, 10 + 8 * m, score, 12) for n in range(4) for m in range(4)]
    found = look(jpeg(squares(4000, 3000, [])), lambda _: maps_with(sure_and_large, *rough))
    assert (found.look_per_px > PX / 4000) == closer


@pytest.mark.parametrize(("faint", "looks"), [(0, 2 + 5), (1, 2 + 5), (2, 2 + 2 * 5)])
def test_the_finest_pixels_are_probed_only_where_six_faint_finds_leave_doubt(faint, looks):
    """Five tiles with so many faint finds each; none of them is sure."""
    seen = []
    peaks = [(40, 20 + 20 * number, 0.15, 12) for number in range(faint)]
    look(jpeg(squares(6000, 4000, [])), lambda pixels: seen.append(1) or maps_with(*(peaks if len(seen) > 2 else [])))
    assert len(seen) == looks


def test_a_photo_in_which_nothing_is_sure_is_decoded_once_more_and_no_oftener(monkeypatch):
    asked, at_least = [], Photo.at_least
    monkeypatch.setattr(Photo, "at_least", lambda photo, side_px: asked.append(side_px) or at_least(photo, side_px))
    weak = [(20, 20, 0.2, 12), (20, 30, 0.2, 12), (30, 20, 0.2, 12)]  # together they are worth closer looks
    found = look(jpeg(squares(2000, 1500, [])), lambda _: maps_with(*weak))
    assert found.look_per_px > PX / 2000
    assert len(asked) == 1


@pytest.mark.parametrize(("spots", "found"), [([(2990, 1990, 40)], 0), ([(2950, 1990, 40), (3010, 1990, 40)], 0),
                                             ([(2890, 1990, 40), (2950, 1990, 40), (3010, 1990, 40)], 3)])  # fmt: skip
def test_what_only_a_probe_sees_is_believed_from_three_flowers_on(spots, found):
    assert len(look(squares(6000, 4000, spots), SeesSquares()).scores) == found


def test_a_small_flower_is_named_from_twice_the_pixels_that_it_was_found_in_and_a_large_one_from_those():
    photo = jpeg(squares(4000, 3000, [(x, 400, 160) for x in range(400, 3600, 400)] + [(1500, 1200, 1500)]))
    found = look(photo, SeesSquares())
    sides = found.boxes_xyxy[:, 2] - found.boxes_xyxy[:, 0]
    assert (len(sides), found.look_per_px) == (9, pytest.approx(832 / 4000))
    assert found.picture.size == (1000, 750)
    assert found.to_name(photo, found.boxes_xyxy[sides < 300]).size == (2000, 1500)
    assert found.to_name(photo, found.boxes_xyxy[sides > 300]) is found.picture


def test_only_where_small_flowers_are_is_looked_at_closer():
    network = SeesSquares()
    corner = [(x, y, 80) for y in range(100, 500, 150) for x in range(100, 500, 150)]
    found = look(squares(4000, 3000, [(1800, 1200, 1500), *corner]), network)
    assert len(found.scores) == 10
    assert network.looks == 1 + 1 + 1  # the whole; at 832 and at 1664 px one tile


@pytest.mark.parametrize("grid_shift", [0.1, 0.25, 0.5])
@given(seed=st.integers(0, 10_000))
@settings(max_examples=5, deadline=None)
def test_flowers_are_the_same_wherever_the_seams_are(grid_shift, seed):
    random = np.random.default_rng(seed)
    cells = [(x, y) for y in range(0, 1200, 120) for x in range(0, 1600, 120)]
    spots = [(x + int(random.integers(0, 30)), y + int(random.integers(0, 30)), int(random.integers(34, 88)))
             for x, y in cells if random.random() < 0.8]  # fmt: skip
    ground = squares(1620, 1220, spots)
    here, there = look(ground, SeesSquares()), look(ground, SeesSquares(), grid_shift=grid_shift)
    assert len(here.scores) == len(there.scores) == len(spots)
    np.testing.assert_allclose(by_place(here, cell_px=120), by_place(there, cell_px=120), atol=4)


def test_a_flower_that_no_overlap_holds_is_the_one_that_was_seen_before():
    large = (300, 240, 330)
    small = [(40, 40 + 60 * n, 24) for n in range(10)] + [(900, 40 + 60 * n, 24) for n in range(10)]
    found = look(squares(1000, 700, [large, *small]), SeesSquares())
    assert len(found.scores) == 21
    sides = found.boxes_xyxy[:, 2] - found.boxes_xyxy[:, 0]
    np.testing.assert_allclose(sides.max(), 330, atol=6)


def test_a_closer_look_ends_where_flowers_are_large_enough_to_see_or_the_pixels_end():
    wide = [(x, y, 60) for y in range(50, 2900, 300) for x in range(50, 3900, 300)]
    assert look(squares(4000, 3000, wide), SeesSquares()).look_per_px == pytest.approx(3328 / 4000)
    assert look(squares(1500, 1125, [(x // 3, y // 3, 20) for x, y, _ in wide]), SeesSquares()).look_per_px == 1.0


def test_a_flower_that_is_only_seen_from_afar_is_found_once():
    def large_flowers_only_when_small(pixels: np.ndarray) -> np.ndarray:
        afar = (pixels[300:, 300:] == 127).all()
        return maps_with((26, 26, 0.8, 100)) if afar else maps_with((52, 52, 0.2, 210))

    found = look(np.zeros((PX, PX, 3), np.uint8), large_flowers_only_when_small)
    np.testing.assert_allclose(found.boxes_xyxy, [[112, 112, 312, 312]], atol=0.1)
    np.testing.assert_allclose(found.scores, [0.8])
