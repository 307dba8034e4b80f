"""A list of names from a file: CSV as a spreadsheet writes it, or the taxon file of a Darwin Core Archive.

Columns are known by their Darwin Core names or by those of flora.csv. Every row that cannot be used is named with its
reason, and the others are read all the same. A row whose acceptedNameUsageID is another row's is a synonym of that.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from io import StringIO

from core.flora.plants import InvalidName, Plant, written
from core.language import tr

COLUMNS = {
    "scientific_name": ("scientificname", "scientific_name", "name", "taxon", "wetenschappelijkenaam"),
    "authorship": ("scientificnameauthorship", "authorship", "author", "auteur"),
    "rank": ("taxonrank", "rank", "rang"),
    "family": ("family", "familie"),
    "genus": ("genus", "geslacht"),
    "dutch": ("dutch", "nederlands", "nederlandsenaam", "vernacularname"),
    "english": ("english", "engels", "englishname"),
    "gbif_key": ("gbif_key", "gbifkey", "gbifid"),
    "synonyms": ("synonyms", "synoniemen"),
    "id": ("taxonid", "id"),
    "accepted": ("acceptednameusageid",),
}
"""Names that a column may have, in small letters."""

MOST_ROWS = 20_000
DELIMITERS = "\t;,"


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that is not used. row: as a spreadsheet numbers it, 0 for the file as a whole."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class OwnList:
    """The plants of a file, synonyms with them, and the rows that cannot be used."""

    plants: tuple[Plant, ...]
    refused: tuple[Refused, ...]


def read_list(data: bytes) -> OwnList:
    """The list in a file of UTF-8 or Windows-1252; one without a column of scientific names is refused as a whole."""
    text = _text(data)
    header = text.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=header.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    names = [name.strip().lower().replace(" ", "") for name in next(reader, [])]
    places = {column: place for column, known in COLUMNS.items() for place, name in enumerate(names) if name in known}
    if "scientific_name" not in places:
        reason = tr("The first line names no column scientificName (or scientific_name). Add it and try again.")
        return OwnList((), (Refused(0, reason),))
    refused: list[Refused] = []
    plants: dict[str, Plant] = {}
    ids: dict[str, str] = {}
    synonyms: list[tuple[int, str, str]] = []
    for number, cells in enumerate(reader, start=2):
        if not any(map(str.strip, cells)):
            continue
        if number > MOST_ROWS + 1:
            reason = tr("The file has more than {most} rows; the rest is left out.", most=MOST_ROWS)
            refused.append(Refused(number, reason))
            break
        row = {column: cells[place].strip() if place < len(cells) else "" for column, place in places.items()}
        name = row["scientific_name"].removesuffix(row.get("authorship", "") or "\0").strip()
        if row.get("accepted") and row["accepted"] != row.get("id"):
            synonyms.append((number, name, row["accepted"]))
            continue
        try:
            plant = _plant(name, row)
        except InvalidName as problem:
            refused.append(Refused(number, str(problem)))
            continue
        if plant.name in plants:
            refused.append(Refused(number, tr("{name} is in the file twice; the first row is used.", name=name)))
            continue
        plants[plant.name] = plant
        if row.get("id"):
            ids[row["id"]] = plant.name
    for number, name, accepted in synonyms:
        if accepted not in ids:
            reason = tr("{name} is a synonym of {id}, which is not in the file.", name=name, id=accepted)
            refused.append(Refused(number, reason))
            continue
        plant = plants[ids[accepted]]
        plants[ids[accepted]] = replace(plant, synonyms=(*plant.synonyms, name))
    return OwnList(tuple(plants.values()), tuple(sorted(refused, key=lambda one: one.row)))


def _plant(name: str, row: Mapping[str, str]) -> Plant:
    rank = (row.get("rank") or "species").lower()
    plant = written(name, rank, row.get("family", ""))
    synonyms = tuple(filter(None, map(str.strip, row.get("synonyms", "").split("|"))))
    names = {column: row.get(column, "") for column in ("dutch", "english", "gbif_key")}
    return replace(plant, genus=row.get("genus") or plant.genus, synonyms=synonyms, **names)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
