"""Names that a reviewer may give to a flower: as they type, the likely ones first, and names that no list has."""

from __future__ import annotations

from collections.abc import Sequence

from core.flora.plants import short_name, written
from core.flora.search import MOST, Match
from core.people.person import Person
from core.recognition.package import ModelPackage
from core.recognition.taxa import UNKNOWN_TAXON, search_of, taxa_of
from core.store.library import Library
from core.store.names import PlantNames
from core.store.selection import Selection


def names_at(library: Library, site: str) -> list[str]:
    """The taxa that were found at a site, those in most photos first. Raises StoreError."""
    found = library.observed_table(Selection(sites=(site,)), ("taxon",))["taxon"].cast(str)
    photos = found.filter(~found.is_in(["", UNKNOWN_TAXON])).value_counts().rows()
    return [taxon for taxon, _ in sorted(photos, key=lambda row: (-row[1], row[0]))]


def find_names(
    package: ModelPackage, typed: str, *, likely: Sequence[str] = (), here: Sequence[str] = (), most: int = MOST
) -> list[Match]:
    """The taxa that a text may mean: the likely ones, those that grow here, those of the flora."""
    return search_of(package.names).find(typed, likely=likely, here=here, most=most)


def write_name(names: PlantNames, typed: str, rank: str, family: str, *, package: ModelPackage, by: Person) -> str:
    """The short name of a taxon as a person writes it: of the one that has that name, else a new one for everybody.

    rank, family: of a new one. Raises InvalidName with one sentence, StoreError.
    """
    if known := taxa_of(package.names).get(short_name(typed)):
        return known.name
    plant = written(typed, rank, family)
    names.add(plant, by=by)
    return plant.name
