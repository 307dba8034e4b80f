"""The app's own address: it leads to where a person's work begins, so that every page has an address of its own.

While there are no photos, that is *Count flowers* for everybody.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from web.session import require
from web.tables import has_photos

person = require("researcher")

PAGES = Path(__file__).parent.parent

sees_counts = person.may("lead") and has_photos()
st.switch_page(PAGES / ("insight/overview.py" if sees_counts else "field/count.py"))
