"""One line of progress on stderr, at most one every few seconds, and the log of losses."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import TypeVar

_EVERY_S = 10.0

Item = TypeVar("Item")
Made = TypeVar("Made")


def on_all_cores(make: Callable[[Item], Made], items: Iterable[Item], stage: str, total: int) -> Iterator[Made]:
    """Results of `make` for each item, in order; several at once, as a network call takes one thread."""
    progress = Progress(stage, total)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for made in threads.map(make, items):
            progress.step()
            yield made


class Progress:
    """Counts steps of a named stage and says how long the rest will take."""

    def __init__(self, stage: str, total: int, *, done: int = 0) -> None:
        self._stage, self._total, self._done, self._at_start = stage, total, done, done
        self._started = self._said = monotonic()

    def step(self, note: str = "") -> None:
        """Count one more step."""
        self._done += 1
        now = monotonic()
        if now - self._said < _EVERY_S and self._done < self._total:
            return
        self._said = now
        each_s = (now - self._started) / (self._done - self._at_start)
        left_min = each_s * (self._total - self._done) / 60
        line = f"{self._stage} {self._done}/{self._total} {each_s:.2f} s each, {left_min:.1f} min left {note}"
        print(line, file=sys.stderr, flush=True)


class LossLog:
    """Appends `stage, step, loss, seconds` to a CSV file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, stage: str, step: int, loss: float, seconds: float) -> None:
        """One row, with a header when the file is new."""
        new = not self._path.exists()
        with self._path.open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(["stage", "step", "loss", "seconds"])
            writer.writerow([stage, step, f"{loss:.5f}", f"{seconds:.1f}"])
