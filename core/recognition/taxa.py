"""Names of plants: a label of a package, a taxon at any rank, and the unknown."""

from __future__ import annotations

from dataclasses import dataclass

RANKS = ("species", "cultivar", "genus", "family")
UNKNOWN_TAXON = "unknown"
"""The name of a flower without a name; no label may have it."""


@dataclass(frozen=True, slots=True)
class Label:
    """One row of labels.csv. flowering_months: as in "5-7", empty where unknown."""

    taxon: str
    scientific_name: str
    rank: str
    genus: str
    family: str
    english: str
    dutch: str
    floral_unit: str
    flowering_months: str
    status_nl: str


@dataclass(frozen=True, slots=True)
class Taxon:
    """A name at any rank: a label, a genus, a family, or unknown."""

    taxon: str
    scientific_name: str
    rank: str
    family: str
    english: str
    dutch: str


UNKNOWN_FLOWER = Taxon(UNKNOWN_TAXON, "", "", "", "unknown flower", "onbekende bloem")
