"""Photos from the browser, stored the moment they arrive and never kept in the app's memory.

Streamlit would hold every upload in memory until its session ends. This middleware stands before Streamlit's upload
route, stores the photo with its ticket, and hands on only the photo's id in its place: what Streamlit keeps is 64
bytes a photo, and a photo is durable before the browser hears that it arrived. Who brings no token against cross-site
requests, another cookie than that of the session's sign-in, or has no drop open, is refused before the body is read.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, UploadFile
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_app_utils import validate_xsrf_token
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME
from urllib3 import encode_multipart_formdata

from core.errors import BloomError, NotTaken
from core.language import current_language, use_language
from web.sign_ins import SignIn, SignIns
from web.visitors import unavailable

if TYPE_CHECKING:  # at run time it would bring numpy, for which the port would wait
    from core.store.records import Drop, Upload

log = logging.getLogger(__name__)

UPLOAD_PATH = re.compile(r"/_stcore/upload_file/(?P<session>[^/]+)/(?P<file>[^/]+)/?$")
MOST_OPEN_DROPS = 10_000
STILL_ARRIVING_S = 4.0
STILL_AWAITED_S = 600.0
"""Seconds to wait for a file: a large photo takes less to a proxy that hands it on whole.

A file that is taken back unsent is never heard of.
"""
MULTIPART_OVERHEAD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class OpenForm:
    """A form that a browser session has open over its drop: small files with these endings go to the page."""

    suffixes: tuple[str, ...]
    max_bytes: int

    def takes(self, name: str) -> bool:
        """True if a file is for the form; others were dropped before it was opened, and belong to the drop."""
        return name.lower().endswith(self.suffixes)


@dataclass(slots=True)
class _Session:
    """The state of a browser session.

    awaited: ids of the files that its browser has yet to send. refusals: why files of its drop were not taken in.
    language: that of the person who opened the drop.
    """

    drop: Drop | None = None
    form: OpenForm | None = None
    arrived: int = 0
    awaited: set[str] = field(default_factory=set)
    refusals: list[str] = field(default_factory=list)
    language: str = "en"
    last_news: float = float("-inf")

    @property
    def quiet_s(self) -> float:
        """Seconds since the last news of its files."""
        return time.monotonic() - self.last_news


class OpenDrops:
    """The drop and form that each browser session of this process has open; the longest unused are forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: OrderedDict[str, _Session] = OrderedDict()

    def open(self, session_id: str, opened: Drop | OpenForm) -> None:
        """Let uploads of this session belong to this drop, or to this form if the form takes them."""
        with self._lock:
            session = self._sessions.setdefault(session_id, _Session())
            session.language = current_language()
            if isinstance(opened, OpenForm):
                session.form = opened
            else:
                if session.drop is None or session.drop.drop_id != opened.drop_id:
                    session.refusals.clear()
                session.drop, session.form = opened, None
            self._sessions.move_to_end(session_id)
            while len(self._sessions) > MOST_OPEN_DROPS:
                self._sessions.popitem(last=False)

    def get(self, session_id: str) -> tuple[Drop | None, OpenForm | None]:
        """The session's drop and form, None where it has none open."""
        with self._lock:
            session = self._of(session_id)
            return session.drop, session.form

    def expect(self, session_id: str, file_id: str) -> None:
        """Note that the browser was told where to send this file: until it is here it is nowhere else."""
        with self._lock:
            session = self._of(session_id)
            session.awaited.add(file_id)
            session.last_news = time.monotonic()

    def settle(self, session_id: str, file_id: str) -> None:
        """Note that this file was sent, refused or given up."""
        with self._lock:
            session = self._of(session_id)
            session.awaited.discard(file_id)
            session.last_news = time.monotonic()

    def add_arrival(self, session_id: str) -> None:
        """Note that one more photo of this session is in the store."""
        with self._lock:
            self._of(session_id).arrived += 1

    def add_refusal(self, session_id: str, sentence: str) -> None:
        """Note why a file of this session's drop was not taken in."""
        with self._lock:
            session = self._of(session_id)
            session.refusals.append(sentence)
            session.arrived += 1

    def language(self, session_id: str) -> str:
        """The language of the person at this session."""
        with self._lock:
            return self._of(session_id).language

    def refusals(self, session_id: str) -> tuple[str, ...]:
        """The reasons why files of this session's drop were not taken in."""
        with self._lock:
            return tuple(self._of(session_id).refusals)

    def arrivals(self, session_id: str) -> int:
        """Files that this session sent, also those refused; a page that waits asks this, not the store."""
        with self._lock:
            return self._of(session_id).arrived

    def awaited(self, session_id: str) -> int:
        """Photos of this session that are still in its browser, and would be lost with the page."""
        with self._lock:
            session = self._of(session_id)
            return len(session.awaited) if session.quiet_s < STILL_AWAITED_S else 0

    def arriving(self, session_id: str) -> bool:
        """True if photos of this session are still in its browser, or one came so lately that more may follow."""
        if self.awaited(session_id):
            return True
        with self._lock:
            return self._of(session_id).quiet_s < STILL_ARRIVING_S

    def _of(self, session_id: str) -> _Session:
        """The state of a session; a session that has opened nothing gets one that is not kept."""
        return self._sessions.get(session_id) or _Session()


class Accept(Protocol):
    """Stores a photo; returns once bytes and ticket are durable. May raise BloomError."""

    def __call__(self, data: bytes, *, file: str, drop: Drop) -> Upload:
        """The photo that is now stored."""
        ...


class Arrivals:
    """ASGI middleware: uploads go to the store; everything else passes.

    sign_in_of: the sign-in that holds now of these cookies, None for a stranger's. Raises BloomError.
    sign_ins: that of each session.
    drops: the sessions' open drops, asked for with each request. accept: stores one photo. Raises BloomError when the
    store refuses: the browser then shows the file as failed and can send it again.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        sign_in_of: Callable[[Mapping[str, str]], SignIn | None],
        sign_ins: Callable[[], SignIns],
        drops: Callable[[], OpenDrops],
        accept: Accept,
        max_upload_bytes: int,
    ) -> None:
        self._app = app
        self._max_upload_bytes = max_upload_bytes
        self._sign_in_of = sign_in_of
        self._sign_ins = sign_ins
        self._drops = drops
        self._accept = accept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        match = UPLOAD_PATH.search(scope["path"]) if scope["type"] == "http" else None
        if match is None or scope["method"] in ("OPTIONS", "HEAD", "GET"):
            await self._app(scope, receive, send)
            return
        session_id = match["session"]
        try:
            sign_in = await run_in_threadpool(self._sign_in_of, HTTPConnection(scope).cookies)
        except BloomError as problem:
            await unavailable(problem)(scope, receive, send)
            return
        if refusal := self._refusal(scope, session_id, sign_in):
            await refusal(scope, receive, send)
            return
        assert sign_in is not None
        username = sign_in.username
        try:
            if scope["method"] != "PUT":
                await self._app(scope, receive, send)
            else:
                await self._keep_and_pass_on(scope, receive, send, session_id=session_id, username=username)
        finally:
            self._drops().settle(session_id, match["file"])

    def _refusal(self, scope: Scope, session_id: str, sign_in: SignIn | None) -> PlainTextResponse | None:
        if not _same_site(scope):
            return PlainTextResponse("Reload the page and send the photo again.", status_code=403)
        if sign_in is None or self._sign_ins().get(session_id) != sign_in:
            return PlainTextResponse("Sign in and open Count flowers to upload photos.", status_code=403)
        if self._drops().get(session_id) == (None, None):
            return PlainTextResponse("Open Count flowers to upload photos.", status_code=403)
        return None

    async def _keep_and_pass_on(
        self, scope: Scope, receive: Receive, send: Send, *, session_id: str, username: str
    ) -> None:
        if refusal := _refusal_of_length(scope, self._max_upload_bytes):
            await refusal(scope, receive, send)
            return
        async with Request(scope, receive).form(max_files=1) as fields:
            upload = next((value for value in fields.values() if isinstance(value, UploadFile)), None)
            if upload is None:
                await PlainTextResponse("The upload holds no file.", status_code=400)(scope, receive, send)
                return
            name = upload.filename or "photo"
            content = await self._content_for_page(upload, name, session_id=session_id, username=username)
        if isinstance(content, PlainTextResponse):
            await content(scope, receive, send)
            return
        body, content_type = encode_multipart_formdata({"file": (name, content)})
        await self._app(_with_body(scope, body, content_type), _once(body), send)

    async def _content_for_page(
        self, upload: UploadFile, name: str, *, session_id: str, username: str
    ) -> bytes | PlainTextResponse:
        """A form's file as it is, of a photo its id once it is stored; or why the file is refused."""
        drop, form = self._drops().get(session_id)
        if form and form.takes(name):
            return _too_large() if (upload.size or 0) > form.max_bytes else await upload.read()
        if drop is None:
            return PlainTextResponse("Open Count flowers to upload photos.", status_code=403)
        try:
            use_language(self._drops().language(session_id))  # in this request alone
            photo = await run_in_threadpool(
                self._accept, await upload.read(), file=name, drop=replace(drop, uploaded_by=username)
            )
        except NotTaken as refusal:
            self._drops().add_refusal(session_id, str(refusal))
            return PlainTextResponse(str(refusal), status_code=409)
        except BloomError:
            log.exception("%s was not stored", name)
            return PlainTextResponse("The store refused this photo. Send it again.", status_code=503)
        self._drops().add_arrival(session_id)
        return photo.photo_id.encode()


def _same_site(scope: Scope) -> bool:
    """True if the request has the token that Streamlit gave to a page of ours."""
    request = HTTPConnection(scope)
    return validate_xsrf_token(request.headers.get("X-Xsrftoken"), request.cookies.get(XSRF_COOKIE_NAME))


def _refusal_of_length(scope: Scope, max_bytes: int) -> PlainTextResponse | None:
    """The answer that refuses a body by the length that its request says; None where the body is read."""
    length = Headers(scope=scope).get("content-length", "")
    if not length.isdigit():
        return PlainTextResponse("An upload must say its length.", status_code=411)
    if int(length) > max_bytes + MULTIPART_OVERHEAD_BYTES:
        return _too_large()
    return None


def _too_large() -> PlainTextResponse:
    return PlainTextResponse("This file is too large.", status_code=413)


def _with_body(scope: Scope, body: bytes, content_type: str) -> Scope:
    """The same request with another body."""
    replaced = {b"content-length": str(len(body)).encode(), b"content-type": content_type.encode()}
    headers = [(name, value) for name, value in scope["headers"] if name not in replaced]
    return {**scope, "headers": [*headers, *replaced.items()]}


def _once(body: bytes) -> Receive:
    """An ASGI receive that hands out `body` and then nothing more."""
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        return next(messages, {"type": "http.disconnect"})

    return receive
