"""Cost of exporting a million observations: seconds, and the peak memory of each format.

Each export is a process of its own. "stream" reads the observations and writes nothing: what the question needs by
itself, in the engine that the store has; what a format holds on top of that must not grow with the store.

    python -m bench.exports [PHOTOS [STORE]]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.memory import peak_mb
from bench.stored import filled_store
from core.bloomcount import assemble
from core.exports.formats import FORMATS
from core.exports.stored import Stored
from core.settings import Settings

PHOTOS = 750_000
"""Photos with a little over a million observations in all."""

STREAM = "stream"


def memory_of_exports(photos: int = PHOTOS, store: str = "") -> str:
    """One line per format: seconds, peak memory, how much of it is not the stream's, size of the file."""
    with tempfile.TemporaryDirectory() as folder:
        if not store:
            store = f"{folder}/store"
            filled_store(store, photos)
        lines, streamed_mb = [], 0.0
        for name in (STREAM, *FORMATS):
            out = Path(folder) / "out"
            start = time.perf_counter()
            told = subprocess.run(
                [sys.executable, "-c", f"from bench.exports import export; export({store!r}, {name!r}, {str(out)!r})"],
                check=True,
                capture_output=True,
                text=True,
            ).stdout.split()
            seconds, rows, mb = time.perf_counter() - start, int(told[0]), float(told[1])
            streamed_mb = streamed_mb or mb
            lines.append(
                f"export {name}: {rows:,} observations in {seconds:.0f} s, {mb:.0f} MB at most, "
                f"{mb - streamed_mb:+.0f} MB to the stream, a file of {out.stat().st_size / 1e6:.0f} MB"
            )
    return "\n".join(lines)


def export(store: str, name: str, out: str) -> None:
    """Write one format, and print how many observations there were and the most memory that was held."""
    bloom, told = assemble(Settings(store=store)), [0]
    stored = Stored(bloom.library, bloom.models.package().labels, bloom.models.package_of, progress=told.append)
    with Path(out).open("wb") as file:
        if name == STREAM:
            for _ in stored.rows():
                pass
        else:
            FORMATS[name].write(stored, file)
    sys.stdout.write(f"{told[-1]} {peak_mb()}\n")


if __name__ == "__main__":
    photos, *store = sys.argv[1:] or [str(PHOTOS)]
    sys.stdout.write(memory_of_exports(int(photos), *store) + "\n")
