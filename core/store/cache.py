"""The current rows, kept by this process: read once, then brought up to date by what was added to the tables.

A snapshot of them lies in the store, so that a new process reads one file instead of every row. It can be thrown away
at any time: it is made from the tables. One that is ahead of them, as in a store that was restored, is thrown away.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from zipfile import ZipFile

import polars as pl
import pyarrow as pa

from core.errors import StoreError
from core.store.blobs import Blobs, MissingBlob
from core.store.commits import Added, added_since, read_added
from core.store.now import READ, ROWS, CurrentRows, empty
from core.store.tables import NO_TABLE, Tables, Version

log = logging.getLogger(__name__)

SNAPSHOT = "now/snapshot"
SNAPSHOT_OF_1_0 = "present/snapshot"
"""Bloomcount 1.0 kept another form there. It is deleted; this may go when no store of 1.0 is left."""

KEPT_AFTER_COMMITS = 60
"""A snapshot so far behind is written anew: a minute of counting. Each commit costs its reader a request or two."""

KEPT_AFTER_ROWS = 50_000
PROVED_EVERY_S = 24 * 3600
"""So often versions are compared with the table itself: commits are looked for one by one, and old ones go in time."""

FRAMES = ("photos", "observations", "later", "other")
VERSIONS = "versions.json"


class Cache:
    """The current rows of one store. Threads may share one; every method may raise StoreError."""

    def __init__(self, blobs: Blobs, tables: Tables) -> None:
        self._blobs = blobs
        self._tables = tables
        self._lock = threading.Lock()
        self._rows: CurrentRows | None = None
        self._proved_at: float | None = None
        self._kept: Mapping[str, Version] = {}
        self._kept_size = 0

    def current(self) -> CurrentRows:
        """The current rows of all photos that are in the store at this moment."""
        with self._lock:
            if self._rows is None:
                self._rows = self._loaded()
            if self._rows is not None:
                self._rows = self._brought_up(self._rows)
            if self._rows is None:
                self._rows = self._made()
                if self._behind(self._rows):
                    # no daemon: a thread inside polars when Python ends aborts the process
                    threading.Thread(target=self._keep_quietly, name="snapshot").start()
            return self._rows

    def lately(self) -> CurrentRows:
        """The current rows as they were when somebody last asked for them: on a large store new ones take a while."""
        return self._rows or self.current()

    def keep(self) -> bool:
        """Write a snapshot if that in the store is far behind, and tell whether it was. For a quiet moment."""
        rows = self.current()
        if not self._behind(rows):
            return False
        self._blobs.put(SNAPSHOT, to_bytes(rows))
        self._blobs.delete(SNAPSHOT_OF_1_0)
        self._kept, self._kept_size = rows.versions, rows.size
        return True

    def erase(self) -> None:
        """Remove the snapshot with its older versions: it may tell of rows that were erased."""
        for key in (SNAPSHOT, SNAPSHOT_OF_1_0):
            self._blobs.erase(key)
        with self._lock:
            self._rows, self._kept, self._kept_size = None, {}, 0

    def _keep_quietly(self) -> None:
        try:
            self.keep()
        except StoreError as error:
            log.warning("The current rows are not kept for the next start: %s", error)

    def _behind(self, rows: CurrentRows) -> bool:
        commits = max(rows.versions[table].number - self._kept.get(table, NO_TABLE).number for table in READ)
        return commits >= KEPT_AFTER_COMMITS or abs(rows.size - self._kept_size) >= KEPT_AFTER_ROWS

    def _loaded(self) -> CurrentRows | None:
        """The snapshot in the store, None where there is none that can be used."""
        with suppress(MissingBlob):
            rows = from_bytes(self._blobs.get(SNAPSHOT))
            if rows is not None:
                self._kept, self._kept_size = rows.versions, rows.size
                return rows
        return None

    def _brought_up(self, rows: CurrentRows) -> CurrentRows | None:
        """The rows with what was added since; None where they cannot be had from these."""
        truly = self._proof()
        if any(truly.get(table, version) < version for table, version in rows.versions.items()):
            self._blobs.delete(SNAPSHOT)  # else it is believed once the tables have come as far
            self._kept, self._kept_size = {}, 0
            return None
        added: dict[str, Added] = {}
        for table, version in rows.versions.items():
            since = added_since(self._blobs, table, version.number)
            if since is None or (version == NO_TABLE and since.files):
                return None
            added[table] = since
        versions = {table: Version(old.table_id, added[table].version) for table, old in rows.versions.items()}
        if any(versions[table].table_id != true.table_id or versions[table] < true for table, true in truly.items()):
            return None
        if versions == rows.versions:
            return rows
        try:
            new = {
                table: pl.DataFrame(read_added(self._blobs, table, added[table].files, READ[table])).select(ROWS[table])
                for table in READ
            }
        except (MissingBlob, pa.ArrowException, OSError):  # compacted, and gone since; or damaged: the table says how
            return None
        return rows.with_rows(new, versions)

    def _proof(self) -> dict[str, Version]:
        """The versions that the tables themselves tell, now and then: an old commit may be gone from the log."""
        if self._proved_at is not None and time.monotonic() - self._proved_at < PROVED_EVERY_S:
            return {}
        self._proved_at = time.monotonic()
        return {table: self._tables.version(table) for table in READ}

    def _made(self) -> CurrentRows:
        """Everything from the tables themselves."""
        versions = {table: self._tables.version(table) for table in READ}
        new = {
            table: self._tables.rows(table, ROWS[table], version.number)
            for table, version in versions.items()
            if version != NO_TABLE
        }
        self._proved_at = time.monotonic()
        return CurrentRows.of(new, versions)


def to_bytes(rows: CurrentRows) -> bytes:
    """The rows in a form that from_bytes reads: a zip of each frame in Arrow's own form, and of the versions."""
    out = BytesIO()
    with ZipFile(out, "w") as file:
        file.writestr(VERSIONS, json.dumps(rows.versions))
        for name in FRAMES:
            with file.open(name, "w", force_zip64=True) as part:
                # a clone: polars locks the frame while it writes to Python, and whoever looks at it would wait for ever
                getattr(rows, name).clone().write_ipc_stream(part, compression="zstd")
    return out.getvalue()


def from_bytes(data: bytes) -> CurrentRows | None:
    """The rows; None for what another version of Bloomcount wrote, or for what is damaged.

    The zip has a checksum of each part: reading damaged frames may end the process.
    """
    try:
        with ZipFile(BytesIO(data)) as file:
            frames = {name: pl.read_ipc_stream(file.read(name)) for name in FRAMES}
            versions = json.loads(file.read(VERSIONS))
    except Exception:  # a damaged zip ends in any of a dozen errors
        return None
    if any(frame.schema != getattr(empty(), name).schema for name, frame in frames.items()):
        return None
    return CurrentRows({table: Version(*version) for table, version in versions.items()}, **frames)
