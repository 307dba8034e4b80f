"""The front door: settings of the page, sign-in, navigation."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.language import said_as, spoken
from pages.parts.session import person_inside, show_person
from pages.parts.table import PAGES

HERE = Path(__file__).parent

st.set_page_config(page_title="Bloomcount", page_icon=str(HERE / "pages" / "parts" / "bloom.png"), layout="wide")
st.html(HERE / "pages" / "parts" / "bloom.css")

person = person_inside()  # None for strangers: the guard of the page they ask for shows them the sign-in
sections: dict[str, list[st.Page]] = {}
for page in PAGES:
    if person is None or person.may(page.role):
        sections.setdefault(said_as(page.section), []).append(
            st.Page(
                HERE / "pages" / page.file,
                title=said_as(page.title),
                icon=page.icon,
                url_path=page.url_path,
                visibility="hidden" if page.hidden else "visible",
            )
        )
st.html(f"<script>document.documentElement.lang = '{spoken()}'</script>", unsafe_allow_javascript=True)
page_to_run = st.navigation(sections, position="sidebar" if person else "hidden")
if person:
    with st.sidebar:
        show_person(person)
page_to_run.run()
