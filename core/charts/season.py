"""The season on one axis: this year's weeks over those of earlier years; core/survey/season.py makes the table."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import plotly.graph_objects as go

from core.charts.form import DOUBT_GREY, LEAF, finished, pale, with_doubt
from core.charts.time import FIRST_DAYS
from core.language import tr

HEIGHT_PX = 260
MOST_EARLIER = 5
"""Years before the newest that are drawn."""
DASHES = ("dash", "dot", "dashdot", "longdash", "longdashdot")


def weeks(table: pd.DataFrame, *, note: str) -> go.Figure:
    """Flowers per visit of all taxa, week by week: the newest year with its band, earlier ones as thin broken lines.

    table: season.by_week, with a row or more. Each point's customdata begins with the Monday of its week.
    """
    years = sorted(table["year"].unique())
    earlier = [
        _line(
            table[table["year"] == year],
            str(year),
            line={"color": DOUBT_GREY, "width": 1.5, "dash": dash},
            marker={"size": 4},
        )
        for year, dash in zip(years[-2::-1][:MOST_EARLIER], DASHES, strict=False)
    ]
    newest = table[table["year"] == years[-1]]
    edge = {"x": newest["week"] * 7 - 3, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    months = {
        "range": [0, 367],
        "tickvals": [(start + end) / 2 for start, end in pairwise(FIRST_DAYS)],
        "ticktext": tr("J F M A M J J A S O N D").split(" "),
        "showgrid": False,
    }
    figure = go.Figure(
        [
            *earlier,
            go.Scatter(y=newest["high"], showlegend=False, **edge),
            go.Scatter(y=newest["low"], showlegend=False, fill="tonexty", fillcolor=pale(LEAF), **edge),
            _line(newest, str(years[-1]), line={"color": LEAF, "width": 2.5}, marker={"size": 7}),
        ],
        {"xaxis": months, "yaxis": {"rangemode": "tozero", "nticks": 4}},
    )
    return finished(figure, height_px=HEIGHT_PX, note=note).update_layout(
        legend={"traceorder": "reversed", "title": {"text": ""}}, margin={"l": 4, "r": 4, "t": 24, "b": 4}
    )


def in_words(table: pd.DataFrame) -> str:
    """Describe the chart in a sentence."""
    newest = table[table["year"] == table["year"].max()]
    most = newest.loc[[newest["per_visit"].idxmax()]]
    if not most["per_visit"].iloc[0]:
        return tr(
            "Flowers per visit by week, {year} over earlier years. None in {year} so far.",
            year=int(most["year"].iloc[0]),
        )
    return tr(
        "Flowers per visit by week, {year} over earlier years. Band: 90 % interval. Most in {year}: {count} in week "
        "{week}.",
        year=int(most["year"].iloc[0]),
        count=with_doubt(most, "per_visit", "low", "high")[0],
        week=int(most["week"].iloc[0]),
    )


def _line(rows: pd.DataFrame, year: str, **looks: object) -> go.Scatter:
    return go.Scatter(
        x=rows["week"] * 7 - 3,
        y=rows["per_visit"],
        mode="lines+markers",
        name=year,
        customdata=list(
            zip(
                rows["start"].dt.strftime("%Y-%m-%d"),
                rows["week"],
                with_doubt(rows, "per_visit", "low", "high"),
                rows["visits"],
                strict=True,
            )
        ),
        hovertemplate=tr(
            "week {week}, {year}<br>flowers per visit: {count}, visits: {visits}",
            week="%{customdata[1]}",
            year=year,
            count="%{customdata[2]}",
            visits="%{customdata[3]}",
        )
        + "<extra></extra>",
        **looks,
    )
