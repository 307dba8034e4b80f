"""A container of the app as a server runs it: read-only root, 2 GB of memory, a store that outlives it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.app_server import RunningApp, free_port, running
from tests.deploy.engine import Engine

USER = 10001
"""The user that the app runs as, by the Dockerfile."""
LIMITS = ("--read-only", "--tmpfs", "/tmp", "--memory", "2g", "--memory-swap", "2g", "--network", "host")


@dataclass(frozen=True)
class Container:
    """A started container and the app in it."""

    engine: Engine
    name: str
    port: int
    app: RunningApp

    def stop(self) -> int:
        """Stop the app as Docker does, within 10 s, and return its exit code."""
        self.engine("stop", self.name)
        return self.app.process.wait(20)

    def kill(self) -> None:
        """Kill the container as a power cut would."""
        self.engine("kill", self.name)
        self.app.process.wait(20)

    def run(self, *command: str) -> str:
        """Run a command in the container and return its output."""
        return self.engine("exec", self.name, *command)

    def state(self, field: str) -> str:
        """A field of its state, as `docker inspect` names it."""
        return self.engine("inspect", "--format", f"{{{{.State.{field}}}}}", self.name).strip()


@contextmanager
def running_container(
    engine: Engine, image: str, *options: str, port: int | None = None, **environment: str
) -> Iterator[Container]:
    """A container of the image, which has answered that it is ready; gone at the end."""
    port = port or free_port()
    name = f"bloom-{port}-{time.monotonic_ns()}"
    variables = {"STREAMLIT_SERVER_PORT": str(port), **environment}
    given = [f"--env={name}={value}" for name, value in variables.items()]
    command = [*engine.command, "run", "--name", name, *LIMITS, *given, *options, image]
    try:
        with running(command, f"http://127.0.0.1:{port}") as app:
            app.wait_until_ready()
            yield Container(engine, name, port, app)
    finally:
        engine.ask("rm", "--force", "--volumes", name)


def mounted(store: Path) -> str:
    """The option that makes this folder, with all that is in it, the store of a container."""
    store.mkdir(exist_ok=True)
    for path in (store, *store.rglob("*")):
        os.chown(path, USER, USER)
    return f"--volume={store}:/data"


def wait_until(true: Callable[[], object], what: str, seconds: float = 180) -> None:
    """Wait until it is true; fails with the name of what never became true."""
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up, f"after {seconds:.0f} s {what}"
        time.sleep(0.2)
