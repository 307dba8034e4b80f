"""A Docker engine of its own for the tests, with a base image from Debian's archive; gone with everything at the end.

Needs root and, from Debian, docker.io, debootstrap and nginx-light. Containers share this machine's network.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.app_server import ROOT

DOCKER, DOCKERD = Path("/usr/bin/docker"), Path("/usr/sbin/dockerd")
NEEDED = {"docker.io": DOCKERD, "debootstrap": Path("/usr/sbin/debootstrap"), "nginx-light": Path("/usr/sbin/nginx")}
KEPT_BASE = Path.home() / ".cache" / "bloomcount" / "bookworm-with-python.tar"
"""The base image's file: it takes a minute or two to make, so it is kept; delete it to make it anew."""
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
BASE = "bookworm-with-python"
START_S = 60


class NoEngine(Exception):
    """The reason, in a sentence, why no Docker engine can start here."""


@dataclass(frozen=True)
class Engine:
    """A running engine. command: `docker`, speaking to it."""

    command: list[str]

    def __call__(self, *arguments: str) -> str:
        """Run `docker` with these arguments and return its output; fails with the whole output."""
        done = self.ask(*arguments)
        assert done.returncode == 0, f"docker {' '.join(arguments)}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def ask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `docker` with these arguments, however it ends."""
        buildkit = {**os.environ, "DOCKER_BUILDKIT": "1"}
        return subprocess.run([*self.command, *arguments], capture_output=True, text=True, env=buildkit, check=False)

    def build(self, tag: str, *, target: str = "default") -> str:
        """The tag of the image made from the repository's Dockerfile, on a Debian with Python."""
        self(
            *("build", "--network=host", "--build-arg", f"BASE={BASE}", "--target", target, "--tag", tag),
            str(ROOT),
        )
        return tag

    def unpacked_mb(self, image: str) -> float:
        """Size of an image on a disk, above its base."""
        sizes = [int(self("image", "inspect", "--format", "{{.Size}}", name)) for name in (image, BASE)]
        return (sizes[0] - sizes[1]) / 1e6


@contextmanager
def running_engine() -> Iterator[Engine]:
    """An engine that knows only the base image. Raises NoEngine."""
    if os.geteuid() != 0:
        raise NoEngine("no Docker engine here: starting one takes root")
    if missing := [package for package, file in NEEDED.items() if not file.exists()]:
        raise NoEngine(f"no Docker engine here: apt-get install {' '.join(missing)}")
    folder = Path(tempfile.mkdtemp(prefix="bloom-docker-", dir="/var/tmp"))  # not a tmpfs: images weigh gigabytes
    try:
        with _dockerd(folder) as engine:
            _import_base(engine, folder)
            yield engine
    finally:
        subprocess.run(
            ["umount", "--quiet", f"{folder}/exec/netns/default"], check=False
        )  # which dockerd leaves behind
        subprocess.Popen(["rm", "--recursive", "--force", str(folder)], start_new_session=True)  # takes minutes


@contextmanager
def _dockerd(folder: Path) -> Iterator[Engine]:
    engine = Engine([str(DOCKER), "--host", f"unix://{folder}/docker.sock"])
    with (folder / "log").open("wb") as log:
        daemon = subprocess.Popen(
            [
                *(str(DOCKERD), "--host", f"unix://{folder}/docker.sock", "--pidfile", f"{folder}/dockerd.pid"),
                *("--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"),
                *("--iptables=false", "--bridge=none"),
            ],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        give_up = time.monotonic() + START_S
        while engine.ask("version").returncode != 0:
            if daemon.poll() is not None or time.monotonic() > give_up:
                last = (folder / "log").read_text(errors="replace").strip().splitlines()[-1:]
                raise NoEngine(f"no Docker engine can start here: {''.join(last)}")
            time.sleep(0.3)
        yield engine
    finally:
        daemon.send_signal(signal.SIGTERM)
        try:
            daemon.wait(60)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()


def _import_base(engine: Engine, folder: Path) -> None:
    """A Debian with Python that trusts whom this machine trusts, so that builds reach package indexes from here too."""
    if not KEPT_BASE.exists():
        _make_base(folder / "base")
    trust = " ".join(f"{name}={CERTIFICATES}" for name in ("SSL_CERT_FILE", "PIP_CERT"))
    engine("import", "--change", f"ENV {trust}", str(KEPT_BASE), BASE)


def _make_base(root: Path) -> None:
    packages = "ca-certificates,python3,python3-venv"
    command = ["/usr/sbin/debootstrap", "--variant=minbase", f"--include={packages}", "bookworm", str(root)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise NoEngine(f"no base image for containers: debootstrap says {made.stdout.strip().splitlines()[-1:]}")
    shutil.copy(CERTIFICATES, root / CERTIFICATES.relative_to("/"))
    KEPT_BASE.parent.mkdir(parents=True, exist_ok=True)
    unfinished = KEPT_BASE.with_suffix(f".{os.getpid()}")
    subprocess.run(
        ["tar", "-C", root, "--exclude=./var/cache/apt/*", "--exclude=./var/lib/apt/lists/*", "-cf", unfinished, "."],
        check=True,
    )
    unfinished.rename(KEPT_BASE)
    shutil.rmtree(root)
