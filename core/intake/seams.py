"""Whether it matters where the tiles of a photo lie: every photo is counted twice, the second time with all seams moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from core.exports.csv import safe_text
from core.intake.pipeline import CountsFlowers, count_sources
from core.intake.sources import Source
from core.recognition.counting import count_flowers
from core.recognition.package import ModelPackage
from core.store.records import PhotoResult

SHIFTED_BY = 0.5
"""Of a tile: seams then run through the middle of what were tiles."""

SEAMS_MAY_CHANGE = 0.03
"""The share of a count by which seams may change it, or one flower where that is more."""


@dataclass(frozen=True, slots=True)
class SeamCheck:
    """Both counts of a photo; None, and why in problem, where it was not counted."""

    COLUMNS: ClassVar = ("file", "count", "count_shifted", "change_percent", "problem")

    file: str
    count: int | None
    shifted: int | None
    failure: str = ""

    @property
    def change(self) -> float:
        """The second count over the first, less one; 0 where neither counted a flower."""
        return ((self.shifted or 0) - (self.count or 0)) / max(self.count or 0, 1)

    @property
    def problem(self) -> str:
        """Why the photo was not counted, or that its counts are too far apart; empty where all is well."""
        apart = abs((self.shifted or 0) - (self.count or 0))
        if self.failure or apart <= max(1, SEAMS_MAY_CHANGE * (self.count or 0)):
            return self.failure
        return (
            f"{self.file} has {self.count} flowers, or {self.shifted} with the tiles shifted: "
            f"{abs(self.change):.1%} apart, and at most {SEAMS_MAY_CHANGE:.0%} may be. Trust neither count."
        )

    @property
    def row(self) -> tuple[object, ...]:
        """Its cells, in the order of COLUMNS."""
        if self.failure:
            return (safe_text(self.file), "", "", "", safe_text(self.problem))
        return (safe_text(self.file), self.count, self.shifted, f"{100 * self.change:.1f}", safe_text(self.problem))


def check_seams(
    sources: Sequence[Source], recogniser: CountsFlowers, shifted: CountsFlowers, *, max_megapixels: int
) -> Iterator[SeamCheck]:
    """The check of each file in order. shifted: the same recogniser with its seams elsewhere."""
    both = (count_sources(sources, each, max_megapixels=max_megapixels) for each in (recogniser, shifted))
    for here, there in zip(*both, strict=True):
        failure = here.photo.problem or there.photo.problem
        counts = (None, None) if failure else (_count(here, recogniser.package), _count(there, recogniser.package))
        yield SeamCheck(here.photo.file, *counts, failure)


def _count(result: PhotoResult, package: ModelPackage) -> int:
    assert result.analysis is not None
    return count_flowers(
        result.analysis.flowers,
        package_labels=package.labels,
        threshold=package.default_threshold,
        recall=package.recall,
    ).total.count
