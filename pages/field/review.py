"""Review: the doubtful photos one after another, the most doubtful first, to confirm or correct by key or button."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.language import tr
from core.store.selection import Selection
from core.survey.filter_words import describe, taxa_by_name
from pages.parts.results import PHOTOS_PAGE, empty_page, say_model_problem
from pages.parts.reviewer import show_reviewer
from web.process import bloomcount
from web.session import require
from web.tables import labels

person = require("researcher")

MOST = 500  # photos at a time: more than anybody reviews at a sitting

library = bloomcount().library
asked = {word: st.query_params.get_all(word) for word in st.query_params}
which = Selection.from_query(asked)
which = which if which.attention else replace(which, attention="doubtful")
waiting, number = library.queue(which, most=MOST)
first = [photo_id for photo_id in asked.get("id", []) if library.photo(photo_id)]
queue = list(dict.fromkeys([*first, *waiting]))

if not queue:
    st.title(tr("Review"))
    empty_page(tr("No photo waits for a review. Doubtful counts come here, the most doubtful first."))
    st.page_link(PHOTOS_PAGE, label=tr("All photos"), icon=":material/arrow_back:")
elif not say_model_problem():
    about = describe(which, taxa_by_name(which.taxa, labels()))
    show_reviewer(queue, person, about=about, number=max(number, len(queue)), first="".join(first))
