"""The drops of a store, from the current rows and from the photos that came again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from core.store.conditions import DOUBTFUL, READABLE, STORED, TOTALLED
from core.store.matches import matches, totals
from core.store.now import CurrentRows
from core.store.selection import EVERYTHING

SEEN = "SELECT * FROM drops WHERE photo_id IS NOT NULL"


@dataclass(frozen=True, slots=True)
class StoredDrop:
    """A drop as far as it is stored.

    sites, notes: those that its photos have now; as they were typed, where all photos were here already. photos: its
    own that are stored. again: those that were here already. failed: of its own that are not hidden.
    """

    drop_id: str
    by: str
    at: datetime
    sites: tuple[str, ...]
    notes: tuple[str, ...]
    photos: int
    again: int
    failed: int
    hidden: int


def drop_times(rows: CurrentRows, seen: pl.DataFrame, by: str | None) -> dict[str, datetime]:
    """The moment at which each drop of a person, or of everybody, began. seen: rows of tables/drops."""
    mine = pl.lit(True) if by is None else pl.col("by") == by
    own = _named_as_seen(rows.photos.filter(STORED)).filter(mine).group_by("drop_id").agg(pl.col("at").min())
    again = _again(rows, seen).filter(mine).group_by("drop_id").agg(pl.col("at").min())
    every = pl.concat([own.cast({"drop_id": pl.String}), again])
    return dict(every.group_by("drop_id").agg(pl.col("at").min()).iter_rows())


def stored_drops(rows: CurrentRows, seen: pl.DataFrame, drop_ids: Sequence[str]) -> dict[str, StoredDrop]:
    """These drops by drop_id, as far as they are stored. seen: rows of tables/drops."""
    hidden, asked = pl.col("hidden_at").is_not_null(), pl.col("drop_id").is_in(drop_ids)
    photos = _named_as_seen(rows.photos.filter(STORED, asked)).cast({pl.Categorical: pl.String})
    said = (
        *(pl.col("by").first(), pl.col("at").min()),
        *(pl.col(name).unique().sort().alias(f"{name}s") for name in ("site", "note")),
    )
    own = photos.group_by("drop_id").agg(
        *said,
        pl.len().alias("photos"),
        (~READABLE & ~hidden).sum().alias("failed"),
        hidden.sum().alias("hidden"),
    )
    again = _again(rows, seen).filter(asked).join(photos, on=["photo_id", "drop_id"], how="anti")
    again = again.group_by("drop_id").agg(*said, pl.col("photo_id").n_unique().alias("again"))
    drops = {row["drop_id"]: row | {"again": 0} for row in own.iter_rows(named=True)}
    for row in again.iter_rows(named=True):
        typed = row | {"photos": 0, "failed": 0, "hidden": 0}
        drops[row["drop_id"]] = typed | drops.get(row["drop_id"], {}) | {"again": row["again"]}
    return {
        drop_id: StoredDrop(**row | {name: tuple(row[name]) for name in ("sites", "notes")})
        for drop_id, row in drops.items()
    }


def _named_as_seen(photos: pl.DataFrame) -> pl.DataFrame:
    return photos.with_columns(pl.col("uploaded_by").alias("by"), pl.col("uploaded_at").alias("at"))


def _again(rows: CurrentRows, seen: pl.DataFrame) -> pl.DataFrame:
    """The rows of tables/drops, and uploads of photos that came first in another drop."""
    columns = ("drop_id", "photo_id", "by", "at", "site", "note")
    uploads = _named_as_seen(rows.later).select(columns).cast({pl.Categorical: pl.String})
    return pl.concat([seen.select(columns), uploads])


def doubtful_photos(rows: CurrentRows, drop_ids: Sequence[str]) -> dict[str, int]:
    """The number of photos of each drop, of its own and not hidden, whose count is in much doubt."""
    places = rows.photos.select(pl.col("drop_id").is_in(drop_ids)).to_series().arg_true()
    sums = totals(rows, matches(rows, EVERYTHING, TOTALLED, only=places)).filter(pl.col("doubt") >= DOUBTFUL)
    return dict(rows.photos["drop_id"].gather(sums["photo"]).cast(pl.String).value_counts().iter_rows())
