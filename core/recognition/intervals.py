"""A count with its 90 % interval: how many flowers there are, given the candidates and what is missed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, exp, floor, sqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.recognition.model_toml import Section

_TAIL = 0.05
"""The share outside a 90 % interval on each side."""

_SURE = 0.9
"""A photo whose surest candidate is over this shows a flower: its low is not 0."""

_RECALL_FLOWERS = 11.0
"""At about ten flowers as many are missed as recall says, of a single one none, between and beyond as the square root
of the flowers beside the first. With version 1.3, 88 % of the calibration split's counts by eye lay in the interval;
where misses grow with the flowers 87 %, and above ten flowers it is wider (docs/experiments/counting.md)."""

_FLAGGED_RECALL = 0.7
"""In a flagged photo this share of the usual recall is expected, however many flowers there are: its count is a lower
bound (docs/recognition.md)."""


@dataclass(frozen=True, slots=True)
class Widening:
    """The least distance of low and high from the count, as measured on counts by eye: split conformal prediction (Lei
    2018, arXiv 1604.04173) in strata of the number counted and of how sure the photo is.

    counts: the first number of each stratum, the least is 1. doubts: candidates for each one counted, from which a
    stratum begins, the least is 1. low, high: the share of the count, first all doubts of the first number.
    known: false where nobody measured anything: a count then has no interval.
    """

    counts: tuple[int, ...] = (1,)
    low: tuple[float, ...] = (1.0,)
    high: tuple[float, ...] = (1.0,)
    known: bool = True
    doubts: tuple[float, ...] = (1.0,)

    def stratum(self, count: int, candidates: int) -> int:
        """The place in low and high of so many flowers counted among so many candidates."""
        doubt = max(bisect_right(self.doubts, candidates / count) - 1, 0)
        return max(bisect_right(self.counts, count) - 1, 0) * len(self.doubts) + doubt

    def of(self, count: int, candidates: int) -> tuple[int, int]:
        """The low and high of so many flowers by these shares alone."""
        stratum = self.stratum(count, candidates)
        return floor(self.low[stratum] * count + _ROUNDING), ceil(self.high[stratum] * count - _ROUNDING)


NO_WIDENING = Widening()
NO_INTERVAL = Widening(known=False)
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Count:
    """Flowers counted, with the 90 % interval of how many there are. lower_bound: a photo with some is flagged."""

    count: int
    low: int
    high: int
    lower_bound: bool = False


def read_widening(directory: Path, table: dict[str, Any]) -> Widening:
    """The section [interval] of model.toml, which a package need not have. Raises InvalidModel."""
    if "interval" not in table:
        return NO_WIDENING
    section = Section(directory, table, "interval")
    counts = section.list_of("counts", 1, 1_000_000)
    doubts = section.list_of("doubts", 1, 1000) if "doubts" in table["interval"] else NO_WIDENING.doubts
    strata = len(counts) * len(doubts)
    low, high = section.list_of("low", 0, 1, length=strata), section.list_of("high", 1, 1000, length=strata)
    return Widening(tuple(int(count) for count in counts), low, high, doubts=doubts)


def added(counts: Sequence[Count]) -> Count:
    """The count over several photos.

    Lows and highs are plain sums: what the recogniser misses in one photo it tends to miss in the next, so the errors
    do not cancel as independent ones would, and the sums are those of the CSV columns.
    """
    return Count(
        sum(one.count for one in counts),
        sum(one.low for one in counts),
        sum(one.high for one in counts),
        any(one.lower_bound for one in counts),
    )


def count_candidates(
    probability: NDArray[np.float32],
    counted: NDArray[np.bool_],
    recall: float,
    flag: str,
    widening: Widening = NO_WIDENING,
) -> Count:
    """The count and the 90 % interval of the true number; 0 to 0 where none is counted.

    Candidates: a Poisson-binomial sum, each a flower with its calibrated probability, whether it is counted or not.
    Missed: Poisson around how many were no candidate at all (_missed). Both are exact discrete distributions.
    """
    n = int(counted.sum())
    if n == 0:
        return Count(0, 0, 0, bool(flag))
    if not widening.known:
        return Count(n, n, n, bool(flag))
    p = np.sort(probability.astype(np.float64))
    candidates = _poisson_binomial(p)
    low = int(np.searchsorted(np.cumsum(candidates), _TAIL))
    candidates_and_missed = np.convolve(candidates, _poisson(_missed(p.sum(), recall, flag)))
    high = int(np.searchsorted(np.cumsum(candidates_and_missed), 1 - _TAIL))
    least, most = widening.of(n, len(p))
    low = min(low, least, n)
    return Count(n, max(low, 1) if p[-1] > _SURE else low, max(high, most, n), bool(flag))


def _missed(flowers: float, recall: float, flag: str) -> float:
    """The number of flowers expected beside so many candidates."""
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
