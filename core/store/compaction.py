"""Many small files of a Delta table become few large ones, by one process at a time.

deltalake 1.6.6 lets two compactions of the same files both succeed, and every row is then there twice (since
delta-rs#3982 removals that change no data conflict with nothing; commit properties are ignored by optimize). So
whoever compacts holds a blob that only one can make. Appends need no such care: they never conflict with a compaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pyarrow as pa
from deltalake import DeltaTable

from core.errors import Conflict
from core.store.blobs import Blobs, MissingBlob

SMALL_FILE_BYTES = 32 * 2**20
SMALL_FILES = 50
"""From so many small files on, a table is compacted: 200 one-row files read in 0.6 s, one file in 0.01."""

KEPT_HOURS = 24
"""Files that compaction replaced are kept so long for those who still read them."""

ABANDONED_S = 3600
"""Whoever compacts for so long is dead (it takes seconds), and the next one may."""


def compact_if_scattered(open_table: Callable[[], DeltaTable | None], blobs: Blobs, *, turn: str) -> bool:
    """Rewrite the table if it has many small files and nobody else is at it; tell whether it was.

    turn: key of the blob that one process at a time may hold.
    """
    if not _scattered(open_table()):
        return False
    with taken(blobs, turn) as mine:
        table = open_table()
        if not mine or table is None or not _scattered(table):
            return False
        table.optimize.compact()
        table.vacuum(retention_hours=KEPT_HOURS, dry_run=False, enforce_retention_duration=False)
        table.create_checkpoint()
        table.cleanup_metadata()
    return True


@contextmanager
def taken(blobs: Blobs, turn: str) -> Iterator[bool]:
    """Take the turn to rewrite files of a table, and tell whether it was free; it is given back at the end."""
    mine = _take(blobs, turn)
    try:
        yield mine
    finally:
        if mine:
            blobs.delete(turn)


def _scattered(table: DeltaTable | None) -> bool:
    if table is None:
        return False
    sizes: list[int] = pa.table(table.get_add_actions())["size_bytes"].to_pylist()
    return sum(size < SMALL_FILE_BYTES for size in sizes) > SMALL_FILES


def _take(blobs: Blobs, turn: str) -> bool:
    now = str(time.time()).encode()
    try:
        blobs.put(turn, now, if_absent=True)
    except Conflict:
        try:
            since, version = blobs.get_versioned(turn)
            if float(since) > time.time() - ABANDONED_S:
                return False
            blobs.put(turn, now, if_version=version)
        except (Conflict, MissingBlob):
            return False
    return True
