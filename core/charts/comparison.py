"""Groups side by side: flowers per visit of each taxon on one axis, and the differences to the first group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import OKABE_ITO
from core.charts.form import (
    DOUBT_GREY,
    SMALL_PX,
    bars_of_doubt,
    finished,
    one_line,
    two_lines,
    with_doubt,
)
from core.formatting import THIN_SPACE, mean
from core.language import tr
from core.survey.comparison import ALL
from core.survey.totals import display_names

SHAPES = ("circle", "diamond", "square", "triangle-up")
GROUP_PX, APART_PX = 15, 20
"""The height of a group's row in that of a taxon, and what lies between two taxa."""
MOST_SAID = 3


def side_by_side(table: pd.DataFrame, words: Mapping[str, str], *, note: str) -> go.Figure:
    """Dots with intervals, a row a taxon, in it one a group; table: comparison.compared. words: the groups' names."""
    rows = table[table["taxon"] != ALL]
    figure = _rows(rows, list(words), words, ("per_visit", "low", "high"))
    figure.update_xaxes(rangemode="tozero")
    return finished(figure, height_px=_height_px(rows, len(words)), x=tr("Flowers per visit"), note=note)


def differences(table: pd.DataFrame, words: Mapping[str, str], *, note: str) -> go.Figure:
    """Differences to the first group with their intervals; open signs where the interval has 0 in it."""
    groups = list(words)
    rows = table[(table["taxon"] != ALL) & table["difference"].notna()]
    figure = _rows(rows, groups[1:], words, ("difference", "difference_low", "difference_high"), skipped=1)
    figure.add_vline(x=0, line={"color": DOUBT_GREY, "width": 1})
    title = tr("Flowers per visit more than {group}", group=words[groups[0]])
    return finished(figure, height_px=_height_px(rows, len(groups) - 1), x=escape(title), note=note)


def in_card(figure: go.Figure, table: pd.DataFrame) -> go.Figure:
    """One of these charts as a card shows it, as high as the card; its names take one line each."""
    names = table[table["taxon"] != ALL].drop_duplicates("taxon")
    figure.update_yaxes(ticktext=[name.partition(" · ")[0] for name in one_line(display_names(names))])
    figure.update_xaxes(title_text="")
    return figure.update_layout(legend_title="", margin={"l": 4, "r": 12, "t": 24, "b": 4}, height=None)


def small_side_by_side(table: pd.DataFrame, words: Mapping[str, str], most: int) -> go.Figure:
    """The first taxa side by side, for a card."""
    first = _first(table, most)
    return in_card(side_by_side(first, words, note=""), first)


def small_differences(table: pd.DataFrame, words: Mapping[str, str], most: int) -> go.Figure:
    """The differences of the first taxa, for a card."""
    first = _first(table, most)
    return in_card(differences(first, words, note=""), first[first["difference"].notna()])


def _first(table: pd.DataFrame, most: int) -> pd.DataFrame:
    named = [taxon for taxon in dict.fromkeys(table["taxon"]) if taxon != ALL][:most]
    return table[table["taxon"].isin(named)]


def in_words(table: pd.DataFrame, words: Mapping[str, str]) -> str:
    """Describe the chart: the flowers of all taxa in each group, and the clearest differences."""
    every = table[table["taxon"] == ALL]
    means = zip(every["group"], with_doubt(every, "per_visit", "low", "high"), strict=True)
    said = [tr("Flowers per visit: {groups}.", groups="; ".join(f"{words[group]} {figure}" for group, figure in means))]
    clear = table[table["clear"] & (table["taxon"] != ALL)]
    if clear.empty and table["difference"].notna().any():
        said.append(tr("No taxon differs clearly: each 90 % interval of a difference has 0 in it."))
    most = clear.loc[clear["difference"].abs().sort_values(ascending=False).index[:MOST_SAID]]
    if len(most):
        parts = [
            tr("{taxon} {difference} ({group})", taxon=taxon, difference=difference, group=words[group])
            for taxon, difference, group in zip(display_names(most), signed(most), most["group"], strict=True)
        ]
        said.append(tr("Clear differences: {differences}.", differences="; ".join(parts)))
    return " ".join(said)


def signed(table: pd.DataFrame) -> list[str]:
    """Each row's difference as `+3.1 (+1.2 to +5.0)`; empty where there is none."""
    figures = zip(*(table[name] for name in ("difference", "difference_low", "difference_high")), strict=True)
    return [
        "" if pd.isna(value) else f"{_sign(value)} ({tr('{low} to {high}', low=_sign(low), high=_sign(high))})"
        for value, low, high in figures
    ]


def _sign(value: float) -> str:
    return ("+" if value > 0 else "−" if value < 0 else "") + mean(abs(value)).replace(" ", THIN_SPACE)


def _height_px(rows: pd.DataFrame, groups: int) -> int:
    taxa: int = rows["taxon"].nunique()
    return 110 + (APART_PX + GROUP_PX * max(1, groups)) * max(1, taxa)


def _rows(
    rows: pd.DataFrame, groups: Sequence[str], words: Mapping[str, str], columns: tuple[str, str, str], skipped: int = 0
) -> go.Figure:
    """A dot with its interval a group, one below the other in the row of a taxon."""
    taxa = list(dict.fromkeys(rows["taxon"]))
    names = dict(zip(rows["taxon"], two_lines(display_names(rows)), strict=True))
    figure, (value, low, high) = go.Figure(), columns
    for place, group in enumerate(groups):
        of = rows[rows["group"] == group]
        at = of["taxon"].map(taxa.index) + (place - (len(groups) - 1) / 2) * 0.7 / max(1, len(groups))
        sign, colour = SHAPES[place + skipped], OKABE_ITO[place + skipped]
        figures = signed(of) if value == "difference" else with_doubt(of, *columns)
        open_signs = [f"{sign}-open" if value == "difference" and not clear else sign for clear in of["clear"]]
        figure.add_trace(
            go.Scatter(
                x=of[value],
                y=at,
                mode="markers",
                cliponaxis=False,
                name=escape(words[group]),
                marker={"color": colour, "size": 9, "symbol": open_signs},
                error_x={**bars_of_doubt(of[value], of[low], of[high]), "color": colour},
                customdata=list(
                    zip(of["taxon"], of["group"], one_line(display_names(of)), figures, of["visits"], strict=True)
                ),
                hovertemplate=tr(
                    "{name}<br>{group}: {count}, visits: {visits}",
                    name="%{customdata[2]}",
                    group=escape(words[group]),
                    count="%{customdata[3]}",
                    visits="%{customdata[4]}",
                )
                + "<extra></extra>",
            )
        )
    figure.update_yaxes(
        tickvals=list(range(len(taxa))),
        ticktext=[names[taxon] for taxon in taxa],
        range=[len(taxa) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
        tickfont_size=SMALL_PX,
    )
    return figure.update_layout(showlegend=True, hovermode="closest")
