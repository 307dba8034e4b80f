"""The photos of a selection one after another: in which order, a page of them, and one photo's place among them.

A gallery shows the photos in which something of the selection was found; a photo that was looked at in vain, which
charts must keep, is none that a person who asks for poppies wants to see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from core.store.records import PhotoResult
from core.store.selection import Selection

Order = Literal["newest", "oldest", "taken", "doubt", "most", "file"]
"""Newest or oldest upload first, last taken first, most doubtful first, most flowers first, by file name."""

_LAST_UPLOAD_FIRST = "uploaded_at DESC, photo_id DESC"
_ORDERS: dict[Order, str] = {
    "newest": _LAST_UPLOAD_FIRST,
    "oldest": "uploaded_at, photo_id",
    "taken": f"taken_at DESC NULLS LAST, {_LAST_UPLOAD_FIRST}",
    "doubt": f"doubt DESC NULLS LAST, count DESC, {_LAST_UPLOAD_FIRST}",
    "most": f"count DESC NULLS LAST, {_LAST_UPLOAD_FIRST}",
    "file": f"file, {_LAST_UPLOAD_FIRST}",
}


@dataclass(frozen=True, slots=True)
class Totals:
    """What was found of the selection in a photo altogether; doubt: see core/store/doubt.py. taxa: most flowers first.

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
class Shown:
    """One photo of a gallery. totals: None where it could not be read or still waits."""

    result: PhotoResult
    totals: Totals | None


@dataclass(frozen=True, slots=True)
class GalleryPage:
    """Some photos of a gallery in its order. page: its number, from 0. total: how many photos there are altogether."""

    photos: tuple[Shown, ...]
    page: int
    total: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a photo stands in a gallery: number (the first is 1) of total, and the ids beside it, None at the ends."""

    previous: str | None
    next: str | None
    number: int
    total: int


def order_of(word: str) -> Order:
    """The order that goes by this word in an address; newest first for any other."""
    return next((order for order in get_args(Order) if order == word), "newest")


def sql_order(order: Order) -> str:
    """The SQL order of rows with the columns of tables/photos, and those of Totals; two photos never share a place."""
    return _ORDERS[order]


def asks_for_totals(which: Selection, order: Order = "newest") -> bool:
    """Whether what was found in the photos decides which of them are shown, or in which order."""
    return shown_by_totals(which) != "TRUE" or order in ("doubt", "most")


def shown_by_totals(which: Selection) -> str:
    """The SQL condition on a photo's totals for being shown."""
    if which.of_totals() != "TRUE":
        return which.of_totals()
    if which.taxa or which.min_confidence > 0:
        return "count > 0"
    return "reviewed" if which.reviewed_only else "TRUE"
