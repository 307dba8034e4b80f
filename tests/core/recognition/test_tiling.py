"""Places of tiles, as tables; the flowers that they answer for, as laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.recognition.tiling import OVERLAP_PX, tile_spans, tiles_of


@pytest.mark.parametrize(
    ("length_px", "shift_px", "spans"),
    [
        pytest.param(100, 0, [(0, 100)], id="smaller than a tile"),
        pytest.param(640, 0, [(0, 640)], id="exactly a tile"),
        pytest.param(1200, 0, [(0, 640), (544, 1184), (560, 1200)], id="last tile pulled back to the edge"),
        pytest.param(1184, 0, [(0, 640), (544, 1184)], id="two tiles fit exactly"),
        pytest.param(1184, 320, [(0, 320), (224, 864), (544, 1184)], id="shifted by half a tile"),
        pytest.param(640, 320, [(0, 640)], id="one tile has no seam to shift"),
    ],
)
def test_tile_spans(length_px, shift_px, spans):
    assert tile_spans(length_px, tile_px=640, shift_px=shift_px) == spans


sides = st.integers(1, 3000)
shifts = st.integers(0, 208)
shares = st.floats(0, 1, exclude_max=True)


@given(width=sides, height=sides, shift=shifts, share_x=shares, share_y=shares)
@settings(deadline=None)
def test_every_point_is_one_tile_s_own_and_lies_in_it(width, height, shift, share_x, share_y):
    x, y = share_x * width, share_y * height
    (tile,) = (t for t in tiles_of((width, height), tile_px=416, shift_px=shift) if t.holds(x, y))
    assert tile.x[0] <= x < tile.x[1] <= width
    assert tile.y[0] <= y < tile.y[1] <= height


@given(length=st.integers(417, 3000), shift=shifts, side=st.floats(4, OVERLAP_PX - 2), share=shares)
@settings(deadline=None)
def test_a_flower_that_fits_into_the_overlap_is_seen_whole_by_the_tile_that_owns_its_middle(length, shift, side, share):
    x = share * (length - side)
    box = np.array([[x, 0, x + side, side]])
    tiles = tiles_of((length, 100), tile_px=416, shift_px=shift)
    assert [bool(tile.answers_for(box)[0]) for tile in tiles if tile.owns(box)[0]] == [True]


def test_a_flower_cut_off_by_a_seam_is_left_to_the_neighbour_but_not_at_the_edge_of_the_photo():
    left, right = tiles_of((736, 100), tile_px=416)
    seen_by_left = np.array([[0, 10, 40, 50], [340, 10, 416, 86]], np.float32)
    assert left.answers_for(seen_by_left).tolist() == [True, False]
    assert right.answers_for(np.array([[340, 10, 420, 90]], np.float32)).tolist() == [True]
