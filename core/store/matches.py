"""The observations of a selection, from the current rows: which, their columns, and what they come to in each photo."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from core.store.conditions import COUNTED, DOUBT, FLAG, IN_DOUBT, TOTALLED, of_observations, of_photos, of_totals
from core.store.now import OBSERVATION, CurrentRows, without_flowers
from core.store.selection import Selection


def matches(
    rows: CurrentRows, which: Selection, columns: Sequence[str] = OBSERVATION, *, only: pl.Series | None = None
) -> pl.DataFrame:
    """The observations of a selection: `photo`, in the order of CurrentRows.observations, and these columns of theirs.

    A photo in which nothing of the selection was found has one with taxon "": it was looked at, and absence counts.
    only: places of photos, where few are asked for.
    """
    chosen = rows.photos.select((of_photos(which) & COUNTED).fill_null(False)).to_series()
    if only is not None:
        chosen &= pl.int_range(len(chosen), dtype=pl.UInt32, eager=True).is_in(only.implode())
    needed = [
        *columns,
        *(TOTALLED if which.of_counts else ()),
        *(("taxon", "confidence") if which.of_some_flowers else ()),
    ]
    observations = rows.observations.select("photo", *dict.fromkeys(needed))
    if not chosen.all():
        observations = observations.filter(chosen.gather(observations["photo"]))
    if which.of_some_flowers:
        observations = observations.filter(of_observations(which))
        places = pl.int_range(len(chosen), dtype=pl.UInt32).alias("place")
        photos = rows.photos.select(places, "model", "analysed_at").filter(chosen)
        none = photos.filter(~pl.col("place").is_in(observations["photo"].implode()))
        observations = pl.concat([observations, without_flowers(none).select(observations.columns)]).sort(
            "photo", maintain_order=True
        )
    if which.of_counts:
        photos = totals(rows, observations).filter(of_totals(which))
        observations = observations.filter(pl.col("photo").is_in(photos["photo"].implode()))
    return observations.select("photo", *columns)


def totals(rows: CurrentRows, observations: pl.DataFrame) -> pl.DataFrame:
    """One row a photo, by its place: sums of its observations, flag, reviewed and doubt."""
    summed = observations.select("photo", "count", "count_low", "count_high", IN_DOUBT.fill_null(0).alias("in_doubt"))
    starts = summed.select((pl.col("photo") != pl.col("photo").shift()).fill_null(True)).to_series().arg_true()
    sums = pl.DataFrame(
        {"photo": summed["photo"].gather(starts)}
        | {name: np.add.reduceat(summed[name].to_numpy(), starts.to_numpy()) for name in summed.columns[1:]}
    )  # the rows of a photo are neighbours, so this takes a fraction of the time of a group_by
    of_photo = rows.photos.select(FLAG, "reviewed").select(pl.all().gather(sums["photo"]))
    return sums.hstack(of_photo).with_columns(DOUBT.alias("doubt"))


def columns_of(rows: CurrentRows, observations: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """These columns of OBSERVED of observations, after `photo` and `day`."""
    of_photo = [name for name in ("day", *columns) if name in rows.photos.columns]
    photos = rows.photos.with_columns(FLAG) if "flag" in of_photo else rows.photos
    photos = photos.select(pl.col(of_photo).gather(observations["photo"]))
    return observations.hstack(photos).select("photo", "day", *columns)
