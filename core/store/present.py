"""What now holds, kept by this process: read once, then brought up to date by what was added to the tables.

A snapshot of it lies in the store, so that a new process reads one file instead of every row. It can be thrown away at
any time: it is made from the tables. One that is ahead of them, as in a store that was restored, is thrown away.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress

import pyarrow as pa

from core.errors import StoreError
from core.store.blobs import Blobs, MissingBlob
from core.store.commits import Added, added_since, read_added
from core.store.holding import READ, Holding
from core.store.snapshot import from_bytes, to_bytes
from core.store.tables import NO_TABLE, Tables, Version

log = logging.getLogger(__name__)

SNAPSHOT = "present/snapshot"
KEPT_AFTER_COMMITS = 60
"""A snapshot so far behind is written anew: a minute of counting. Each commit costs its reader a request or two."""

KEPT_AFTER_ROWS = 50_000
PROVED_EVERY_S = 24 * 3600
"""So often versions are compared with the table itself: commits are looked for one by one, and old ones go in time."""


class Present:
    """What now holds in one store. Threads may share one; every method may raise StoreError."""

    def __init__(self, blobs: Blobs, tables: Tables) -> None:
        self._blobs = blobs
        self._tables = tables
        self._lock = threading.Lock()
        self._holding: Holding | None = None
        self._proved_at: float | None = None
        self._kept: dict[str, Version] = {}
        self._kept_rows = 0

    def now(self) -> Holding:
        """What holds of all photos that are in the store at this moment."""
        with self._lock:
            if self._holding is None:
                self._holding = self._loaded()
            if self._holding is not None:
                self._holding = self._brought_up(self._holding)
            if self._holding is None:
                self._holding = self._made()
                if self._behind(self._holding):
                    threading.Thread(target=self._keep_quietly, name="present", daemon=True).start()
            return self._holding

    def keep(self) -> bool:
        """Whether a snapshot was written: what is in the store was far behind. For a quiet moment."""
        holding = self.now()
        if not self._behind(holding):
            return False
        self._blobs.put(SNAPSHOT, to_bytes(holding))
        self._remember(holding)
        return True

    def _keep_quietly(self) -> None:
        try:
            self.keep()
        except StoreError as error:
            log.warning("What now holds is not kept for the next start: %s", error)

    def _behind(self, holding: Holding) -> bool:
        commits = max(holding.versions[table].number - self._kept.get(table, NO_TABLE).number for table in READ)
        rows = len(holding.rows["photo"]) + len(holding) - self._kept_rows
        return commits >= KEPT_AFTER_COMMITS or abs(rows) >= KEPT_AFTER_ROWS

    def _remember(self, kept: Holding) -> None:
        self._kept, self._kept_rows = kept.versions, len(kept.rows["photo"]) + len(kept)

    def _loaded(self) -> Holding | None:
        """The snapshot in the store, None where there is none that can be used."""
        with suppress(MissingBlob):
            holding = from_bytes(self._blobs.get(SNAPSHOT))
            if holding is not None:
                self._remember(holding)
                return holding
        return None

    def _brought_up(self, holding: Holding) -> Holding | None:
        """The holding with what was added since; None where it cannot be had from it."""
        truly = self._proof()
        if any(truly.get(table, version) < version for table, version in holding.versions.items()):
            self._blobs.delete(SNAPSHOT)  # else it is believed once the tables have come as far
            self._kept, self._kept_rows = {}, 0
            return None
        added: dict[str, Added] = {}
        for table, version in holding.versions.items():
            found = added_since(self._blobs, table, version.number)
            if found is None or (version == NO_TABLE and found.files):
                return None
            added[table] = found
        versions = {table: Version(old.table_id, added[table].version) for table, old in holding.versions.items()}
        if any(versions[table].table_id != true.table_id or versions[table] < true for table, true in truly.items()):
            return None
        if versions == holding.versions:
            return holding
        try:
            rows = {table: read_added(self._blobs, table, added[table].files, READ[table]) for table in READ}
        except (MissingBlob, pa.ArrowException):  # compacted, and gone since; or damaged, which the table tells better
            return None
        return holding.with_rows(rows, versions)

    def _proof(self) -> dict[str, Version]:
        """The versions that the tables themselves tell, now and then: an old commit may be gone from the log."""
        if self._proved_at is not None and time.monotonic() - self._proved_at < PROVED_EVERY_S:
            return {}
        self._proved_at = time.monotonic()
        return {table: self._tables.version(table) for table in READ}

    def _made(self) -> Holding:
        """Everything from the tables themselves, a piece at a time."""
        holding = Holding()
        versions = {table: self._tables.version(table) for table in READ}
        for table, version in versions.items():
            if version != NO_TABLE:
                for piece in self._tables.pieces(table, READ[table], version.number):
                    holding = holding.with_rows({table: piece}, versions)
        self._proved_at = time.monotonic()
        return Holding(versions, holding.words, holding.pools, holding.photos, holding.rows)
