"""Flowers of a taxon by how sure they are: reviewed by a person, named with confidence by the model, or uncertain."""

from __future__ import annotations

import numpy as np
import pandas as pd

PARTS = ("reviewed", "confident", "uncertain")


def by_certainty(observations: pd.DataFrame) -> pd.DataFrame:
    """Flowers in photos by taxon, (PARTS) each, indexed by taxon: of all photos, whatever repeats another."""
    taxon, taxa = pd.factorize(observations["taxon"], sort=True)
    confident = (observations["band"] == "confident").to_numpy()
    part = np.where(observations["reviewed"].to_numpy(bool), 0, np.where(confident, 1, 2))
    flowers = np.bincount(
        taxon * len(PARTS) + part, weights=observations["count"].to_numpy(), minlength=len(taxa) * len(PARTS)
    )
    table = pd.DataFrame(flowers.reshape(len(taxa), len(PARTS)), pd.Index([str(name) for name in taxa]), list(PARTS))
    return table.drop(index="", errors="ignore")


def parted(table: pd.DataFrame, observations: pd.DataFrame) -> pd.DataFrame:
    """The rows of totals.by_taxon with PARTS, which add up to `count`: parted as the flowers in the photos are.

    A visit counts repeated photos once, by a rule that may take a reviewed photo or another; the shares are of all.
    """
    flowers = by_certainty(observations).reindex(table["taxon"]).to_numpy()
    share = flowers.cumsum(axis=1) / np.maximum(flowers.sum(axis=1, keepdims=True), 1)
    until = np.rint(share * table["count"].to_numpy()[:, None]).astype(np.int64)
    parts = np.diff(until, axis=1, prepend=0)
    return table.assign(**{name: parts[:, place] for place, name in enumerate(PARTS)})


def sure_taxa(table: pd.DataFrame) -> list[str]:
    """The taxa of `parted` rows of which a flower was reviewed or named with confidence."""
    return list(table.loc[table["reviewed"] + table["confident"] > 0, "taxon"])
