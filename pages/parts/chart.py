"""One chart as every page shows it: the figure, its sentence, and the downloads of picture and table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.csv_files import table_rows
from core.formatting import day
from core.language import tr
from core.survey.filter_words import describe, taxa_by_name
from pages.parts.downloads import download_rows
from pages.parts.filter_bar import FILTER
from web.markdown import plain
from web.tables import figure, labels

_html, _css, _js = (
    (Path(__file__).parent / "pictures" / f"pictures.{kind}").read_text(encoding="utf-8")
    for kind in ("html", "css", "js")
)
_pictures = st.components.v2.component("bloomcount.pictures", html=_html, css=_css, js=_js)


def show_chart(
    draw: partial[go.Figure],
    table: pd.DataFrame,
    *,
    name: str,
    alt: str,
    title: str = "",
    on_select: Callable[[], None] | None = None,
) -> None:
    """The figure with `alt`, a sentence on what it shows, below it; it as PNG and SVG, its table as CSV and Excel.

    title: of saved pictures, which say the filter and the date too; the first sentence of `alt` where there is none.

    draw: makes the figure; called once for all who ask for the same one in the same language. table: the very rows that
    it draws. name: of the files and of the widgets, once a page, as in "abundance". on_select: runs after a click on a
    point, which is then in the session state as `plot_<name>`.
    """
    drawn = figure(draw)
    file = f"bloomcount-{name}"
    with st.container(key=f"chart_{name}"):
        st.plotly_chart(
            drawn,
            key=f"plot_{name}",
            alt=alt,
            config={
                "displaylogo": False,
                "scrollZoom": drawn.layout.dragmode == "pan",
                "modeBarButtonsToRemove": ["toImage"],
            },
            on_select=on_select or "ignore",
            selection_mode="points",
        )
    st.caption(plain(alt))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        download_table(table, name)
        _pictures(
            key=f"pictures_{name}",
            width="content",
            data={
                "chart": f"chart_{name}",
                "file": file,
                "title": title or alt.partition(". ")[0].rstrip("."),
                "about": filter_in_words(),
                "date": f"Bloomcount, {day(date.today())}",
                "words": {"png": "PNG", "svg": "SVG"},
                "labels": {"png": tr("Save the chart as PNG"), "svg": tr("Save the chart as SVG")},
            },
        )


def filter_in_words() -> str:
    """The filter that holds, for pictures that leave the page."""
    chosen = FILTER.kept()
    return describe(chosen, taxa_by_name(chosen.taxa, labels())) or tr("All photos")


def small_chart(draw: partial[go.Figure], *, name: str, alt: str) -> list[str]:
    """A chart that fills its card, without downloads; return the words (customdata) of the point that was clicked."""
    with st.container(key=f"small_{name}", height="stretch"):
        chosen = st.plotly_chart(
            figure(draw),
            key=f"plot_{name}",
            alt=alt,
            height="stretch",
            config={"displayModeBar": False},
            on_select="rerun",
            selection_mode="points",
        )
    points = chosen["selection"]["points"]
    return [str(word) for word in points[0].get("customdata") or ()] if points else []


def download_table(table: pd.DataFrame, name: str) -> None:
    """The buttons that save these rows."""
    columns = list(map(str, table.columns))
    download_rows(lambda: table_rows(table), columns, f"bloomcount-{name}", key=name)
