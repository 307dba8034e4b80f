"""One measured value with its target."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isnan, nan
from statistics import fmean


@dataclass(frozen=True, slots=True)
class Figure:
    """A value and how many photos it comes from; nan where there are none. At most one of the two targets is set.

    key: its name in JSON, which stays when the words change. unit: "%", "flowers", or empty for a value in 0..1.
    """

    key: str
    what: str
    value: float
    unit: str
    photos: int
    at_least: float | None = None
    at_most: float | None = None

    @property
    def reached(self) -> bool | None:
        """True if the target is reached; None without a target or without photos."""
        if isnan(self.value):
            return None
        if self.at_least is not None:
            return self.value >= self.at_least
        return None if self.at_most is None else self.value <= self.at_most


def share(
    key: str, what: str, good: Iterable[bool], *, at_least: float | None = None, at_most: float | None = None
) -> Figure:
    """The percentage of photos that are good; one mark a photo."""
    marks = [bool(mark) for mark in good]
    return Figure(key, what, 100 * fmean(marks) if marks else nan, "%", len(marks), at_least, at_most)
