"""The observations that charts, pages and exports are made from, as one table with the taxa's names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from core.recognition.package import NOT_CALIBRATED
from core.recognition.taxa import Names, Taxon, taxa_of
from core.store.library import Library
from core.store.schemas import OBSERVED
from core.store.selection import EVERYTHING, Selection
from core.survey.sampling import sampled

NAMES = ("scientific_name", "rank", "family", "english", "dutch")


CHARTED = (
    *("site", "latitude", "longitude", "position_of", "uploaded_by", "reviewed", "flag"),
    *("taxon", "count", "count_low", "count_high", "band", "unit", "model"),
)
"""Columns for charts of all photos: no text that only one photo has, so that a million photos are some 100 MB."""


def observed(
    library: Library,
    labels: Names,
    which: Selection = EVERYTHING,
    columns: Sequence[str] = OBSERVED.names,
) -> pd.DataFrame:
    """One row a photo and taxon: these columns of OBSERVED in core/store/schemas.py, NAMES, photo, day and sampling.

    photo: a number for photo_id in this table alone. taxon "" with count 0: the photo was looked at and shows none of
    the selection. day: when the photo was taken, as the camera wrote it, NaT where unknown. sampling: the Sampling of
    core/survey/sampling.py that it is part of. labels: whose names to use; other taxa are called as they are stored.
    """
    sites, fieldwork = library.described_sites(), library.fieldwork()
    asked = [*columns, *(["drop_id"] if fieldwork and "drop_id" not in columns else [])]
    rows = library.observed_table(which, asked)
    sampling = sampled(rows, sites, fieldwork) if "site" in columns else None
    return _named(rows.drop(set(asked) - set(columns)), labels, sampling)


def observed_batches(library: Library, labels: Names, which: Selection = EVERYTHING) -> Iterator[pd.DataFrame]:
    """Yield the observations in pieces of a few thousand rows, for exports of any size."""
    sites, fieldwork = library.described_sites(), library.fieldwork()
    return (_named(batch, labels, sampled(batch, sites, fieldwork)) for batch in library.observed(which) if len(batch))


def newest_day(observations: pd.DataFrame) -> date | None:
    """The day on which the newest photo was taken; None where no photo has one."""
    newest = observations["day"].max()
    return None if pd.isna(newest) else newest.date()


def not_calibrated(observations: pd.DataFrame) -> pd.Series:
    """Mask of the rows that are the word of a model that nobody calibrated: their counts have no interval."""
    models = observations["model"].astype("category")
    raw = [model for model in models.cat.categories if NOT_CALIBRATED in str(model)]
    return models.isin(raw) & ~observations["reviewed"].astype(bool)


def _named(observations: pl.DataFrame, labels: Names, sampling: pd.Categorical | None) -> pd.DataFrame:
    """The rows with NAMES and sampling, categories where texts are shared."""
    columns: dict[str, Any] = {
        name: _categories(observations[name], kind.categories)
        for name, kind in observations.schema.items()
        if isinstance(kind, pl.Categorical)
    }
    plain = observations.drop(columns).with_columns(
        pl.col("photo").cast(pl.Int32), pl.col("day").cast(pl.Datetime("us"))
    )
    columns = {name: columns[name] if name in columns else plain[name].to_pandas() for name in observations.columns}
    taxa = taxa_of(labels)
    columns["taxon"] = _one_name_a_taxon(columns["taxon"], taxa)
    for name in NAMES:
        texts = [
            getattr(taxa[taxon], name) if taxon in taxa else taxon if name in ("english", "dutch") else ""
            for taxon in columns["taxon"].categories
        ]
        every = sorted(set(texts))
        place = np.array([every.index(text) for text in texts], np.intp)
        codes = columns["taxon"].codes
        columns[name] = pd.Categorical.from_codes(place[codes] if len(codes) else codes, every)
    return pd.DataFrame(columns if sampling is None else columns | {"sampling": sampling}, copy=False)


def _one_name_a_taxon(column: pd.Categorical, taxa: Mapping[str, Taxon]) -> pd.Categorical:
    """The column with the name that each taxon has now: a package may have learned a species under one of its own."""
    names = [taxa[stored].name if stored in taxa else stored for stored in column.categories]
    if names == list(column.categories):
        return column
    every = sorted(set(names))
    place = np.array([every.index(name) for name in names], np.intp)
    return pd.Categorical.from_codes(np.where(column.codes < 0, -1, place[column.codes]), every)


def _categories(column: pl.Series, every: pl.Categories) -> pd.Categorical:
    """The column as a Categorical of the texts in it, sorted; made from its codes alone."""
    known = column.drop_nulls().to_physical().to_numpy()
    there = np.bincount(known)
    texts = {every[code]: code for code in np.flatnonzero(there).tolist()}
    place = np.full(len(there) + 1, -1, np.int32)  # the last is that of no text
    place[[texts[text] for text in sorted(texts)]] = np.arange(len(texts))
    codes = known if len(known) == len(column) else column.to_physical().fill_null(len(there)).to_numpy()
    return pd.Categorical.from_codes(place[codes], sorted(texts))
