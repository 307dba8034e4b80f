"""A selection at a glance, in one pass over its observations: what needs a person's look, and what is worth seeing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import polars as pl

from core.recognition.taxa import UNKNOWN_TAXON
from core.store.conditions import COUNTED, TOTALLED, of_photos, of_totals
from core.store.matches import matches, totals
from core.store.now import CurrentRows
from core.store.selection import Attention, Selection

Reason = Literal["most taxa", "new taxon", "most flowers", "flowers"]
WORTH_SEEING = 3
SURE = 0.9
"""The confidence of a name above which its taxon counts as found for the first time."""


@dataclass(frozen=True, slots=True)
class Remarkable:
    """A photo that is worth seeing. figure: its flowers, or taxa. taxon: the new one."""

    reason: Reason
    photo_id: str
    figure: int
    taxon: str = ""


@dataclass(frozen=True, slots=True)
class Glance:
    """asking: how many photos need a look, by reason, as a gallery of them shows; Library.glance adds those far away.

    remarkable: WORTH_SEEING at most.
    """

    asking: Mapping[Attention, int]
    remarkable: tuple[Remarkable, ...]


def glance_of(rows: CurrentRows, which: Selection) -> Glance:
    """The glance at a selection; its own `attention` is left out of account."""
    which = replace(which, attention=None)
    observations = matches(rows, which, TOTALLED)
    sums = totals(rows, observations)
    return Glance(_asking(rows, which, sums), tuple(_remarkable(rows, observations, sums)))


def _asking(rows: CurrentRows, which: Selection, sums: pl.DataFrame) -> dict[Attention, int]:
    shown = pl.lit(True)
    if which.of_counts or which.of_some_flowers:
        found = sums if which.of_counts else sums.filter(pl.col("count") > 0)
        there = np.zeros(len(rows.photos), bool)
        there[found["photo"].to_numpy()] = True
        shown = pl.lit(pl.Series(there))
    if which.reviewed_only:
        shown = shown & COUNTED
    asking: dict[Attention, pl.Expr | int] = {}
    for kind in (kind for kind in get_args(Attention) if kind != "far"):
        asked = replace(which, attention=kind)
        if kind in ("doubtful", "flagged"):
            asking[kind] = len(sums.filter(of_totals(asked)))
        else:
            asking[kind] = (of_photos(asked) & shown).fill_null(False).sum()
    numbers = rows.photos.select(**asking) if len(rows.photos) else pl.DataFrame({kind: [0] for kind in asking})
    return {kind: int(numbers[kind][0]) for kind in asking}


def _remarkable(rows: CurrentRows, observations: pl.DataFrame, sums: pl.DataFrame) -> list[Remarkable]:
    """The photos with most flowers, with most taxa, and with the newest taxon; else those with the next most flowers.

    A flagged count stands only where a person made it.
    """
    sure = sums.filter((pl.col("flag") == "") | pl.col("reviewed"), pl.col("count") > 0)
    by_flowers = sure.select("photo", "count").top_k(2 * WORTH_SEEING, by="count", reverse=False)
    by_flowers = by_flowers.sort("count", "photo", descending=[True, False])
    finds = observations.filter(
        pl.col("count") > 0, pl.col("taxon") != UNKNOWN_TAXON, pl.col("photo").is_in(sure["photo"].implode())
    )
    runs = finds["photo"].rle().struct.unnest()  # the rows of a photo are neighbours
    wanted: list[tuple[Reason, int, int, str]] = []
    wanted += [("most flowers", photo, count, "") for photo, count in by_flowers.head(1).iter_rows()]
    richest = runs.sort("len", "value", descending=[True, False]).head(WORTH_SEEING).filter(pl.col("len") > 1)
    wanted += [("most taxa", photo, taxa, "") for taxa, photo in richest.iter_rows()]
    wanted[2:2] = _newest_taxon(rows, finds)
    wanted += [("flowers", photo, count, "") for photo, count in by_flowers.iter_rows()]
    chosen: dict[int, Remarkable] = {}
    reasons: set[Reason] = set()
    for reason, photo, figure, taxon in wanted:
        if photo not in chosen and (reason == "flowers" or reason not in reasons) and len(chosen) < WORTH_SEEING:
            chosen[photo] = Remarkable(reason, str(rows.photos["photo_id"][photo]), figure, taxon)
            reasons.add(reason)
    return list(chosen.values())


def _newest_taxon(rows: CurrentRows, finds: pl.DataFrame) -> list[tuple[Reason, int, int, str]]:
    """The best photo of the taxon that was found last for the first time; none where all came on the first day."""
    at = rows.photos.select(pl.col("day", "reviewed").gather(finds["photo"]))
    dated = finds.hstack(at).filter(pl.col("day").is_not_null(), (pl.col("confidence") >= SURE) | pl.col("reviewed"))
    first = dated.group_by("taxon").agg(pl.col("day").min())
    if first["day"].n_unique() < 2:
        return []
    taxon, day = first.sort("day", pl.col("taxon").cast(pl.String), descending=[True, False]).row(0)
    best = dated.filter(pl.col("taxon") == taxon, pl.col("day") == day)
    photo, count = best.sort("count", "photo", descending=[True, False]).select("photo", "count").row(0)
    return [("new taxon", photo, count, str(taxon))]
