"""Land and sea: enough to see that a position stands swapped."""

from __future__ import annotations

import pytest

from core.survey.land import is_at_sea


@pytest.mark.parametrize(
    ("latitude", "longitude", "at_sea"),
    [
        pytest.param(52.43, 4.58, False, id="dunes of the Netherlands"),
        pytest.param(54.0, 4.0, True, id="North Sea"),
        pytest.param(12.15, -68.27, False, id="Bonaire"),
        pytest.param(13.4, 52.5, True, id="Berlin, swapped"),
        pytest.param(-17.0, 179.99, False, id="Fiji, at the antimeridian"),
        pytest.param(90.0, 0.0, True, id="North Pole"),
        pytest.param(-90.0, 180.0, False, id="South Pole"),
    ],
)
def test_land_is_where_it_is(latitude: float, longitude: float, at_sea: bool) -> None:
    assert is_at_sea(latitude, longitude) == at_sea
