"""A choice between a few things in a row of buttons, of which one is always chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import streamlit as st

One = TypeVar("One", bound=str)


def choose_one(label: str, words: Mapping[One, str], *, key: str) -> One:
    """Choose one of these by their words, the first at the start. label: for those who hear the page."""
    chosen: One = st.segmented_control(
        label,
        list(words),
        default=next(iter(words)),
        required=True,
        format_func=words.__getitem__,
        key=key,
        label_visibility="collapsed",
    )
    return chosen
