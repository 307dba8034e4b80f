"""The addresses of the app beside its pages: /readyz for load balancers, pictures and exports for signed-in people.

What they need is imported by the first request: the port answers before it is there.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from core.errors import BloomError, StoreError
from web import crops, reviews
from web.answers import picture_for_person
from web.process import bloomcount, prepared_files, worker
from web.visitors import unavailable

log = logging.getLogger(__name__)

PATH = re.compile(r"(?<![\w/:.…])/(?:[^\s/:'\"]+/)+(?P<name>[^\s/:'\",;]*)")
SCREEN_PX, FINE_PX = 1600, 4096


def readiness() -> dict[str, str]:
    """State of store and recogniser: "ok", or a sentence. Waits while the first recogniser loads."""
    proofs: dict[str, Callable[[], object]] = {
        "store": lambda: bloomcount().accounts.cookie_key(),  # without it nobody could sign in
        "recogniser": lambda: bloomcount().models.recogniser(),
        "counting": expect_counting,
    }
    state = {}
    for part, proof in proofs.items():
        try:
            proof()
            state[part] = "ok"
        except BloomError as problem:
            log.warning("Not ready: %s", problem)
            state[part] = without_paths(str(problem))
        except Exception as error:
            log.exception("Whether the %s is ready could not be found out", part)
            state[part] = f"Something unforeseen went wrong: {type(error).__name__}. The log says more."
    return state


def without_paths(sentence: str) -> str:
    """The sentence with the last part alone of each path of this machine: anybody may ask /readyz."""
    settings = bloomcount().settings
    for path in (Path(settings.store).absolute(), settings.model_dir.absolute()):  # they may have spaces
        sentence = sentence.replace(str(path), f"…/{path.name}")
    return PATH.sub(lambda path: f"…/{path['name']}", sentence)


def expect_counting() -> None:
    """Raise StoreError where photos wait because something is wrong, until it is mended."""
    if problem := worker().problem:
        raise StoreError(problem)


async def readyz(_: Request) -> Response:
    """200 when photos can be stored and counted, 503 until then; JSON says which part is not ready and why."""
    state = await run_in_threadpool(readiness)
    return JSONResponse(state, 200 if set(state.values()) == {"ok"} else 503, headers={"Cache-Control": "no-store"})


async def thumb(request: Request) -> Response:
    """The 512 px picture of a stored photo, for people who are signed in."""
    return await run_in_threadpool(
        picture_for_person, request, lambda photo_id: bloomcount().library.pictures.thumb(photo_id)
    )


async def picture(request: Request) -> Response:
    """A stored photo as a WebP of at most 1,600 px, for people who are signed in."""
    return await run_in_threadpool(picture_for_person, request, lambda photo_id: _reduced(photo_id, SCREEN_PX))


async def fine(request: Request) -> Response:
    """A stored photo as a WebP of at most 4,096 px, to look at closely, for people who are signed in."""
    return await run_in_threadpool(picture_for_person, request, lambda photo_id: _reduced(photo_id, FINE_PX))


def _reduced(photo_id: str, long_side_px: int) -> bytes:
    from web.pictures import reduced

    return reduced(photo_id, long_side_px)


async def export(request: Request) -> Response:
    """A file that this person had prepared on the page Export, sent from disk."""
    return await run_in_threadpool(_export, request)


def _export(request: Request) -> Response:
    from web.session import person_of_cookies

    try:
        person = person_of_cookies(request.cookies)
    except BloomError as problem:
        return unavailable(problem)
    if person is None:
        return Response("Sign in to fetch a file.", 403, media_type="text/plain")
    file = prepared_files().find(request.path_params["token"], person.username)
    if file is None:
        return Response("This file is no longer there. Prepare it again on Export.", 404, media_type="text/plain")
    return FileResponse(
        file.path, media_type=file.media_type, filename=file.name, headers={"Cache-Control": "no-store"}
    )


ROUTES = [
    Route("/readyz", readyz),
    Route("/thumbs/{photo_id}.webp", thumb),
    Route("/pictures/{photo_id}.webp", picture),
    Route("/fine/{photo_id}.webp", fine),
    Route("/exports/{token}/{file}", export),
    *reviews.ROUTES,
    *crops.ROUTES,
]
