"""From candidate flowers to counts: the one place that decides how many flowers of which taxon a photo shows.

It works on the stored form (probability and five best taxa a flower), so that pages, commands and recounts at another
threshold agree. Pure: the same flowers give the same count, in whatever order they come.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.recognition.flowers import Flowers
from core.recognition.intervals import NO_WIDENING, Count, Widening, added, count_candidates
from core.recognition.name_lists import EVERYWHERE, NameList
from core.recognition.naming import Band, FlowerName, band_of, name_candidates, name_flowers
from core.recognition.package import ModelPackage
from core.recognition.taxa import UNKNOWN_FLOWER, Label, Names, Taxon, taxa_of, taxon_named


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
    name_list: NameList | None = None,
) -> PhotoCount:
    """Count the flowers at or above `threshold` and name each.

    recall: share of the flowers that are among the candidates, as training measured it, and widening of the interval.
    flag: see recogniser.py. name_list: names that may be given, None for all.
    """
    counted = flowers.probability >= threshold
    names = name_candidates(flowers, package_labels, counted, name_list)
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


def count_by_package(
    flowers: Flowers, flag: str, package: ModelPackage, threshold: float | None = None, site: str = EVERYWHERE
) -> PhotoCount:
    """Count flowers as the package that found them does. threshold: None for its own. site: of the photo, whose list
    of names holds."""
    return count_flowers(
        flowers,
        package_labels=package.labels,
        threshold=package.default_threshold if threshold is None else threshold,
        recall=package.recall,
        widening=package.widening,
        flag=flag,
        name_list=package.name_list(site),
    )


def count_by_person(
    counts: Mapping[str, int], flowers: Flowers, *, package_labels: tuple[Label, ...], threshold: float
) -> PhotoCount:
    """The count of a person, so many flowers of each taxon, without doubt.

    Of each taxon as many boxes have its name as the person counted, the surest first; what else they saw has no box.
    """
    left = Counter(counts)
    names = list(name_flowers(flowers, package_labels=package_labels, threshold=threshold))
    for index in np.argsort(-flowers.probability, kind="stable"):
        flower = names[index]
        if flower is not None:
            left[flower.taxon.name] -= 1
            names[index] = flower if left[flower.taxon.name] >= 0 else None
    return without_doubt(counts, package_labels, boxes=tuple(names))


def without_doubt(
    counts: Mapping[str, int], names: Names, *, at_least: bool = False, boxes: tuple[FlowerName | None, ...] = ()
) -> PhotoCount:
    """The count of a person, so many flowers of each taxon; at_least: there are more. boxes: their names."""
    taxa, total = taxa_of(names), sum(counts.values())
    rows = (
        TaxonCount(
            taxon,
            Count(count, count, count, at_least),
            unit_of(taxon, names),
            float(taxon != UNKNOWN_FLOWER),
        )
        for taxon, count in ((taxon_named(name, taxa), count) for name, count in counts.items())
    )
    return PhotoCount(Count(total, total, total, at_least), _most_abundant_first(rows), boxes)


def count_named(
    flowers: Flowers,
    named: Mapping[int, str],
    unboxed: Mapping[str, int],
    signed: Collection[int],
    *,
    package_labels: tuple[Label, ...],
    names: Names,
    recall: float,
    widening: Widening,
    flag: str,
) -> PhotoCount:
    """The count where a person named flowers and did not sign how many there are: the interval is the model's.

    named: the taxon of each counted candidate, by its place. unboxed: flowers of each taxon beside these. signed: those
    whose names the person signed; the others are named as surely as the model names them.
    """
    counted = np.array([index in named for index in range(len(flowers))], bool)
    by_model = name_candidates(flowers, package_labels, counted)
    taxa, members = taxa_of(names), defaultdict[str, list[int]](list)
    for index, model_name in enumerate(by_model):
        members[named.get(index, model_name.taxon.name)].append(index)

    def interval(indices: Sequence[int], more: int) -> Count:
        own = count_candidates(flowers.probability[indices], counted[indices], recall, flag, widening)
        return Count(own.count + more, own.low + more, own.high + more, own.lower_bound)

    rows = []
    for name in dict.fromkeys([*named.values(), *unboxed]):
        taxon = taxon_named(name, taxa)
        count = interval(members[name], unboxed.get(name, 0))
        sure = float(taxon != UNKNOWN_FLOWER)
        mine = [place for place in members[name] if place in named]
        confidence = [sure] * unboxed.get(name, 0) + [
            sure if place in signed or by_model[place].taxon.name != name else by_model[place].confidence
            for place in mine
        ]
        rows.append(TaxonCount(taxon, count, unit_of(taxon, names), float(np.mean(sorted(confidence)))))
    total = interval(range(len(flowers)), sum(unboxed.values()))
    return PhotoCount(total, _most_abundant_first(rows), ())


def unit_of(taxon: Taxon, names: Names) -> str:
    """The floral unit of the label, else that of most labels of the genus or family, or of its own."""
    labels = [name for name in names if isinstance(name, Label)]
    genus = taxon.scientific_name.split(" ")[0]
    of = next(
        filter(
            None,
            (
                [label for label in labels if label.taxon == taxon.name],
                [
                    label
                    for label in labels
                    if taxon.scientific_name and taxon.scientific_name in (label.genus, label.family)
                ],
                [label for label in labels if genus and label.genus == genus],
                [label for label in labels if taxon.family and label.family == taxon.family],
            ),
        ),
        [],
    )
    return _most_frequent([label.floral_unit for label in of] or ["flower"])


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
