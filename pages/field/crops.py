"""Crops: flowers of one name beside each other, or unknown ones by likeness, to accept, name or reject many at once."""

from __future__ import annotations

import streamlit as st

from core.formatting import number
from core.language import tr
from core.recognition.taxa import UNKNOWN_TAXON
from core.store.selection import EVERYTHING
from core.survey.filter_words import taxa_by_name
from pages.parts.crops import show_crops
from pages.parts.filter_bar import filter_bar
from pages.parts.results import PHOTOS_PAGE, empty_page, say_model_problem
from web.session import require
from web.tables import labels, names_waiting

person = require("researcher")

TAXON, CHOSEN = "of", "crops_taxon"
"""The taxon in the address, and the key of its field."""

with st.container(horizontal=True, vertical_alignment="bottom"):
    st.title(tr("Crops"), width="content")
    which = filter_bar()
    waiting = names_waiting(which)
    names = taxa_by_name(list(waiting), labels())
    if waiting:
        if st.session_state.get(CHOSEN) not in waiting:
            asked = st.query_params.get(TAXON, "")
            st.session_state[CHOSEN] = asked if asked in waiting else next(iter(waiting))
        taxon = st.selectbox(
            tr("Flowers called"),
            list(waiting),
            key=CHOSEN,
            format_func=lambda name: f"{names[name]} ({number(waiting[name])})",
            label_visibility="collapsed",
            width=380,
        )

if not waiting:
    empty_page(
        tr("No flower waits here. The flowers that the model named and no person has seen come here, name by name.")
        if which == EVERYTHING
        else tr("No photos match these filters. Widen or clear them.")
    )
    st.page_link(PHOTOS_PAGE, label=tr("All photos"), icon=":material/arrow_back:")
elif not say_model_problem():
    st.query_params[TAXON] = taxon
    show_crops(taxon, names[taxon], which, person, waiting=waiting[taxon], in_heaps=taxon == UNKNOWN_TAXON)
