"""From candidate flowers to counts: the one place that decides what a flower is called and how many there are.

It works on the stored form (probability and five best taxa a flower), so that pages, commands and recounts at another
threshold agree. Pure: the same flowers give the same count, in whatever order they come.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, exp, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.recognition.flowers import Flowers
from core.recognition.taxa import UNKNOWN_FLOWER, Label, Taxon

Band = Literal["confident", "uncertain", "unknown"]
CONFIDENT, UNKNOWN = 0.9, 0.2
"""Naturalis' own bands, which Dutch users know: confident over 0.9, uncertain 0.2-0.9, unknown under 0.2."""

_NAMED = 0.7
"""A species is named from this score on; else its genus if that has it; else a family that is not unknown.

On the calibration photos the most counted taxon is right in 94.3 %, 96.4 % of known kinds and 21 % of strangers get a
name; naming a species from 0.65 on: 94.9, 97.5 and 24 %, from 0.75 on: 94.1, 96.1 and 18 %.
"""

_SAME_KIND = 0.35
"""Weight of the photo's other flowers in naming one (0: none). Other weights: docs/experiments/names.md."""

_TAIL = 0.05
"""What lies outside a 90 % interval on each side."""

_RECALL_FLOWERS = 11.0
"""At about ten flowers as many are missed as recall says, of a single one none, between and beyond as the square root
of the flowers beside the first. With version 1.3, 88 % of the calibration split's counts by eye lay in the interval;
where misses grow with the flowers 87 %, and above ten flowers it is wider (docs/experiments/counting.md)."""

_FLAGGED_RECALL = 0.7
"""In a flagged photo this share of the usual recall is expected, however many flowers there are: its count is a lower
bound (docs/recognition.md)."""


@dataclass(frozen=True, slots=True)
class Count:
    """Flowers counted, with the 90 % interval of how many there are."""

    count: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class FlowerName:
    """What one flower is called. taxon "unknown" where no name is likely enough."""

    taxon: str
    scientific_name: str
    english: str
    dutch: str
    confidence: float
    band: Band


@dataclass(frozen=True, slots=True)
class TaxonCount:
    """The flowers of one taxon. confidence: mean of its flowers' scores. unit: flower, flower head or inflorescence."""

    taxon: str
    scientific_name: str
    rank: str
    family: str
    english: str
    dutch: str
    unit: str
    count: int
    low: int
    high: int
    confidence: float
    band: Band


@dataclass(frozen=True, slots=True)
class PhotoCount:
    """The flowers of a photo (or of several, see add_counts), most abundant taxon first.

    names: one a candidate box, None where it is below the threshold; empty for several photos.
    """

    total: Count
    taxa: tuple[TaxonCount, ...]
    names: tuple[FlowerName | None, ...]


def count_flowers(
    flowers: Flowers, *, package_labels: tuple[Label, ...], threshold: float, recall: float, flag: str = ""
) -> PhotoCount:
    """Count the flowers at or above `threshold` and name each.

    recall: share of the flowers that are among the candidates, as training measured it. flag: see recogniser.py.
    """
    counted = flowers.probability >= threshold
    called = list(_called(flowers, package_labels, counted))
    names = _names(called, counted)
    members: dict[Taxon, list[int]] = defaultdict(list)
    for index, (taxon, _) in enumerate(called):
        members[taxon].append(index)
    rows = [
        _taxon_count(taxon, np.array(indices), counted, flowers, names, package_labels, recall, flag)
        for taxon, indices in members.items()
        if counted[indices].any()
    ]
    return PhotoCount(_interval(flowers.probability, counted, recall, flag), _most_abundant_first(rows), names)


def count_said(
    counts: Mapping[str, int], flowers: Flowers, *, package_labels: tuple[Label, ...], threshold: float
) -> PhotoCount:
    """What a person counted, so many flowers of each taxon, without doubt.

    Of each taxon as many boxes have its name as the person counted, the surest first; what else they saw has no box.
    """
    taxa, total, left = taxa_of(package_labels), sum(counts.values()), Counter(counts)
    rows = [
        _said(taxa.get(name, Taxon(name, "", "", "", name, name)), count, package_labels)
        for name, count in counts.items()
    ]
    names = list(name_flowers(flowers, package_labels=package_labels, threshold=threshold))
    for index in np.argsort(-flowers.probability, kind="stable"):
        name = names[index]
        if name is not None:
            left[name.taxon] -= 1
            names[index] = name if left[name.taxon] >= 0 else None
    return PhotoCount(Count(total, total, total), _most_abundant_first(rows), tuple(names))


def _said(taxon: Taxon, count: int, labels: tuple[Label, ...]) -> TaxonCount:
    """With the unit of the label, or that of most labels of the genus or family."""
    own = [label for label in labels if label.taxon == taxon.taxon] or [
        label for label in labels if taxon.scientific_name in (label.genus, label.family)
    ]
    units = Counter(label.floral_unit for label in own) or Counter(["flower"])
    unit = min(units, key=lambda name: (-units[name], name))
    band: Band = "unknown" if taxon == UNKNOWN_FLOWER else "confident"
    return TaxonCount(
        taxon.taxon, taxon.scientific_name, taxon.rank, taxon.family, taxon.english, taxon.dutch, unit,
        count, count, count, float(band == "confident"), band,
    )  # fmt: skip


def name_flowers(
    flowers: Flowers, *, package_labels: tuple[Label, ...], threshold: float
) -> tuple[FlowerName | None, ...]:
    """The names of count_flowers alone, for those who need no counts: it takes a third of the time."""
    counted = flowers.probability >= threshold
    return _names(_called(flowers, package_labels, counted), counted)


def _called(flowers: Flowers, labels: tuple[Label, ...], counted: NDArray[np.bool_]) -> Iterator[tuple[Taxon, float]]:
    """The taxon of every candidate and its score; only those that are counted have a say in it."""
    taxa = _taxonomy(labels)
    weight = np.where(counted, flowers.probability, 0.0).astype(np.float64)
    return taxa.names(_pooled(_scores(flowers, taxa.number), weight))


def _names(called: Iterable[tuple[Taxon, float]], counted: NDArray[np.bool_]) -> tuple[FlowerName | None, ...]:
    return tuple(
        FlowerName(taxon.taxon, taxon.scientific_name, taxon.english, taxon.dutch, score, _band(taxon, score))
        if counts
        else None
        for (taxon, score), counts in zip(called, counted, strict=True)
    )


def taxa_of(labels: tuple[Label, ...]) -> dict[str, Taxon]:
    """Every name that count_flowers may give with these labels, by the `taxon` of its rows; a label before a genus."""
    return {taxon.taxon: taxon for taxon in reversed(_taxonomy(labels).every())}


def add_counts(counts: Iterable[PhotoCount]) -> PhotoCount:
    """Totals over several photos.

    Lows and highs are plain sums: what the recogniser misses in one photo it tends to miss in the next, so the errors
    do not cancel as independent ones would, and the sums are those of the CSV columns.
    """
    counts = list(counts)
    rows: dict[str, list[TaxonCount]] = defaultdict(list)
    for photo in counts:
        for row in photo.taxa:
            rows[row.taxon].append(row)
    totals = [photo.total for photo in counts]
    total = Count(sum(t.count for t in totals), sum(t.low for t in totals), sum(t.high for t in totals))
    return PhotoCount(total, _most_abundant_first([_sum(same) for same in rows.values()]), ())


def _sum(rows: Sequence[TaxonCount]) -> TaxonCount:
    first = max(rows, key=lambda row: (row.count, row.unit))
    n = sum(row.count for row in rows)
    confidence = sum(row.confidence * row.count for row in rows) / n
    return TaxonCount(
        first.taxon, first.scientific_name, first.rank, first.family, first.english, first.dutch, first.unit,
        n, sum(row.low for row in rows), sum(row.high for row in rows),
        confidence, "unknown" if first.taxon == UNKNOWN_FLOWER.taxon else band_of(confidence),
    )  # fmt: skip


def _most_abundant_first(rows: Iterable[TaxonCount]) -> tuple[TaxonCount, ...]:
    return tuple(sorted(rows, key=lambda row: (-row.count, -row.confidence, row.taxon)))


def band_of(score: float) -> Band:
    """Naturalis' band of a score in 0..1."""
    if score > CONFIDENT:
        return "confident"
    return "uncertain" if score >= UNKNOWN else "unknown"


def _band(taxon: Taxon, score: float) -> Band:
    return "unknown" if taxon is UNKNOWN_FLOWER else band_of(score)


def _taxon_count(
    taxon: Taxon,
    members: NDArray[np.intp],
    counted: NDArray[np.bool_],
    flowers: Flowers,
    names: Sequence[FlowerName | None],
    labels: tuple[Label, ...],
    recall: float,
    flag: str,
) -> TaxonCount:
    """members: all candidates that would be called so, counted or not."""
    mine = members[counted[members]]
    unit_of = {label.taxon: label.floral_unit for label in labels}
    units = Counter(unit_of.get(flowers.taxa[i][0].taxon, "flower") if flowers.taxa[i] else "flower" for i in mine)
    unit = min(units, key=lambda name: (-units[name], name)) if taxon is not UNKNOWN_FLOWER else "flower"
    confidence = float(np.mean(sorted(name.confidence for i in mine if (name := names[i]))))
    count = _interval(flowers.probability[members], counted[members], recall, flag)
    return TaxonCount(
        taxon.taxon, taxon.scientific_name, taxon.rank, taxon.family, taxon.english, taxon.dutch, unit,
        count.count, count.low, count.high, confidence, _band(taxon, confidence),
    )  # fmt: skip


def _scores(flowers: Flowers, number: dict[str, int]) -> NDArray[np.float64]:
    """Scores (flowers, labels); what is not among a flower's best taxa is 0. Unknown taxa are left out."""
    scores = np.zeros((len(flowers), len(number)))
    for row, best in enumerate(flowers.taxa):
        for taxon, score in best:
            if taxon in number:
                scores[row, number[taxon]] = score
    return scores


def _pooled(scores: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each flower's scores, weighed by what the photo's other counted flowers are (Bayes, leave-one-out).

    weight: (n,), a counted flower's probability, 0 for others. Flowers of one photo tend to be of one kind; a flower
    that is surely another kind stays it. Alone it keeps its scores, and none gains beyond what its best taxa had.
    """
    order = np.lexsort((*scores.T, weight))  # sums do not depend on the order of the boxes
    own = scores * weight[:, None]
    rest = weight[order].sum() - weight
    others = (own[order].sum(axis=0) - own) / np.maximum(rest, 1e-9)[:, None]
    prior = (1 - _SAME_KIND) / max(scores.shape[1], 1) + _SAME_KIND * np.maximum(others, 0)
    posterior = scores * prior
    known = scores.sum(axis=1, keepdims=True)
    pooled = posterior * known / np.maximum(posterior.sum(axis=1, keepdims=True), 1e-12)
    return np.where(rest[:, None] > 1e-6, pooled, scores)


class _Taxonomy:
    """The labels with the genera and families they roll up to."""

    def __init__(self, labels: tuple[Label, ...]) -> None:
        self.number = {label.taxon: i for i, label in enumerate(labels)}
        self._labels = [
            Taxon(label.taxon, label.scientific_name, label.rank, label.family, label.english, label.dutch)
            for label in labels
        ]
        labelled = {taxon.taxon: taxon for taxon in self._labels}  # primula is one, and the cowslip's genus too
        self._genera = [
            labelled.get(genus.lower())
            or Taxon(genus.lower(), genus, "genus", family, f"{genus} (genus)", f"{genus} (geslacht)")
            for genus, family in sorted({label.genus: label.family for label in labels if label.genus}.items())
        ]
        self._families = [
            labelled.get(family.lower())
            or Taxon(family.lower(), family, "family", family, f"{family} (family)", f"{family} (familie)")
            for family in sorted({label.family for label in labels})
        ]
        self._in_genus = np.array([[label.genus == g.scientific_name for g in self._genera] for label in labels], float)
        self._in_family = np.array([[label.family == f.family for f in self._families] for label in labels], float)

    def every(self) -> list[Taxon]:
        """All names that a flower may get."""
        return [*self._labels, *self._genera, *self._families, UNKNOWN_FLOWER]

    def names(self, scores: NDArray[np.float64]) -> Iterator[tuple[Taxon, float]]:
        """For each row the lowest rank at which a name is likely enough, and its score: species, genus, family."""
        genera = _Best(scores @ self._in_genus)
        families = _Best(scores @ self._in_family)
        species = _Best(scores)
        for row in range(len(scores)):
            score, genus_score, family_score = species.score[row], genera.score[row], families.score[row]
            if score >= _NAMED:
                yield self._labels[species.index[row]], float(score)
            elif genus_score >= _NAMED:
                yield self._genera[genera.index[row]], float(genus_score)
            elif family_score >= UNKNOWN:
                yield self._families[families.index[row]], float(family_score)
            else:
                yield UNKNOWN_FLOWER, float(family_score)


class _Best:
    """The best column of each row, and its score, at most 1."""

    def __init__(self, scores: NDArray[np.float64]) -> None:
        wide = scores if scores.shape[1] else np.zeros((len(scores), 1))
        self.index = wide.argmax(axis=1)
        self.score = np.minimum(wide.max(axis=1, initial=0.0), 1.0)


@lru_cache(maxsize=8)
def _taxonomy(labels: tuple[Label, ...]) -> _Taxonomy:
    return _Taxonomy(labels)


def _interval(probability: NDArray[np.float32], counted: NDArray[np.bool_], recall: float, flag: str) -> Count:
    """The count and the 90 % interval of the true number; 0 to 0 where none is counted.

    Candidates: a Poisson-binomial sum, each a flower with its calibrated probability, whether it is counted or not.
    Missed: Poisson around how many were no candidate at all (_missed). Both are exact discrete distributions.
    """
    n = int(counted.sum())
    if n == 0:
        return Count(0, 0, 0)
    p = np.sort(probability.astype(np.float64))
    found = _poisson_binomial(p)
    low = int(np.searchsorted(np.cumsum(found), _TAIL))
    both = np.convolve(found, _poisson(_missed(p.sum(), recall, flag)))
    high = int(np.searchsorted(np.cumsum(both), 1 - _TAIL))
    return Count(n, min(low, n), max(high, n))


def _missed(flowers: float, recall: float, flag: str) -> float:
    """How many flowers are expected beside so many candidates."""
    if flag:
        recall *= _FLAGGED_RECALL
        return flowers * (1 - recall) / recall
    return sqrt(_RECALL_FLOWERS * max(flowers - 1, 0.0)) * (1 - recall) / recall


def _poisson_binomial(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability of 0 .. n successes of independent trials with chances p."""
    chances = np.zeros(len(p) + 1)
    chances[0] = 1.0
    for done, chance in enumerate(p, 1):
        chances[1 : done + 1] = chances[1 : done + 1] * (1 - chance) + chances[:done] * chance
        chances[0] *= 1 - chance
    return chances


def _poisson(mean: float) -> NDArray[np.float64]:
    """Probability of 0, 1, … up to where the rest no longer matters."""
    ks = np.arange(1, ceil(mean + 8 * mean**0.5) + 8)
    logs = np.concatenate([[0.0], np.cumsum(np.log(max(mean, 1e-12)) - np.log(ks))]) - mean
    return np.asarray(np.exp(logs)) if mean else np.array([exp(0.0)])
