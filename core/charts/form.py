"""Parts that all figures share: sizes, names in italics, doubt, and the rule by which repeats were counted.

Text and background colours are the page's, which knows whether it is light or dark. Everything that tells taxa apart
has a shape, a place or a word beside its colour, so that figures read in grey.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from textwrap import wrap

import pandas as pd
import plotly.graph_objects as go

from core.formatting import THIN_SPACE, at_least, mean, number, with_interval
from core.recognition.taxa import UNKNOWN_TAXON

ROW_PX = 40
"""Height of the row of a taxon whose name takes two lines."""
NOTE_COLUMNS = 34
"""Letters per line of a note, which is read on a phone too."""
SITE_COLUMNS = 20
DOUBT_GREY = "#808080"
BAR_OPACITY = 0.7
"""Pale enough to see error bars on the bars."""
BELOW_TOOLS = {"text": "\u00a0", "font": {"size": 22}, "side": "top left"}
"""A legend's empty first line, where screens without a pointer show Plotly's buttons all the time."""
TEXT_PX = 14
SMALL_PX = 13
"""The smallest letters of any chart: ticks, legends, notes."""
LEGEND = {
    "font": {"size": SMALL_PX},
    "orientation": "h",
    "y": 1.0,
    "yanchor": "bottom",
    "x": 0,
    "xanchor": "left",
    "title": BELOW_TOOLS,
    "tracegroupgap": 0,
}
TEXT = {
    "separators": f".{THIN_SPACE}",
    "font": {"size": TEXT_PX},
    "hoverlabel": {"align": "left", "font": {"size": TEXT_PX}},
}
"""Letters and numbers of every figure."""
LEAF, AMBER = "#4C9A5B", "#D98200"
"""Colours that stand out from light and dark paper."""


def finished(figure: go.Figure, *, height_px: int, x: str = "", y: str = "", note: str = "") -> go.Figure:
    """The figure with its axis titles; note: what must be read with it, below the axis and so in saved pictures too."""
    title = {"font": {"size": TEXT_PX}}
    axis = {"automargin": True, "tickfont": {"size": SMALL_PX}, "title": title}
    upright = axis | {"ticklabelstandoff": 8, "title": title | ({"text": y} if y else {})}
    *level, lowest = [one.plotly_name for one in figure.select_xaxes()]
    below = axis | {"title": title | {"text": x + _below(note), "standoff": 8}}
    return figure.update_layout(
        TEXT
        | {
            "height": height_px + 18 * len(_lines_of(note)),
            "margin": {"l": 8, "r": 16, "t": 32, "b": 8},
            "legend": LEGEND,
            "dragmode": False,
            lowest: below,
        }
        | dict.fromkeys(level, axis)
        | {one.plotly_name: upright for one in figure.select_yaxes()}
    )


def two_lines(names: Iterable[str]) -> list[str]:
    """`Papaver rhoeas · corn poppy` as an axis has it: the scientific name in italics, the other below it."""
    return ["<br>".join(_lines(name)) for name in names]


def one_line(names: Iterable[str]) -> list[str]:
    """Names as headings and hover texts have them, on one line."""
    return [" · ".join(_lines(name)) for name in names]


def over_lines(site: str) -> str:
    """The name of a site as an axis has it, long ones over several lines."""
    return "<br>".join(escape(line, quote=False) for line in wrap(site, SITE_COLUMNS) or [site])


def with_doubt(
    table: pd.DataFrame, count: str = "count", low: str = "count_low", high: str = "count_high"
) -> list[str]:
    """Each row's count as `7 (6-9)`, `≥ 7` where it is a lower bound; means with one decimal, below 0.1 one figure."""
    written = number if pd.api.types.is_integer_dtype(table[count]) else mean
    bounds = table["lower_bound"] if "lower_bound" in table else pd.Series(False, table.index)
    rows = zip(table[count], table[low], table[high], bounds, strict=True)
    return [
        at_least(written(value)) if bound else with_interval(value, least, most, written)
        for value, least, most, bound in rows
    ]


def bars_of_doubt(middle: pd.Series, low: pd.Series, high: pd.Series) -> dict[str, object]:
    """Plotly's error bars from low to high."""
    return {
        "type": "data",
        "symmetric": False,
        "array": (high - middle).clip(lower=0),
        "arrayminus": (middle - low).clip(lower=0),
        "color": DOUBT_GREY,
        "thickness": 2,
        "width": 4,
    }


def patterns(taxa: Iterable[str]) -> list[str]:
    """Patterns of bars: those of unknown flowers are hatched."""
    return ["/" if taxon == UNKNOWN_TAXON else "" for taxon in taxa]


def pale(colour: str) -> str:
    """The colour of a band around a line of this colour, "#0072B2"."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.22)"


def _below(note: str) -> str:
    return "".join(f"<br><span style='font-size:{SMALL_PX}px'>{line}</span>" for line in _lines_of(note))


def _lines_of(note: str) -> list[str]:
    return [line for part in note.split("; ") for line in wrap(part, NOTE_COLUMNS)]


def _lines(name: str) -> list[str]:
    scientific, _, vernacular = escape(name, quote=False).partition(" · ")
    if vernacular:
        return [f"<i>{scientific}</i>", vernacular]
    genus, parenthesis, rank = scientific.partition(" (")
    is_scientific = genus[:1].isupper() and (not parenthesis or " " not in genus)
    return [f"<i>{genus}</i>{parenthesis}{rank}"] if is_scientific else [scientific]
