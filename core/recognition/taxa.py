"""Names of plants: a label of a package, the genus and the family it rolls up to, and the unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from core.flora.plants import Plant, PlantList, by_name, flora, flora_by_name, short_name
from core.flora.search import Search

RANKS = ("species", "cultivar", "genus", "family")
"""The ranks of labels; plants of a list have others too, as subspecies."""

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
    """A name at any rank: a label, a plant of a list, a genus, a family, or unknown.

    name: short, as stored tables have it. english, dutch: the scientific name where there is none. key: in the GBIF
    backbone, where the list of a plant has it.
    """

    name: str
    scientific_name: str
    rank: str
    family: str
    english: str
    dutch: str
    key: str = ""

    @property
    def gbif_key(self) -> str:
        """The key in the GBIF backbone, empty where no list has one."""
        plant = None if self.key or not self.scientific_name else flora_by_name().get(short_name(self.scientific_name))
        return plant.gbif_key if plant else self.key


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
        tuple(labelled.get(genus.lower()) or _genus(genus, family) for genus, family in genera),
        tuple(labelled.get(family.lower()) or _family(family) for family in sorted({label.family for label in labels})),
    )


Names = tuple["Label | PlantList", ...]
"""Names beside the flora: labels of a package, and plants that people of a store added."""


@lru_cache(maxsize=8)
def taxa_of(names: Names) -> Mapping[str, Taxon]:
    """Every taxon that may be met by its short name: those of these names, and those of the flora.

    A label comes before a plant, a plant before a genus. A plant that a label has too is that label's taxon, and so is
    a synonym: of two names of one taxon both lead to it.
    """
    labels = tuple(name for name in names if isinstance(name, Label))
    plants = plants_of(names)
    listed = [*flora(), *plants]
    own = taxonomy(labels)
    taxa = {UNKNOWN_FLOWER.name: UNKNOWN_FLOWER}
    taxa |= {plant.family.lower(): _family(plant.family) for plant in listed if plant.family}
    taxa |= {plant.genus.lower(): _genus(plant.genus, plant.family) for plant in listed if plant.genus}
    taxa |= {taxon.name: taxon for taxon in (*own.families, *own.genera)}
    of_plants = {**by_name(plants), **flora_by_name()}
    species = {short_name(taxon.scientific_name): taxon for taxon in own.labels if taxon.rank == "species"}
    species |= {of_plants[name].name: taxon for name, taxon in species.items() if name in of_plants}
    for name, plant in of_plants.items():
        if name not in taxa:
            taxa[name] = species.get(name) or species.get(plant.name) or _of_plant(plant)
    for name, taxon in species.items():
        taxa.setdefault(name, taxon)
    return MappingProxyType(taxa | {taxon.name: taxon for taxon in own.labels})


def plants_of(names: Names) -> tuple[Plant, ...]:
    """The plants that people added."""
    return tuple(plant for name in names if isinstance(name, PlantList) for plant in name.plants)


def taxon_named(name: str, taxa: Mapping[str, Taxon]) -> Taxon:
    """The taxon of a stored name; one that no list has is called as it is stored."""
    return taxa.get(name) or Taxon(name, "", "", "", name, name)


@lru_cache(maxsize=2)
def search_of(names: Names) -> Search:
    """A search over every taxon of taxa_of but the unknown: by scientific name, synonym, Dutch and English."""
    taxa = taxa_of(names)
    texts: dict[str, list[str]] = {
        taxon.name: [taxon.scientific_name, taxon.dutch, taxon.english] for taxon in taxa.values() if taxon.rank
    }
    for plant in (*flora(), *plants_of(names)):
        texts[taxa[plant.name].name] += [plant.scientific_name, plant.dutch, plant.english, *plant.synonyms]
    return Search(texts)


def _genus(genus: str, family: str) -> Taxon:
    return Taxon(genus.lower(), genus, "genus", family, f"{genus} (genus)", f"{genus} (geslacht)")


def _family(family: str) -> Taxon:
    return Taxon(family.lower(), family, "family", family, f"{family} (family)", f"{family} (familie)")


def _of_plant(plant: Plant) -> Taxon:
    name = plant.scientific_name
    return Taxon(plant.name, name, plant.rank, plant.family, plant.english or name, plant.dutch or name, plant.gbif_key)
