"""Lists of the names that the recogniser may give, for the whole store and for single sites.

A name that the list lacks is not given: the flower gets its genus, its family or none, by the rule of naming.py and
from the same scores. So a list can be chosen for photos that were counted long ago.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from core.flora.plants import Plant, by_name, flora, flora_by_name, short_name
from core.recognition.taxa import Taxon

FLORA_TITLE = "Flora of the Netherlands"
EVERYWHERE = ""
"""Stands for the whole store among the sites."""


@dataclass(frozen=True, eq=False)
class NameList:
    """Plants that may be named, and with them their genera and families. title: as exports say it.

    One list equals itself alone, so that comparing is fast.
    """

    title: str
    plants: tuple[Plant, ...]

    def has(self, taxon: Taxon) -> bool:
        """True if a flower may be called so; a synonym counts as its plant, a cultivar as its own name alone."""
        if taxon.rank == "family":
            return taxon.family in self._families
        if taxon.rank == "genus":
            return taxon.scientific_name in self._genera
        name = short_name(taxon.scientific_name)
        accepted = flora_by_name().get(name)
        return name in self._names or (accepted is not None and accepted.name in self._names)

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(by_name(self.plants))

    @cached_property
    def _genera(self) -> frozenset[str]:
        return frozenset(plant.genus for plant in self.plants)

    @cached_property
    def _families(self) -> frozenset[str]:
        return frozenset(plant.family for plant in self.plants)


@dataclass(frozen=True, eq=False)
class NameLists:
    """The list of each site that has one of its own, and under EVERYWHERE that of all others; None: all names."""

    of_site: Mapping[str, NameList | None]

    @property
    def titles(self) -> Mapping[str, str]:
        """The title of each list by its site, empty where all names may be given."""
        return {site: one.title if (one := self.at(site)) else "" for site in (EVERYWHERE, *self.of_site)}

    def at(self, site: str) -> NameList | None:
        """The list that holds at a site."""
        return self.of_site.get(site, self.of_site.get(EVERYWHERE))


def flora_list() -> NameList:
    """The flora of the Netherlands."""
    return NameList(FLORA_TITLE, flora())


def own_name_list(file: str, plants: Sequence[Plant]) -> NameList:
    """A list of one's own; its title tells another list in a file of the same name apart."""
    digest = sha256("\n".join(sorted(plant.scientific_name for plant in plants)).encode()).hexdigest()
    return NameList(f"{file} {digest[:6]}", tuple(plants))
