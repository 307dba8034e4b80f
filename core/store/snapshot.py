"""A holding as bytes and back: Arrow's own form, compressed, four tables one after the other."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pyarrow as pa

from core.store.holding import PHOTO_COLUMNS, POOLS, READ, ROW_COLUMNS, WORDS, Columns, Holding
from core.store.tables import Version
from core.store.texts import TEXT, Pool, Words

_FORMAT = sha256(repr((sorted(PHOTO_COLUMNS.items(), key=str), ROW_COLUMNS, WORDS, POOLS, READ)).encode()).hexdigest()
_PLACE = "place"
_OPTIONS = pa.ipc.IpcWriteOptions(compression="zstd")


def to_bytes(holding: Holding) -> bytes:
    """The holding in a form that from_bytes reads."""
    about = {"format": _FORMAT, "versions": json.dumps(holding.versions)}
    out = pa.BufferOutputStream()
    tables = [
        pa.table(
            {name: pa.array([words.words], pa.list_(TEXT)) for name, words in holding.words.items()}
        ).replace_schema_metadata(about),
        *(pa.table({name: holding.pools[name].texts}) for name in POOLS),
        pa.table({**holding.photos, _PLACE: holding.place}),
        pa.table(dict(holding.rows)),
    ]
    for table in tables:
        with pa.ipc.new_stream(out, table.schema, options=_OPTIONS) as stream:
            stream.write_table(table)
    return bytes(out.getvalue())


def from_bytes(data: bytes) -> Holding | None:
    """The holding; None for what another version of Bloomcount wrote, or for what is damaged."""
    source = pa.BufferReader(data)
    try:
        words = pa.ipc.open_stream(source).read_all()
        about = {key.decode(): value.decode() for key, value in (words.schema.metadata or {}).items()}
        if about.get("format") != _FORMAT:
            return None
        pools = {name: Pool(pa.ipc.open_stream(source).read_all()[name]) for name in POOLS}
        photos, rows = (_columns(pa.ipc.open_stream(source).read_all()) for _ in range(2))
    except (pa.ArrowException, OSError):
        return None
    place = photos.pop(_PLACE)
    holding = Holding(
        versions={table: Version(*said) for table, said in json.loads(about["versions"]).items()},
        words={name: Words(words[name][0].as_py()) for name in WORDS},
        pools=pools,
        photos=photos,
        rows=rows,
    )
    holding.__dict__[_PLACE] = place  # takes a second to find for a million photos
    return holding


def _columns(table: pa.Table) -> Columns:
    columns: dict[str, Any] = {name: table[name].combine_chunks().to_numpy() for name in table.column_names}
    return columns
