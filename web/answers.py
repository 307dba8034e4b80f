"""Answers to what a page asks beside itself, in JSON or as pictures, for signed-in people alone.

What is sent must come as JSON, which no other site can make a browser send here. What these answers need is imported by
the first request.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.errors import BloomError, StoreError
from core.language import tr, use_language
from web.visitors import unavailable

if TYPE_CHECKING:
    from core.people.person import Person

log = logging.getLogger(__name__)

MOST_BYTES = 2_000_000
"""A review of 20,000 flowers."""


class BadReview(BloomError):
    """Something that was sent as a review and is none."""


class AnotherPerson(BloomError):
    """A review of one person, sent with the sign-in of another."""


async def sent(request: Request, take: Callable[[dict[str, Any], Person], Any]) -> Response:
    """Answer an object in JSON."""
    if request.headers.get("content-type") != "application/json":
        return Response("Send JSON.", 415, media_type="text/plain")
    if int(request.headers.get("content-length") or MOST_BYTES + 1) > MOST_BYTES:
        return Response("This is too long for a review.", 413, media_type="text/plain")
    body = await request.body()
    return await run_in_threadpool(for_person, request, lambda person: take(_read(body), person))


def for_person(request: Request, answer: Callable[[Person], Any]) -> Response:
    """The answer as JSON in the language of the page, for a person who is signed in; a sentence where there is none.

    A browser sends again what got 403 or 503, and gives up where it is told 400.
    """
    from web.session import person_of_cookies

    use_language(request.query_params.get("lang", ""))
    try:
        person = person_of_cookies(request.cookies)
    except BloomError as problem:
        return unavailable(problem)
    if person is None:
        return Response(tr("You are signed out. Sign in again in another tab."), 403, media_type="text/plain")
    try:
        return JSONResponse(answer(person), headers={"Cache-Control": "no-store"})
    except BloomError as problem:
        log.warning("%s", problem)
        status = 503 if isinstance(problem, StoreError) else 403 if isinstance(problem, AnotherPerson) else 400
        return Response(str(problem), status, media_type="text/plain")


def picture_for_person(request: Request, webp_of: Callable[[str], bytes | None]) -> Response:
    """The picture that `webp_of` gives for the photo in the address; refused to strangers, 404 where there is none."""
    from web.pictures import KEPT_BY_BROWSERS
    from web.session import person_of_cookies

    try:
        person = person_of_cookies(request.cookies)
    except BloomError as problem:
        return unavailable(problem)
    if person is None:
        return Response("Sign in to see photos.", 403, media_type="text/plain")
    photo_id = request.path_params["photo_id"]
    try:
        webp = webp_of(photo_id)
    except BloomError:
        webp = None
    if webp is None:
        return Response("There is no such photo.", 404, media_type="text/plain")
    return Response(webp, media_type="image/webp", headers=KEPT_BY_BROWSERS)


def texts_of(sent: dict[str, Any], person: Person, *names: str) -> list[str]:
    """The short texts of these names, empty where left out. Raises BadReview, and AnotherPerson for another `by`."""
    texts = [sent.get(name) or "" for name in ("by", *names)]
    if not all(isinstance(text, str) and len(text) < 100 for text in texts):
        raise BadReview(f"A review needs short texts as by, {', '.join(names)}.")
    if texts[0] != person.username:
        raise AnotherPerson(
            tr("{person} is signed in now: reviews by {by} wait for them.", person=person.username, by=texts[0])
        )
    return texts[1:]


def _read(body: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(body))
    except (ValueError, TypeError) as error:
        raise BadReview(f"This is no object in JSON: {error}") from error
