"""Name each flower: the photo's other flowers have their say, then the finest rank that is likely enough."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.recognition.flowers import Flowers
from core.recognition.name_lists import NameList
from core.recognition.taxa import UNKNOWN_FLOWER, Label, Taxon, taxonomy

Band = Literal["confident", "uncertain", "unknown"]
CONFIDENT, UNKNOWN = 0.9, 0.2
"""Naturalis' own bands, which Dutch users know: confident over 0.9, uncertain 0.2-0.9, unknown under 0.2."""

_NAMED = 0.7
"""A species is named from this score on; else its genus if that has it; else a family that is not unknown.

On the calibration photos the most counted taxon is right in 94.3 %, 96.4 % of known kinds and 21 % of strangers get a
name; naming a species from 0.65 on: 94.9, 97.5 and 24 %, from 0.75 on: 94.1, 96.1 and 18 %.
"""

_LIKELIER_THAN_NOT = 0.5
"""A name of any rank is given from this score on where the package has labels for the other kinds of families. Without
them, a kind that nobody taught scores as what it resembles."""

_SAME_KIND = 0.35
"""Weight of the photo's other flowers in naming one (0: none). Other weights: docs/experiments/names.md."""


@dataclass(frozen=True, slots=True)
class FlowerName:
    """The name of one flower; UNKNOWN_FLOWER where no name is likely enough. confidence: its score in 0..1; by_person:

    who gave it has no score.
    """

    taxon: Taxon
    confidence: float
    by_person: bool = False

    @property
    def band(self) -> Band:
        """Naturalis' band of the confidence."""
        return band_of(self.taxon, self.confidence)


def name_flowers(
    flowers: Flowers, *, package_labels: tuple[Label, ...], threshold: float, name_list: NameList | None = None
) -> tuple[FlowerName | None, ...]:
    """The name of each flower at or above `threshold`, None of the others. name_list: None for all names."""
    counted = flowers.probability >= threshold
    names = name_candidates(flowers, package_labels, counted, name_list)
    return tuple(name if counts else None for name, counts in zip(names, counted, strict=True))


def name_candidates(
    flowers: Flowers, labels: tuple[Label, ...], counted: NDArray[np.bool_], name_list: NameList | None = None
) -> list[FlowerName]:
    """The name of every candidate; only those that are counted have a say in it. name_list: None for all names."""
    ranks = _ranks(labels, name_list)
    weight = np.where(counted, flowers.probability, 0.0).astype(np.float64)
    return list(ranks.names(_pooled(_scores(flowers, ranks.number), weight)))


def band_of(taxon: Taxon, score: float) -> Band:
    """Naturalis' band of a name with a score in 0..1."""
    if taxon == UNKNOWN_FLOWER or score < UNKNOWN:
        return "unknown"
    return "confident" if score > CONFIDENT else "uncertain"


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


class _Ranks:
    """The taxonomy of the labels, which label rolls up to which genus and family, and which of these may be given."""

    def __init__(self, labels: tuple[Label, ...], name_list: NameList | None) -> None:
        self.number = {label.taxon: i for i, label in enumerate(labels)}
        self._taxonomy = names = taxonomy(labels)
        self._in_genus = np.array([[label.genus == g.scientific_name for g in names.genera] for label in labels], float)
        rests = [label.rank == "family" and label.taxon == label.family.lower() for label in labels]
        self._named, self._family_named = (_LIKELIER_THAN_NOT,) * 2 if any(rests) else (_NAMED, UNKNOWN)
        self._in_family = np.array([[label.family == f.family for f in names.families] for label in labels], float)
        self._may_be_given = [
            np.array([name_list is None or name_list.has(taxon) for taxon in of_rank], float)
            for of_rank in (names.labels, names.genera, names.families)
        ]

    def names(self, scores: NDArray[np.float64]) -> Iterator[FlowerName]:
        """For each row the lowest rank at which a name is likely enough, and its score: species, genus, family."""
        every = (scores, scores @ self._in_genus, scores @ self._in_family)
        ranks = (of_rank * given for of_rank, given in zip(every, self._may_be_given, strict=True))
        for (one, score), (genus, genus_score), (family, family_score) in zip(*map(_best, ranks), strict=True):
            if score >= self._named:
                yield FlowerName(self._taxonomy.labels[one], score)
            elif genus_score >= self._named:
                yield FlowerName(self._taxonomy.genera[genus], genus_score)
            elif family_score >= self._family_named:
                yield FlowerName(self._taxonomy.families[family], family_score)
            else:
                yield FlowerName(UNKNOWN_FLOWER, family_score)


def _best(scores: NDArray[np.float64]) -> Iterator[tuple[int, float]]:
    """The best column of each row, and its score, at most 1."""
    wide = scores if scores.shape[1] else np.zeros((len(scores), 1))
    best = np.minimum(wide.max(axis=1, initial=0.0), 1.0)
    return zip(wide.argmax(axis=1).tolist(), best.tolist(), strict=True)


@lru_cache(maxsize=32)
def _ranks(labels: tuple[Label, ...], name_list: NameList | None) -> _Ranks:
    return _Ranks(labels, name_list)
