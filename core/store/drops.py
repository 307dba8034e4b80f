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
    """A drop as far as it is stored; the fields are those of core.intake.drops.Drop."""

    drop_id: str
    by: str
    at: datetime
    sites: tuple[str, ...]
    notes: tuple[str, ...]
    photos: int
    again: int
    failed: int
    hidden: int


def stored_drops(rows: CurrentRows, seen: pl.DataFrame, by: str | None) -> list[StoredDrop]:
    """The drops of a person, or of everybody, in no order. seen: rows of tables/drops."""
    hidden, mine = pl.col("hidden_at").is_not_null(), pl.lit(True) if by is None else pl.col("by") == by
    photos = rows.photos.filter(STORED).with_columns(
        pl.col("uploaded_by").alias("by"), pl.col("uploaded_at").alias("at")
    )
    own = (
        photos.filter(mine)
        .group_by("drop_id")
        .agg(
            pl.col("by").first(),
            pl.col("at").min(),
            pl.col("site").unique().alias("sites"),
            pl.col("note").unique().alias("notes"),
            pl.len().alias("photos"),
            (~READABLE & ~hidden).sum().alias("failed"),
            hidden.sum().alias("hidden"),
        )
    )
    came = ("drop_id", "photo_id", "by", "at", "site", "note")
    uploads = rows.later.with_columns(pl.col("uploaded_by").alias("by"), pl.col("uploaded_at").alias("at")).select(came)
    every = pl.concat([seen.select(came), uploads.cast({pl.Categorical: pl.String})]).filter(mine)
    every = every.join(
        photos.select("photo_id", "drop_id").cast({"drop_id": pl.String}), on=["photo_id", "drop_id"], how="anti"
    )
    again = every.group_by("drop_id").agg(
        pl.col("by").first(),
        pl.col("at").min(),
        pl.col("site").unique().alias("sites"),
        pl.col("note").unique().alias("notes"),
        pl.col("photo_id").n_unique().alias("again"),
    )
    drops = {row["drop_id"]: row | {"again": 0} for row in own.iter_rows(named=True)}
    for row in again.iter_rows(named=True):
        typed = row | {"photos": 0, "failed": 0, "hidden": 0}
        drops[row["drop_id"]] = typed | drops.get(row["drop_id"], {}) | {"again": row["again"]}
    return [
        StoredDrop(**row | {name: tuple(sorted(row[name])) for name in ("sites", "notes")}) for row in drops.values()
    ]


def doubtful_photos(rows: CurrentRows, drop_ids: Sequence[str]) -> dict[str, int]:
    """The number of photos of each drop, of its own and not hidden, whose count is in much doubt."""
    places = rows.photos.select(pl.col("drop_id").is_in(drop_ids)).to_series().arg_true()
    sums = totals(rows, matches(rows, EVERYTHING, TOTALLED, only=places)).filter(pl.col("doubt") >= DOUBTFUL)
    return dict(rows.photos["drop_id"].gather(sums["photo"]).cast(pl.String).value_counts().iter_rows())
