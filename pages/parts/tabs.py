"""Tabs of which only the open one is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st


def show_tabs(tabs: Mapping[str, Callable[[], None]], default: str | None = None) -> None:
    """Show a tab for each name and draw the content of the open one, which the page's address keeps."""
    shown = st.tabs(list(tabs), default=default, key="tab", bind="query-params")
    for tab, draw in zip(shown, tabs.values(), strict=True):
        if tab.open:
            with tab:
                draw()
