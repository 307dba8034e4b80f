"""The one Bloomcount, recogniser and worker of this process, shared by all sessions."""

from __future__ import annotations

from contextlib import ExitStack

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.bloomcount import Bloomcount, assemble
from core.errors import BloomError, InvalidModel
from core.intake.pipeline import accept, room_for
from core.intake.worker import Worker
from core.photo.reading import camera_words, read_photo, thumbnail
from core.recognition.package import ModelPackage
from core.settings import load_settings
from core.watching.prometheus import figures_served
from web.uploads import OpenDrop

STOP_S = 20.0
FRESH_S = 30
SCREEN_PX, FINE_PX = 1600, 4096


@st.cache_resource(show_spinner=False)
def bloomcount() -> Bloomcount:
    """Store, inbox and accounts, as the settings say."""
    return assemble(load_settings())


def package() -> ModelPackage:
    """Labels, default threshold and recall of the model in use. Raises InvalidModel when it cannot be used."""
    return bloomcount().models.package()


def model_problem() -> str:
    """Why no model can be used at this moment, in a sentence; empty while one can."""
    try:
        package()
    except InvalidModel as problem:
        return str(problem)
    return ""


@st.cache_resource(show_spinner=False)
def worker() -> Worker:
    """The background counter of this process, started on first call."""
    bloom = bloomcount()
    counter = Worker(bloom.library, bloom.inbox, bloom.models.newest_recogniser, bloom.settings)
    counter.start()
    return counter


def accept_photo(data: bytes, file: str, drop: OpenDrop, username: str) -> str:
    """The photo's id, once its bytes and its ticket are in the store."""
    bloom = bloomcount()
    ticket = accept(
        bloom.library,
        bloom.inbox,
        data=data,
        file=file,
        site=drop.site,
        note=drop.note,
        drop_id=drop.drop_id,
        uploaded_by=username,
    )
    return ticket.photo_id


def session_id() -> str:
    """Streamlit's id of the browser session that this run belongs to."""
    context = get_script_run_ctx()
    if context is None:
        raise RuntimeError("session_id() outside a page")
    return context.session_id


@st.cache_resource(show_spinner=False)
def serve_figures() -> ExitStack:
    """Let Prometheus read this process's figures, from the first call on until the stack is closed."""
    bloom, serving = bloomcount(), ExitStack()
    serving.enter_context(figures_served(bloom, bloom.settings.metrics))
    return serving


@st.cache_data(ttl=FRESH_S, show_spinner=False)
def edition() -> str:
    """Another one after each change of the store or of the model in use, seen half a minute late at most.

    What was made for one stays true. Made of few words: Streamlit takes a tenth of a second to tell two models' labels
    apart.
    """
    model = "" if model_problem() else f"{package().name} {package().version}"
    return f"{model} {bloomcount().library.edition()}"


def stop_worker() -> None:
    """Let the worker finish the photo in hand; the rest stays in the inbox."""
    worker().stop(STOP_S)


def stop() -> None:
    """All that this process does in the background."""
    stop_worker()
    serve_figures().close()


def prove_store() -> None:
    """Raises BloomError when the store cannot be read, or holds no accounts with which somebody could sign in."""
    bloomcount().accounts.cookie_key()


def prove_recogniser() -> None:
    """Raises InvalidModel when no recogniser can be used; waits while the first one loads."""
    bloomcount().models.recogniser()


def large_picture(photo_id: str) -> bytes:
    """A stored photo as WebP, reduced to a screen's size. Raises StoreError or InvalidPhoto."""
    return _picture(photo_id, SCREEN_PX)


def fine_picture(photo_id: str) -> bytes:
    """A stored photo as WebP, large enough to look at closely. Raises StoreError or InvalidPhoto."""
    return _picture(photo_id, FINE_PX)


@st.cache_data(max_entries=1000, show_spinner=False)
def camera_of(photo_id: str, file: str) -> tuple[str, ...]:
    """Camera and exposure of a stored photo, where they are known."""
    try:
        return camera_words(bloomcount().library.pictures.photo(photo_id), name=file)
    except BloomError:
        return ()


def _picture(photo_id: str, long_side_px: int) -> bytes:
    bloom = bloomcount()
    data = bloom.library.pictures.photo(photo_id)
    with room_for(data):
        photo = read_photo(data, name=photo_id, max_megapixels=bloom.settings.max_megapixels, long_side_px=long_side_px)
        return thumbnail(photo, long_side_px=long_side_px)
