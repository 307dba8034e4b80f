"""The front door: settings of the page, sign-in, navigation."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import streamlit as st

from core.language import said_as, spoken
from pages.parts.cookie import order_script
from pages.parts.session import person_inside, show_person
from pages.parts.table import PAGES

HERE = Path(__file__).parent

st.set_page_config(page_title="Bloomcount", page_icon=str(HERE / "pages" / "parts" / "bloom.png"), layout="wide")
st.html(HERE / "pages" / "parts" / "bloom.css")

person = person_inside()  # None for strangers: the guard of the page they ask for shows them the sign-in
pages = {
    page: st.Page(HERE / "pages" / page.file, title=said_as(page.title), icon=page.icon, url_path=page.url_path)
    for page in PAGES
    if person is None or person.may(page.role)
}
script = f"document.documentElement.lang = '{spoken()}'; {order_script()}"
st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)
page_to_run = st.navigation(list(pages.values()), position="hidden")
if person:
    with st.sidebar:  # Streamlit's own navigation is a list of divs, which screen readers cannot tell
        for section, inside in groupby((page for page in pages if not page.hidden), lambda page: page.section):
            if section:
                st.caption(said_as(section))
            for page in inside:
                st.page_link(pages[page])
        st.divider()
        show_person(person)
page_to_run.run()
