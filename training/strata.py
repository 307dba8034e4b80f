"""Intervals that hold the count by eye, by number counted, size of the flowers, flag and how sure the photo is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from training.answers import Answer
from training.count_figures import holds

_SMALL_SHARE, _SURE = 0.09, 0.9


@dataclass(frozen=True, slots=True)
class Stratum:
    """Photos of one sort, and in how many low-high holds the best count by eye (of flagged: low is not above it)."""

    name: str
    photos: int
    held: int


def interval_strata(answers: Sequence[Answer]) -> list[Stratum]:
    """Each photo with a count by eye is in one stratum of each sort; those without a photo are left out."""
    eye = [a for a in answers if a.row.eye]
    strata = [(name, [a for a in eye if belongs(a)]) for name, belongs in _SORTS]
    return [Stratum(name, len(photos), sum(map(holds, photos))) for name, photos in strata if photos]


def _small(answer: Answer) -> bool:
    """True if the median counted flower is under 9 % of the photo's long side."""
    counted = [box for box, name in zip(answer.flowers.boxes_xyxy, answer.counted.names, strict=True) if name]
    sides = [np.sqrt((x1 - x0) * (y1 - y0)) for x0, y0, x1, y1 in counted]
    return bool(sides) and np.median(sides) < _SMALL_SHARE * max(answer.row.width_px, answer.row.height_px)


def _sure(answer: Answer) -> bool:
    return bool((answer.flowers.probability > _SURE).any())


_SORTS: tuple[tuple[str, Callable[[Answer], bool]], ...] = (
    ("none counted", lambda a: a.count == 0),
    ("1 counted", lambda a: a.count == 1),
    ("2-3 counted", lambda a: 2 <= a.count <= 3),
    ("4-10 counted", lambda a: 4 <= a.count <= 10),
    ("more than 10 counted", lambda a: a.count > 10),
    ("flowers under 9 % of the long side", _small),
    ("larger flowers", lambda a: a.count > 0 and not _small(a)),
    ("flagged", lambda a: a.counted.total.lower_bound),
    ("not flagged", lambda a: not a.counted.total.lower_bound),
    ("surest candidate over 0.9", _sure),
    ("surest candidate 0.9 or less", lambda a: not _sure(a)),
    ("garden photos", lambda a: not a.row.wild),
    ("wild flowers", lambda a: a.row.wild),
)
