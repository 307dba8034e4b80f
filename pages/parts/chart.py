"""One chart as every page shows it: the figure, its sentence, and the downloads of picture and table."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.exports.csv import write_csv
from core.language import tr


def show_chart(
    figure: go.Figure, table: pd.DataFrame, *, name: str, alt: str, on_select: Callable[[], None] | None = None
) -> None:
    """The figure with `alt`, a sentence that says what it shows, below it; PNG and SVG of it, CSV of its table.

    table: the very rows that were drawn. name: of the files and of the widgets, once a page, as in "abundance".
    on_select: runs after a click on a point, which is then in the session state as `chart_<name>`.
    """
    st.plotly_chart(
        figure,
        key=f"chart_{name}",
        alt=alt,
        config=_config(name) | {"scrollZoom": figure.layout.dragmode == "pan"},
        on_select=on_select or "ignore",
        selection_mode="points",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(alt, width="stretch")
        st.download_button(
            tr("Download CSV"),
            lambda: _csv(table),
            f"bloomcount-{name}.csv",
            "text/csv",
            key=f"csv_{name}",
            on_click="ignore",
            icon=":material/download:",
            type="tertiary",
        )


def _config(name: str) -> dict[str, object]:
    return {
        "displaylogo": False,
        "modeBarButtonsToRemove": ["select2d", "lasso2d"],
        "toImageButtonOptions": {"format": "png", "filename": f"bloomcount-{name}", "scale": 2},
    }


def _csv(table: pd.DataFrame) -> str:
    file = StringIO(newline="")
    columns = [str(column) for column in table.columns]
    write_csv(table.astype(object).where(table.notna(), None).to_dict("records"), file, columns)
    return file.getvalue()
