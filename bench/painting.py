"""Seconds from a click to the last card of *Overview*, painted by Chromium; and those of the server's processor alone.

`python -m bench.painting 1000000` asks it of another number of photos.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from core.bloomcount import assemble
from core.demo.store import fill
from core.settings import Settings
from tests.app_server import RunningApp, running_app
from tests.browser.let_in import PASSWORD, let_in
from tests.people import ADMIN

PHOTOS, ROUNDS = 100_000, 5
DRAWN = """() => {
    const cards = ["taxa", "where .main-svg", "when .main-svg", "seeing img", "asks a"];
    return document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]")
        && cards.every((card) => document.querySelector(`.st-key-area_${card}`))
        && [...document.images].every((image) => image.complete);
}"""
PAINTED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def overview_in_a_browser(photos: int = PHOTOS) -> str:
    """A line with the seconds of the first Overview after a start, and of the same page opened again."""
    with tempfile.TemporaryDirectory() as folder:
        bloom = assemble(Settings(store=f"{folder}/store"))
        bloom.accounts.first_start()
        bloom.accounts.set_password("admin", PASSWORD, address=ADMIN.address)
        fill(bloom.library, bloom.models.package(), photos)
        bloom.library.tidy()
        with (
            running_app(bloom.settings.store, Path(folder) / "home") as app,
            sync_playwright() as playwright,
            playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]) as browser,
        ):
            app.wait_until_ready()
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            let_in(context, bloom.accounts, app.url)
            page = context.new_page()
            _settled(app)
            first = _opened(page, app)
            again = [
                statistics.median(times) for times in zip(*(_opened(page, app) for _ in range(ROUNDS)), strict=True)
            ]
    words = [
        f"{painted:.2f} s to the last card, {server:.2f} CPU s of the server" for painted, server in (first, again)
    ]
    return f"painting: Overview of {photos:,} photos: first {words[0]}; again {words[1]}"


def _opened(page: Page, app: RunningApp) -> tuple[float, float]:
    """Seconds until the last card of Overview is painted, and CPU seconds of the server until it rests."""
    start, before = time.perf_counter(), _cpu_s(app)
    page.goto(f"{app.url}/overview")
    page.wait_for_function(DRAWN, timeout=120_000)
    page.evaluate(PAINTED)
    painted = time.perf_counter() - start
    return painted, _cpu_s(app) - before


def _settled(app: RunningApp) -> None:
    """Wait until the server has made its first tables in advance, and rests."""
    before = -1.0
    while (now := _cpu_s(app)) - before > 0.1:
        before = now
        time.sleep(2)


def _cpu_s(app: RunningApp) -> float:
    """CPU seconds of the server so far."""
    user, system = Path(f"/proc/{app.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    print(overview_in_a_browser(int(sys.argv[1]) if len(sys.argv) > 1 else PHOTOS))
