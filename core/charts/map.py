"""Places as discs on outlines of coast and borders, in degrees, so that a map needs no tile server and no network.

A disc's area is its flowers, the thin ring around it how many they may be. A place that was looked at in vain is a
cross, one that was never photographed an empty square.
"""

from __future__ import annotations

from html import escape
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import OKABE_ITO, OTHER, taxon_colours
from core.charts.form import finished, one_line, with_doubt
from core.charts.outlines import is_near, outlines
from core.formatting import at_least, density, with_interval
from core.language import tr
from core.recognition.taxa import UNKNOWN_TAXON
from core.store.distances import METRES_A_DEGREE
from core.survey.coordinates import position_in_words
from core.survey.places import PER_M2
from core.survey.totals import display_names

Colour = Literal["taxon", "taxa"]
COLOURS: tuple[Colour, ...] = get_args(Colour)

LARGEST_PX = 44
SMALLEST_PX = 7
SMALLEST_VIEW_DEGREES = 0.03
HEIGHT_PX, PREVIEW_PX = 560, 320
MOST_AS_SVG = 2_000
"""The most places drawn as SVG; more are drawn by WebGL, which is faster and leaves a picture in a saved SVG."""

SHAPES = ("circle", "square", "diamond", "triangle-up", "hexagon", "star", "pentagon", "triangle-down")
"""Shapes of the most abundant taxa, so that colour is not alone."""

SHADES = "Cividis"
"""Even steps for the colour-blind and in grey (Nuñez, Anderton and Renslow 2018, PLoS ONE 13:e0199239)."""

GREY = "rgba(128,128,128,{})"
LINES = {
    "coast": {"color": GREY.format(0.95), "width": 1.3},
    "lake": {"color": GREY.format(0.7), "width": 0.9},
    "border": {"color": GREY.format(0.75), "width": 1.1, "dash": "dash"},
    "province": {"color": GREY.format(0.45), "width": 0.7},
}


def places_map(table: pd.DataFrame, *, colour: Colour, note: str) -> go.Figure:
    """The map of places with at least one row, as core/survey/places.py makes them.

    colour: by the most abundant taxon, or by how many taxa. Each point's customdata is the key of its place.
    """
    figure = go.Figure(_outline_traces(table))
    points = table.assign(hover=_hover(table))
    with_flowers = points[points["count"] > 0]
    scatter = go.Scatter if len(table) <= MOST_AS_SVG else go.Scattergl
    if len(with_flowers):
        figure.add_trace(_rings(scatter, with_flowers))
        figure.add_traces(
            _by_taxon(scatter, with_flowers) if colour == "taxon" else [_by_richness(scatter, with_flowers)]
        )
    for rows, name, symbol in (
        (points[(points["count"] == 0) & (points["photos"] > 0)], tr("none found"), "x-thin"),
        (points[points["photos"] == 0], tr("no photos"), "square-open"),
    ):
        if len(rows):
            figure.add_trace(_points(scatter, rows, name, symbol=symbol, color=GREY.format(1), size=9, line_width=1.5))
    finished(figure, height_px=HEIGHT_PX, note=f"{tr('Area of the disc: flowers. Thin ring: upper bound.')} {note}")
    _frame(figure, table)
    return figure


def small_map(table: pd.DataFrame) -> go.Figure:
    """The map of places without axes, legend and scale, for a card."""
    figure = places_map(table, colour="taxon", note="")
    figure.update_xaxes(visible=False, title_text="")
    figure.update_yaxes(visible=False)
    return figure.update_layout(showlegend=False, height=PREVIEW_PX, margin={"l": 0, "r": 0, "t": 0, "b": 0})


def sites_map(table: pd.DataFrame) -> go.Figure:
    """The positions of sites before they are saved. table: at least one row of site, state, latitude, longitude."""
    figure = go.Figure(_outline_traces(table))
    points = table.assign(key=table["site"], hover=[escape(site) for site in table["site"]])
    for (state, rows), symbol, colour in zip(points.groupby("state"), SHAPES, OKABE_ITO, strict=False):
        figure.add_trace(_points(go.Scatter, rows, str(state), symbol=symbol, color=colour, size=10))
    finished(figure, height_px=PREVIEW_PX, note="")
    _frame(figure, table)
    return figure


def in_words(table: pd.DataFrame, *, colour: Colour) -> str:
    """Describe the map for people who do not see it."""
    with_flowers = table[table["count"] > 0]
    if with_flowers.empty:
        return tr("Map of {places}, where no flower was found.", places=_places(len(table)))
    most = with_flowers.loc[[with_flowers["count"].idxmax()]]
    sentence = tr(
        "Map of {places}, {found} with flowers. Most are at {most}: {count}.",
        places=_places(len(table)),
        found=len(with_flowers),
        most=place_names(most)[0],
        count=with_doubt(most)[0],
    )
    if colour == "taxa":
        richest = with_flowers.loc[[with_flowers["taxa"].idxmax()]]
        place, taxa = place_names(richest)[0], richest["taxa"].iloc[0]
        return f"{sentence} {tr('Most taxa, {taxa}, are at {place}.', taxa=taxa, place=place)}"
    by_taxon = with_flowers.groupby("taxon")["count"].agg(["size", "sum"]).sort_values(["size", "sum"])
    often = display_names(with_flowers[with_flowers["taxon"] == by_taxon.index[-1]]).iloc[0]
    return f"{sentence} {tr('Most often the most abundant: {taxon}.', taxon=often)}"


def place_names(table: pd.DataFrame) -> list[str]:
    """The label of each place: its name, or its position."""
    where = zip(table["place"], table["latitude"], table["longitude"], strict=True)
    return [str(place) or position_in_words(latitude, longitude) for place, latitude, longitude in where]


def per_m2_in_words(table: pd.DataFrame) -> list[str]:
    """Flowers per m² of each row, `0.75 (0.6-0.9)` or `≥ 0.75` for a lower bound; empty where there is no photo, or
    nobody gave the area of the plot."""
    figures = zip(*(table[name] for name in (*PER_M2, "lower_bound")), strict=True)
    return [
        "" if np.isnan(mean) else at_least(density(mean)) if bound else with_interval(mean, low, high, density)
        for mean, low, high, bound in figures
    ]


def _places(n: int) -> str:
    return tr("1 place") if n == 1 else tr("{n} places", n=n)


def _outline_traces(table: pd.DataFrame) -> list[go.Scatter]:
    near = is_near(table["longitude"].to_numpy(), table["latitude"].to_numpy())
    return [
        go.Scatter(
            x=line[:, 0], y=line[:, 1], mode="lines", line=LINES[layer], hoverinfo="skip", showlegend=False, name=layer
        )
        for layer, line in outlines(world=not near).items()
    ]


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


def _by_taxon(scatter: Any, with_flowers: pd.DataFrame) -> list[Any]:
    """One trace a taxon that is the most abundant somewhere, the first eight in colours and shapes of their own."""
    order = with_flowers.groupby("taxon")["count"].sum().sort_values(ascending=False, kind="stable").index
    colours = taxon_colours(order)
    named = [taxon for taxon in order if taxon != UNKNOWN_TAXON][: len(SHAPES)]
    traces = []
    for taxon, symbol in zip(named, SHAPES, strict=False):
        rows = with_flowers[with_flowers["taxon"] == taxon]
        name = one_line(display_names(rows.head(1)))[0]
        traces.append(
            _points(scatter, rows, name, symbol=symbol, color=colours[taxon], **_sized(rows["count"], with_flowers))
        )
    unknown = with_flowers["taxon"] == UNKNOWN_TAXON
    for rows, name, symbol in (
        (with_flowers[~with_flowers["taxon"].isin(named) & ~unknown], tr("other taxa"), "circle"),
        (with_flowers[unknown], tr("unknown flower"), "circle-x"),
    ):
        if len(rows):
            traces.append(
                _points(scatter, rows, name, symbol=symbol, color=OTHER, **_sized(rows["count"], with_flowers))
            )
    return traces


def _by_richness(scatter: Any, with_flowers: pd.DataFrame) -> Any:
    most = int(with_flowers["taxa"].max())
    bar = {"title": {"text": tr("taxa"), "side": "top"}, "orientation": "h", "y": 1.0, "yanchor": "bottom"}
    ticks = {"thickness": 12, "len": 0.6, "dtick": max(1, -(-most // 8))}
    scale: dict[str, Any] = {
        "colorscale": SHADES,
        "cmin": 0,
        "cmax": max(most, 1),
        "showscale": True,
        "colorbar": bar | ticks,
    }
    trace = _points(
        scatter,
        with_flowers,
        tr("flowers"),
        color=with_flowers["taxa"],
        **scale,
        **_sized(with_flowers["count"], with_flowers),
    )
    return trace.update(showlegend=False)


def _hover(table: pd.DataFrame) -> list[str]:
    """The text under the pointer for each place."""
    counts, per_m2, taxa = with_doubt(table), per_m2_in_words(table), one_line(display_names(table))
    rows = zip(place_names(table), table["photos"], table["days"], table["taxa"], counts, per_m2, taxa, strict=True)
    return [
        "<br>".join(
            [
                f"<b>{escape(place)}</b>",
                tr("flowers: {count}", count=count) if photos else tr("no photos"),
                *(
                    [tr("photos: {photos} · days: {days} · taxa: {taxa}", photos=photos, days=days, taxa=n)]
                    if photos
                    else []
                ),
                *([tr("most: {taxon}", taxon=taxon)] if taxon else []),
                *([tr("flowers per m²: {mean}", mean=mean)] if mean else []),
            ]
        )
        for place, photos, days, n, count, mean, taxon in rows
    ]


def _frame(figure: go.Figure, table: pd.DataFrame) -> None:
    """Show all places, a kilometre north as long as one east; drag to move, wheel to zoom."""
    south, north = _padded(table["latitude"])
    shrink = np.cos(np.radians((south + north) / 2))
    west, east = _padded(table["longitude"], at_least=SMALLEST_VIEW_DEGREES / shrink)
    axis = {"showgrid": False, "zeroline": False, "ticksuffix": "°", "nticks": 5}
    figure.update_xaxes(**axis, range=[west, east])
    figure.update_yaxes(**axis, range=[south, north], scaleanchor="x", scaleratio=1 / shrink)
    figure.update_layout(dragmode="pan", hovermode="closest", legend_itemsizing="constant")
    _add_scale_bar(figure, west, south, (east - west) * shrink * METRES_A_DEGREE / 1000, shrink)


def _padded(degrees: pd.Series, at_least: float = SMALLEST_VIEW_DEGREES) -> tuple[float, float]:
    """The range of degrees that shows all positions with a margin."""
    middle, half = (degrees.min() + degrees.max()) / 2, (degrees.max() - degrees.min()) / 2
    half = max(half * 1.15, at_least)
    return float(middle - half), float(middle + half)


def _add_scale_bar(figure: go.Figure, west: float, south: float, width_km: float, shrink: float) -> None:
    """A bar of a round length, about a fifth of the view, that keeps its truth when one zooms."""
    magnitude = 10.0 ** np.floor(np.log10(width_km / 4))
    length_km = max(step * magnitude for step in (1, 2, 5) if step * magnitude <= width_km / 4)
    end = west + length_km * 1000 / (METRES_A_DEGREE * shrink)
    length = f"{length_km:g} km" if length_km >= 1 else f"{length_km * 1000:g} m"
    line = {"color": GREY.format(1), "width": 2}
    bar = go.Scatter(x=[west, end], y=[south, south], line=line, hoverinfo="skip", showlegend=False, name="scale")
    bar.update(mode="lines+markers+text", text=["", length], textposition="top left")
    figure.add_trace(bar.update(marker={"symbol": "line-ns-open", "size": 9, "color": GREY.format(1)}))
