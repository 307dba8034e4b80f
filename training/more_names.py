"""A last layer with more names: what it said before is kept, and rows for new taxa are learned beside.

The photos that taught the rows before are not there, so what they looked like is remembered from the rows themselves.
A row points from the mean of all flowers to that of its taxon, as far as flowers of one taxon vary (a linear
discriminant): the spread of the store's features times the row gives the way back. Flowers drawn there, and the
store's own crops, are held to what the old layer says of them (distillation: Li and Hoiem 2016, arXiv 1606.09282). A
new row begins as the mean of the taxa's rows, which scores low on whatever one of them scores high; the row of a
taxon that the store does not show stays as it is. Measured in docs/experiments/learn.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi

import numpy as np
from numpy.typing import NDArray

from core.errors import BloomError
from core.recognition.package import ModelPackage
from core.recognition.taxa import Label
from training.names import Adam, LastLayer

_STEPS, _BATCH, _RATE, _WARM_UP = 800, 256, 5e-4, 50
_BLENDED_SHARE, _SMOOTHING = 0.3, 0.03
_WEIGHT_DECAY = 1e-3
"""Towards where a row began."""
_LOWER = 2.0
"""New rows begin so much below the mean of the taxa's: a name that nobody taught well is not given."""
_HELD_WEIGHT, _REMEMBERED_WEIGHT = 0.3, 1.0
_FIT_SEED, _MEMORY_SEED = 0, 5
_OWN_SCORE = 0.9
"""A remembered flower has this score for its own taxon on average, as flowers that taught it had."""
_TRIES, _DRAWN, _FARTHEST = 12, 60, 400.0


class NothingToLearn(BloomError):
    """A store whose reviews are too few to learn from, or a package that cannot learn."""


class Outputs:
    """The outputs of a package with more taxa, in order: taxa, new taxa, other kinds of genera and families, "another
    kind" where the package has it, "not a flower". before: the places of those that it had."""

    def __init__(self, package: ModelPackage, new: Sequence[Label]) -> None:
        self.taxa, self.new = package.taxa, tuple(new)
        self.labels = (*package.taxa, *new, *package.labels[package.kinds :])
        self.kinds = package.kinds + len(new)
        self.many = len(self.labels) + package.other_kind + 1
        self.nothing = self.many - 1
        self.before = [*range(package.kinds), *range(self.kinds, self.many)]
        self.is_new = np.zeros(self.many, np.float32)
        self.is_new[package.kinds : self.kinds] = 1
        self._of_taxon = {label.taxon: place for place, label in enumerate(self.labels[: self.kinds])}

    def of(self, taxon: str) -> int | None:
        """The place of a taxon; None where it has none."""
        return self._of_taxon.get(taxon)


@dataclass(frozen=True, slots=True)
class Memory:
    """Flowers as those that taught the old layer may have looked: the means (taxa, 1280) of their features, and the

    differences (n, 1280) of a flower from its taxon's mean, as the store shows them.
    """

    means: NDArray[np.float32]
    differences: NDArray[np.float32]

    def draw(self, taxa: NDArray[np.intp], random: np.random.Generator) -> NDArray[np.float32]:
        """The features of a flower of each of these taxa."""
        drawn = self.means[taxa] + self.differences[random.integers(len(self.differences), size=len(taxa))]
        return np.asarray(drawn.clip(0), np.float32)


def remember(
    features: NDArray[np.float32], shown: NDArray[np.intp], old: LastLayer, taxa: int, *, temperature: float
) -> Memory:
    """The memory of the taxa of the old layer. features (n, 1280) of crops that show an output each (n,)."""
    means = {place: features[shown == place].mean(axis=0) for place in np.unique(shown)}
    differences = np.concatenate([features[shown == place] - mean for place, mean in means.items()])
    middle = np.mean(list(means.values()), axis=0)
    rows = old.kernel[:, :taxa]
    ways = (np.cov(features.T).astype(np.float32) @ (rows - rows.mean(axis=1, keepdims=True))).T
    random = np.random.default_rng(_MEMORY_SEED)

    def own_score(place: int, far: float) -> float:
        memory = Memory((middle + far * ways[place])[None], differences)
        flowers = memory.draw(np.zeros(_DRAWN, np.intp), random)
        return float(_softmax((flowers @ old.kernel + old.bias) / temperature)[:, place].mean())

    far = np.zeros(taxa, np.float32)
    for place in range(taxa):
        near, end = 0.0, _FARTHEST
        for _ in range(_TRIES):
            half = (near + end) / 2
            near, end = (half, end) if own_score(place, half) < _OWN_SCORE else (near, half)
        far[place] = end
    return Memory(np.asarray(middle + far[:, None] * ways, np.float32), differences)


def learn_more(
    features: NDArray[np.float32],
    shown: NDArray[np.intp],
    seen: NDArray[np.float32],
    old: LastLayer,
    outputs: Outputs,
    memory: Memory,
) -> LastLayer:
    """The layer for all outputs.

    features (n, 1280) of crops that show an output each (n,); seen (m, 1280): of crops on which the old names are held.
    """
    random = np.random.default_rng(_FIT_SEED)
    start = _start(old, outputs)
    mean, spread = features.mean(axis=0), features.std(axis=0) + 0.05
    drawn = np.cumsum(1 / np.sqrt(np.bincount(shown)[shown]))
    one_hot = np.eye(outputs.many, dtype=np.float32)
    free = np.isin(np.arange(outputs.many), [*shown, *range(len(outputs.taxa), outputs.many)])
    adam = Adam(LastLayer(np.zeros_like(start.kernel), np.zeros_like(start.bias)))

    def scaled(x: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray((x - mean) / spread, np.float32)

    def logits(x: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(x @ start.kernel + start.bias + scaled(x) @ adam.layer.kernel + adam.layer.bias, np.float32)

    for step in range(1, _STEPS + 1):
        batch = np.searchsorted(drawn, random.random(_BATCH) * drawn[-1]).clip(0, len(shown) - 1)
        x, target = features[batch], one_hot[shown[batch]]
        flowers = np.flatnonzero(shown[batch] != outputs.nothing)
        other = random.permutation(flowers)
        share = np.where(random.random(len(flowers)) < _BLENDED_SHARE, random.random(len(flowers)), 1)[:, None]
        for values in (x, target):
            values[flowers] = values[flowers] * share + values[other] * (1 - share)
        target = target * (1 - _SMOOTHING) + _SMOOTHING / outputs.many
        held = seen[random.integers(len(seen), size=_BATCH)]
        remembered = memory.draw(random.integers(len(outputs.taxa), size=_BATCH), random)
        slopes = (_softmax(logits(x)) - target, np.zeros_like(target), np.zeros_like(target))
        slopes[1][:, outputs.before] = _HELD_WEIGHT * (_softmax(logits(held)[:, outputs.before]) - _old_word(held, old))
        slopes[2][:] = _REMEMBERED_WEIGHT * _softmax(logits(remembered))
        slopes[2][:, outputs.before] -= _REMEMBERED_WEIGHT * _old_word(remembered, old)
        slope = np.concatenate(slopes) * (free / _BATCH).astype(np.float32)
        kernel = scaled(np.concatenate([x, held, remembered])).T @ slope + _WEIGHT_DECAY * adam.layer.kernel
        rate = _RATE * min(step / _WARM_UP, 1) * (0.5 * (1 + cos(pi * step / _STEPS)) + 0.01)
        adam.step(LastLayer(kernel, slope.sum(axis=0)), rate)
    change = adam.layer.kernel / spread[:, None]
    return LastLayer(start.kernel + change, start.bias + adam.layer.bias - mean @ change)


def _old_word(features: NDArray[np.float32], old: LastLayer) -> NDArray[np.float32]:
    return _softmax(features @ old.kernel + old.bias)


def _start(old: LastLayer, outputs: Outputs) -> LastLayer:
    kernel = np.empty((len(old.kernel), outputs.many), np.float32)
    bias = np.empty(outputs.many, np.float32)
    taxa = len(outputs.taxa)
    kernel[:], bias[:] = old.kernel[:, :taxa].mean(axis=1, keepdims=True), old.bias[:taxa].mean() - _LOWER
    kernel[:, outputs.before], bias[outputs.before] = old.kernel, old.bias
    return LastLayer(kernel, bias)


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(p / p.sum(axis=1, keepdims=True), np.float32)
