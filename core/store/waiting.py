"""Flowers of which no person has said what they are: how many of each name, and in which photos.

From the current rows alone, so that it takes as long for any number of flowers. A review of some flowers gives a taxon
of which it leaves others unsigned a confidence between none and all.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from core.store.matches import matches
from core.store.now import CurrentRows
from core.store.selection import Selection

_UNSIGNED = (pl.col("confidence") > 0) & (pl.col("confidence") < 1)
_WAITS = ~pl.col("review_stands") | (~pl.col("reviewed") & _UNSIGNED)


def names_waiting(rows: CurrentRows, which: Selection) -> dict[str, int]:
    """The flowers of a selection that wait for a person by taxon, the most first."""
    waiting = _waiting(rows, which).group_by("taxon").agg(pl.col("count").sum())
    return dict(waiting.cast({"taxon": pl.String}).sort("count", "taxon", descending=[True, False]).iter_rows())


def photos_waiting(rows: CurrentRows, which: Selection, taxon: str, *, most: int) -> list[str]:
    """The photo_ids of a selection in which flowers of a taxon wait, those named least surely first."""
    waiting = _waiting(rows, replace(which, taxa=(taxon,))).sort("confidence", "photo").head(most)
    return rows.photos["photo_id"].gather(waiting["photo"]).to_list()


def _waiting(rows: CurrentRows, which: Selection) -> pl.DataFrame:
    found = matches(rows, which, ["taxon", "count", "confidence"])
    said = rows.photos.select(pl.col("review_stands", "reviewed").gather(found["photo"]))
    return found.hstack(said).filter(pl.col("count") > 0, _WAITS)
