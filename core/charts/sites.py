"""Charts that compare sites: which taxa grow there, how diverse each is, and how unlike they are."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import OKABE_ITO
from core.charts.form import LEAF, ROW_PX, bars_of_doubt, finished, one_line, over_lines, pale, two_lines, with_doubt
from core.language import tr

SHADES = "Cividis"
"""Even steps for the colour-blind and in grey (Nuñez, Anderton and Renslow 2018, PLoS ONE 13:e0199239)."""
STEPS = (0, 1, 3, 10, 30, 100, 300, 1000)
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "5px 2px", "2px 6px")


def sites_by_taxa(table: pd.DataFrame, *, note: str) -> go.Figure:
    """Heat map of sites and taxa, brighter for more flowers per visit (log scale); table: totals.by_site_and_taxon."""
    names = dict(zip(table["taxon"], two_lines(table["name"]), strict=True))
    bounds = {end: table[f"count_{end}"] / table["visits_to_site"] for end in ("low", "high")}
    means = with_doubt(table.assign(**bounds), "per_visit", *bounds)
    cells = table.assign(flowers=with_doubt(table), named=one_line(table["name"]), mean=means)
    wide = {
        column: cells.pivot(index="taxon", columns="site", values=column).reindex(list(names))
        for column in ("per_visit", "flowers", "named", "mean")
    }
    figure = go.Figure(
        go.Heatmap(
            z=np.log10(1 + wide["per_visit"].to_numpy(dtype=float)),
            x=[over_lines(site or tr("no site given")) for site in wide["per_visit"].columns],
            y=list(names.values()),
            customdata=np.dstack([wide[column].to_numpy(dtype=object) for column in ("flowers", "named", "mean")]),
            colorscale=SHADES,
            zmin=0,
            xgap=1,
            ygap=1,
            hoverongaps=False,
            colorbar={
                "title": {"text": tr("per visit")},
                "tickvals": [np.log10(1 + step) for step in STEPS],
                "ticktext": STEPS,
                "thickness": 10,
                "len": 0.6,
            },
            hovertemplate=tr(
                "{name}<br>{site}<br>flowers: {count}, per visit: {mean}",
                name="%{customdata[1]}",
                site="%{x}",
                count="%{customdata[0]}",
                mean="%{customdata[2]}",
            )
            + "<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(tickangle=-40, showgrid=False)
    return finished(figure, height_px=190 + ROW_PX * max(1, len(names)), note=note)


def indices(table: pd.DataFrame, *, title: str, note: str) -> go.Figure:
    """One index of each community with its interval, a row of diversity.index_table each."""
    rows = table.dropna(subset=["value"])
    dots = go.Scatter(
        y=rows["community"].map(over_lines),
        x=rows["value"],
        mode="markers",
        marker={"size": 10, "color": LEAF},
        error_x=bars_of_doubt(rows["value"], rows["low"], rows["high"]),
        customdata=list(zip(rows["low"], rows["high"], rows["flowers"], strict=True)),
        hovertemplate=tr(
            "{site}<br>{value} ({low}-{high}), flowers: {flowers}",
            site="%{y}",
            value="%{x:.2f}",
            low="%{customdata[0]:.2f}",
            high="%{customdata[1]:.2f}",
            flowers="%{customdata[2]:,d}",
        )
        + "<extra></extra>",
    )
    figure = go.Figure(dots)
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_xaxes(rangemode="tozero")
    return finished(figure, height_px=120 + 34 * max(1, len(rows)), x=title, note=note)


def curves(table: pd.DataFrame, *, x: str, note: str) -> go.Figure:
    """Rarefaction curves with their bands, one per community, by flowers or photos; table: `community` and
    the columns of diversity.rarefaction."""
    figure = go.Figure()
    for (community, rows), colour, dash in zip(table.groupby("community", sort=False), OKABE_ITO, DASHES, strict=False):
        edge = {"x": rows["units"], "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
        legend = {"legendgroup": str(community)}
        figure.add_trace(go.Scatter(y=rows["high"], **edge, **legend))
        figure.add_trace(go.Scatter(y=rows["low"], fill="tonexty", fillcolor=pale(colour), **edge, **legend))
        figure.add_trace(
            go.Scatter(
                x=rows["units"],
                y=rows["taxa"],
                mode="lines",
                name=escape(str(community)),
                line={"color": colour, "dash": dash, "width": 2},
                customdata=list(zip(rows["low"], rows["high"], strict=True)),
                hovertemplate=tr(
                    "{site}: {taxa} taxa ({low}-{high}) among {units}",
                    site="%{fullData.name}",
                    taxa="%{y:.1f}",
                    low="%{customdata[0]:.1f}",
                    high="%{customdata[1]:.1f}",
                    units="%{x:,d}",
                )
                + "<extra></extra>",
                **legend,
            )
        )
    figure.update_xaxes(rangemode="tozero", tickformat=",d")
    figure.update_yaxes(rangemode="tozero")
    return finished(figure, height_px=440, x=x, y=tr("Taxa"), note=note)


def unlikeness(matrix: pd.DataFrame, *, note: str) -> go.Figure:
    """Bray-Curtis between each two sites, numbered on both axes: 0 the same, 1 nothing in common.

    matrix: diversity.unlikeness.
    """
    numbers = [str(number) for number in range(1, len(matrix) + 1)]
    names = [escape(str(site), quote=False) for site in matrix.index]
    figure = go.Figure(
        go.Heatmap(
            z=matrix.to_numpy(),
            x=numbers,
            y=[f"{over_lines(site)} {number}" for site, number in zip(matrix.index, numbers, strict=True)],
            colorscale=SHADES,
            zmin=0,
            zmax=1,
            xgap=1,
            ygap=1,
            texttemplate="%{z:.2f}" if len(matrix) <= 10 else None,
            colorbar={"thickness": 10, "len": 0.6},
            customdata=[[(this, that) for that in names] for this in names],
            hovertemplate="%{customdata[0]} - %{customdata[1]}<br>%{z:.3f}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    figure.update_xaxes(type="category", showgrid=False)
    return finished(figure, height_px=130 + 34 * max(1, len(matrix)), note=note)
