"""One page of the app without the front door's sidebar, its links to other pages in working order.

Which one is in the tab's state (AppTest sends no address) until it signs out, which empties that.
"""

import streamlit as st

from pages.navigation import PAGES
from tests.app_server import ROOT

st.navigation(
    [
        st.Page(
            ROOT / "pages" / page.file,
            title=page.title,
            url_path=page.url_path,
            default=f"pages/{page.file}" == st.session_state.get("page_alone"),
        )
        for page in PAGES
    ],
    position="hidden",
).run()
