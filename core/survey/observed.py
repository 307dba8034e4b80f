"""The observations that charts, pages and exports are made from, as one table with the taxa's names."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from core.recognition.counting import taxa_of
from core.recognition.package import Label
from core.store.library import Library
from core.store.schemas import OBSERVED
from core.store.selection import EVERYTHING, Selection

NAMES = ("scientific_name", "rank", "family", "english", "dutch")


def observed(library: Library, labels: tuple[Label, ...], which: Selection = EVERYTHING) -> pd.DataFrame:
    """One row a photo and taxon, as OBSERVED in core/store/schemas.py says, with NAMES and `day`.

    taxon "" with count 0: the photo was looked at and shows none of the selection. day: when the photo was taken, as
    the camera wrote it, NaT where unknown. labels: whose names to use; other taxa are called as they are stored.
    """
    batches = list(observed_batches(library, labels, which))
    return pd.concat(batches, ignore_index=True) if batches else _named(OBSERVED.empty_table().to_pandas(), labels)


def observed_batches(
    library: Library, labels: tuple[Label, ...], which: Selection = EVERYTHING
) -> Iterator[pd.DataFrame]:
    """The same in pieces of a few thousand rows, for exports of any size."""
    for batch in library.observed(which):
        if batch.num_rows:
            yield _named(batch.to_pandas(), labels)


def _named(rows: pd.DataFrame, labels: tuple[Label, ...]) -> pd.DataFrame:
    taxa = taxa_of(labels)
    for name in NAMES:
        stored = rows["taxon"] if name in ("english", "dutch") else ""
        rows[name] = rows["taxon"].map({taxon: getattr(row, name) for taxon, row in taxa.items()}).fillna(stored)
    rows["day"] = pd.to_datetime(rows["taken_at"].str[:10], format="%Y-%m-%d", errors="coerce")
    return rows
