"""Low and high of a count: split conformal prediction in strata, on counts by eye of calibration photos."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray

from core.recognition.flowers import STORED_PROBABILITY
from core.recognition.intervals import Widening, count_candidates
from training.dataset import EyeCount

_COUNTS, _DOUBTS = (1, 2, 4, 11), (1.0, 2.0)
"""First counts, and first candidates for each one counted, of the strata in which low-high should hold."""
_LEAST_OF_STRATUM = 15
"""Photos that a stratum of doubt needs to speak for itself; with fewer it has the shares of all doubts."""
_EACH_SIDE = 0.92
"""Share of the counts by eye that low, and that high, should hold, so that both do in nine of ten photos."""

_Beyond = tuple[float, float | None]
"""The share of a count at which low just holds the count by eye, and high; 1 where they hold it as they are. High says
nothing of a flagged photo, whose number is a lower bound."""


def fit_widening(
    eyes: Sequence[EyeCount | None],
    probability: Sequence[NDArray[np.float32]],
    flags: Sequence[str],
    threshold: float,
    recall: float,
) -> Widening:
    """The least widening with which low-high holds the counts by eye in each stratum, however many the eye counts.

    One item a photo each.
    """
    found: dict[tuple[int, int], list[_Beyond]] = defaultdict(list)
    strata = Widening(counts=_COUNTS, doubts=_DOUBTS)
    for eye, of_all, flag in zip(eyes, probability, flags, strict=True):
        p = of_all[of_all >= STORED_PROBABILITY]
        if eye and (p >= threshold).any():
            count = count_candidates(p, p >= threshold, recall, flag)
            beyond = eye.best / count.count
            stratum = divmod(strata.stratum(count.count, len(p)), len(_DOUBTS))
            high = None if flag else 1.0 if eye.best <= count.high else beyond
            found[stratum].append((1.0 if count.low <= eye.best else beyond, high))
    shares = [_shares(found, number, doubt) for number in range(len(_COUNTS)) for doubt in range(len(_DOUBTS))]
    lows, highs = zip(*shares, strict=True)
    return Widening(_COUNTS, lows, highs, doubts=_DOUBTS)


def _shares(found: Mapping[tuple[int, int], Sequence[_Beyond]], number: int, doubt: int) -> tuple[float, float]:
    chosen = found.get((number, doubt), [])
    if len(chosen) < _LEAST_OF_STRATUM:
        chosen = [beyond for (one, _), of_doubt in found.items() if one == number for beyond in of_doubt]
    highs = [high for _, high in chosen if high is not None]
    return -_conformal([-low for low, _ in chosen], -1.0), _conformal(highs, 1.0)


def _conformal(shares: Sequence[float], usual: float) -> float:
    """The least share that holds _EACH_SIDE of photos not yet seen; `usual` where there are too few to say."""
    rank = ceil(_EACH_SIDE * (len(shares) + 1))
    return sorted(shares)[rank - 1] if 0 < rank <= len(shares) else usual
