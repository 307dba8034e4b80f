"""From candidate flowers to counts: the one place that decides how many flowers of which taxon a photo shows.

It works on the stored form (probability and five best taxa a flower), so that pages, commands and recounts at another
threshold agree. Pure: the same flowers give the same count, in whatever order they come.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.recognition.flowers import Flowers
from core.recognition.intervals import NO_WIDENING, Count, Widening, added, count_candidates
from core.recognition.naming import Band, FlowerName, band_of, name_candidates, name_flowers
from core.recognition.taxa import UNKNOWN_FLOWER, Label, Taxon, taxa_of


@dataclass(frozen=True, slots=True)
class TaxonCount:
    """The flowers of one taxon. confidence: mean of its flowers' scores. unit: flower, flower head or inflorescence."""

    taxon: Taxon
    flowers: Count
    unit: str
    confidence: float

    @property
    def band(self) -> Band:
        """Naturalis' band of the confidence."""
        return band_of(self.taxon, self.confidence)


@dataclass(frozen=True, slots=True)
class PhotoCount:
    """The flowers of a photo (or of several, see add_counts), most abundant taxon first.

    names: one a candidate box, None where it is below the threshold; empty for several photos.
    """

    total: Count
    taxa: tuple[TaxonCount, ...]
    names: tuple[FlowerName | None, ...]


def count_flowers(
    flowers: Flowers,
    *,
    package_labels: tuple[Label, ...],
    threshold: float,
    recall: float,
    widening: Widening = NO_WIDENING,
    flag: str = "",
) -> PhotoCount:
    """Count the flowers at or above `threshold` and name each.

    recall: share of the flowers that are among the candidates, as training measured it, and widening of the interval.
    flag: see recogniser.py.
    """
    counted = flowers.probability >= threshold
    names = name_candidates(flowers, package_labels, counted)
    unit_of = {label.taxon: label.floral_unit for label in package_labels}
    members: dict[Taxon, list[int]] = defaultdict(list)  # all candidates that would be called so, counted or not
    for index, name in enumerate(names):
        members[name.taxon].append(index)
    rows = []
    for taxon, indices in members.items():
        mine = [i for i in indices if counted[i]]
        if mine:
            units = (unit_of.get(best[0].taxon, "flower") if (best := flowers.taxa[i]) else "flower" for i in mine)
            rows.append(
                TaxonCount(
                    taxon,
                    count_candidates(flowers.probability[indices], counted[indices], recall, flag, widening),
                    "flower" if taxon == UNKNOWN_FLOWER else _most_frequent(units),
                    float(np.mean(sorted(names[i].confidence for i in mine))),
                )
            )
    total = count_candidates(flowers.probability, counted, recall, flag, widening)
    named = tuple(name if counts else None for name, counts in zip(names, counted, strict=True))
    return PhotoCount(total, _most_abundant_first(rows), named)


def count_by_person(
    counts: Mapping[str, int], flowers: Flowers, *, package_labels: tuple[Label, ...], threshold: float
) -> PhotoCount:
    """The count of a person, so many flowers of each taxon, without doubt.

    Of each taxon as many boxes have its name as the person counted, the surest first; what else they saw has no box.
    """
    taxa, total, left = taxa_of(package_labels), sum(counts.values()), Counter(counts)
    rows = [
        _without_doubt(taxa.get(name, Taxon(name, "", "", "", name, name)), count, package_labels)
        for name, count in counts.items()
    ]
    names = list(name_flowers(flowers, package_labels=package_labels, threshold=threshold))
    for index in np.argsort(-flowers.probability, kind="stable"):
        flower = names[index]
        if flower is not None:
            left[flower.taxon.name] -= 1
            names[index] = flower if left[flower.taxon.name] >= 0 else None
    return PhotoCount(Count(total, total, total), _most_abundant_first(rows), tuple(names))


def _without_doubt(taxon: Taxon, count: int, labels: tuple[Label, ...]) -> TaxonCount:
    """With the unit of the label, or that of most labels of the genus or family."""
    own = [label for label in labels if label.taxon == taxon.name] or [
        label for label in labels if taxon.scientific_name in (label.genus, label.family)
    ]
    unit = _most_frequent([label.floral_unit for label in own] or ["flower"])
    return TaxonCount(taxon, Count(count, count, count), unit, float(taxon != UNKNOWN_FLOWER))


def add_counts(counts: Iterable[PhotoCount]) -> PhotoCount:
    """Totals over several photos; see intervals.added."""
    counts = list(counts)
    rows: dict[str, list[TaxonCount]] = defaultdict(list)
    for photo in counts:
        for row in photo.taxa:
            rows[row.taxon.name].append(row)
    total = added([photo.total for photo in counts])
    return PhotoCount(total, _most_abundant_first([_sum(same) for same in rows.values()]), ())


def _sum(rows: Sequence[TaxonCount]) -> TaxonCount:
    first = max(rows, key=lambda row: (row.flowers.count, row.unit))
    flowers = added([row.flowers for row in rows])
    confidence = sum(row.confidence * row.flowers.count for row in rows) / flowers.count
    return TaxonCount(first.taxon, flowers, first.unit, confidence)


def _most_abundant_first(rows: Iterable[TaxonCount]) -> tuple[TaxonCount, ...]:
    return tuple(sorted(rows, key=lambda row: (-row.flowers.count, -row.confidence, row.taxon.name)))


def _most_frequent(units: Iterable[str]) -> str:
    often = Counter(units)
    return min(often, key=lambda unit: (-often[unit], unit))
