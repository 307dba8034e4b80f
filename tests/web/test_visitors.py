"""A session is for the browser that holds its cookie; strangers hold little of the server."""

from __future__ import annotations

import asyncio
import socket
import time
import tomllib
from contextlib import suppress
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus

from core.bloomcount import assemble
from core.settings import Settings
from core.store.pictures import photo_key
from tests.app_server import ROOT, running_app
from tests.core.counting_squares import photo_of
from tests.survey import count, photo
from tests.web.tab import labels, open_tab
from tests.web.test_closed_to_strangers import SIGN_IN, admins_cookie, store, wait_until_it_listens
from web import visitors
from web.sign_ins import SignIn, SignIns
from web.visitors import LIMITS, MESSAGE_BYTES, STRANGERS_MESSAGE_BYTES, STRANGERS_OF_ADDRESS, Connections, Visitors

__all__ = ["store"]

ANNA, BEN = SignIn("anna", 4e9), SignIn("ben", 4e9)


@pytest.fixture(scope="module")
def app(store, tmp_path_factory):
    with running_app(store, tmp_path_factory.mktemp("home")) as app:
        wait_until_it_listens(app)
        yield app


@pytest.fixture(scope="module", autouse=True)
def unfinished(app):
    """A request that is begun before all tests and never ended."""
    place = urlsplit(app.url)
    with socket.create_connection((place.hostname, place.port)) as begun:
        begun.sendall(b"GET /_stcore/health HTTP/1.1\r\nHost: ")
        begun.settimeout(visitors.UNFINISHED_S + 30)
        yield begun


def test_no_run_of_a_page_looks_through_all_that_the_start_made(app):
    assert int(app.waited_for(r"Started, with (\d+) objects that stay")) > 100_000


def test_a_sessions_id_alone_opens_nothing(app, store):
    cookie = admins_cookie(store)
    with open_tab(app.url, cookie) as tab:
        assert "button: Sign out" in labels(tab.run())
        with open_tab(app.url, session=tab.session_id) as thief:
            assert labels(thief.run()) == SIGN_IN
            assert thief.session_id != tab.session_id
            assert thief.upload(photo_of(1), session_id=tab.session_id)[0] == 403
        with open_tab(app.url, admins_cookie(store), session=tab.session_id) as other_browser:
            other_browser.run()
            assert other_browser.session_id != tab.session_id
        assert "button: Sign out" in labels(tab.run())
        with open_tab(app.url, cookie, session=tab.session_id) as again:
            assert "button: Sign out" in labels(again.run())
            assert again.session_id == tab.session_id


def test_a_file_that_a_click_made_is_for_the_browser_that_clicked(app, store):
    bloom, kept = assemble(Settings(store=store)), photo("poppies.jpg")
    bloom.blobs.put(photo_key(kept.photo_id), photo_of(1))
    count(bloom.library, kept, {"corn-poppy": 3})
    with open_tab(app.url, admins_cookie(store)) as tab, open_tab(app.url, admins_cookie(store)) as other:
        file = tab.download(tab.run(page_name="photo", query=f"id={kept.photo_id}"), "Photo as uploaded")
        assert tab.fetch(file) == 200
        assert other.fetch(file) == 403
    with open_tab(app.url) as stranger:
        assert stranger.fetch(file) == 403


def test_no_log_line_has_a_sessions_id(app, store):
    with open_tab(app.url, cookie := admins_cookie(store)) as tab:
        tab.run(page_name="count-flowers")
        tab.upload(photo_of(2))
        with open_tab(app.url, cookie, session=tab.session_id) as again:
            again.run()
        told = "".join(app.output)
        assert "is already connected" in told
        assert tab.session_id not in told


def test_a_stranger_sends_nothing_large(app, store):
    with open_tab(app.url) as stranger:
        stranger.run()
        stranger.send(b"x" * (STRANGERS_MESSAGE_BYTES + 1))
        assert stranger.close_code() == 1009
    with open_tab(app.url, admins_cookie(store)) as tab:
        tab.run()
        tab.send(b"x" * (MESSAGE_BYTES + 1))
        assert tab.close_code() in (1009, None)  # None: cut off while it was sending


def test_an_address_has_only_so_many_strangers(app, store):
    tabs = []
    try:
        for _ in range(STRANGERS_OF_ADDRESS):
            tabs.append(open_tab(app.url))
            tabs[-1].__enter__()
        with pytest.raises(InvalidStatus, match="503"), open_tab(app.url):
            pass
        with open_tab(app.url, admins_cookie(store)) as tab:
            assert "button: Sign out" in labels(tab.run())
    finally:
        for tab in tabs:
            tab.__exit__(None, None, None)


# --- without a server


@pytest.mark.parametrize(
    ("path", "file"), [("/media/ab12.csv", "ab12"), ("/static/media/MaterialSymbols.ab.woff2", None)]
)
def test_files_that_pages_made_are_for_their_people_and_fonts_for_all(path, file):
    match = visitors.MEDIA.search(path)
    assert (match and match["file"]) == file


def websocket(
    connections, messages, *, cookie="", session="", address="192.0.2.1", signed_in=lambda: None, patience_s=20.0
):
    """Scope that the app gets, messages that it receives, and what is sent, of one connection."""
    sign_ins = SignIns()
    sign_ins.keep("annas", ANNA)
    seen, sent, queue = {}, [], asyncio.Queue()
    reader = SimpleNamespace(max_message_size=STRANGERS_MESSAGE_BYTES)

    async def app(scope, receive, send):
        seen.update(scope=scope, received=[])
        while True:
            message = await receive()
            seen["received"].append(message["type"])
            signed_in()
            if message["type"] == "websocket.disconnect":
                return

    async def send(message):
        sent.append(message)

    async def serve():
        for message in messages:
            queue.put_nowait(message)
        protocol = ", ".join(["streamlit", "xsrf", *([session] if session else [])])
        headers = [(b"sec-websocket-key", b"k1"), (b"sec-websocket-protocol", protocol.encode())]
        headers += [(b"cookie", f"bloomcount={cookie}".encode())] if cookie else []
        await Visitors(
            app,
            sign_in_of=lambda cookies: {"anna": ANNA, "ben": BEN}.get(cookies.get("bloomcount")),
            sign_ins=lambda: sign_ins,
            connections=lambda: connections,
            holders=lambda file: [],
        )(
            {
                "type": "websocket",
                "path": "/_stcore/stream",
                "headers": headers,
                "subprotocols": protocol.split(", "),
                "client": (address, 1),
                "extensions": {LIMITS: reader},
            },
            queue.get,
            send,
        )

    with suppress(TimeoutError):
        asyncio.run(asyncio.wait_for(serve(), patience_s))
    return seen, sent, reader


HELLO, BYE = {"type": "websocket.receive", "bytes": b""}, {"type": "websocket.disconnect", "code": 1001}


@pytest.mark.parametrize(
    ("cookie", "session", "goes_on"),
    [
        ("anna", "annas", True),
        ("ben", "annas", False),
        ("", "annas", False),
        ("", "of nobody", True),
        ("anna", "of nobody", False),
    ],
)
def test_a_session_goes_on_for_its_cookie_alone(cookie, session, goes_on):
    seen, _, _ = websocket(Connections(), [BYE], cookie=cookie, session=session)
    asked = dict(seen["scope"]["headers"])[b"sec-websocket-protocol"].decode().split(", ")
    assert asked == seen["scope"]["subprotocols"] == ["streamlit", "xsrf", *([session] if goes_on else [])]


def test_a_silent_stranger_is_shown_out_and_who_signed_in_is_not(monkeypatch):
    monkeypatch.setattr(visitors, "STRANGERS_QUIET_S", 0.05)
    seen, sent, _ = websocket(Connections(), [HELLO])
    assert seen["received"] == ["websocket.receive", "websocket.disconnect"]
    assert sent == [{"type": "websocket.close", "code": 1001}]
    connections = Connections()
    seen, sent, _ = websocket(connections, [HELLO], signed_in=lambda: connections.welcome("k1"), patience_s=0.5)
    assert (seen["received"], sent) == (["websocket.receive"], [])


def test_messages_of_who_signed_in_may_be_as_long_as_the_app_needs():
    connections = Connections()
    _, _, reader = websocket(connections, [HELLO, BYE])
    assert reader.max_message_size == STRANGERS_MESSAGE_BYTES
    _, _, reader = websocket(connections, [HELLO, BYE], signed_in=lambda: connections.welcome("k1"))
    assert reader.max_message_size == MESSAGE_BYTES
    _, _, reader = websocket(connections, [BYE], cookie="anna")
    assert reader.max_message_size == MESSAGE_BYTES


def test_a_stranger_who_sends_without_end_is_slowed(monkeypatch):
    waits = []

    async def sleep(seconds):
        waits.append(round(seconds))

    monkeypatch.setattr(visitors.asyncio, "sleep", sleep)
    monkeypatch.setattr(visitors, "RUNS_AT_ONCE", 60)
    websocket(Connections(), [*[HELLO] * 14, BYE])
    assert [wait for wait in waits if wait] == [1, 2, 3, 4]
    waits.clear()
    websocket(Connections(), [*[HELLO] * 14, BYE], cookie="anna")
    assert not any(waits)


def test_a_refused_stranger_waits_before_it_can_come_again(monkeypatch):
    monkeypatch.setattr(visitors, "STRANGERS_OF_ADDRESS", 0)
    monkeypatch.setattr(visitors, "REFUSED_S", 0.2)
    start = time.monotonic()
    _, sent, _ = websocket(Connections(), [HELLO])
    assert sent[0]["status"] == 503
    assert time.monotonic() - start >= 0.2


def test_strangers_are_counted_until_they_leave():
    connections = Connections()
    websocket(connections, [HELLO, BYE])
    assert connections.strangers() == 0


def test_streamlit_takes_as_much_at_once_as_a_message_may_have():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["server"]["maxWidgetStateSize"] * 1_000_000 == MESSAGE_BYTES


def test_a_request_that_is_not_finished_is_ended(unfinished):
    assert unfinished.recv(1) == b""
