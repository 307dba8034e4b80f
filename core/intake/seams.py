"""Check whether the seams of tiles change a count: count each photo twice, the second time with all seams moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.intake.pipeline import count_sources
from core.intake.sources import Source
from core.recognition.counting import count_by_package
from core.recognition.package import ModelPackage
from core.recognition.recogniser import Recogniser
from core.settings import PhotoLimits
from core.store.records import PhotoResult

SHIFTED_BY = 0.5
"""The shift as a share of a tile: seams then run through the middle of the former tiles."""

SEAMS_MAY_CHANGE = 0.03
"""The share of a count by which seams may change it, or one flower where that is more."""


COLUMNS = ("file", "count", "count_shifted", "change_percent", "problem")


@dataclass(frozen=True, slots=True)
class SeamCheck:
    """Both counts of a photo; 0 and the reason in `failure` where it was not counted."""

    file: str
    count: int
    shifted: int
    failure: str = ""

    @property
    def change_percent(self) -> float:
        """The change in percent of the first count, or of one flower where that is 0."""
        return 100 * (self.shifted - self.count) / max(self.count, 1)

    @property
    def problem(self) -> str:
        """The reason why the photo was not counted or its counts are too far apart; empty where all is well."""
        if self.failure or abs(self.shifted - self.count) <= max(1, SEAMS_MAY_CHANGE * self.count):
            return self.failure
        return (
            f"{self.file}: {self.count} flowers, but {self.shifted} with the tiles shifted; a change of "
            f"{self.change_percent:+.1f} % where {100 * SEAMS_MAY_CHANGE:.0f} % may be. "
            "Count by eye, or take it in parts."
        )

    @property
    def row(self) -> dict[str, object]:
        """The cells of its row, by COLUMNS."""
        counts = (self.count, self.shifted, round(self.change_percent, 1))
        return dict(zip(COLUMNS, (self.file, *(("",) * 3 if self.failure else counts), self.problem), strict=True))


def check_seams(
    sources: Sequence[Source], recogniser: Recogniser, shifted: Recogniser, *, limits: PhotoLimits
) -> Iterator[SeamCheck]:
    """The check of each file in order. shifted: the same recogniser with its seams elsewhere."""
    both = (count_sources(sources, each, limits=limits) for each in (recogniser, shifted))
    for here, there in zip(*both, strict=True):
        failure = here.photo.problem or there.photo.problem
        count, moved = (_count(result, recogniser.package) for result in (here, there))
        yield SeamCheck(here.photo.file, count, moved, failure)


def _count(result: PhotoResult, package: ModelPackage) -> int:
    if result.analysis is None:
        return 0
    return count_by_package(result.analysis.flowers, "", package).total.count
