"""The entry of Bloomcount: `streamlit run streamlit_app.py` serves it.

Streamlit finds `app` by reading this file, so the call of st.App stands here. What each browser session runs is
pages/front_door.py.
"""

from __future__ import annotations

import streamlit as st

from web.app import FRONT_DOOR, MIDDLEWARE, ROUTES, lifespan, say_problem

app = st.App(FRONT_DOOR, routes=ROUTES, middleware=MIDDLEWARE, lifespan=lifespan, on_script_error=say_problem)
