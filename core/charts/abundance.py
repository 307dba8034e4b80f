"""Charts of flowers by taxon and by family; core/survey/totals.py makes the tables."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import OTHER
from core.charts.form import (
    BAR_OPACITY,
    LEAF,
    ROW_PX,
    bars_of_doubt,
    finished,
    one_line,
    patterns,
    two_lines,
    with_doubt,
)
from core.formatting import number
from core.language import tr

SMALLEST = 0.5
"""The end of a logarithmic axis, half a flower: a lower bound of none is drawn there."""


def abundance(table: pd.DataFrame, colours: Mapping[str, str], *, note: str) -> go.Figure:
    """Bars of flowers with their bounds, a row of `by_taxon` each, in its order."""
    bars = go.Bar(
        y=two_lines(table["name"]),
        x=table["count"],
        orientation="h",
        error_x=bars_of_doubt(table["count"], table["count_low"], table["count_high"]),
        marker={
            "opacity": BAR_OPACITY,
            "color": [colours.get(taxon, OTHER) for taxon in table["taxon"]],
            "pattern": {"shape": patterns(table["taxon"]), "fgcolor": "#FFFFFF", "size": 6},
        },
        customdata=list(zip(one_line(table["name"]), with_doubt(table), table["visits"], strict=True)),
        hovertemplate=tr(
            "{name}<br>flowers: {count}, visits: {visits}",
            name="%{customdata[0]}",
            count="%{customdata[1]}",
            visits="%{customdata[2]}",
        )
        + "<extra></extra>",
    )
    figure = go.Figure(bars)
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(rangemode="tozero", tickformat=",d")
    return finished(figure, height_px=90 + ROW_PX * max(1, len(table)), x=tr("Flowers"), note=note)


def most_abundant(table: pd.DataFrame, shown: int) -> str:
    """Describe a chart of the first rows of `by_taxon` in a sentence."""
    most = [
        tr("{taxon} {count}", taxon=name, count=count)
        for name, count in zip(table["name"].head(3), with_doubt(table.head(3)), strict=True)
    ]
    return tr(
        "Flowers by taxon, {shown} of {names} names with {percent} % of the flowers. Error bars: 90 % "
        "interval. Most: {most}.",
        shown=number(shown),
        names=number(len(table)),
        percent=round(100 * table["count"].head(shown).sum() / max(1, table["count"].sum())),
        most=", ".join(most),
    )


def rank_abundance(table: pd.DataFrame, *, note: str) -> go.Figure:
    """Flowers of each taxon by rank on a logarithmic axis: steep where a few taxa dominate."""
    rank = list(range(1, len(table) + 1))
    low = table["count_low"].clip(lower=SMALLEST)
    line = go.Scatter(
        x=rank,
        y=table["count"],
        mode="lines+markers",
        line={"color": LEAF, "width": 1.5},
        marker={"size": 7, "color": LEAF},
        error_y=bars_of_doubt(table["count"], low, table["count_high"]),
        customdata=list(zip(one_line(table["name"]), with_doubt(table), strict=True)),
        hovertemplate="%{x}. %{customdata[0]}<br>%{customdata[1]}<extra></extra>",
    )
    figure = go.Figure(line)
    figure.update_yaxes(type="log", dtick=1, tickformat=",d")
    figure.update_xaxes(tickformat=",d", dtick=1 if len(rank) < 12 else None)
    return finished(figure, height_px=380, x=tr("Rank, most abundant first"), y=tr("Flowers"), note=note)


def families(table: pd.DataFrame, *, note: str) -> go.Figure:
    """Each family's share of the flowers that have one, with bounds."""
    bars = go.Bar(
        y=[f"<i>{family}</i>" for family in table["family"]],
        x=table["share"],
        orientation="h",
        error_x=bars_of_doubt(table["share"], table["share_low"], table["share_high"]),
        marker={"color": LEAF, "opacity": BAR_OPACITY},
        customdata=list(zip(with_doubt(table), table["share_low"], table["share_high"], strict=True)),
        hovertemplate="<i>%{y}</i><br>%{x:.1%} (%{customdata[1]:.1%}-%{customdata[2]:.1%}), %{customdata[0]}"
        "<extra></extra>",
    )
    figure = go.Figure(bars)
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(rangemode="tozero", tickformat=".0%")
    return finished(
        figure, height_px=90 + 30 * max(1, len(table)), x=tr("Share of the flowers with a family"), note=note
    )
