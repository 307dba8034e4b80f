"""The plants of the flora, and names in the form in which they are compared and stored.

Read once, when first asked for: 1,600 rows take some 10 ms. README.md beside this names the sources.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.errors import BloomError
from core.language import tr

FLORA = Path(__file__).parent / "flora.csv"


class InvalidName(BloomError):
    """A name of a plant that cannot be used."""


_COLUMNS = ("scientific_name", "rank", "genus", "family", "dutch", "english", "gbif_key")
RANKS = ("species", "subspecies", "variety", "hybrid", "cultivar", "section", "genus", "family")
"""The ranks that a person may give to a name that no list has."""


@dataclass(frozen=True, slots=True)
class Plant:
    """A plant of a list of names. dutch, english, gbif_key: empty where the list has none. synonyms: scientific."""

    scientific_name: str
    rank: str
    genus: str
    family: str
    dutch: str = ""
    english: str = ""
    gbif_key: str = ""
    synonyms: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its short name, as stored tables have it: `centaurea-jacea`, the same whoever writes it."""
        return short_name(self.scientific_name)


@dataclass(frozen=True, eq=False)
class PlantList:
    """Plants that people of a store added to the flora. One list equals itself alone, so that comparing is fast."""

    plants: tuple[Plant, ...]


def written(name: str, rank: str, family: str) -> Plant:
    """A plant as a person writes it, where no list has it. Raises InvalidName with one sentence."""
    words = " ".join(name.split())
    if len(short_name(words)) < 3 or not words[0].isalpha():
        raise InvalidName(tr("{name} is not a scientific name: write it as in Daucus carota.", name=repr(name.strip())))
    words = words[0].upper() + (words[1:] if rank == "cultivar" else words[1:].lower())
    if rank not in RANKS:
        ranks = ", ".join(RANKS)
        raise InvalidName(
            tr("{name}: the rank is {rank}; choose one of {ranks}.", name=words, rank=repr(rank), ranks=ranks)
        )
    family = words if rank == "family" else family.strip().capitalize()
    if not family.endswith("aceae"):
        raise InvalidName(
            tr("{name}: {family} is not a family; its name ends in -aceae.", name=words, family=repr(family))
        )
    if rank in ("species", "subspecies", "variety", "hybrid") and " " not in words:
        raise InvalidName(tr("{name} has one word: the name of a species has two.", name=words))
    return Plant(words, rank, "" if rank == "family" else words.split()[0], family)


@lru_cache(maxsize=1)
def flora() -> tuple[Plant, ...]:
    """The plants of the flora, by scientific name."""
    with FLORA.open(encoding="utf-8", newline="") as file:
        return tuple(
            Plant(**{name: row[name] for name in _COLUMNS}, synonyms=tuple(filter(None, row["synonyms"].split("|"))))
            for row in csv.DictReader(file)
        )


@lru_cache(maxsize=1)
def flora_by_name() -> dict[str, Plant]:
    """Each plant of the flora by the short form of its accepted name and of its synonyms."""
    return by_name(flora())


def by_name(plants: Iterable[Plant]) -> dict[str, Plant]:
    """Each plant by the short form of its accepted name and of its synonyms; an accepted name before a synonym."""
    plants = tuple(plants)
    synonyms = {short_name(synonym): plant for plant in plants for synonym in plant.synonyms}
    return synonyms | {plant.name: plant for plant in plants}


@lru_cache(maxsize=16384)
def short_name(scientific_name: str) -> str:
    """A scientific name in small letters and hyphens, without a cross: `Fallopia × bohemica` is `fallopia-bohemica`."""
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"(^| )[x×](?= )", " ", folded(scientific_name))).strip("-")


def folded(text: str) -> str:
    """The text without accents and in small letters, each gap one space: what two spellings have in common."""
    letters = unicodedata.normalize("NFKD", text.replace("×", " x ").replace("’", "'"))
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).casefold().split())
