"""Tabs of which only the open one is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st


def show_tabs(tabs: Mapping[str, Callable[[], None]], *, compared: str = "") -> None:
    """Show a tab for each name and draw the content of the open one, which the page's address keeps.

    compared: the tab that opens as soon as groups are compared.
    """
    key = "compared" if compared else "tab"
    shown = st.tabs(list(tabs), default=compared or None, key=key, bind="query-params")
    for tab, draw in zip(shown, tabs.values(), strict=True):
        if tab.open:
            with tab:
                draw()
