"""The script that every browser session runs: settings of the page, sign-in, navigation."""

from __future__ import annotations

from base64 import b64encode
from itertools import groupby
from pathlib import Path

import streamlit as st

from core.errors import BloomError
from core.formatting import number
from core.language import current_language, tr, translated
from pages.navigation import PAGES, REVIEW, Page
from web.cookie import order_script
from web.markdown import plain
from web.session import person_inside
from web.sign_in_forms import show_person

HERE = Path(__file__).parent
# Within the page, as files that Streamlit serves are for people who are signed in.
ICON = f"data:image/png;base64,{b64encode((HERE / 'parts' / 'bloom.png').read_bytes()).decode()}"
MANNERS = (HERE / "parts" / "manners.js").read_text(encoding="utf-8")

st.set_page_config(page_title="Bloomcount", page_icon=ICON, layout="wide")
st.html(HERE / "parts" / "bloom.css")


def label_of(page: Page) -> str:
    """The title of the page; of Review with the number of photos that wait."""
    title = translated(page.title)
    if page.file != REVIEW:
        return title
    from web.tables import photos_to_review  # takes a while: not before somebody has signed in

    try:
        waiting = photos_to_review()
    except BloomError:  # the store cannot be read: the page itself says so
        return title
    return f"{title} · {number(waiting)}" if waiting else title


def model_words() -> str:
    """The model that counts; while stored photos are counted again, how many are."""
    from web.process import package
    from web.tables import recounting

    try:
        model, progress = f"{package().name} {package().version}", recounting()
    except BloomError:  # without a model or a store the pages say so
        return ""
    if not progress.going:
        return tr("Counted by {model}", model=plain(model))
    return tr(
        "{model} counts all photos again: {counted} of {total}. The others keep their earlier counts meanwhile.",
        model=plain(model),
        counted=number(progress.counted),
        total=number(progress.total),
    )


person = person_inside()  # None for strangers: the guard of the page they ask for shows them the sign-in
pages = {  # all of them: of a page that is not for this person its guard says so
    page: st.Page(HERE / page.file, title=translated(page.title), icon=page.icon, url_path=page.url_path)
    for page in PAGES
}
script = f"document.documentElement.lang = '{current_language()}'; {order_script()}"
with st.container(key="bloom-quiet"):
    st.html(f"<script>{script}{MANNERS}</script>", unsafe_allow_javascript=True)
page_to_run = st.navigation(list(pages.values()), position="hidden")
if person:
    with st.sidebar:  # Streamlit's own navigation is a list of divs, which screen readers cannot tell
        listed = (page for page in pages if not page.hidden and person.may(page.role))
        for section, inside in groupby(listed, lambda page: page.section):
            if section:
                st.caption(translated(section))
            for page in inside:
                st.page_link(pages[page], label=label_of(page))
        st.divider()
        show_person(person)
        st.caption(model_words())
page_to_run.run()
