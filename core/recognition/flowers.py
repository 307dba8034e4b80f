"""The candidate flowers of one photo, as every recogniser returns them and the store keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

STORED_PROBABILITY = 0.05
"""Candidates at or above this probability are kept, so that a new threshold recounts without the model."""

STORED_TAXA = 5
"""Number of best taxa kept for each flower."""

MOST_FEATURES = 128
"""Bytes of features that are kept for each flower, at most."""


class TaxonScore(NamedTuple):
    """One taxon (the `taxon` column of labels.csv) and its calibrated score in 0..1."""

    taxon: str
    score: float


@dataclass(frozen=True, slots=True)
class Flowers:
    """The candidate flowers of one photo.

    boxes_xyxy: float32 (n, 4), pixels of the upright full-size photo, origin top left.
    probability: float32 (n,), calibrated so that a photo's sum to what an eye counts (evidence.py).
    taxa: n tuples of at most STORED_TAXA scores, best first.
    features: int8 (n, MOST_FEATURES at most), nearly parallel where flowers look alike; None of packages without.
    """

    boxes_xyxy: NDArray[np.float32]
    probability: NDArray[np.float32]
    taxa: tuple[tuple[TaxonScore, ...], ...]
    features: NDArray[np.int8] | None = None

    def __post_init__(self) -> None:
        n = len(self.taxa)
        if self.boxes_xyxy.shape != (n, 4) or self.probability.shape != (n,):
            raise ValueError(
                f"{n} flowers with boxes {self.boxes_xyxy.shape} and probabilities {self.probability.shape}"
            )
        if self.features is not None and len(self.features) != n:
            raise ValueError(f"{n} flowers with features {self.features.shape}")

    def __len__(self) -> int:
        return len(self.taxa)

    def take(self, places: Sequence[int]) -> Flowers:
        """The flowers at these places."""
        rows = np.asarray(places, np.intp)
        features = None if self.features is None else self.features[rows]
        return Flowers(self.boxes_xyxy[rows], self.probability[rows], tuple(self.taxa[n] for n in rows), features)


NO_FLOWERS = Flowers(np.empty((0, 4), np.float32), np.empty(0, np.float32), ())


def best_taxa(scores: NDArray[np.float32], taxa: Sequence[str]) -> tuple[tuple[TaxonScore, ...], ...]:
    """The STORED_TAXA best of each flower's scores (n, taxa), best first."""
    best = np.argsort(-scores, axis=1, kind="stable")[:, :STORED_TAXA]
    return tuple(
        tuple(TaxonScore(taxa[n], float(row[n])) for n in numbers) for row, numbers in zip(scores, best, strict=True)
    )
