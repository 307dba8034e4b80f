"""The real app as a process of its own on a free port of this machine, for tests that speak HTTP or drive a browser."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
START_S = 120
LITERT_SAYS = "INFO: Created TensorFlow Lite"


@dataclass
class RunningApp:
    """A started app. output: what it printed so far."""

    url: str
    process: subprocess.Popen[str]
    output: list[str] = field(default_factory=list)

    @property
    def one_time_password(self) -> str:
        """The admin's, as the first start printed it."""
        return self.waited_for(r"one-time password ([\w-]+)")

    @property
    def events(self) -> list[dict[str, Any]]:
        """Events that the app logged as JSON so far: all lines except the one that LiteRT writes itself."""
        lines = "".join(self.output).splitlines()
        return [json.loads(line) for line in lines if not line.startswith(LITERT_SAYS)]

    def waited_for(self, pattern: str) -> str:
        """The first group of `pattern` in what the app prints."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if match := re.search(pattern, "".join(self.output)):
                return match[1]
            time.sleep(0.1)
        raise AssertionError(f"the app never printed {pattern!r}:\n{''.join(self.output)}")

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of a plain GET."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def wait_until_ready(self) -> None:
        """Wait until /readyz says that store and recogniser are usable."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "".join(self.output)
            try:
                if self.get("/readyz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.2)
        raise AssertionError(f"the app was not ready after {START_S} s:\n{''.join(self.output)}")


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_app(store: str, home: Path, **environment: str) -> Iterator[RunningApp]:
    """The app on this store with an empty HOME; stopped at the end."""
    port = free_port()
    home.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port)]
    with running(
        [*command, "--server.address", "127.0.0.1"],
        f"http://127.0.0.1:{port}",
        HOME=str(home),
        BLOOM_STORE=store,
        **environment,
    ) as app:
        yield app


@contextmanager
def running(command: list[str], url: str, **environment: str) -> Iterator[RunningApp]:
    """The app that this command starts at this address; stopped at the end."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    app = RunningApp(url, process)
    reader = threading.Thread(target=_read, args=(process, app.output), daemon=True)
    reader.start()
    try:
        yield app
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
        reader.join(10)


def _read(process: subprocess.Popen[str], output: list[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        output.append(line)  # one by one: others read meanwhile
