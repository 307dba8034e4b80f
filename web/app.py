"""The web server around Streamlit, put together: its start and end, middleware and routes, for streamlit_app.py.

The port answers at once; store, recogniser and worker start in the background, and what they need is imported there.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from streamlit.web.server.server_util import get_url

from core.errors import AccountProblem, BloomError, StoreError
from web.cookie import COOKIE
from web.log_lines import take_over
from web.markdown import plain
from web.process import bloomcount, connections, map_tiles, open_drops, served_figures, sign_ins, stop, worker
from web.requests import Requests
from web.routes import ROUTES
from web.sign_ins import SignIn
from web.streamlit_patches import apply_patches, holders
from web.uploads import Arrivals
from web.visitors import Visitors

if TYPE_CHECKING:
    from core.store.records import Drop, Upload

__all__ = ["FRONT_DOOR", "MIDDLEWARE", "ROUTES", "lifespan", "say_problem"]

apply_patches()
take_over()
if base_path := st.get_option("server.baseUrlPath"):
    raise SystemExit(
        f"server.baseUrlPath is {base_path!r}, but Bloomcount needs an address of its own: its pictures, exports and "
        "/readyz lie at the root. Leave the setting out, and give Bloomcount a name or a port of its own."
    )
log = logging.getLogger(__name__)

START_AGAIN_S = 5.0


def start() -> None:
    """Make the first account if there is none, load the recogniser, start counting what waits.

    A store that is not there yet, or has accounts that must be mended, is waited for: this process may be the only one
    for long.
    """
    while not started():
        time.sleep(START_AGAIN_S)
    leave_to_stay()


def leave_to_stay() -> None:
    """Take what the start made out of garbage collection: it stays as long as the process.

    Streamlit collects garbage after each run of a page, a stranger's too, while all threads wait: docs/decisions.md.
    """
    gc.collect()
    gc.freeze()
    log.info("Started, with %d objects that stay", gc.get_freeze_count())


def started() -> bool:
    """Start everything, or find that it never can be.

    False where the store or its accounts cannot be used yet: try again then. True where everything was started, or
    never will be.
    """
    from web.tables import open_ahead

    try:
        password = bloomcount().accounts.first_start()
        if password is not None:
            log.info("First start. Sign in as admin with the one-time password %s", password)
        served_figures()
        worker()  # first: it goes on trying where the recogniser cannot be used yet
        bloomcount().models.recogniser()
        open_ahead()
    except BloomError as problem:
        log.error("Bloomcount could not start: %s", problem)
        return not isinstance(problem, StoreError | AccountProblem)
    except Exception:
        log.exception("Bloomcount could not start; it tries again")
        return False
    return True


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Start in the background; on the way out, let the worker finish the photo in hand."""
    log.info("Bloomcount answers at %s", get_url(st.get_option("server.address") or "localhost"))
    threading.Thread(target=start, name="start", daemon=True).start()
    yield
    await run_in_threadpool(stop)


def sign_in_of(cookies: Mapping[str, str]) -> SignIn | None:
    """The sign-in of these cookies that holds at this moment; None for a stranger's. Raises BloomError."""
    if COOKIE not in cookies:
        return None
    from web import session

    return session.sign_in_of_cookies(cookies)


def accept(data: bytes, *, file: str, drop: Drop) -> Upload:
    """Store a photo from the browser; it is then durable and waits to be counted."""
    from core.intake import pipeline

    bloom = bloomcount()
    return pipeline.accept(bloom.library, bloom.inbox, data, file=file, drop=drop)


def say_problem(problem: Exception) -> bool:
    """Show the problem that ended a page or a fragment if it is meant for the person at it; True if it is.

    Streamlit has put it into the log by then; of anything else it says only that something went wrong.
    """
    if not isinstance(problem, BloomError):
        return False
    st.error(plain(str(problem)))
    return True


FRONT_DOOR = Path(__file__).parents[1] / "pages" / "front_door.py"
MIDDLEWARE = [
    Middleware(Requests, map_tiles=map_tiles),
    Middleware(Visitors, sign_in_of=sign_in_of, sign_ins=sign_ins, connections=connections, holders=holders),
    Middleware(
        Arrivals,
        sign_in_of=sign_in_of,
        sign_ins=sign_ins,
        drops=open_drops,
        accept=accept,
        max_upload_bytes=st.get_option("server.maxUploadSize") * 1024 * 1024,
    ),
]
