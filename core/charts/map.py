"""The map that one moves and zooms: places on a ground of tiles, or of land and borders alone, drawn by MapLibre.

The style is part of the figure, and letters are the browser's: nothing is fetched but tiles, where a server of tiles
is set. Land lies beneath them, so that a map without internet is a map. Places close together are one disc with their
number, until one zooms in. A disc's area is its flowers, the thin ring around it how many they may be.
"""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.colors import sample_colorscale

from core.charts.colours import OTHER, taxon_colours
from core.charts.form import SMALL_PX, finished, one_line
from core.charts.map_frame import Frame, frame_of
from core.charts.outlines import Line, is_near, lakes, land, outlines
from core.charts.place_words import Colour, hover
from core.language import tr
from core.recognition.taxa import UNKNOWN_TAXON
from core.settings import MapTiles
from core.survey.places import PER_M2
from core.survey.totals import display_names

LARGEST_PX, SMALLEST_PX, EMPTY_PX = 44, 9, 12
"""Discs from edge to edge, and the marks of places without flowers."""
HEIGHT_PX = 580
MOST_NAMED = 8
TOGETHER_UNTIL_ZOOM = 14
"""The last zoom at which places close together are one disc; MapLibre's own unit, 10 m a pixel or so."""
CLUSTER_RADIUS_PX, CLUSTER_STEPS = (14, 18, 23), (0, 10, 100)
CLUSTER = "#A9D3B0"
"""Pale, as MapLibre writes the number in black."""
SHADES = "Cividis"
"""Even steps for the colour-blind and in grey (Nuñez, Anderton and Renslow 2018, PLoS ONE 13:e0199239)."""
NONE_FOUND, NO_PHOTOS = "✕", "□"
LIGHT = {"sea": "#D3E0E4", "land": "#F3F0E6", "line": "#7B877F", "ink": "#1F2A22", "paper": "#FBFAF6"}
DARK = {"sea": "#18242A", "land": "#2B352D", "line": "#7F8C84", "ink": "#E7EDE6", "paper": "#121713"}

Style = dict[str, Any]
LINES: dict[str, Style] = {
    "coast": {"width": 1.2},
    "lake": {"width": 0.8},
    "border": {"width": 1.1, "dash": [3, 2]},
    "province": {"width": 0.7, "opacity": 0.5},
}


def places_map(table: pd.DataFrame, *, colour: Colour, tiles: MapTiles | None, dark: bool) -> go.Figure:
    """The map of places with at least one row, as core/survey/places.py makes them.

    colour: by the most abundant taxon, by how many taxa, or by flowers per m². Each point's customdata is the key of
    its place. dark: the page is, and with it a ground without tiles.
    """
    colours, keys = _by_taxon(table) if colour == "taxon" else _by_figure(table, colour)
    marks = go.Scattermap(
        lon=table["longitude"],
        lat=table["latitude"],
        mode="markers",
        marker={"size": _discs_px(table, "count"), "color": colours, "opacity": 0.85},
        customdata=table[["key"]].to_numpy(),
        hovertext=hover(table),
        hoverinfo="text",
        showlegend=False,
        name="places",
        cluster={
            "enabled": True,
            "maxzoom": TOGETHER_UNTIL_ZOOM,
            "color": CLUSTER,
            "size": CLUSTER_RADIUS_PX,
            "step": CLUSTER_STEPS,
            "opacity": 0.95,
        },
    )
    frame = frame_of(table)
    figure = go.Figure([marks, *keys, _corners(frame)])
    finished(figure, height_px=HEIGHT_PX)
    figure.update_layout(
        map={"style": _style(table, frame, tiles, DARK if dark and not tiles else LIGHT), "fitbounds": "locations"},
        dragmode="pan",
        hovermode="closest",
        legend={"yanchor": "top", "y": 0},  # on a phone it would push the map off the screen
        legend_itemclick=False,
        legend_itemdoubleclick=False,
        margin={"l": 0, "r": 0, "b": 0},
    )
    if tiles:
        figure.add_annotation(
            text=escape(tiles.attribution, quote=False),
            **{"x": 1, "y": 0, "xref": "paper", "yref": "paper", "xanchor": "right", "yanchor": "bottom"},
            showarrow=False,
            font={"size": SMALL_PX, "color": LIGHT["ink"]},
            bgcolor="rgba(255,255,255,0.85)",
        )
    return figure


def _discs_px(table: pd.DataFrame, count: str) -> NDArray[np.float64]:
    """The width of each disc; its area is the count, the same for all of the view."""
    largest = max(1.0, float(table["count_high"].max()))
    width_px = np.maximum(LARGEST_PX * np.sqrt(table[count].to_numpy(float) / largest), SMALLEST_PX)
    return np.where(table["count"] > 0, width_px, EMPTY_PX)


def _by_taxon(table: pd.DataFrame) -> tuple[list[str], list[go.Scattermap]]:
    """The colour of each place, that of its most abundant taxon, and the key of colours, the first MOST_NAMED named."""
    with_flowers = table[table["count"] > 0]
    order = with_flowers.groupby("taxon")["count"].sum().sort_values(ascending=False, kind="stable").index
    named = [taxon for taxon in order if taxon != UNKNOWN_TAXON][:MOST_NAMED]
    colours = {taxon: colour for taxon, colour in taxon_colours(named).items() if taxon in named}
    rows = with_flowers.drop_duplicates("taxon").set_index("taxon")
    names = one_line(display_names(rows.loc[named])) if named else []
    keys = [_key(name, colours[taxon]) for taxon, name in zip(named, names, strict=True)]
    if set(order) - {*named, UNKNOWN_TAXON}:
        keys.append(_key(tr("other taxa"), OTHER))
    if UNKNOWN_TAXON in order:
        keys.append(_key(tr("unknown flower"), OTHER))
    of_places = pd.Series([colours.get(taxon, OTHER) for taxon in table["taxon"]], table.index)
    return _painted(table, of_places), [*keys, *_empty_keys(table)]


def _by_figure(table: pd.DataFrame, colour: Colour) -> tuple[list[str], list[go.Scattermap]]:
    """The colour of each place by its number of taxa or its flowers per m², and the scale of colours."""
    figures, title = (
        (table["taxa"].astype(float), tr("taxa")) if colour == "taxa" else (table[PER_M2[0]], tr("flowers per m²"))
    )
    most = max(float(figures.max()), 1.0 if colour == "taxa" else 0.0) if figures.notna().any() else 1.0
    shades = sample_colorscale(SHADES, (figures.fillna(0) / (most or 1.0)).clip(0, 1).tolist())
    colours = pd.Series(shades, table.index).where(figures.notna(), OTHER)
    bar: dict[str, Any] = {"title": {"text": title, "side": "top"}, "orientation": "h", "y": 1, "yanchor": "bottom"}
    bar |= {"thickness": 12, "len": 0.6, "tickfont": {"size": SMALL_PX}}
    if colour == "taxa":
        bar |= {"dtick": max(1, -(-int(most) // 8))}
    scale = go.Scattermap(lon=[None], lat=[None], mode="markers", showlegend=False, name="scale of colours")
    scale.marker = {
        "color": [0.0],
        "colorscale": SHADES,
        "cmin": 0,
        "cmax": most or 1.0,
        "showscale": True,
        "colorbar": bar,
    }
    unknown = [_key(tr("no area given"), OTHER)] if (figures.isna() & (table["count"] > 0)).any() else []
    scales = [scale] if figures.notna().any() else []
    return _painted(table, colours), [*scales, *unknown, *_empty_keys(table)]


def _painted(table: pd.DataFrame, colours: pd.Series) -> list[str]:
    """These colours where there are flowers; elsewhere a sign is drawn, and the disc only says where the pointer is."""
    return list(colours.where(table["count"] > 0, "rgba(128,128,128,0.01)"))


def _corners(frame: Frame) -> go.Scattermap:
    """Two points that nobody sees, for a view that shows the frame, whatever the size of the window."""
    lon, lat = [frame.west, frame.east], [frame.south, frame.north]
    unseen: dict[str, Any] = {"hoverinfo": "skip", "showlegend": False, "opacity": 0}
    return go.Scattermap(lon=lon, lat=lat, mode="markers", name="corners", **unseen)


def _key(name: str, colour: str) -> go.Scattermap:
    """An entry of the legend."""
    return go.Scattermap(lon=[None], lat=[None], mode="markers", marker={"size": 12, "color": colour}, name=name)


def _empty_keys(table: pd.DataFrame) -> list[go.Scattermap]:
    signs = _signs(table)
    words = {NONE_FOUND: tr("none found"), NO_PHOTOS: tr("no photos")}
    return [_key(f"{sign} {name}", "rgba(0,0,0,0)") for sign, name in words.items() if sign in signs]


def _signs(table: pd.DataFrame) -> list[str]:
    """The sign of each place without flowers."""
    rows = zip(table["count"], table["photos"], strict=True)
    return ["" if count else NONE_FOUND if photos else NO_PHOTOS for count, photos in rows]


def _style(table: pd.DataFrame, frame: Frame, tiles: MapTiles | None, look: dict[str, str]) -> Style:
    """The ground, the tiles on it, and what belongs to places but is no disc: rings, signs and names."""
    world = not is_near(table["longitude"].to_numpy(), table["latitude"].to_numpy())
    lines = outlines(world=world)
    sources: Style = {
        "land": _geojson(_polygons(land(world=world))),
        "lakes": _geojson(_polygons(lakes())),
        **{layer: _geojson({"type": "MultiLineString", "coordinates": _parts(lines[layer])}) for layer in lines},
        "places": {**_geojson(_features(table)), "cluster": True, "clusterMaxZoom": TOGETHER_UNTIL_ZOOM},
        "scale": _geojson(_scale(frame)),
    }
    layers: list[Style] = [
        {"id": "sea", "type": "background", "paint": {"background-color": look["sea"]}},
        {"id": "land", "type": "fill", "source": "land", "paint": {"fill-color": look["land"]}},
        {"id": "lakes", "type": "fill", "source": "lakes", "paint": {"fill-color": look["sea"]}},
        *(_line(layer, look["line"], **paint) for layer, paint in LINES.items()),
    ]
    if tiles:
        raster = {"type": "raster", "tiles": [tiles.address], "tileSize": 256, "maxzoom": tiles.most_zoom}
        sources["tiles"] = raster
        layers.append({"id": "tiles", "type": "raster", "source": "tiles"})
    single = ["!", ["has", "point_count"]]
    written = {"text-color": look["ink"], "text-halo-color": look["paper"], "text-halo-width": 1.6}
    layers += [
        {
            "id": "rings",
            "type": "circle",
            "source": "places",
            "filter": single,
            "paint": {
                "circle-radius": ["get", "ring_px"],
                "circle-opacity": 0,
                "circle-stroke-color": look["ink"],
                "circle-stroke-opacity": 0.6,
                "circle-stroke-width": 1.2,
            },
        },
        _letters("signs", "sign", SMALL_PX + 3, written, filter=single),
        _letters("names", "name", SMALL_PX, written, filter=single, anchor="top", offset=["get", "below_em"]),
        _line("scale", look["ink"], width=2),
        {**_letters("length", "length", SMALL_PX, written, anchor="bottom-left"), "source": "scale"},
    ]
    return {"version": 8, "sources": sources, "layers": layers}


def _line(source: str, colour: str, *, width: float, opacity: float = 0.85, dash: list[int] | None = None) -> Style:
    paint: Style = {"line-color": colour, "line-width": width, "line-opacity": opacity}
    return {"id": source, "type": "line", "source": source, "paint": paint | ({"line-dasharray": dash} if dash else {})}


def _letters(
    layer: str, name: str, size_px: int, paint: Style, *, anchor: str = "center", offset: Any = None, **more: Any
) -> Style:
    """A layer of words of the places, which hide where they would lie on others."""
    layout: Style = {"text-field": ["get", name], "text-size": size_px, "text-anchor": anchor}
    layout |= {"text-offset": offset} if offset else {"text-allow-overlap": True}
    return {"id": layer, "type": "symbol", "source": "places", "layout": layout, "paint": paint, **more}


def _features(table: pd.DataFrame) -> Style:
    """The places, each with ring, sign and name."""
    rings = _discs_px(table, "count_high")
    rows = zip(table["longitude"], table["latitude"], table["place"], table["count"], rings, _signs(table), strict=True)
    return {
        "type": "FeatureCollection",
        "features": [
            _feature(
                {"type": "Point", "coordinates": [longitude, latitude]},
                name=str(place),
                sign=sign,
                ring_px=round(ring / 2, 1) if count else 0,
                below_em=[0, round((ring / 2 + 3) / SMALL_PX, 2)],
            )
            for longitude, latitude, place, count, ring, sign in rows
        ],
    }


def _scale(frame: Frame) -> Style:
    start, end = [frame.west, frame.south], [frame.bar_end, frame.south]
    bar = _feature({"type": "LineString", "coordinates": [start, end]})
    return {
        "type": "FeatureCollection",
        "features": [bar, _feature({"type": "Point", "coordinates": start}, length=frame.bar_words)],
    }


def _feature(geometry: Style, **properties: Any) -> Style:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _geojson(data: Style) -> Style:
    return {"type": "geojson", "data": data}


def _polygons(rings: list[Line]) -> Style:
    """Closed lines as polygons; one against the clock is a hole in the last that is not."""
    polygons: list[list[Any]] = []
    for ring in rings:
        x, y = ring.T
        if (x[:-1] * y[1:] - x[1:] * y[:-1]).sum() > 0 and polygons:
            polygons[-1].append(ring.tolist())
        else:
            polygons.append([ring.tolist()])
    return {"type": "MultiPolygon", "coordinates": polygons}


def _parts(line: Line) -> list[list[list[float]]]:
    """The lines between the gaps."""
    pieces = np.split(line, np.flatnonzero(np.isnan(line[:, 0])))
    return [piece[~np.isnan(piece[:, 0])].tolist() for piece in pieces if len(piece) > 2]
