"""The objects that all sessions of this process share: each is a function, whose first call makes the one there is.

All are kept by st.cache_resource and nowhere else: once that is cleared, as tests do, each is made anew. Whatever is
slow to import is imported inside: the port answers before these objects are there.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.errors import InvalidModel, InvalidSettings, StoreError
from web.sign_ins import SignIns
from web.uploads import OpenDrops
from web.visitors import Connections, MadeFiles

if TYPE_CHECKING:
    from core.bloomcount import Bloomcount
    from core.exports.prepared import PreparedFiles
    from core.intake.worker import Worker
    from core.recognition.package import ModelPackage
    from core.settings import MapTiles

STOP_S = 20.0


@st.cache_resource(show_spinner=False)
def bloomcount() -> Bloomcount:
    """Store, inbox, accounts, models and the recogniser in use, as the settings say."""
    from core.bloomcount import assemble
    from core.settings import load_settings

    return assemble(load_settings())


def map_tiles() -> MapTiles | None:
    """The ground of the map; None too where the settings cannot be used, which the start says."""
    from core.settings import load_settings

    try:
        return load_settings().map_tiles
    except InvalidSettings:
        return None


@st.cache_resource(show_spinner=False)
def worker() -> Worker:
    """The background counter, started on first call."""
    from core.intake.naming_again import NamingAgain
    from core.intake.worker import Worker

    bloom = bloomcount()
    models = bloom.models
    naming = NamingAgain(bloom.library, lambda: models.names.all().lists, models.package_of)
    counter = Worker(bloom.library, bloom.inbox, models.newest_recogniser, bloom.settings, naming.some)
    counter.start()
    return counter


@st.cache_resource(show_spinner=False)
def sign_ins() -> SignIns:
    """The sign-in of each browser session."""
    return SignIns()


@st.cache_resource(show_spinner=False)
def connections() -> Connections:
    """The websockets that are open."""
    return Connections()


@st.cache_resource(show_spinner=False)
def made_files() -> MadeFiles:
    """The files that download buttons made, and for which sessions."""
    return MadeFiles()


@st.cache_resource(show_spinner=False)
def open_drops() -> OpenDrops:
    """The drop and form that each browser session has open: pages open them, the upload route asks for them."""
    return OpenDrops()


@st.cache_resource(show_spinner=False)
def prepared_files() -> PreparedFiles:
    """The export files that wait on disk: the page Export has them made, a route sends them."""
    from core.exports.prepared import PreparedFiles

    return PreparedFiles(bloomcount().library.tombstones.newest)


@st.cache_resource(show_spinner=False)
def served_figures() -> ExitStack:
    """Serve this process's figures to Prometheus, from the first call until the result is closed."""
    from core.watching.prometheus import figures_served

    bloom, serving = bloomcount(), ExitStack()
    serving.enter_context(figures_served(bloom, bloom.settings.metrics))
    return serving


def stop() -> None:
    """End all that this process does in the background."""
    stop_worker()
    served_figures().close()


def stop_worker() -> None:
    """Let the worker finish the photo in hand; the rest stays in the inbox."""
    worker().stop(STOP_S)


def package() -> ModelPackage:
    """Labels, default threshold and recall of the model in use. Raises InvalidModel when it cannot be used."""
    return bloomcount().models.package()


def model_problem() -> str:
    """The reason why no model can be used at this moment, in a sentence; empty while one can."""
    try:
        package()
    except (InvalidModel, StoreError) as problem:
        return str(problem)
    return ""


def session_id() -> str:
    """Streamlit's id of the browser session that this run belongs to."""
    context = get_script_run_ctx()
    if context is None:
        raise RuntimeError("session_id() outside a page")
    return context.session_id
