"""Which photos a gallery shows and in which order, on columns of numbers: what core/store/questions.py says in SQL.

100,000 photos are chosen and put in order in the time of a few frames; tests hold both equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.store.found import Found, Mask, doubt, found, photos_of, summed
from core.store.gallery import Order, Place, Totals, shown_by_totals
from core.store.holding import Holding, Numbers
from core.store.selection import Selection


@dataclass(frozen=True)
class Gallery:
    """The photos of a selection in some order. photos: their numbers. them: what was found of it."""

    holding: Holding
    photos: NDArray[np.int64]
    them: Found

    def ids(self, start: int, end: int) -> list[str]:
        """The photo_ids of some of them."""
        ids: list[str] = self.holding.pools["photo_id"].take(self.photos[start:end]).to_pylist()
        return ids

    def place(self, photo_id: str) -> Place | None:
        """Where a photo stands, None where it is not among them."""
        number = pc.index(self.holding.pools["photo_id"].texts, photo_id).as_py()
        at = np.flatnonzero(self.photos == number)
        if number < 0 or not len(at):
            return None
        here, total = int(at[0]), len(self.photos)
        previous = self.ids(here - 1, here)[0] if here else None
        following = self.ids(here + 1, here + 2)[0] if here + 1 < total else None
        return Place(previous, following, here + 1, total)

    def totals(self, start: int, end: int) -> dict[str, Totals]:
        """What was found in some of them altogether, by photo_id; those that were not counted are left out."""
        photos = self.photos[start:end]
        them = self.them.at(np.flatnonzero(np.isin(self.them.photo, photos)))
        counts = {name: summed(them, them.of_row(name)) for name in ("count", "count_low", "count_high")}
        doubts, numbers = doubt(them), them.photo.tolist()
        flags = dict(zip(numbers, them.texts("flag").to_pylist(), strict=True))
        taxa: dict[int, list[str]] = {number: [] for number in flags}
        for number, taxon in zip(numbers, them.texts("taxon").to_pylist(), strict=True):
            taxa[number] += [taxon] if taxon else []
        ids = dict(zip(photos.tolist(), self.ids(start, end), strict=True))
        return {
            ids[number]: Totals(
                **{name: int(values[number]) for name, values in counts.items()},
                doubt=float(doubts[number]),
                flag=flag,
                reviewed=bool(self.holding.reviewed[number]),
                taxa=tuple(taxa[number]),
            )
            for number, flag in flags.items()
        }


def gallery_of(holding: Holding, which: Selection, order: Order) -> Gallery:
    """The photos in which something of the selection was found. Not for a drop, as in core/store/found.py."""
    them = found(holding, which)
    count, counted = summed(them, them.of_row("count")), np.zeros(len(holding), bool)
    counted[them.photo] = True
    shown = photos_of(holding, which)
    if shown_by_totals(which) != "TRUE":
        shown &= counted
    if shown_by_totals(which) == "count > 0":
        shown &= count > 0
    return Gallery(holding, _sorted(np.flatnonzero(shown), [*_keys(them, order, counted, count), -holding.place]), them)


def _keys(them: Found, order: Order, counted: Mask, count: Numbers) -> list[Numbers]:
    """What photos are put in order by, one value a photo each, before the last upload goes first."""
    match order:
        case "newest":
            return []
        case "oldest":
            return [them.holding.place]
        case "taken":
            return [-them.holding.rank("taken_at")]
        case "doubt":
            return [~counted, -doubt(them), -count]
        case "most":
            return [~counted, -count]
        case "file":
            return [them.holding.rank("file")]


def _sorted(photos: NDArray[np.int64], keys: list[Numbers]) -> NDArray[np.int64]:
    """These photos by the first key, then the next; the last tells any two apart."""
    return photos[np.lexsort([key[photos] for key in reversed(keys)])]
