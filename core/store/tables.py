"""Append-only Delta tables in a folder or a bucket, readable by any engine that reads Delta.

A correction is a new row, "now" is a query, history is never rewritten. Two processes may create, append and compact
at once: a commit that lost is repeated. Questions are SQL (DataFusion inside deltalake); a table that does not exist
yet answers as an empty one. What cannot be read or written is a StoreError.
"""

from __future__ import annotations

import random
import re
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import unquote

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from core.errors import StoreError
from core.settings import Settings
from core.store.blobs import Blobs, S3Blobs, open_blobs
from core.store.commits import is_newest, look_again
from core.store.compaction import compact_if_scattered, taken
from core.store.erasing import erase_history
from core.store.schemas import SCHEMAS
from core.watching.metrics import S3_ERRORS

APPEND_TRIES = 12
LONGEST_PAUSE_S = 1.0
LONGEST_WAIT_S = 120.0
OPENED_FOR_S = 24 * 3600
"""Then a table is opened anew: commits are looked for one by one, and old ones go in time."""

FAILURES = (DeltaError, OSError, pa.ArrowException, pl.exceptions.PolarsError, pl.exceptions.PanicException)
"""Errors of reading and writing. Polars panics over a file that was cut off; no `except Exception` catches that."""

MOST_KEPT, LONGEST_KEPT_BYTES = 32, 1 << 19
"""Answers: those of the pages that are looked at now."""

READING = {"datafusion.execution.parquet.pushdown_filters": "true"}
"""Flowers are decoded only for the rows that a question keeps."""


class Version(NamedTuple):
    """A table at some moment: which one it is (a new one under the old name is another), and its last commit."""

    table_id: str
    number: int


NO_TABLE = Version("", -1)


class Opened(NamedTuple):
    """A table as it was opened at a time (seconds, monotonic), None where there was none.

    options: what it reads its bucket with. The credentials of a role end after some hours.
    """

    delta: DeltaTable | None
    at: float
    options: dict[str, str] | None

    @property
    def number(self) -> int:
        """The number of its last commit."""
        return NO_TABLE.number if self.delta is None else self.delta.version()


class Tables:
    """The tables of one store. Threads may share one. store: its settings, or its blobs that are open already."""

    def __init__(self, store: Settings | Blobs) -> None:
        self._blobs = open_blobs(store) if isinstance(store, Settings) else store
        self._bucket = self._blobs.bucket if isinstance(self._blobs, S3Blobs) else None
        self.address = self._blobs.address
        self._empty_tables = tempfile.TemporaryDirectory(prefix="bloomcount-")
        self._empties: dict[str, DeltaTable] = {}
        self._opened: dict[str, Opened] = {}
        self._answers: OrderedDict[str, tuple[list[Version], pa.Table]] = OrderedDict()

    def append(self, table: str, rows: pa.Table) -> None:
        """Add the rows in one commit; the table is made when it is not there, and grows columns that are new.

        A process that dies here has written all the rows or none. Raises StoreError.
        """
        for attempt in range(APPEND_TRIES):
            with self._sentences(table):
                try:
                    write_deltalake(
                        self._uri(table), rows, mode="append", schema_mode="merge", storage_options=self._options()
                    )
                    return look_again()
                except CommitFailedError:
                    time.sleep(random.uniform(0, min(LONGEST_PAUSE_S, 0.02 * 2**attempt)))
        raise StoreError(f"{self._uri(table)} could not be written: others were first {APPEND_TRIES} times. Try again.")

    def delete(self, table: str, where: str) -> None:
        """Take the rows out for which the SQL condition holds, while others read and append. Raises StoreError.

        For what should never have been there. It waits for a compaction, as two who rewrite the same files double rows.
        """
        self._rewrite(table, lambda delta: delta.delete(where))

    def erase(self, table: str, where: str, unless: str = "false", **columns: str) -> None:
        """Take the rows out for which the SQL condition holds, and leave nothing of them in older files or in the log.

        unless: rows for which this holds too stay, and get these columns (SQL). Raises StoreError.
        """

        def erase(delta: DeltaTable) -> None:
            delta.delete(f"({where}) AND ({unless}) IS NOT TRUE")
            if columns:
                delta.update(columns, predicate=where)
            erase_history(delta, self._blobs, table)

        self._rewrite(table, erase)

    def _rewrite(self, table: str, rewrite: Callable[[DeltaTable], object]) -> None:
        give_up = time.monotonic() + LONGEST_WAIT_S
        while time.monotonic() < give_up:
            with taken(self._blobs, self._turn(table)) as mine, self._sentences(table):
                if mine and self._rewritten(table, rewrite):
                    return
            time.sleep(random.uniform(0, LONGEST_PAUSE_S))
        raise StoreError(f"{self._uri(table)} is being rewritten by somebody else. Try again in a minute.")

    def _rewritten(self, table: str, rewrite: Callable[[DeltaTable], object]) -> bool:
        try:
            if (delta := self._open(table)) is not None:
                rewrite(delta)
                look_again()
        except CommitFailedError:  # somebody appended meanwhile
            return False
        return True

    def query(self, sql: str, *tables: str) -> pa.Table:
        """The answer to a question about these tables, as they are now. Raises StoreError.

        Short answers are kept: while nobody writes, the same question costs a look at each table.
        """
        versions = [self.version(table) for table in tables]
        known = self._answers.get(sql)
        if known and known[0] == versions:
            return known[1]
        with self._sentences(*tables):
            builder = QueryBuilder(READING)
            for table in tables:
                builder.register(table, self._now(table) or self._empty(table))
            answer = pa.RecordBatchReader.from_stream(builder.execute(sql)).read_all()
        if answer.nbytes <= LONGEST_KEPT_BYTES:
            self._answers[sql] = versions, answer
            self._answers.move_to_end(sql)
            while len(self._answers) > MOST_KEPT:
                self._answers.popitem(last=False)
        return answer

    def rows(self, table: str, columns: Sequence[pl.Expr], version: int) -> pl.DataFrame:
        """These columns of all rows that the table had at a version. Raises StoreError."""
        with self._sentences(table):
            delta = DeltaTable(self._uri(table), version, self._options())
            if self._bucket is None:  # polars 2.1 opens files under their percent-encoded names, where there are none
                paths = [unquote(path) for path in delta.file_uris()]
                delta.file_uris = lambda *_: paths  # type: ignore[method-assign]
            return pl.scan_delta(delta).select(columns).collect(engine="streaming")

    def version(self, table: str) -> Version:
        """The version that the table has now. Raises StoreError."""
        with self._sentences(table):
            delta = self._now(table)
            return NO_TABLE if delta is None else Version(str(delta.metadata().id), delta.version())

    def compact(self) -> list[str]:
        """The tables that were rewritten as fewer files: those with many small ones. For a quiet moment.

        Others may read and append meanwhile; when two processes compact, one of them does it. Raises StoreError.
        """
        return [table for table in SCHEMAS if self._compact(table)]

    def _compact(self, table: str) -> bool:
        with self._sentences(table):
            return compact_if_scattered(lambda: self._open(table), self._blobs, turn=self._turn(table))

    def _now(self, table: str) -> DeltaTable | None:
        """The same as _open, to read only: what was opened before is still the newest where it has no next commit."""
        opened, options = self._opened.get(table), self._options()
        if (
            opened is None
            or opened.options != options
            or time.monotonic() - opened.at > OPENED_FOR_S
            or not is_newest(self._blobs, table, opened.number)
        ):
            opened = self._opened[table] = Opened(self._open(table), time.monotonic(), options)
        return opened.delta

    def _open(self, table: str) -> DeltaTable | None:
        """The table as it is now, None before the first row; columns that are newer than the table are added to it."""
        try:
            delta = DeltaTable(self._uri(table), storage_options=self._options())
        except TableNotFoundError:
            return None
        there = {field.name for field in delta.schema().fields}
        if not there.issuperset(SCHEMAS[table].names):
            self.append(table, SCHEMAS[table].empty_table())
            return self._open(table)
        return delta

    def _empty(self, table: str) -> DeltaTable:
        if table not in self._empties:
            uri = f"{self._empty_tables.name}/{table}"
            self._empties[table] = DeltaTable.create(uri, schema=SCHEMAS[table], mode="ignore")
        return self._empties[table]

    def _turn(self, table: str) -> str:
        return f"tables/{table}.compacting"

    def _uri(self, table: str) -> str:
        return f"{self.address}/tables/{table}"

    def _options(self) -> dict[str, str] | None:
        return self._bucket.storage_options() if self._bucket else None

    @contextmanager
    def _sentences(self, *tables: str) -> Iterator[None]:
        try:
            yield
        except FAILURES as error:
            if self._bucket:
                S3_ERRORS.labels(type(error).__name__).inc()
            where = " and ".join(self._uri(table) for table in tables)
            raise StoreError(
                f"{where} cannot be read or written: {_in_one_line(error)}. Check disk space, permissions and network; "
                "put back an older copy of what is damaged."
            ) from error


def _in_one_line(error: BaseException) -> str:
    """The words of an error of Delta's, without colours and the places in its code where it was met."""
    words = re.split(r"\n +0: ", str(error))[0]
    return " ".join(re.sub(r"\x1b\[\d+m|↳", "", words).split()).rstrip(".")


def quoted(text: str) -> str:
    """The text as an SQL literal: the one way for anything that comes from outside into a question."""
    return "'" + text.replace("'", "''") + "'"


def quoted_list(texts: Iterable[str]) -> str:
    """The texts as the list after IN; it is never empty, and what stands in for nothing matches nothing."""
    return f"({', '.join(map(quoted, texts)) or 'NULL'})"
