"""The app's own address: it leads to where a person's work begins, so that every page has an address of its own."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from web.session import require

person = require("researcher")

PAGES = Path(__file__).parent.parent

st.switch_page(PAGES / ("insight/overview.py" if person.may("lead") else "field/count.py"))
