"""The web server around Streamlit: uploads kept on arrival, pictures for signed-in people, and /readyz.

`streamlit run streamlit_app.py` starts it. The port answers at once; store, recogniser and worker start in the
background.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from streamlit.runtime import app_session
from streamlit.runtime.pages_manager import PagesManager
from streamlit.web.server.server_util import get_url

from core.errors import AccountProblem, BloomError, StoreError
from web.drops import OPEN_DROPS
from web.log_lines import take_over
from web.markdown import plain
from web.requests import Requests
from web.upload_answers import KeepsUploadAnswers
from web.uploads import Arrivals, OpenDrop

take_over()
log = logging.getLogger(__name__)

YEAR_S = 365 * 24 * 3600
START_AGAIN_S = 5.0

# Else the first session of a process takes pages/ for Streamlit's own kind of folder, finds in it neither the page of a
# deep link nor st.navigation's, and says "Page not found" (streamlit 1.67; a test holds it).
PagesManager.uses_pages_directory = False

# Else any browser, a stranger's too, throws away store, recogniser and worker of all sessions, and they are made anew
# beside those that still count (streamlit 1.67; a test on the real server holds it).
app_session.AppSession._handle_clear_cache_request = lambda _: None  # type: ignore[method-assign,assignment]

# Else files dropped while a run of the page starts are lost; a test on the real server holds it.
app_session.ForwardMsgQueue = KeepsUploadAnswers  # type: ignore[attr-defined]


def parts() -> ModuleType:
    """The parts that this process shares, imported when first asked for: the port answers before they are there."""
    from web import process

    return process


def username_of_session(session_id: str) -> str | None:
    """Who is signed in to a browser session and may upload at this moment."""
    from web import session

    return session.username_of_session(session_id)


def accept(data: bytes, file: str, drop: OpenDrop, username: str) -> str:
    """The photo's id, once it is durable and waits to be counted."""
    photo_id: str = parts().accept_photo(data, file, drop, username)
    return photo_id


def start() -> None:
    """Make the first account if there is none, load the recogniser, start counting what waits.

    A store that is not there yet, or has accounts that must be mended, is waited for: this process may be the only one
    for long.
    """
    while not started():
        time.sleep(START_AGAIN_S)


def started() -> bool:
    """Whether everything was started, or never will be; False where the store or its accounts cannot be used yet."""
    from web.tables import open_ahead

    try:
        password = parts().bloomcount().accounts.first_start()
        if password is not None:
            log.info("First start. Sign in as admin with the one-time password %s", password)
        parts().serve_figures()
        parts().worker()  # first: it goes on trying where the recogniser cannot be used yet
        parts().prove_recogniser()
        open_ahead()
    except BloomError as problem:
        log.error("Bloomcount could not start: %s", problem)
        return not isinstance(problem, StoreError | AccountProblem)
    return True


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Start in the background; on the way out, let the worker finish the photo in hand."""
    log.info("Bloomcount answers at %s", get_url(st.get_option("server.address") or "localhost"))
    threading.Thread(target=start, name="start", daemon=True).start()
    yield
    await run_in_threadpool(lambda: parts().stop())


def readiness() -> dict[str, str]:
    """State of store and recogniser: "ok", or a sentence."""
    state = {}
    for part, proof in (("store", parts().prove_store), ("recogniser", parts().prove_recogniser)):
        try:
            proof()
            state[part] = "ok"
        except BloomError as problem:
            state[part] = str(problem)
    return state


async def readyz(_: Request) -> Response:
    """200 when photos can be stored and counted, 503 until then; JSON says which part is not ready and why."""
    state = await run_in_threadpool(readiness)
    return JSONResponse(state, 200 if set(state.values()) == {"ok"} else 503, headers={"Cache-Control": "no-store"})


async def thumb(request: Request) -> Response:
    """The 512 px picture of a stored photo, for people who are signed in."""
    return await run_in_threadpool(
        _picture, request, lambda photo_id: parts().bloomcount().library.pictures.thumb(photo_id)
    )


async def picture(request: Request) -> Response:
    """A stored photo as a WebP of at most 1,600 px, for people who are signed in."""
    return await run_in_threadpool(_picture, request, lambda photo_id: parts().large_picture(photo_id))


async def fine(request: Request) -> Response:
    """A stored photo as a WebP of at most 4,096 px, to look at closely, for people who are signed in."""
    return await run_in_threadpool(_picture, request, lambda photo_id: parts().fine_picture(photo_id))


def _picture(request: Request, webp_of: Callable[[str], bytes | None]) -> Response:
    from web.session import person_of_cookies

    if person_of_cookies(request.cookies) is None:
        return Response("Sign in to see photos.", 403, media_type="text/plain")
    photo_id = request.path_params["photo_id"]
    try:
        webp = webp_of(photo_id)
    except BloomError:
        webp = None
    if webp is None:
        return Response("There is no such photo.", 404, media_type="text/plain")
    return Response(webp, media_type="image/webp", headers={"Cache-Control": f"private, max-age={YEAR_S}, immutable"})


async def export(request: Request) -> Response:
    """A file that this person had prepared on the page Export, sent from disk."""
    return await run_in_threadpool(_export, request)


def _export(request: Request) -> Response:
    from web.prepared import PREPARED_FILES
    from web.session import person_of_cookies

    person = person_of_cookies(request.cookies)
    if person is None:
        return Response("Sign in to fetch a file.", 403, media_type="text/plain")
    file = PREPARED_FILES.find(request.path_params["token"], person.username)
    if file is None:
        return Response("This file is no longer there. Prepare it again on Export.", 404, media_type="text/plain")
    return FileResponse(
        file.path, media_type=file.media_type, filename=file.name, headers={"Cache-Control": "no-store"}
    )


def say_problem(problem: Exception) -> bool:
    """Whether what ended a page, or a fragment of one, is for the person at it, to whom it is then said.

    Streamlit has put it into the log by then; of anything else it says only that something went wrong.
    """
    if not isinstance(problem, BloomError):
        return False
    st.error(plain(str(problem)))
    return True


FRONT_DOOR = Path(__file__).parents[1] / "pages" / "front_door.py"
ROUTES = [
    Route("/readyz", readyz),
    Route("/thumbs/{photo_id}.webp", thumb),
    Route("/pictures/{photo_id}.webp", picture),
    Route("/fine/{photo_id}.webp", fine),
    Route("/exports/{token}/{file}", export),
]
MIDDLEWARE = [
    Middleware(Requests),
    Middleware(
        Arrivals,
        username_of_session=username_of_session,
        drops=OPEN_DROPS,
        accept=accept,
        max_upload_bytes=st.get_option("server.maxUploadSize") * 1024 * 1024,
    ),
]
