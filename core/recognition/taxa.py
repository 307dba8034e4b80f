"""Names of plants: a label of a package, the genus and the family it rolls up to, and the unknown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

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
    """A name at any rank: a label, a genus, a family, or unknown. name: short, as stored tables have it."""

    name: str
    scientific_name: str
    rank: str
    family: str
    english: str
    dutch: str


UNKNOWN_FLOWER = Taxon(UNKNOWN_TAXON, "", "", "", "unknown flower", "onbekende bloem")


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Every name that a flower may get with a package's labels: these, their genera, their families, and unknown."""

    labels: tuple[Taxon, ...]
    genera: tuple[Taxon, ...]
    families: tuple[Taxon, ...]


@lru_cache(maxsize=8)
def taxonomy(labels: tuple[Label, ...]) -> Taxonomy:
    """The labels, in their order, with the genera and families they roll up to."""
    own = tuple(
        Taxon(label.taxon, label.scientific_name, label.rank, label.family, label.english, label.dutch)
        for label in labels
    )
    labelled = {taxon.name: taxon for taxon in own}  # primula is one, and the cowslip's genus too
    genera = sorted({label.genus: label.family for label in labels if label.genus}.items())
    return Taxonomy(
        own,
        tuple(
            labelled.get(genus.lower())
            or Taxon(genus.lower(), genus, "genus", family, f"{genus} (genus)", f"{genus} (geslacht)")
            for genus, family in genera
        ),
        tuple(
            labelled.get(family.lower())
            or Taxon(family.lower(), family, "family", family, f"{family} (family)", f"{family} (familie)")
            for family in sorted({label.family for label in labels})
        ),
    )


def taxa_of(labels: tuple[Label, ...]) -> dict[str, Taxon]:
    """Every taxon of the taxonomy by its name; a label before a genus."""
    names = taxonomy(labels)
    return {taxon.name: taxon for taxon in (UNKNOWN_FLOWER, *names.families, *names.genera, *names.labels)}
