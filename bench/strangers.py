"""Memory that strangers add to the running app, and the time that pages of somebody who is signed in take meanwhile."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.asyncio.client import connect

from bench.memory import resident_mb
from core.bloomcount import assemble
from core.demo.store import fill
from core.settings import Settings
from tests.app_server import RunningApp, running_app
from tests.web.tab import open_tab
from tests.web.test_closed_to_strangers import PASSWORD, admins_cookie

STRANGERS, SECONDS, ADDRESSES = 200, 120.0, 10
PHOTOS = 200
ALONE = 4
"""Times that each page is opened before strangers come."""
PAGES = ("count-flowers", "photos", "overview", "species", "sites")
FRAME = b"\x82\xff"
"""The start of a binary message whose length follows in eight bytes, with a mask."""
Stranger = Callable[[str, str], Awaitable[None]]


def memory_of_strangers(strangers: int = STRANGERS, seconds: float = SECONDS) -> str:
    """A line with the most that the app grew, and the slowest page meanwhile."""
    growth_mb, alone_s, page_s = measured(strangers, seconds)
    times = median(page_s) / median(alone_s)
    return (
        f"strangers: {strangers} for {seconds:.0f} s raise the app by {growth_mb:.0f} MB at most; pages of "
        f"somebody who is signed in take {median(page_s):.2f} s, {times:.1f} times as long as before, the slowest "
        f"{max(page_s):.2f} s (before {max(alone_s):.2f} s)"
    )


def measured(strangers: int, seconds: float) -> tuple[float, list[float], list[float]]:
    """The growth in MB, and the seconds that pages took before strangers came and while they were there."""
    with tempfile.TemporaryDirectory() as folder:
        bloom = assemble(Settings(store=f"{folder}/store"))
        bloom.accounts.first_start()
        bloom.accounts.set_password("admin", PASSWORD, address="here")
        fill(bloom.library, bloom.models.package(), PHOTOS)
        with running_app(bloom.settings.store, Path(folder) / "home") as app:
            app.wait_until_ready()
            return _growth_and_pages(app, bloom.settings.store, strangers, seconds)


def _growth_and_pages(
    app: RunningApp, store: str, strangers: int, seconds: float
) -> tuple[float, list[float], list[float]]:
    alone: list[float] = []
    pages: list[float] = []
    with open_tab(app.url, admins_cookie(store)) as tab:

        def run(times: list[float]) -> None:
            start = time.monotonic()
            tab.run(page_name=PAGES[len(times) % len(PAGES)])
            times.append(time.monotonic() - start)

        for _ in range((1 + ALONE) * len(PAGES)):
            run(alone)
        del alone[: len(PAGES)]  # what all share was made then
        before = most = resident_mb(app.process.pid)
        crowd = get_context("spawn").Process(target=_come, args=(app.url, strangers, seconds))  # with a lock of its own
        crowd.start()
        while crowd.is_alive():
            run(pages)
            most = max(most, resident_mb(app.process.pid))
            time.sleep(0.3)
        crowd.join()
    return most - before, alone, pages


def _come(url: str, strangers: int, seconds: float) -> None:
    asyncio.run(_crowd(url, strangers, seconds))


async def _crowd(url: str, strangers: int, seconds: float) -> None:
    kinds: tuple[Stranger, ...] = (_looks, _runs, _leaves_unfinished, _sends_much, _says_nothing)
    end = time.monotonic() + seconds

    async def come_again(number: int) -> None:
        while time.monotonic() < end:
            with suppress(Exception):
                stranger = kinds[number % len(kinds)](url, f"127.0.0.{2 + number % ADDRESSES}")
                await asyncio.wait_for(stranger, end - time.monotonic())
            await asyncio.sleep(0.5)

    await asyncio.gather(*map(come_again, range(strangers)))


async def _looks(url: str, address: str) -> None:
    """Open the sign-in page and wait."""
    async with _socket(url, address) as socket:
        await socket.send(_run())
        async for _ in socket:
            pass


async def _runs(url: str, address: str) -> None:
    """Run the sign-in page without end."""
    async with _socket(url, address) as socket:
        while True:
            await socket.send(_run())
            await socket.recv()


async def _leaves_unfinished(url: str, address: str) -> None:
    """Begin a message of 190 MB and send as much of it as is taken."""
    await _raw(url, address, FRAME + (190_000_000).to_bytes(8, "big") + bytes(4), 190_000_000)


async def _sends_much(url: str, address: str) -> None:
    """Send a whole message of 18 MB."""
    await _raw(url, address, FRAME + (18_000_000).to_bytes(8, "big") + bytes(4), 18_000_000)


async def _says_nothing(url: str, address: str) -> None:
    """Begin a request and never end it."""
    reader, writer = await _opened(url, address)
    writer.write(b"GET / HTTP/1.1\r\nHost: ")
    await writer.drain()
    await reader.read()
    writer.close()


def _socket(url: str, address: str) -> connect:
    stream = url.replace("http", "ws", 1) + "/_stcore/stream"
    return connect(stream, origin=url, subprotocols=["streamlit"], local_addr=(address, 0), max_size=None, proxy=None)  # type: ignore[list-item,arg-type]


async def _raw(url: str, address: str, head: bytes, length: int) -> None:
    reader, writer = await _opened(url, address)
    key = os.urandom(16).hex()[:22] + "=="
    lines = [
        "GET /_stcore/stream HTTP/1.1",
        f"Host: {urlsplit(url).netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    await reader.readuntil(b"\r\n\r\n")
    writer.write(head)
    for _ in range(length // 100_000):
        writer.write(bytes(100_000))
        await writer.drain()
    await reader.read()
    writer.close()


async def _opened(url: str, address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    place = urlsplit(url)
    return await asyncio.open_connection(place.hostname, place.port, local_addr=(address, 0))


def _run() -> bytes:
    message = BackMsg()
    message.rerun_script.query_string = ""
    return message.SerializeToString()


if __name__ == "__main__":
    sys.stdout.write(memory_of_strangers() + "\n")
