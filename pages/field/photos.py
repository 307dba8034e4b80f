"""Photos: what was stored before, newest first."""

from __future__ import annotations

import streamlit as st

from core.survey.summary import summarise
from pages.parts.app import bloomcount, package
from pages.parts.results import PHOTOS_A_PAGE, empty_page, say_model_problem, show_cards, threshold_slider
from pages.parts.session import require
from pages.parts.words import plural

person = require("researcher")

st.title("Photos")
page = st.session_state.get("photos_page", 1)
results, total = bloomcount().library.photos_page(page=page - 1, per_page=PHOTOS_A_PAGE)
if total == 0:
    empty_page("No photos yet. What you drop on *Count flowers* is kept and shown here.")

elif not say_model_problem():
    st.caption(f"{plural(total, 'photo')}, newest first")
    threshold = threshold_slider(package())
    summary = summarise(results, package_of=bloomcount().models.package_of, threshold=threshold)
    show_cards(summary.photos, summary, key="stored")
    if total > PHOTOS_A_PAGE:
        st.pagination(-(-total // PHOTOS_A_PAGE), key="photos_page")
