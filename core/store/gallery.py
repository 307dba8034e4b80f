"""The photos of a selection one after another: in which order, a page of them, and one photo's place among them.

A gallery shows the photos in which something of the selection was found; a photo that was looked at in vain, which
charts must keep, is none that a person who asks for poppies wants to see.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args

import numpy as np
import polars as pl

from core.store.conditions import COUNTED, TOTALLED, of_photos
from core.store.matches import matches, totals
from core.store.now import CurrentRows
from core.store.records import PhotoResult
from core.store.selection import Selection

Order = Literal["newest", "oldest", "taken", "doubt", "most", "file"]
"""Newest or oldest upload first, last taken first, most doubtful first, most flowers first, by file name."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals of the selection's observations in one photo.

    doubt: see core/store/conditions.py. taxa: most flowers first.
    count_low, count_high: sums of the taxa's, as in core.recognition.counting.add_counts.
    """

    count: int
    count_low: int
    count_high: int
    doubt: float
    flag: str
    reviewed: bool
    taxa: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GalleryPhoto:
    """One photo of a gallery. totals: None where it could not be read or still waits."""

    result: PhotoResult
    totals: Totals | None


@dataclass(frozen=True, slots=True)
class GalleryPage:
    """Some photos of a gallery in its order. page: its number, from 0. total: how many photos there are altogether."""

    photos: tuple[GalleryPhoto, ...]
    page: int
    total: int


@dataclass(frozen=True, slots=True)
class Place:
    """A photo's place in a gallery: number (the first is 1) of total, and the ids beside it, None at the ends."""

    previous: str | None
    next: str | None
    number: int
    total: int


def order_of(word: str) -> Order:
    """The order that goes by this word in an address; newest first for any other."""
    return next((order for order in get_args(Order) if order == word), "newest")


@dataclass(frozen=True)
class Gallery:
    """The photos of a selection in some order, as places in the current rows."""

    rows: CurrentRows
    which: Selection
    photos: pl.Series

    def place(self, photo_id: str) -> Place | None:
        """The place of a photo, None where it is not among them."""
        number = (self.rows.photos["photo_id"] == photo_id).arg_true()
        at = self.photos.is_in(number.implode()).arg_true().to_list()
        if not at:
            return None
        beside = (at[0] - 1, at[0] + 1)
        previous, following = (self._id(place) if 0 <= place < len(self.photos) else None for place in beside)
        return Place(previous, following, at[0] + 1, len(self.photos))

    def totals(self, photos: pl.Series) -> dict[int, Totals]:
        """The totals of some of them by place; photos that were not counted are left out."""
        observations = matches(self.rows, self.which, only=photos)
        taxa = pl.col("taxon").filter(pl.col("taxon") != "").cast(pl.String).alias("taxa")
        sums = totals(self.rows, observations).join(observations.group_by("photo").agg(taxa), on="photo")
        names = [field.name for field in fields(Totals)]
        return {
            row["photo"]: Totals(**{name: row[name] for name in names} | {"taxa": tuple(row["taxa"])})
            for row in sums.iter_rows(named=True)
        }

    def _id(self, place: int) -> str:
        return str(self.rows.photos["photo_id"][self.photos[place]])


def gallery_of(rows: CurrentRows, which: Selection, order: Order) -> Gallery:
    """The photos of a selection in an order; only those in which something was found, where it asks for that."""
    condition = of_photos(which) & COUNTED if which.reviewed_only else of_photos(which)
    photos = rows.photos.select(condition.fill_null(False)).to_series().arg_true().rename("photo").to_frame().reverse()
    if which.of_counts or which.of_some_flowers:
        observations = matches(rows, which, ["count"])
        some = observations if which.of_counts else observations.filter(pl.col("count") > 0)
        photos = photos.filter(pl.col("photo").is_in(some["photo"].implode()))
    match order:
        case "oldest":
            photos = photos.reverse()
        case "taken" | "file":
            key = rows.rank("taken_at" if order == "taken" else "file").gather(photos["photo"])
            photos = photos.with_columns(key.alias("key")).sort(
                "key", descending=order == "taken", nulls_last=True, maintain_order=True
            )
        case "doubt" | "most":
            sums = totals(rows, matches(rows, which, TOTALLED))
            for name in ["count", "doubt"] if order == "doubt" else ["count"]:
                values = np.full(len(rows.photos), -1.0)  # photos that were not counted come last
                values[sums["photo"].to_numpy()] = sums[name].to_numpy()
                photos = photos.select("photo", key=pl.Series(values).gather(photos["photo"]))
                photos = photos.sort("key", descending=True, maintain_order=True)
    return Gallery(rows, which, photos["photo"])
