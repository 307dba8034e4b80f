"""A page with the filter and nothing else, for test_filter_bar.py."""

import streamlit as st

from pages.parts.filter_bar import filter_bar
from web.session import require

require("researcher")
st.json(filter_bar().to_query())
