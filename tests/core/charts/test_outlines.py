"""The outlines of the map: there without a network, where they should be, and few enough to draw."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.charts.outlines import LAYERS, NEAR, is_near, outlines
from core.charts.outlines.make import polylines, thinned


def _distance(line: np.ndarray, longitude: float, latitude: float) -> float:
    """Degrees from a position to the nearest point of a line."""
    return float(np.nanmin(np.hypot(line[:, 0] - longitude, line[:, 1] - latitude)))


@pytest.mark.parametrize(
    ("layer", "longitude", "latitude"),
    [
        pytest.param("coast", 4.53, 52.4, id="beach of Zandvoort"),
        pytest.param("coast", 4.8, 53.0, id="Texel"),
        pytest.param("lake", 5.3, 52.7, id="shore of the IJsselmeer"),
        pytest.param("border", 6.02, 50.755, id="where Netherlands, Belgium and Germany meet"),
        pytest.param("province", 5.5, 52.0, id="between Utrecht and Gelderland"),
    ],
)
def test_the_netherlands_are_where_they_are(layer: str, longitude: float, latitude: float) -> None:
    assert _distance(outlines(world=False)[layer], longitude, latitude) < 0.15


def test_the_world_goes_on_where_the_detail_ends() -> None:
    near, world = outlines(world=False), outlines(world=True)
    assert _distance(world["coast"], -68.3, 12.1) < 3  # the sea around Bonaire, seen from Venezuela
    assert all(len(world[layer]) >= len(near[layer]) for layer in LAYERS)
    west, south, east, north = NEAR
    added = world["coast"][len(near["coast"]) :]
    inside = (added[:, 0] > west) & (added[:, 0] < east) & (added[:, 1] > south) & (added[:, 1] < north)
    assert not inside.any()


@pytest.mark.parametrize("world", [False, True])
def test_lines_are_positions_with_a_gap_after_each_and_few_enough_to_draw(world: bool) -> None:
    lines = outlines(world=world)
    assert tuple(lines) == LAYERS
    assert sum(map(len, lines.values())) < 15_000
    for line in lines.values():
        gaps = np.isnan(line).all(axis=1)
        assert gaps[-1]
        assert not np.isnan(line[~gaps]).any()
        assert (np.abs(line[~gaps]) <= [180, 90]).all()


@pytest.mark.parametrize(
    ("longitude", "latitude", "near"),
    [([], [], True), ([4.5], [52.4], True), ([4.5, 13.4], [52.4, 52.5], False), ([4.5], [-52.4], False)],
)
def test_whether_all_is_near(longitude: list[float], latitude: list[float], near: bool) -> None:
    assert is_near(np.array(longitude), np.array(latitude)) is near


def test_lines_and_polygons_of_a_shapefile_are_read_part_by_part() -> None:
    parts = [np.array([[0.0, 1.0], [2.0, 3.0]]), np.array([[4.0, 5.0], [6.0, 7.0], [8.0, 9.0]])]
    points = np.concatenate(parts)
    content = struct.pack("<i4d2i2i", 3, 0, 1, 8, 9, 2, len(points), 0, 2) + points.astype("<f8").tobytes()
    nothing = struct.pack(">ii", 2, 24) + struct.pack("<i", 0) + bytes(44)
    shapefile = bytes(100) + struct.pack(">ii", 1, len(content) // 2) + content + nothing
    found = list(polylines(shapefile))
    assert len(found) == 2
    for line, part in zip(found, parts, strict=True):
        np.testing.assert_array_equal(line, part)


LINES = hnp.arrays(np.float64, st.tuples(st.integers(2, 30), st.just(2)), elements=st.floats(-10, 10))


@settings(deadline=None)
@given(LINES, st.floats(0.01, 3))
def test_a_thinned_line_keeps_its_ends_and_stays_close(line: np.ndarray, apart: float) -> None:
    thin = thinned(line, apart)
    np.testing.assert_array_equal(thin[[0, -1]], line[[0, -1]])
    assert {tuple(point) for point in thin} <= {tuple(point) for point in line}
    for point in line:
        start, step = thin[:-1], np.diff(thin, axis=0)
        share = np.clip(((point - start) * step).sum(1) / np.maximum((step**2).sum(1), 1e-300), 0, 1)
        assert np.hypot(*(start + share[:, None] * step - point).T).min() <= apart + 1e-6
