"""A process of its own that takes a drop into a store and counts it, to be killed: drop_counter MODE [N].

accept: puts the drop's photos into the store, those again that it may have put there before it was killed.
count: counts until nothing waits. die N: the same, killed by itself after so many commits. Prints `ready` once it
works. Photos say themselves how many flowers they show. die-over N: count until nothing waits, killed by each photo of
so many flowers.
"""

from __future__ import annotations

import os
import signal
import sys

import pyarrow as pa

from core.bloomcount import assemble
from core.intake import worker as worker_rules
from core.intake.pipeline import accept
from core.intake.worker import Worker
from core.photo.reading import Photo
from core.recognition.recogniser import Recognition
from core.settings import load_settings
from core.store.records import Drop
from core.store.tables import Tables
from tests.core.counting_squares import Squares, photo_of

DROP = "20260501T102030-ab12"
PHOTOS = 50


def drop() -> list[tuple[str, int, bytes]]:
    """File, flowers and bytes of every photo; all bytes differ."""
    return [(f"{n}.jpg", n % 11, photo_of(n % 11, number=n)) for n in range(PHOTOS)]


def die_after(commits: int, tables: Tables) -> None:
    """The next commit but so many is never made, nor anything else."""
    append, left = tables.append, iter(range(commits))

    def last(table: str, rows: pa.Table) -> None:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        append(table, rows)

    tables.append = last


class Deadly(Squares):
    """Ends its process over photos of so many flowers."""

    def __init__(self, flowers: int) -> None:
        super().__init__(seconds=0.05)
        self.flowers = flowers

    def recognise(self, photo: Photo) -> Recognition:
        recognition = super().recognise(photo)
        if len(recognition.flowers) == self.flowers:
            os.kill(os.getpid(), signal.SIGKILL)
        return recognition


def main() -> None:
    mode = sys.argv[1]
    bloom = assemble(load_settings())
    if mode == "die":
        die_after(int(sys.argv[2]), bloom.library.tables)
    if mode != "die-over":
        worker_rules.ENDS_TO_SET_ASIDE = 99  # kills by chance may hit one photo twice, and it is not to blame
    squares = Deadly(int(sys.argv[2])) if mode == "die-over" else Squares(seconds=0.05)
    worker = Worker(bloom.library, bloom.inbox, lambda: squares, bloom.settings)
    worker.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if mode == "accept":
        for file, _, data in drop():
            accept(bloom.library, bloom.inbox, data, file=file, drop=Drop(DROP, "plot 3", "", "anna"))
            sys.stdout.write(f"{file}\n")
            sys.stdout.flush()
    sys.stdin.read()
    worker.stop()


if __name__ == "__main__":
    main()
