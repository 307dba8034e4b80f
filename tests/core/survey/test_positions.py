"""An observation's position comes from the photo, else from its site, else it has none."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.store.records import Site
from core.survey.positions import positioned

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
SITES = {
    "dunes": Site("dunes", 52.5, 4.5, "", None, "lea", NOON),
    "wood": Site("wood", None, None, "beech", 9.0, "lea", NOON),
}


def _rows(*photos: tuple[object, ...]) -> pd.DataFrame:
    said = [(*photo, None)[:4] for photo in photos]
    return pd.DataFrame(said, columns=["site", "latitude", "longitude", "position_of"])


@pytest.mark.parametrize(
    ("photo", "place"),
    [
        pytest.param(("dunes", 52.1, 5.1), (52.1, 5.1, "photo"), id="its own GPS, also at a site"),
        pytest.param(("", 52.1, 5.1), (52.1, 5.1, "photo"), id="its own GPS, without a site"),
        pytest.param(("dunes", None, None), (52.5, 4.5, "site"), id="its site's"),
        pytest.param(("dunes", 52.1, None), (52.5, 4.5, "site"), id="half a position is none"),
        pytest.param(("dunes", 0.0, 0.0), (52.5, 4.5, "site"), id="0, 0 is no position"),
        pytest.param(("", 0.0, 5.0), (0.0, 5.0, "photo"), id="on the equator"),
        pytest.param(("wood", None, None), (None, None, ""), id="a site without position"),
        pytest.param(("heath", None, None), (None, None, ""), id="a site that nobody described"),
        pytest.param(("dunes", 52.1, 5.1, "site"), (52.5, 4.5, "site"), id="a person said that the site's holds"),
        pytest.param(("dunes", 52.1, 5.1, "photo"), (52.1, 5.1, "photo"), id="a person said that its own holds"),
        pytest.param(("wood", 52.1, 5.1, "site"), (None, None, ""), id="its own does not hold, and the site has none"),
        pytest.param(("", None, 5.1), (None, None, ""), id="nowhere"),
    ],
)
def test_where_a_photo_is(photo: tuple[object, ...], place: tuple[float | None, float | None, str]) -> None:
    row = positioned(_rows(photo), SITES).iloc[0]
    found = [None if math.isnan(degrees) else degrees for degrees in (row["latitude"], row["longitude"])]
    assert (*found, row["position"]) == place


DEGREES = st.none() | st.floats(-90, 90)
PHOTOS = st.lists(st.tuples(st.sampled_from(["", "dunes", "wood", "heath"]), DEGREES, DEGREES), max_size=8)


@settings(deadline=None)
@given(PHOTOS)
def test_a_position_is_whole_or_not_there_and_the_rest_of_the_row_stays(
    photos: list[tuple[str, float | None, float | None]],
) -> None:
    rows = _rows(*photos).assign(count=range(len(photos)))
    placed = positioned(rows, SITES)
    assert (placed["latitude"].notna() == (placed["position"] != "")).all()
    assert (placed["longitude"].notna() == (placed["position"] != "")).all()
    pd.testing.assert_frame_equal(placed[["site", "count"]], rows[["site", "count"]])
    again = positioned(placed, SITES)
    pd.testing.assert_frame_equal(again[["latitude", "longitude"]], placed[["latitude", "longitude"]])
