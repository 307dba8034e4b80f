"""The observations that charts, pages and exports are made from, as one table with the taxa's names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import pandas as pd

from core.recognition.taxa import Label, taxa_of
from core.store.library import Library
from core.store.schemas import OBSERVED
from core.store.selection import EVERYTHING, Selection

NAMES = ("scientific_name", "rank", "family", "english", "dutch")


CHARTED = (
    *("site", "latitude", "longitude", "uploaded_by", "reviewed", "flag"),
    *("taxon", "count", "count_low", "count_high", "unit"),
)
"""Columns for charts of all photos: no text that only one photo has, so that a million photos are some 100 MB."""


def observed(
    library: Library,
    labels: tuple[Label, ...],
    which: Selection = EVERYTHING,
    columns: Sequence[str] = OBSERVED.names,
) -> pd.DataFrame:
    """One row a photo and taxon, with these columns of OBSERVED in core/store/schemas.py, NAMES, `photo` and `day`.

    photo: a number for photo_id in this table alone. taxon "" with count 0: the photo was looked at and shows none of
    the selection. day: when the photo was taken, as the camera wrote it, NaT where unknown. labels: whose names to use;
    other taxa are called as they are stored.
    """
    return _named(library.observed_table(which, columns).to_pandas(), labels)


def observed_batches(
    library: Library, labels: tuple[Label, ...], which: Selection = EVERYTHING
) -> Iterator[pd.DataFrame]:
    """Yield the observations in pieces of a few thousand rows, for exports of any size."""
    for batch in library.observed(which):
        if batch.num_rows:
            yield _named(batch.to_pandas(), labels)


def newest_day(observations: pd.DataFrame) -> date | None:
    """The day on which the newest photo was taken; None where no photo has one."""
    newest = observations["day"].max()
    return None if pd.isna(newest) else newest.date()


def _named(rows: pd.DataFrame, labels: tuple[Label, ...]) -> pd.DataFrame:
    """The rows with NAMES, categories where taxa are, and the day."""
    taxa = taxa_of(labels)
    there = rows["taxon"].astype("category")
    for name in NAMES:
        names = [
            getattr(taxa[taxon], name) if taxon in taxa else taxon if name in ("english", "dutch") else ""
            for taxon in there.cat.categories
        ]
        every = sorted(set(names))
        place = np.array([every.index(text) for text in names], np.intp)
        codes = place[there.cat.codes] if len(there) else []
        rows[name] = pd.Categorical.from_codes(codes, every)
    if "day" not in rows:
        rows["day"] = pd.to_datetime(rows["taken_at"].str[:10], format="%Y-%m-%d", errors="coerce")
    return rows
