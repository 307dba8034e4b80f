"""The small map: every place once, its doubt visible, true to scale, readable without colour and without a network."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from core.charts.colours import OTHER, taxon_colour
from core.charts.place_words import hover, in_words, per_m2_in_words, place_names
from core.charts.small_map import MOST_AS_SVG, small_map
from core.language import use_language
from core.store.records import Site
from core.survey.places import places
from core.survey.repeats import Repeats, visits
from tests.core.survey.test_places import _rows

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
SITES = {
    "dunes": Site("dunes", 52.5, 4.5, "", 10.0, "lea", NOON),
    "<b>wood</b>": Site("<b>wood</b>", 52.1, 5.1, "", None, "lea", NOON),
    "heath": Site("heath", 52.2, 5.8, "", None, "lea", NOON),
    "new": Site("new", 51.9, 4.4, "", None, "lea", NOON),
}


@pytest.fixture
def table() -> pd.DataFrame:
    rows = _rows(
        ("a", "dunes", "2026-06-12", None, {"rosa": 1600, "papaver": 1}),
        ("b", "<b>wood</b>", "2026-06-12", None, {"unknown": 3}),
        ("c", "heath", "2026-06-12", None, {}),
        ("d", "", "2026-06-12", (52.3, 4.9), {"papaver": 4, "rosa": 2}),
    )
    return places(rows, visits(rows), SITES, "sites", Repeats()).table


def _drawn(figure: go.Figure) -> dict[str, tuple[str, str]]:
    """Colour and symbol of each place that is drawn with a hover text, by place."""
    signs = {}
    for trace in (trace for trace in figure.data if trace.customdata is not None):
        places = [place[0] for place in trace.customdata]
        each = [
            one if isinstance(one, tuple) else [one] * len(places) for one in (trace.marker.color, trace.marker.symbol)
        ]
        signs |= dict(zip(places, zip(*each, strict=True), strict=True))
    return signs


def _spot(table: pd.DataFrame) -> str:
    return str(table.loc[table["place"] == "", "key"].iloc[0])


def test_every_place_is_drawn_once(table: pd.DataFrame) -> None:
    figure = small_map(table)
    drawn = [place[0] for trace in figure.data if trace.customdata is not None for place in trace.customdata]
    assert sorted(drawn) == sorted(table["key"])


def test_places_differ_in_shape_and_colour_by_their_most_abundant_taxon_and_the_unknown_is_grey(
    table: pd.DataFrame,
) -> None:
    signs = _drawn(small_map(table))
    colours = {key: colour for key, (colour, _) in signs.items()}
    assert colours["site dunes"] == taxon_colour("rosa")
    assert colours[_spot(table)] == taxon_colour("papaver")
    assert colours["site <b>wood</b>"] == OTHER
    assert len({symbol for _, symbol in signs.values()}) == len(signs)
    assert signs["site heath"][1] == "x-thin"
    assert signs["site new"][1] == "square-open"


def test_the_area_of_a_disc_is_its_count_and_of_the_ring_what_it_may_be(table: pd.DataFrame) -> None:
    figure = small_map(table)
    (ring,) = (trace for trace in figure.data if trace.name == "high")
    found = table[table["count"] > 0]
    discs = [trace for trace in figure.data if trace.customdata is not None]
    sizes = {
        place[0]: size
        for trace in discs
        if not np.isscalar(trace.marker.size)
        for place, size in zip(trace.customdata, trace.marker.size, strict=True)
    }
    assert sizes == dict(zip(found["key"], found["count"], strict=True))
    assert list(ring.marker.size) == found["count_high"].tolist()
    scales = {(mark.marker.sizemode, mark.marker.sizeref) for mark in discs if not np.isscalar(mark.marker.size)}
    assert scales == {(ring.marker.sizemode, ring.marker.sizeref)} == {("area", ring.marker.sizeref)}


def test_a_kilometre_north_is_as_long_as_a_kilometre_east(table: pd.DataFrame) -> None:
    layout = small_map(table).layout
    middle = np.radians(np.mean(layout.yaxis.range))
    assert layout.yaxis.scaleanchor == "x"
    assert layout.yaxis.scaleratio == pytest.approx(1 / np.cos(middle))
    for axis, name in ((layout.xaxis, "longitude"), (layout.yaxis, "latitude")):
        assert axis.range[0] < table[name].min() <= table[name].max() < axis.range[1]


@pytest.mark.parametrize(("extent_degrees", "length"), [(0.0, "1 km"), (0.1, "1 km"), (1.0, "10 km"), (30.0, "500 km")])
def test_the_scale_bar_is_as_long_as_it_says(table: pd.DataFrame, extent_degrees: float, length: str) -> None:
    wide = table.iloc[[0, 1]].assign(longitude=[4.5, 4.5 + extent_degrees], latitude=52.4)
    (bar,) = (trace for trace in small_map(wide).data if trace.name == "scale")
    km = (bar.x[1] - bar.x[0]) * 111.195 * np.cos(np.radians(52.4))
    said, unit = bar.text[1].split()
    assert bar.text[1] == length
    assert km == pytest.approx(float(said) / (1000 if unit == "m" else 1), rel=0.01)


def test_hover_tells_the_place_as_text_with_its_doubt(table: pd.DataFrame) -> None:
    texts = {
        place[0]: text
        for trace in small_map(table).data
        if trace.customdata is not None
        for place, text in zip(trace.customdata, trace.hovertext, strict=True)
    }
    assert texts["site <b>wood</b>"].startswith("<b>&lt;b&gt;wood&lt;/b&gt;</b><br>flowers: 3 (3-4)")
    assert "flowers: 1\u2009601 (1\u2009601-1\u2009603)" in texts["site dunes"]
    assert "flowers per m²: 160 (160-160)" in texts["site dunes"]
    assert texts[_spot(table)].startswith("<b>52.3000 N 4.9000 E</b>")


def test_a_lower_bound_is_said(table: pd.DataFrame) -> None:
    said = in_words(table.assign(lower_bound=True), colour="taxon")
    assert (
        said == "Map of 5 places, 3 with flowers. Most are at dunes: ≥ 1\u2009601. Most often the most abundant: rosa."
    )


def test_a_lower_bound_per_square_metre_is_one_too(table: pd.DataFrame) -> None:
    dunes = table[table["place"] == "dunes"]
    assert per_m2_in_words(dunes) == ["160 (160-160)"]
    assert per_m2_in_words(dunes.assign(lower_bound=True)) == ["≥ 160"]


def test_the_map_in_words(table: pd.DataFrame) -> None:
    assert in_words(table, colour="taxa").endswith("Most taxa, 2, are at dunes.")
    assert in_words(table[table["place"] == "heath"], colour="taxa") == "Map of 1 place, where no flower was found."
    assert place_names(table[table["place"] == ""]) == ["52.3000 N 4.9000 E"]


def test_the_map_in_dutch(table: pd.DataFrame) -> None:
    use_language("nl")
    try:
        assert "<b>heath</b><br>bloemen: 0<br>foto's: 1 · dagen: 1 · taxa: 0" in hover(table)
        assert in_words(table, colour="taxa").startswith("Kaart van 5 plekken, waarvan 3 met bloemen.")
    finally:
        use_language("en")


def test_nine_taxa_are_eight_and_others(table: pd.DataFrame) -> None:
    row = table[table["place"] == "dunes"]
    many = pd.concat(
        [row.assign(key=f"site {n}", taxon=f"t{n}", scientific_name=f"T {n}", count=100 - n) for n in range(10)],
        ignore_index=True,
    )
    signs = _drawn(small_map(many))
    assert len({signs[f"site {n}"] for n in range(8)}) == 8
    assert {signs[f"site {n}"] for n in (8, 9)} == {(OTHER, "circle")}


def test_places_far_away_are_drawn_on_the_world(table: pd.DataFrame) -> None:
    def points(places: pd.DataFrame) -> int:
        return sum(len(trace.x) for trace in small_map(places).data if trace.name == "coast")

    assert points(table.assign(latitude=-33.9, longitude=18.4)) > points(table)


def test_thousands_of_places_are_drawn_by_the_graphics_card_and_all_of_it_is_small(table: pd.DataFrame) -> None:
    row = table[table["place"] == "dunes"]
    counts = range(1, MOST_AS_SVG + 2)
    many = pd.concat([row] * len(counts), ignore_index=True).assign(key=[f"site {n}" for n in counts])
    few = small_map(many.iloc[:-1])
    all_of_them = small_map(many)
    kinds = [{trace.type for trace in figure.data if trace.customdata is not None} for figure in (few, all_of_them)]
    assert kinds == [{"scatter"}, {"scattergl"}]
    assert len(all_of_them.to_json()) < 1_000_000


def test_the_map_asks_nobody_for_anything(table: pd.DataFrame) -> None:
    kinds = {trace["type"] for trace in json.loads(small_map(table).to_json())["data"]}
    assert kinds == {"scatter"}  # scattergeo and scattermap fetch outlines and tiles from elsewhere


def test_land_is_filled(table: pd.DataFrame) -> None:
    (land,) = (trace for trace in small_map(table).data if trace.name == "land")
    assert land.fill == "toself"
