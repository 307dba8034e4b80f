"""Ticking a range of boxes with shift, which Streamlit's own boxes know nothing of."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_component = st.components.v2.component(
    "bloomcount.ranges", js=(Path(__file__).parent / "ranges.js").read_text(encoding="utf-8")
)


def ranges_by_shift(prefix: str) -> None:
    """Let shift tick all boxes between two whose keys begin with this."""
    _component(key=f"ranges_{prefix}", data={"prefix": prefix}, height="content")
