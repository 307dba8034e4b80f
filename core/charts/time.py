"""Flowers through the seasons: a small curve for each taxon, and the flowering calendar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.charts.colours import OTHER
from core.charts.form import AMBER, DOUBT_GREY, LEAF, ROW_PX, SMALL_PX, finished, one_line, pale, two_lines, with_doubt
from core.language import tr

CURVE_PX = 96
TOOLS_PX = 24
"""Space above the first curve's name for Plotly's buttons, which screens without a pointer always show."""
LARGEST_PX = 24
FIRST_DAYS = (1, 32, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366)
"""Day of the year on which each month begins, and the year ends."""


def over_time(table: pd.DataFrame, colours: Mapping[str, str], *, note: str) -> go.Figure:
    """Curves of flowers per visit with their band, one per taxon, one below the other; table: totals.over_time."""
    taxa = list(dict.fromkeys(table["taxon"]))
    names = dict(zip(table["taxon"], one_line(table["name"]), strict=True))
    figure = make_subplots(
        rows=max(1, len(taxa)),
        shared_xaxes=True,
        vertical_spacing=0.34 / max(1, len(taxa)),
        subplot_titles=[names[taxon] for taxon in taxa],
    )
    curves = [list(_curve(table[table["taxon"] == taxon], colours.get(taxon, OTHER))) for taxon in taxa]
    rows = [row for row, curve in enumerate(curves, 1) for _ in curve]
    figure.add_traces([trace for curve in curves for trace in curve], rows=rows, cols=1)
    figure.update_annotations(x=0, xanchor="left", font_size=SMALL_PX)
    figure.update_yaxes(rangemode="tozero", nticks=3)
    figure.update_xaxes(tickformat=tr("%b %Y"), nticks=6)
    height_px = 60 + TOOLS_PX + CURVE_PX * max(1, len(taxa))
    finished(figure, height_px=height_px, x=tr("Flowers per visit"), note=note)
    return figure.update_layout(margin_t=figure.layout.margin.t + TOOLS_PX)


def _curve(rows: pd.DataFrame, colour: str) -> Iterator[go.Scatter]:
    edge = {"x": rows["start"], "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    yield go.Scatter(y=rows["high"], **edge)
    yield go.Scatter(y=rows["low"], fill="tonexty", fillcolor=pale(colour), **edge)
    yield go.Scatter(
        x=rows["start"],
        y=rows["per_visit"],
        mode="lines+markers",
        line={"color": colour, "width": 2},
        marker={"size": 6, "line": {"color": DOUBT_GREY, "width": 1}},
        showlegend=False,
        customdata=list(zip(with_doubt(rows, "per_visit", "low", "high"), rows["visits"], strict=True)),
        hovertemplate=tr(
            "{day}<br>flowers per visit: {count}, visits: {visits}",
            day="%{x}",
            count="%{customdata[0]}",
            visits="%{customdata[1]}",
        )
        + "<extra></extra>",
    )


def calendar(
    table: pd.DataFrame, expected: Mapping[str, frozenset[int]], names: Mapping[str, str], *, note: str
) -> go.Figure:
    """Weeks × taxa: a dot for each week with finds, a ring for how many they may be, behind them the expected months.

    table: phenology.calendar. names: the taxa that are drawn and what each is called, the first at the top.
    """
    label = dict(zip(names, two_lines(names.values()), strict=True))
    drawn = table[table["taxon"].isin(list(names))]
    largest = max(1, drawn["count_high"].max()) if len(drawn) else 1
    figure = go.Figure(_season(expected, label))
    in_season = drawn["out_of_season"] == 0
    for rows, name, colour, symbol in (
        (drawn[in_season], tr("found"), LEAF, "circle"),
        (drawn[~in_season], tr("found out of season: please check"), AMBER, "diamond"),
    ):
        figure.add_traces(_finds(rows, label, name, colour, symbol, largest))
    figure.update_yaxes(range=[len(label) - 0.4, -0.6], categoryorder="array", categoryarray=list(label.values()))
    figure.update_xaxes(
        range=[0, 367],
        tickvals=[(start + end) / 2 for start, end in pairwise(FIRST_DAYS)],
        ticktext=tr("J F M A M J J A S O N D").split(" "),
        showgrid=False,
    )
    return finished(figure, height_px=110 + ROW_PX * max(1, len(names)), x=tr("Month"), note=note)


def _season(expected: Mapping[str, frozenset[int]], label: Mapping[str, str]) -> go.Bar:
    runs = [(label[taxon], *run) for taxon in label for run in _runs(sorted(expected.get(taxon, ())))]
    return go.Bar(
        y=[name for name, *_ in runs],
        base=[FIRST_DAYS[first - 1] for _, first, _ in runs],
        x=[FIRST_DAYS[last] - FIRST_DAYS[first - 1] for _, first, last in runs],
        orientation="h",
        width=0.86,
        marker={"color": "rgba(128, 140, 120, 0.28)", "line": {"width": 0}},
        name=tr("expected to flower"),
        hoverinfo="skip",
    )


def _runs(months: Sequence[int]) -> list[tuple[int, int]]:
    """Months in a row, as (first, last)."""
    rows = [[month for _, month in run] for _, run in groupby(enumerate(months), lambda pair: pair[1] - pair[0])]
    return [(run[0], run[-1]) for run in rows]


def _finds(
    rows: pd.DataFrame, label: Mapping[str, str], name: str, colour: str, symbol: str, largest: int
) -> list[go.Scatter]:
    place = {"x": rows["week"] * 7 - 3, "y": rows["taxon"].map(label), "mode": "markers", "cliponaxis": False}
    ring = go.Scatter(
        **place,
        marker={"size": _size(rows["count_high"], largest), "symbol": f"{symbol}-open", "color": colour},
        hoverinfo="skip",
        showlegend=False,
    )
    dot = go.Scatter(
        **place,
        marker={"size": _size(rows["count"], largest), "symbol": symbol, "color": colour},
        name=name,
        customdata=list(zip(with_doubt(rows), rows["visits"], rows["week"], rows["years"], strict=True)),
        hovertemplate=tr(
            "{name}<br>week {week}, {years}<br>flowers: {count}, visits: {visits}",
            name="%{y}",
            week="%{customdata[2]}",
            count="%{customdata[0]}",
            visits="%{customdata[1]}",
            years="%{customdata[3]}",
        )
        + "<extra></extra>",
    )
    return [ring, dot]


def _size(count: pd.Series, largest: int) -> pd.Series:
    """Diameters of dots whose areas are proportional to the counts."""
    return (LARGEST_PX * (count / largest) ** 0.5).clip(lower=5)
