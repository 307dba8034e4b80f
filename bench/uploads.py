"""Memory that 300 photos of 6 MB in one drop, sent by a real browser, add to the running app."""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path

from bench.memory import resident_mb
from bench.photos import STRONG_GRAIN, camera_jpeg, different
from tests.app_server import RunningApp, running_app
from tests.browser.test_walk import CHROMIUM, NEW_PASSWORD, QUIET, choose_password, sign_in

PHOTOS, WARM_UP = 300, 5
LONGEST_S = 1800


def memory_of_a_drop() -> str:
    """A line with the most that the app grew, over what it held after a first small drop was counted."""
    if CHROMIUM is None:
        return "uploads: not measured, no Chromium here"
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        jpeg = camera_jpeg(1, grain=STRONG_GRAIN)
        files = _files(Path(folder), jpeg, PHOTOS + WARM_UP)
        with running_app(f"{folder}/store", Path(folder) / "home") as app:
            app.wait_until_ready()
            page = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET).new_page()
            page.set_default_timeout(LONGEST_S * 1000)
            sign_in(page, app, app.one_time_password)
            choose_password(page, NEW_PASSWORD)
            page.locator("input[type=file]").set_input_files(files[:WARM_UP])
            page.get_by_text(f"in {WARM_UP} photos").wait_for()
            before = resident_mb(app.process.pid)
            page.get_by_role("button", name="Start a new drop").click()
            page.get_by_role("button", name="Start a new drop").wait_for(state="hidden")
            peak = _Peak(app)
            page.locator("input[type=file]").set_input_files(files[WARM_UP:])
            page.get_by_text(f"in {PHOTOS} photos").wait_for()
            growth = peak.stop() - before
    return f"uploads: {PHOTOS} photos of {len(jpeg) / 1e6:.1f} MB in one drop raise the app by {growth:.0f} MB at most"


class _Peak:
    """The most memory that the app holds while this runs."""

    def __init__(self, app: RunningApp) -> None:
        self._pid, self._most, self._running = app.process.pid, 0.0, True
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while self._running:
            self._most = max(self._most, resident_mb(self._pid))
            time.sleep(0.05)

    def stop(self) -> float:
        """The peak in MB."""
        self._running = False
        self._thread.join()
        return self._most


def _files(folder: Path, jpeg: bytes, count: int) -> list[Path]:
    files = [folder / f"IMG_{number:04}.jpg" for number in range(count)]
    for number, file in enumerate(files):
        file.write_bytes(different(jpeg, number))
    return files
