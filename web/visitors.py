"""Connections of browsers: a session belongs to one cookie, and who is not signed in gets little of the server.

A websocket may go on with an earlier session only where it brings the cookie of that session's sign-in; else it gets
a new one. Strangers' sockets are few an address, take small messages at a slow pace, and end when nothing comes.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import BloomError
from web.sign_ins import SignIn, SignIns

log = logging.getLogger(__name__)

MEDIA = re.compile(r"^/media/(?P<file>[^/.]+)[^/]*$")
"""Files that pages made; fonts, which the sign-in page needs, lie below /static/media/."""
HANDSHAKE = "sec-websocket-key"
"""The header that tells one connection from all others: a browser makes it up for each."""
LIMITS = "bloomcount.limits"
"""The place in a connection's scope where a patch puts what reads its messages."""

STRANGERS_OF_ADDRESS = 40
"""Sockets of one address without a sign-in: an institute whose people all look at the sign-in page."""
MOST_STRANGERS = 200
STRANGERS_MESSAGE_BYTES = 64_000
"""Name and password are some hundred bytes."""
MESSAGE_BYTES = 4_000_000
"""The largest message of a signed-in browser: a card of 10,000 photos at once, 330 bytes each. A click on the largest
chart is under 2 kB."""
MOST_FILES = 10_000
STRANGERS_QUIET_S = 120.0
UNFINISHED_S = 30.0
"""Seconds in which the first request over a connection must have come, to its last header."""
STRANGERS_AT_ONCE, STRANGERS_PACE_S = 10, 1.0
"""Messages that a stranger may send at once, and the seconds between those that follow."""
RUNS_AT_ONCE, RUNS_PACE_S = 8, 0.5
"""The same for all strangers of the server together: each message runs the sign-in page, which others wait for."""
ARRIVALS_AT_ONCE, ARRIVALS_PACE_S = 60, 0.2
"""The same for their connections: Streamlit makes a session for each."""
LONGEST_PAUSE_S = 5.0
"""A stranger's connection that would wait longer is refused."""
REFUSED_S = 3.0
"""A refusal comes so late, as its browser tries again at once; of more than MOST_STRANGERS the others go at once."""


class Reader(Protocol):
    """The part of a websocket's parser that refuses a longer message by its first bytes."""

    max_message_size: int | None


class Pace:
    """The messages that come at once, and the seconds between those that follow."""

    def __init__(self, at_once: int, every_s: float) -> None:
        self._at_once, self._every_s = at_once, every_s
        self._left, self._since = float(at_once), time.monotonic()

    def pause_s(self, longest_s: float = float("inf")) -> float:
        """Count a message, and return the seconds to wait with it; one that would wait longer does not count."""
        now = time.monotonic()
        left = min(self._at_once, self._left + (now - self._since) / self._every_s) - 1
        pause_s = max(0.0, -left) * self._every_s
        self._left, self._since = left + (pause_s > longest_s), now
        return pause_s


@dataclass(slots=True)
class Connection:
    """An open websocket. reader: refuses messages that are too long; None under a server without the patch."""

    address: str
    reader: Reader | None
    signed_in: bool = False
    pace: Pace = field(default_factory=lambda: Pace(STRANGERS_AT_ONCE, STRANGERS_PACE_S))

    def welcome(self) -> None:
        """Treat it as somebody's from now on."""
        self.signed_in = True
        if self.reader is not None:
            self.reader.max_message_size = MESSAGE_BYTES


class Connections:
    """The open websockets of this process, by the key that their browser made up for each."""

    def __init__(self) -> None:
        self._open: dict[str, Connection] = {}
        self.pace = Pace(RUNS_AT_ONCE, RUNS_PACE_S)
        self.arrivals = Pace(ARRIVALS_AT_ONCE, ARRIVALS_PACE_S)
        self._refused = 0

    def add(self, key: str, connection: Connection) -> bool:
        """Take a connection in; False where its address, or this server, has enough strangers already."""
        strangers = Counter(one.address for one in list(self._open.values()) if not one.signed_in)
        if not connection.signed_in and (
            strangers[connection.address] >= STRANGERS_OF_ADDRESS or strangers.total() >= MOST_STRANGERS
        ):
            return False
        self._open[key] = connection
        return True

    def remove(self, key: str, connection: Connection) -> None:
        """Forget a connection that ended."""
        if self._open.get(key) is connection:
            del self._open[key]

    def welcome(self, key: str | None) -> None:
        """Note that somebody signed in over this connection."""
        if connection := self._open.get(key or ""):
            connection.welcome()

    async def keep_waiting(self) -> None:
        """Keep one that is refused from coming again at once."""
        if self._refused >= MOST_STRANGERS:
            return
        self._refused += 1
        try:
            await asyncio.sleep(REFUSED_S)
        finally:
            self._refused -= 1

    def strangers(self) -> int:
        """Count the connections without a sign-in."""
        return sum(not one.signed_in for one in list(self._open.values()))


class MadeFiles:
    """The sessions that files of download buttons were made for; the oldest of many are forgotten."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, set[str]] = OrderedDict()

    def note(self, address: str, session_id: str) -> None:
        """Note that the file at this address was made for this session."""
        if match := MEDIA.search(address):
            self._sessions.setdefault(match["file"], set()).add(session_id)
            if len(self._sessions) > MOST_FILES:
                self._sessions.popitem(last=False)

    def sessions(self, file: str) -> set[str]:
        """The sessions of a file, by its name without ending."""
        return self._sessions.get(file, set())


class Visitors:
    """ASGI middleware before Streamlit's websocket and media files.

    sign_in_of: the sign-in that holds now of these cookies, None for a stranger's. Raises BloomError.
    sign_ins, connections: those of this process. holders: the sessions that a media file was made for.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        sign_in_of: Callable[[Mapping[str, str]], SignIn | None],
        sign_ins: Callable[[], SignIns],
        connections: Callable[[], Connections],
        holders: Callable[[str], Collection[str]],
    ) -> None:
        self._app = app
        self._sign_in_of = sign_in_of
        self._sign_ins = sign_ins
        self._connections = connections
        self._holders = holders

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or connection."""
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http" and (match := MEDIA.search(scope["path"])):
            await self._media(match["file"], scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers, cookies, sign_in = Headers(scope=scope), HTTPConnection(scope).cookies, None
        try:
            sign_in = await run_in_threadpool(self._sign_in_of, cookies) if cookies else None
        except BloomError as problem:  # the page says so too
            log.warning("A cookie cannot be checked, so its browser is a stranger's: %s", problem)
        connection = Connection(str((scope.get("client") or [""])[0]), scope.get("extensions", {}).get(LIMITS))
        if sign_in:
            connection.welcome()
        key = headers.get(HANDSHAKE, "")
        pause_s = 0.0 if sign_in else self._connections().arrivals.pause_s(LONGEST_PAUSE_S)
        if pause_s > LONGEST_PAUSE_S or not self._connections().add(key, connection):
            log.warning("A websocket of %s is refused: too many without a sign-in come", connection.address)
            await self._connections().keep_waiting()
            await _refuse(send)
            return
        try:
            await asyncio.sleep(pause_s)
            await self._app(self._with_own_session(scope, sign_in), self._paced(connection, receive, send), send)
        finally:
            self._connections().remove(key, connection)

    def _with_own_session(self, scope: Scope, sign_in: SignIn | None) -> Scope:
        """The connection without the session that it asks for, where that is another cookie's."""
        asked = [part.strip() for part in Headers(scope=scope).get("sec-websocket-protocol", "").split(",")]
        if len(asked) < 3 or self._sign_ins().get(asked[2]) == sign_in:
            return scope
        kept = [(name, value) for name, value in scope["headers"] if name.lower() != b"sec-websocket-protocol"]
        protocol = (b"sec-websocket-protocol", ", ".join(asked[:2]).encode("latin-1"))
        return {**scope, "headers": [*kept, protocol], "subprotocols": asked[:2]}

    def _paced(self, connection: Connection, receive: Receive, send: Send) -> Receive:
        """The messages of a connection: a stranger's at a slow pace, and none after a long silence."""

        async def next_message() -> Message:
            while not connection.signed_in:
                try:
                    message = await asyncio.wait_for(receive(), STRANGERS_QUIET_S)
                except TimeoutError:
                    if connection.signed_in:
                        break
                    await send({"type": "websocket.close", "code": 1001})
                    return {"type": "websocket.disconnect", "code": 1001}
                if message["type"] == "websocket.receive":
                    pause_s = max(connection.pace.pause_s(), self._connections().pace.pause_s())
                    if pause_s:
                        await asyncio.sleep(pause_s)
                return message
            return await receive()

        return next_message

    async def _media(self, file: str, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            own = await run_in_threadpool(self._is_own, file, HTTPConnection(scope).cookies)
        except BloomError as problem:
            await unavailable(problem)(scope, receive, send)
            return
        refusal = PlainTextResponse("Sign in to fetch a file.", status_code=403)
        await (self._app if own else refusal)(scope, receive, send)

    def _is_own(self, file: str, cookies: Mapping[str, str]) -> bool:
        """True if the file was made for a session of these cookies, or for none that is still there."""
        sign_in = self._sign_in_of(cookies)
        holders = self._holders(file)
        return sign_in is not None and (not holders or sign_in in map(self._sign_ins().get, holders))


def unavailable(problem: BloomError) -> PlainTextResponse:
    """The answer while the accounts cannot be read; the reason is for the log, as strangers read the answer too."""
    log.error("Nobody can be told from a stranger: %s", problem)
    return PlainTextResponse("Bloomcount cannot read its accounts now. Try again in a minute.", status_code=503)


async def _refuse(send: Send) -> None:
    start: dict[str, Any] = {"type": "websocket.http.response.start", "status": 503, "headers": []}
    await send({**start, "headers": [(b"retry-after", b"60")]})
    await send({"type": "websocket.http.response.body", "body": b"Too many visitors. Try again in a minute."})
