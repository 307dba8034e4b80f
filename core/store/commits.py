"""The rows that were added to a table since a version, from Delta's own log: one small file per commit.

Rows are only ever added, so whoever has read a table up to a version needs only the files of later commits. A
compaction rewrites what was there before and adds nothing; what takes rows out says so, and then all is read anew.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from io import BytesIO
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from core.store.blobs import Blobs, MissingBlob
from core.store.schemas import SCHEMAS

MOMENT_S = 0.5
"""The longest delay until a page sees what another process wrote."""


@dataclass(slots=True)
class _Moment:
    """Commits, as (table, version), that a thread has looked for since a time and that were not there."""

    since: float = -MOMENT_S
    missing: set[tuple[str, int]] = field(default_factory=set)


_moment: ContextVar[_Moment | None] = ContextVar("the moment that a page is about")


def look_once() -> None:
    """For MOMENT_S this thread looks for each table's next commit once, and again after it wrote to a table itself.

    For a page, which asks many questions at a time: on S3 each look is a request.
    """
    moment = _moment.get(None)
    if moment is None or time.monotonic() - moment.since > MOMENT_S:
        _moment.set(_Moment(time.monotonic()))


def look_again() -> None:
    """Forget which commits were missing. Call it after writing."""
    if moment := _moment.get(None):
        moment.missing.clear()


def is_newest(blobs: Blobs, table: str, version: int) -> bool:
    """Tell whether the table has no commit after this one. Raises StoreError."""
    return _commit(blobs, table, version + 1) is None


@dataclass(frozen=True, slots=True)
class Added:
    """The table at `version`, and the files that were added to it on the way there."""

    version: int
    files: tuple[str, ...]


def added_since(blobs: Blobs, table: str, version: int) -> Added | None:
    """The files that commits after `version` (-1: before the first) added.

    None where they took rows out, or are damaged. It asks for the next commit until there is none: one request where
    nothing is new. Delta keeps commits for 30 days, so `version` must be younger. Raises StoreError.
    """
    files: list[str] = []
    while (commit := _commit(blobs, table, version + 1)) is not None:
        try:
            actions = [dict(json.loads(line)) for line in commit.splitlines() if line.strip()]
            if any(action["remove"].get("dataChange", True) for action in actions if "remove" in action):
                return None
            added = [action["add"] for action in actions if "add" in action]
            files += [unquote(add["path"]) for add in added if add["dataChange"]]
        except (ValueError, KeyError, TypeError, AttributeError):  # the table itself says what is wrong
            return None
        version += 1
    return Added(version, tuple(files))


def read_added(blobs: Blobs, table: str, files: Sequence[str], columns: Sequence[str]) -> pa.Table:
    """The rows of these files; a column that is newer than a file is null there. Raises StoreError."""
    schema = pa.schema([SCHEMAS[table].field(name) for name in columns])
    parts = [_read(blobs.get(f"tables/{table}/{file}"), schema) for file in files]
    return pa.concat_tables([schema.empty_table(), *parts])


def _read(data: bytes, schema: pa.Schema) -> pa.Table:
    file = pq.ParquetFile(BytesIO(data))
    there = [name for name in schema.names if name in file.schema_arrow.names]
    rows = file.read(columns=there)
    columns = [rows[f.name].cast(f.type) if f.name in there else pa.nulls(rows.num_rows, f.type) for f in schema]
    return pa.table(columns, schema=schema)


def _commit(blobs: Blobs, table: str, version: int) -> bytes | None:
    moment = _moment.get(None)
    if moment and (table, version) in moment.missing:
        return None
    try:
        return blobs.get(f"tables/{table}/_delta_log/{version:020d}.json")
    except MissingBlob:
        if moment:
            moment.missing.add((table, version))
        return None
