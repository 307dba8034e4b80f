"""Places on land and borders, in degrees, small enough for a card; drawn as SVG without a network or graphics card.

A disc's area is its flowers, the thin ring around it how many they may be. A place that was looked at in vain is a
cross, one that was never photographed an empty square.
"""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import OKABE_ITO, OTHER, taxon_colours
from core.charts.form import TEXT, finished
from core.charts.map_frame import frame_of
from core.charts.outlines import is_near, lakes, land, outlines
from core.charts.place_words import hover
from core.language import tr
from core.recognition.taxa import UNKNOWN_TAXON

LARGEST_PX = 44
SMALLEST_PX = 7
PREVIEW_PX = 320
MOST_AS_SVG = 2_000
"""The most places drawn as SVG; more are drawn by WebGL, which is faster and leaves a picture in a saved SVG."""

SHAPES = ("circle", "square", "diamond", "triangle-up", "hexagon", "star", "pentagon", "triangle-down")
"""Shapes of the most abundant taxa, so that colour is not alone."""

GREY = "rgba(128,128,128,{})"
LAND = GREY.format(0.16)
LINES = {
    "coast": {"color": GREY.format(0.95), "width": 1.3},
    "lake": {"color": GREY.format(0.7), "width": 0.9},
    "border": {"color": GREY.format(0.75), "width": 1.1, "dash": "dash"},
    "province": {"color": GREY.format(0.45), "width": 0.7},
}


def small_map(table: pd.DataFrame) -> go.Figure:
    """The map of places with at least one row, as core/survey/places.py makes them.

    Each point's customdata is the key of its place.
    """
    points = table[["key", "longitude", "latitude", "photos", "taxon", "count", "count_high"]]
    points = points.assign(hover=hover(table))
    traces = _outline_traces(table)
    with_flowers = points[points["count"] > 0]
    scatter = go.Scatter if len(table) <= MOST_AS_SVG else go.Scattergl
    if len(with_flowers):
        traces += [_rings(scatter, with_flowers), _discs(scatter, with_flowers)]
    for rows, name, symbol in (
        (points[(points["count"] == 0) & (points["photos"] > 0)], tr("none found"), "x-thin"),
        (points[points["photos"] == 0], tr("no photos"), "square-open"),
    ):
        if len(rows):
            traces.append(_points(scatter, rows, name, symbol=symbol, color=GREY.format(1), size=9, line_width=1.5))
    bar, layout = _frame(table, visible=False)
    margin = dict.fromkeys("lrtb", 0)
    return go.Figure([*traces, bar], {**TEXT, **layout, "showlegend": False, "margin": margin})


def sites_map(table: pd.DataFrame) -> go.Figure:
    """The positions of sites before they are saved. table: at least one row of site, state, latitude, longitude."""
    bar, layout = _frame(table)
    figure = go.Figure([*_outline_traces(table), bar], layout)
    points = table.assign(key=table["site"], hover=[escape(site) for site in table["site"]])
    for (state, rows), symbol, colour in zip(points.groupby("state"), SHAPES, OKABE_ITO, strict=False):
        figure.add_trace(_points(go.Scatter, rows, str(state), symbol=symbol, color=colour, size=10))
    return finished(figure, height_px=PREVIEW_PX).update_layout(dragmode="pan")


def _outline_traces(table: pd.DataFrame) -> list[go.Scatter]:
    world = not is_near(table["longitude"].to_numpy(), table["latitude"].to_numpy())
    looks = {"mode": "lines", "hoverinfo": "skip", "showlegend": False}
    rings = [*land(world=world), *(lake[::-1] for lake in lakes())]  # against the clock: holes
    ground = np.concatenate([np.concatenate([ring, [[np.nan, np.nan]]]) for ring in rings])
    filled = go.Scatter(
        x=ground[:, 0], y=ground[:, 1], fill="toself", fillcolor=LAND, line={"width": 0}, name="land", **looks
    )
    lines = [
        go.Scatter(x=line[:, 0], y=line[:, 1], line=LINES[layer], name=layer, **looks)
        for layer, line in outlines(world=world).items()
    ]
    return [filled, *lines]


def _points(scatter: Any, rows: pd.DataFrame, name: str, *, line_width: float = 0.8, **marker: Any) -> Any:
    line = {"color": marker["color"] if line_width > 1 else "rgba(0,0,0,0.6)", "width": line_width}
    return scatter(
        x=rows["longitude"],
        y=rows["latitude"],
        mode="markers",
        name=name,
        marker={**marker, "line": line},
        customdata=rows[["key"]].to_numpy(),
        hovertext=rows["hover"],
        hoverinfo="text",
        unselected={"marker": {"opacity": 0.35}},
    )


def _sized(counts: pd.Series, with_flowers: pd.DataFrame) -> dict[str, Any]:
    """Discs whose area is the count, the same for all of the view."""
    largest = float(with_flowers["count_high"].max())
    return {"size": counts, "sizemode": "area", "sizeref": 2 * largest / LARGEST_PX**2, "sizemin": SMALLEST_PX / 2}


def _rings(scatter: Any, with_flowers: pd.DataFrame) -> Any:
    marker = {"symbol": "circle-open", "color": GREY.format(1), "line": {"width": 1}}
    return scatter(
        x=with_flowers["longitude"],
        y=with_flowers["latitude"],
        mode="markers",
        marker=marker | _sized(with_flowers["count_high"], with_flowers),
        hoverinfo="skip",
        showlegend=False,
        name="high",
    )


def _discs(scatter: Any, with_flowers: pd.DataFrame) -> Any:
    """A disc a place: the first eight of the taxa that are the most abundant somewhere have signs of their own."""
    rows = with_flowers.sort_values("count", ascending=False, kind="stable")  # small ones lie on large ones
    order = rows.groupby("taxon")["count"].sum().sort_values(ascending=False, kind="stable").index
    colours, named = taxon_colours(order), [taxon for taxon in order if taxon != UNKNOWN_TAXON]
    signs = {taxon: (colours[taxon], symbol) for taxon, symbol in zip(named, SHAPES, strict=False)}
    signs[UNKNOWN_TAXON] = OTHER, "circle-x"
    colour, symbol = zip(*(signs.get(taxon, (OTHER, "circle")) for taxon in rows["taxon"]), strict=True)
    return _points(scatter, rows, "places", color=colour, symbol=symbol, **_sized(rows["count"], rows))


def _frame(table: pd.DataFrame, **looks: Any) -> tuple[go.Scatter, dict[str, Any]]:
    """A bar of a round length, and axes on which all places show, a kilometre north as long as one east.

    Drag to move, wheel to zoom.
    """
    frame = frame_of(table)
    axis = {"showgrid": False, "zeroline": False, "ticksuffix": "°", "nticks": 5, **looks}
    layout = {
        "xaxis": {**axis, "range": [frame.west, frame.east]},
        "yaxis": {**axis, "range": [frame.south, frame.north], "scaleanchor": "x", "scaleratio": 1 / frame.shrink},
        "dragmode": "pan",
        "hovermode": "closest",
        "legend": {"itemsizing": "constant"},
    }
    bar = go.Scatter(
        x=[frame.west, frame.bar_end],
        y=[frame.south] * 2,
        mode="lines+markers+text",
        name="scale",
        text=["", frame.bar_words],
        textposition="top left",
        line={"color": GREY.format(1), "width": 2},
        marker={"symbol": "line-ns-open", "size": 9, "color": GREY.format(1)},
        hoverinfo="skip",
        showlegend=False,
    )
    return bar, layout
