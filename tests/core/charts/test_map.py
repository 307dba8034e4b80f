"""The map that one moves: every place once, its doubt visible, on a ground without a network, or on tiles."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from core.charts.colours import OTHER, taxon_colour
from core.charts.map import LARGEST_PX, TOGETHER_UNTIL_ZOOM, places_map
from core.charts.place_words import COLOURS, Colour, in_words
from core.language import use_language
from core.settings import MAP_TILES, MapTiles
from tests.core.charts.test_small_map import table

__all__ = ["table"]

FIGURES = ("taxa", "density")


def _map(
    table: pd.DataFrame, colour: Colour = "taxon", tiles: MapTiles | None = None, *, dark: bool = False
) -> go.Figure:
    return places_map(table, colour=colour, tiles=tiles, dark=dark)


def _places(figure: go.Figure) -> dict[str, dict[str, object]]:
    """Colour, size and hover text of each place."""
    trace = figure.data[0]
    rows = zip(trace.customdata, trace.marker.color, trace.marker.size, trace.hovertext, strict=True)
    return {place[0]: {"colour": colour, "px": px, "hover": hover} for place, colour, px, hover in rows}


def _features(figure: go.Figure) -> dict[str, dict[str, object]]:
    """Properties of each named place for the style."""
    features = figure.layout.map.style["sources"]["places"]["data"]["features"]
    return {feature["properties"]["name"]: feature["properties"] for feature in features}


def _legend(figure: go.Figure) -> list[str]:
    return [trace.name for trace in figure.data if trace.showlegend is not False]


@pytest.mark.parametrize("colour", COLOURS)
def test_every_place_is_drawn_once_and_leads_to_itself(table: pd.DataFrame, colour: Colour) -> None:
    figure = _map(table, colour)
    assert [place[0] for place in figure.data[0].customdata] == list(table["key"])
    assert [trace.customdata for trace in figure.data[1:]] == [None] * (len(figure.data) - 1)


def test_a_taxon_has_its_colour_and_its_name_in_the_key_and_the_unknown_is_grey(table: pd.DataFrame) -> None:
    figure = _map(table)
    places = _places(figure)
    assert places["site dunes"]["colour"] == taxon_colour("rosa")
    assert places["site <b>wood</b>"]["colour"] == OTHER
    assert _legend(figure) == ["rosa", "papaver", "unknown flower", "✕ none found", "□ no photos"]


def test_places_without_flowers_have_a_sign_of_their_own(table: pd.DataFrame) -> None:
    features = _features(_map(table))
    assert {name: feature["sign"] for name, feature in features.items() if name} == {
        "dunes": "",
        "<b>wood</b>": "",
        "heath": "✕",
        "new": "□",
    }
    assert features["heath"]["ring_px"] == 0


def test_the_area_of_a_disc_is_its_count_and_of_the_ring_what_it_may_be(table: pd.DataFrame) -> None:
    figure = _map(table.assign(count=[100, 400, 0, 0, 25], count_high=[200, 1600, 0, 0, 1600]))
    px = figure.data[0].marker.size
    assert px[1] / px[0] == pytest.approx(2)
    rings = [f["properties"]["ring_px"] for f in figure.layout.map.style["sources"]["places"]["data"]["features"]]
    assert rings[1] == LARGEST_PX / 2
    assert 2 * rings[1] / px[1] == pytest.approx(np.sqrt(1600 / 400), abs=0.01)


def test_places_are_together_in_discs_and_rings_and_names_alike(table: pd.DataFrame) -> None:
    figure = _map(table)
    places = figure.layout.map.style["sources"]["places"]
    assert figure.data[0].cluster.enabled
    assert (places["cluster"], places["clusterMaxZoom"], figure.data[0].cluster.maxzoom) == (
        True,
        TOGETHER_UNTIL_ZOOM,
        TOGETHER_UNTIL_ZOOM,
    )


def test_the_view_shows_all_places_with_a_margin(table: pd.DataFrame) -> None:
    figure = _map(table)
    (corners,) = (trace for trace in figure.data if trace.name == "corners")
    assert corners.lon[0] < table["longitude"].min() <= table["longitude"].max() < corners.lon[1]
    assert corners.lat[0] < table["latitude"].min() <= table["latitude"].max() < corners.lat[1]
    assert figure.layout.map.fitbounds == "locations"


def test_hover_tells_the_place_as_text_with_its_doubt(table: pd.DataFrame) -> None:
    places = _places(_map(table))
    assert str(places["site <b>wood</b>"]["hover"]).startswith("<b>&lt;b&gt;wood&lt;/b&gt;</b><br>flowers: 3 (3-4)")
    assert "flowers: 1\u2009601 (1\u2009601-1\u2009603)" in str(places["site dunes"]["hover"])


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("dark", [False, True])
def test_without_tiles_the_map_asks_nobody_for_anything(table: pd.DataFrame, colour: Colour, dark: bool) -> None:
    figure = _map(table, colour, dark=dark)
    assert "://" not in figure.to_json()
    style = figure.layout.map.style
    assert set(style) == {"version", "sources", "layers"}  # no glyphs, no sprite
    assert {source["type"] for source in style["sources"].values()} == {"geojson"}
    fills = [layer["source"] for layer in style["layers"] if layer["type"] == "fill"]
    assert fills == ["land", "lakes"]


@pytest.mark.parametrize("name", MAP_TILES)
def test_tiles_lie_on_the_land_and_say_who_made_them(table: pd.DataFrame, name: str) -> None:
    tiles = MAP_TILES[name]
    figure = _map(table, tiles=tiles, dark=True)
    order = [layer["id"] for layer in figure.layout.map.style["layers"]]
    assert order.index("land") < order.index("tiles") < order.index("rings")
    assert figure.layout.map.style["sources"]["tiles"]["tiles"] == [tiles.address]
    assert [note.text for note in figure.layout.annotations] == [tiles.attribution]


def test_a_made_up_attribution_stays_text(table: pd.DataFrame) -> None:
    figure = _map(table, tiles=MapTiles("https://tiles.example.org/{z}/{x}/{y}.png", "<b>me</b>"))
    assert figure.layout.annotations[0].text == "&lt;b&gt;me&lt;/b&gt;"


def test_density_is_told_where_an_area_is_known(table: pd.DataFrame) -> None:
    places = _places(_map(table, "density"))
    assert places["site dunes"]["colour"] != OTHER
    assert places["site <b>wood</b>"]["colour"] == OTHER
    assert "no area given" in _legend(_map(table, "density"))
    assert in_words(table, colour="density").endswith("Most flowers per m², 160 (160-160), are at dunes.")
    nowhere = table.assign(flowers_per_m2=np.nan)
    assert in_words(nowhere, colour="density").endswith("No site has an area, so there is no density to show.")
    assert set(_legend(_map(nowhere, "density"))) == {"no area given", "✕ none found", "□ no photos"}


@pytest.mark.parametrize("colour", FIGURES)
def test_a_colour_by_figures_reads_in_grey(table: pd.DataFrame, colour: Colour) -> None:
    (scale,) = (trace for trace in _map(table, colour).data if trace.name == "scale of colours")
    light = [0.299 * r + 0.587 * g + 0.114 * b for _, c in scale.marker.colorscale for r, g, b in [_rgb(c)]]
    assert all(lower < higher for lower, higher in pairwise(light))


def test_nine_taxa_are_eight_and_others(table: pd.DataFrame) -> None:
    row = table[table["place"] == "dunes"]
    many = pd.concat(
        [row.assign(key=f"site {n}", taxon=f"t{n}", scientific_name=f"T {n}", count=100 - n) for n in range(10)],
        ignore_index=True,
    )
    assert _legend(_map(many)) == [*(f"<i>T {n}</i> · rosa" for n in range(8)), "other taxa"]


def test_places_far_away_are_drawn_on_the_world(table: pd.DataFrame) -> None:
    def polygons(places: pd.DataFrame) -> int:
        return len(_map(places).layout.map.style["sources"]["land"]["data"]["coordinates"])

    assert polygons(table.assign(latitude=-33.9, longitude=18.4)) > polygons(table)


def test_a_map_of_thousands_is_small(table: pd.DataFrame) -> None:
    row = table[table["place"] == "dunes"]
    many = pd.concat([row] * 2000, ignore_index=True).assign(key=[f"site {n}" for n in range(2000)])
    assert len(_map(many).to_json()) < 1_000_000


def test_the_map_in_dutch(table: pd.DataFrame) -> None:
    use_language("nl")
    try:
        assert "onbekende bloem" in _legend(_map(table))
        assert "✕ geen gevonden" in _legend(_map(table))
    finally:
        use_language("en")


def _rgb(colour: str) -> tuple[int, int, int]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))  # type: ignore[return-value]
