"""The most memory that the whole server holds over small files with huge pictures.

python -m bench.small_files [FOLDER] takes the files of a folder in the place of its own.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from PIL import Image

from bench.memory import peak_mb
from core.bloomcount import Bloomcount, assemble
from core.intake.pipeline import accept
from core.settings import Settings
from core.store.records import Drop
from tests.app_server import ROOT, running_app
from tests.core.photo.test_memory import TINY_WEBP, png

SIDE_PX = 14_000
LONGEST_S = 900
GOOD = {f.name: f.read_bytes() for f in sorted((ROOT / "pages" / "parts" / "samples").glob("*.jpg"))}
Files = Mapping[str, bytes]


def small_files() -> dict[str, bytes]:
    """Files of less than 1 MB with pictures of nearly 200 megapixels."""
    return {
        "lossless.webp": TINY_WEBP,
        "float.tif": _tiff("F"),
        "grey16.tif": _tiff("I;16"),
        "grey-alpha.png": png(depth=8, colours=4, width=SIDE_PX, height=SIDE_PX),
        "thin.png": png(depth=8, colours=0, width=199_000_000, height=1),
    }


def _tiff(mode: str) -> bytes:
    file = BytesIO()
    Image.new(mode, (SIDE_PX, SIDE_PX)).save(file, "TIFF", compression="tiff_adobe_deflate")
    return file.getvalue()


def memory_of_small_files(files: Files | None = None) -> str:
    """A line with the peak of the server over each file alone, over three at once, and beside two good photos."""
    files = files or small_files()
    rounds: dict[str, Files] = {name: {name: data} for name, data in files.items()}
    rounds["three at once"] = dict(list(files.items())[-3:])
    rounds["all beside two good photos"] = files | GOOD
    peaks = []
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, some) in enumerate(rounds.items()):
            store = f"{folder}/store{number}"
            bloom = assemble(Settings(store=store))
            with running_app(store, Path(folder) / f"home{number}") as app:
                app.wait_until_ready()
                _put(bloom, some)
                _wait(bloom, len(some))
                peak = max(map(peak_mb, _family(app.process.pid)))
                counted = sum(bool(one.analysis) for one in bloom.library.drop_results("small"))
                peaks.append(f"{name} {peak:.0f} ({counted} of {len(some)} counted)")
                assert app.process.poll() is None, "the server ended"
    return f"small files: the server holds at most, in MB: {', '.join(peaks)}"


def _put(bloom: Bloomcount, files: Files) -> None:
    drop = Drop("small", "dunes", "", "anna")
    for name, data in files.items():
        accept(bloom.library, bloom.inbox, data, file=name, drop=drop)


def _wait(bloom: Bloomcount, photos: int) -> None:
    end = time.monotonic() + LONGEST_S
    while len(bloom.library.drop_results("small")) < photos or any(bloom.inbox.names()):
        if time.monotonic() > end:
            raise TimeoutError("the photos were not counted")
        time.sleep(0.5)


def _family(pid: int) -> list[int]:
    """A process and all that it started."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [pid, *(one for task in tasks for child in task.read_text().split() for one in _family(int(child)))]


if __name__ == "__main__":
    given = {f.name: f.read_bytes() for f in sorted(Path(sys.argv[1]).iterdir()) if f.suffix} if sys.argv[1:] else None
    sys.stdout.write(memory_of_small_files(given) + "\n")
