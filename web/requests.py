"""Each HTTP request gets an id, which is in the answer and in every line that is logged meanwhile; each answer says
what a browser may do with it.

Behind a load balancer it is that of the balancer, so that its logs and ours can be laid side by side. Told is what
failed and what changed something: pages load dozens of files each, and none of those is of interest.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.settings import MapTiles
from core.watching.logs import REQUEST

log = logging.getLogger(__name__)

GIVEN_IN = ("x-amzn-trace-id", "x-request-id")
HARMLESS = re.compile(r"[\w=;:.-]{1,128}", re.ASCII)
SESSION = re.compile(r"(?<=/upload_file/)[^/]+")
"""The session's id in a path, never logged: whoever knows it is half-way to uploading in that person's name."""
MAY_LOAD = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",  # Streamlit's page, Plotly and our own components
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' ws: wss: data: blob:",  # an old Safari does not count ws: as 'self'
    "worker-src": "'self' blob:",  # the map
    "frame-src": "'self'",  # the cookie's component
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}
OF_TILES = ("img-src", "connect-src")
HTTPS_ONLY = "max-age=31536000"
READS = ("GET", "HEAD", "OPTIONS")


def allowed(tiles: MapTiles | None) -> dict[str, str]:
    """The headers that say what a browser may load, and where a page may be framed.

    Only the server of a map's tiles is somebody else's; it is told which Bloomcount asks, as OpenStreetMap wants, but
    not which page.
    """
    server = f" {tiles.server}" if tiles else ""
    policy = [f"{what} {whence}{server if what in OF_TILES else ''}" for what, whence in MAY_LOAD.items()]
    return {
        "Content-Security-Policy": "; ".join(policy),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin" if tiles else "same-origin",
    }


class Requests:
    """ASGI middleware, the outermost. map_tiles: those of the settings."""

    def __init__(self, app: ASGIApp, *, map_tiles: Callable[[], MapTiles | None]) -> None:
        self._app = app
        self._map_tiles = map_tiles

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, start, status = _id_of(Headers(scope=scope)), time.perf_counter(), 500
        before = REQUEST.set(request)

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers.update({**allowed(self._map_tiles()), "X-Request-Id": request})
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = HTTPS_ONLY
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            _tell(scope["method"], scope["path"], status, time.perf_counter() - start)
            REQUEST.reset(before)


def _id_of(headers: Headers) -> str:
    given = next((headers[name] for name in GIVEN_IN if name in headers), "")
    return given if HARMLESS.fullmatch(given) else secrets.token_hex(8)


def _tell(method: str, path: str, status: int, seconds: float) -> None:
    if status < 400 and method in READS:
        return
    path = SESSION.sub("…", path)
    facts = {"method": method, "path": path, "status": status, "seconds": round(seconds, 3)}
    log.log(logging.ERROR if status >= 500 else logging.INFO, "%s %s: %s", method, path, status, extra=facts)
