"""Seconds from start to the app's first answer, beside a bare Streamlit app that shows one word."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.app_server import free_port, running_app

ROUNDS = 3


def health_after_start() -> str:
    """A line with the seconds until /_stcore/health answers, the best of rounds taken in turn."""
    ours, bare = [], []
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bare.py"
        script.write_text("import streamlit as st\n\nst.write(1)\n")
        for number in range(ROUNDS):
            bare.append(_bare(script))
            start = time.perf_counter()
            with running_app(f"{folder}/store-{number}", Path(folder) / "home") as app:
                _wait_for_health(app.url)
                ours.append(time.perf_counter() - start)
    return (
        f"start: /_stcore/health answers {min(ours):.1f} s after the start, "
        f"{min(ours) / min(bare):.2f} times a bare Streamlit app"
    )


def _bare(script: Path) -> float:
    port = free_port()
    start = time.perf_counter()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    process = subprocess.Popen([*command, "--server.headless", "true"], stdout=subprocess.DEVNULL)
    try:
        _wait_for_health(f"http://127.0.0.1:{port}")
        return time.perf_counter() - start
    finally:
        process.terminate()
        process.wait()


def _wait_for_health(url: str) -> None:
    while True:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5):
                return
        except OSError:
            time.sleep(0.02)
