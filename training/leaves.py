"""Labels by rank: the taxa, and after them the other kinds of a genus or of a family, as far as photos teach them.

A flower's name is one of many outputs of one softmax. A genus scores what its taxa and its other kinds score together,
a family what all below it scores; the output after the labels is for kinds that none of them stands for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.recognition.taxa import Label
from training.dataset import PhotoRow
from training.other_genera import NEVER_TAUGHT

_LEAST_OF_GENUS, _LEAST_OF_FAMILY = 3, 4
"""Photos of other kinds that a genus of ours, or a family that is none of ours, needs for an output of its own."""

_FAMILY_OF = {
    "Actinidia": "Actinidiaceae",
    "Freesia": "Iridaceae",
    "Hydrangea": "Hydrangeaceae",
    "Lilium": "Liliaceae",
    "Paeonia": "Paeoniaceae",
    "Pulsatilla": "Ranunculaceae",
    "Rosa": "Rosaceae",
}
"""Families of the genera in other_genera.py."""

UNSAID = -1


@dataclass(frozen=True, slots=True)
class Truth:
    """The kind of a photo's flowers. label: its output, or UNSAID where none says so little; family: its number, or
    UNSAID where there is no flower."""

    label: int
    family: int


class Leaves:
    """The outputs, in order: labels (taxa, then rests), "another kind", "not a flower"."""

    def __init__(self, rows: Sequence[PhotoRow], taxa: Sequence[Label]) -> None:
        family_of = {label.genus: label.family for label in taxa if label.genus}
        whole = {label.genus for label in taxa if label.rank == "genus"}
        ours = {label.family for label in taxa}
        strange = [row for row in rows if row.split == "train" and _is_stranger(row)]
        genera = Counter(row.genus for row in strange if row.wild)
        families = Counter(_family(row) for row in strange if row.genus not in family_of)
        rests = [
            *(
                _rest(genus, "genus", family_of[genus], taxa)
                for genus in sorted(genera)
                if genus in family_of and genus not in whole and genera[genus] >= _LEAST_OF_GENUS
            ),
            *(
                _rest(family, "family", family, taxa)
                for family in sorted(families)
                if family in ours or families[family] >= _LEAST_OF_FAMILY
            ),
        ]
        self.kinds = len(taxa)
        self.labels = (*taxa, *rests)
        self.families = sorted({label.family for label in self.labels})
        self.other, self.nothing = len(self.labels), len(self.labels) + 1
        self._of_taxon = {label.taxon: i for i, label in enumerate(taxa)}
        self._of_name = {label.scientific_name: i for i, label in enumerate(self.labels)}
        self._family_of = family_of

    def in_family(self) -> NDArray[np.float32]:
        """The outputs that make up each family (outputs, families + 1); the last is "another kind"."""
        member = np.zeros((self.nothing + 1, len(self.families) + 1), np.float32)
        for number, label in enumerate(self.labels):
            member[number, self.families.index(label.family)] = 1
        member[self.other, -1] = 1
        return member

    def truth(self, row: PhotoRow) -> Truth | None:
        """The kind that a photo teaches; None where nobody says what it shows."""
        if row.taxon:
            return self._of(self._of_taxon[row.taxon])
        if row.without_flowers:
            return Truth(self.nothing, UNSAID)
        if not _is_stranger(row):
            return None
        for name in (row.kind, row.genus):
            if name in self._of_name:
                return self._of(self._of_name[name])
        if row.genus in self._family_of:
            return Truth(UNSAID, self.families.index(self._family_of[row.genus]))
        family = _family(row)
        return self._of(self._of_name[family]) if family in self._of_name else Truth(self.other, len(self.families))

    def _of(self, number: int) -> Truth:
        return Truth(number, self.families.index(self.labels[number].family))


def _is_stranger(row: PhotoRow) -> bool:
    """True if it shows flowers of one known genus that is not kept to measure with."""
    return not row.taxon and bool(row.genus) and " " not in row.genus and row.genus not in NEVER_TAUGHT


def _family(row: PhotoRow) -> str:
    return row.family or _FAMILY_OF.get(row.genus, "")


def _rest(name: str, rank: str, family: str, taxa: Sequence[Label]) -> Label:
    """The label for other kinds of a genus or family; its unit is that of most taxa of the family."""
    units = Counter(label.floral_unit for label in taxa if label.family == family)
    return Label(
        taxon=name.lower(),
        scientific_name=name,
        rank=rank,
        genus=name if rank == "genus" else "",
        family=family,
        english=f"{name} ({rank})",
        dutch=f"{name} ({'geslacht' if rank == 'genus' else 'familie'})",
        floral_unit=min(units, key=lambda unit: (-units[unit], unit), default="flower"),
        flowering_months="",
        status_nl="",
    )
