"""Possible results of a recogniser for one photo of a site in a month: flowers, flag, and their counts.

A few thousand scenes stand for any number of photos. Their counts come from the one rule that counts real photos, so a
page that counts the flowers again agrees with the stored observations.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.demo.sites import abundance
from core.recognition.counting import TaxonCount, count_by_package
from core.recognition.flowers import Flowers, TaxonScore
from core.recognition.likeness import in_bytes
from core.recognition.package import ModelPackage
from core.recognition.taxa import Label

WIDTH_PX, HEIGHT_PX = 1200, 900
SCENES_A_MONTH = 16
TAXA_IN_A_PHOTO = (0.68, 0.24, 0.08)
"""Share of photos with one, two and three taxa, of those with flowers."""

CROWDS, BLURRED, TINY = 0.03, 0.03, 0.02
GENUS, FAMILY, UNKNOWN = 0.06, 0.05, 0.06
"""Share of the taxa in photos that are named only to genus, only to family, or not at all."""

LIKENESS, LIKENESS_NOISE = 64, 0.6
"""Features of a flower, and their deviation from those of its label, which have 1."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One photo's worth of findings, counted at the package's own threshold. drawn: the label that each flower is."""

    flowers: Flowers
    flag: str
    taxa: tuple[TaxonCount, ...]
    drawn: tuple[int, ...]


def scenes(package: ModelPackage, rng: np.random.Generator) -> list[Scene]:
    """SCENES_A_MONTH for each site and month, in that order: scene (site * 12 + month) * SCENES_A_MONTH + n."""
    relatives = _Relatives(package.taxa)
    return [
        _scene(package, relatives, month, rng)
        for site in abundance(package.taxa, rng)
        for month in site
        for _ in range(SCENES_A_MONTH)
    ]


def scene_number(site: NDArray[np.int64], month: NDArray[np.int64], nth: NDArray[np.int64]) -> NDArray[np.int64]:
    """The number of the nth scene of a site in a month (0-11)."""
    return (site * 12 + month) * SCENES_A_MONTH + nth


def _scene(
    package: ModelPackage, relatives: _Relatives, flowering: NDArray[np.float64], rng: np.random.Generator
) -> Scene:
    flag = str(rng.choice(["", "crowded", "blurred", "tiny"], p=[1 - CROWDS - BLURRED - TINY, CROWDS, BLURRED, TINY]))
    total = flowering.sum()
    drawn: list[int] = []
    taxa: list[tuple[TaxonScore, ...]] = []
    if flag in ("crowded", "tiny") or rng.random() < 0.92 * min(1.0, 1.6 * total**0.5):
        kinds = 1 if flag == "crowded" else 1 + int(rng.choice(len(TAXA_IN_A_PHOTO), p=TAXA_IN_A_PHOTO))
        for label in set(rng.choice(len(flowering), size=kinds, p=flowering / total).tolist()):
            many = rng.integers(40, 130) if flag == "crowded" else min(1 + rng.geometric(0.3), 25)
            drawn += [label] * int(many)
            taxa += relatives.scores(label, int(many), rng)
    flowers = Flowers(_boxes(len(drawn), flag, rng), _probabilities(len(drawn), rng), tuple(taxa), _features(drawn))
    return Scene(flowers, flag, count_by_package(flowers, flag, package).taxa, tuple(drawn))


def _boxes(n: int, flag: str, rng: np.random.Generator) -> NDArray[np.float32]:
    """Boxes on a jittered grid, so that flowers overlap in a crowd and nowhere else."""
    across = int(np.ceil(np.sqrt(max(n, 1) * WIDTH_PX / HEIGHT_PX)))
    down = int(np.ceil(max(n, 1) / across))
    cell = np.array([WIDTH_PX / across, HEIGHT_PX / down])
    places = rng.choice(across * down, size=n, replace=False)
    middle = (np.stack([places % across, places // across], axis=1) + 0.5) * cell
    side = {"crowded": 1.15, "tiny": 0.25}.get(flag, 0.62) * min(cell.min(), 320) * rng.uniform(0.7, 1.05, n)
    middle += rng.uniform(-0.15, 0.15, (n, 2)) * cell
    half = np.stack([side, side * rng.uniform(0.9, 1.1, n)], axis=1) / 2
    boxes = np.concatenate([middle - half, middle + half], axis=1)
    return np.asarray(np.clip(boxes, 0, [WIDTH_PX, HEIGHT_PX] * 2), np.float32)


def _probabilities(n: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Most flowers are sure, some are doubtful, and a few are candidates that do not count."""
    return np.where(rng.random(n) < 0.78, rng.beta(9, 1.1, n), rng.uniform(0.06, 0.9, n)).astype(np.float32)


def _features(drawn: Sequence[int]) -> NDArray[np.int8]:
    """Features in which flowers of a label are alike; none is like those that a recogniser would give."""
    noise = np.random.default_rng((len(drawn), *drawn[:1])).normal(0, LIKENESS_NOISE, (len(drawn), LIKENESS))
    kinds = [np.random.default_rng(label).normal(size=LIKENESS) for label in drawn]
    return in_bytes(np.asarray(np.array(kinds).reshape(-1, LIKENESS) + noise, np.float32))


class _Relatives:
    """For each label others of its genus and of its family, which a recogniser takes it for when it is unsure."""

    def __init__(self, labels: Sequence[Label]) -> None:
        self._labels = labels
        genera, families = defaultdict(list), defaultdict(list)
        for number, label in enumerate(labels):
            genera[label.genus].append(number)
            families[label.family].append(number)
        self._genus = [[n for n in genera[label.genus] if labels[n] is not label] for label in labels]
        self._family = [[n for n in families[label.family] if labels[n].genus != label.genus] for label in labels]

    def scores(self, label: int, n: int, rng: np.random.Generator) -> list[tuple[TaxonScore, ...]]:
        """The best taxa of n flowers of a label, sometimes only good for its genus, its family or for nothing."""
        closest = rng.random()
        if closest < UNKNOWN:
            others = rng.choice(len(self._labels), size=min(4, len(self._labels)), replace=False).tolist()
            return [self._best(others, rng.uniform(0.02, 0.05, len(others))) for _ in range(n)]
        if closest < UNKNOWN + GENUS and self._genus[label]:
            both = [label, int(rng.choice(self._genus[label]))]
            return [self._best(both, np.array([0.38, 0.34]) + rng.uniform(-0.04, 0.04, 2)) for _ in range(n)]
        if closest < UNKNOWN + GENUS + FAMILY and self._family[label]:
            both = [label, int(rng.choice(self._family[label]))]
            return [self._best(both, np.array([0.3, 0.27]) + rng.uniform(-0.05, 0.05, 2)) for _ in range(n)]
        second = int(rng.choice(self._family[label] or self._genus[label] or [(label + 1) % len(self._labels)]))
        sure = np.clip(rng.beta(8, 1.0) + rng.uniform(-0.12, 0.05, n), 0.55, 0.995)
        return [self._best([label, second], np.array([score, (1 - score) * 0.6])) for score in sure]

    def _best(self, labels: Sequence[int], scores: NDArray[np.float64]) -> tuple[TaxonScore, ...]:
        best = sorted(zip(scores.tolist(), labels, strict=True), reverse=True)
        return tuple(TaxonScore(self._labels[label].taxon, score) for score, label in best)
