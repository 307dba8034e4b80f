"""The chart of Bland and Altman (1986): how far two counts of the same photos differ, over their mean."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from core.charts.form import AMBER, LEAF, finished
from core.language import tr

_LEAST_PX, _PX_OF_PHOTO, _MOST_PX = 7, 3, 26


def bland_altman(table: pd.DataFrame, bias: float, limits: tuple[float, float], *, note: str) -> go.Figure:
    """A disc for each mean and difference that occur, larger for more photos; lines at the bias and at both limits.

    table: `mean`, `difference` and `photos`.
    """
    discs = go.Scatter(
        x=table["mean"],
        y=table["difference"],
        mode="markers",
        marker={
            "size": (_LEAST_PX + _PX_OF_PHOTO * (table["photos"] - 1)).clip(upper=_MOST_PX),
            "color": LEAF,
            "opacity": 0.75,
            "line": {"width": 1, "color": "#FFFFFF"},
        },
        customdata=table["photos"],
        hovertemplate=tr(
            "mean {mean}, difference {difference}: {photos} photos",
            mean="%{x}",
            difference="%{y}",
            photos="%{customdata}",
        )
        + "<extra></extra>",
    )
    figure = go.Figure(discs)
    lines = (
        (bias, tr("bias"), "solid", "top left"),
        (limits[0], tr("95 % limit"), "dash", "bottom right"),
        (limits[1], tr("95 % limit"), "dash", "top right"),
    )
    for height, word, dash, side in lines:  # where all agree the three are one line
        figure.add_hline(
            height,
            line={"color": AMBER, "dash": dash, "width": 2},
            annotation={"text": f"{word} {height:+.1f}", "xanchor": side.split()[1]},
            annotation_position=side,
        )
    figure.update_layout(showlegend=False)
    figure.update_xaxes(rangemode="tozero")
    return finished(figure, height_px=360, x=tr("Mean of both counts, flowers"), y=tr("Machine less person"), note=note)
