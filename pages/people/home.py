"""The app's own address: it leads to where a person's work begins, so that every page has an address of its own.

While there are no photos, that is *Count flowers* for everybody.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.parts.results import has_photos
from web.session import require

person = require("researcher")

PAGES = Path(__file__).parent.parent

sees_counts = person.may("lead") and has_photos()
st.switch_page(PAGES / ("insight/overview.py" if sees_counts else "field/count.py"))
