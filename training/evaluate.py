"""Evaluate a recogniser on a folder of photos: its answers, and all figures drawn from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.recognition.package import ModelPackage
from core.recognition.recogniser import Recogniser
from training.answers import Answer, recognise_all
from training.box_figures import box_reliability
from training.breakdown import Confusion, Part, by_source, by_taxon, confusions
from training.dataset import PhotoRow
from training.figure import Figure
from training.figures import figures
from training.name_figures import name_reliability
from training.reliability import Bin
from training.strata import Stratum, interval_strata


@dataclass(frozen=True, slots=True)
class EyeAndCount:
    """One photo counted by eye (low, best, high) and by the recogniser (count, count_low, count_high)."""

    photo: str
    low: int
    best: int
    high: int
    count: int
    count_low: int
    count_high: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that was measured. left_out: a sentence for each photo that could not be read. notes: on the folder."""

    model: str
    photos: int
    figures: tuple[Figure, ...]
    sources: tuple[Part, ...]
    taxa: tuple[Part, ...]
    confusions: tuple[Confusion, ...]
    box_reliability: tuple[Bin, ...]
    name_reliability: tuple[Bin, ...]
    eye: tuple[EyeAndCount, ...]
    strata: tuple[Stratum, ...]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]


def evaluate(recogniser: Recogniser, rows: Sequence[PhotoRow], data: Path) -> Evaluation:
    """Recognise the photos and measure; a photo that cannot be read is named in left_out."""
    answers, left_out = recognise_all(recogniser, rows, data)
    return measure(answers, recogniser.package, left_out=left_out)


def measure(answers: Sequence[Answer], package: ModelPackage, *, left_out: Sequence[str] = ()) -> Evaluation:
    """Compute all figures from the answers."""
    labels = package.labels
    return Evaluation(
        model=f"{package.name} {package.version}",
        photos=len(answers),
        figures=tuple(figures(answers, labels)),
        sources=tuple(by_source(answers, labels)),
        taxa=tuple(by_taxon(answers, labels)),
        confusions=tuple(confusions(answers, labels)),
        box_reliability=tuple(box_reliability(answers)),
        name_reliability=tuple(name_reliability(answers, labels)),
        eye=tuple(_by_eye(answers)),
        strata=tuple(interval_strata(answers)),
        left_out=tuple(left_out),
        notes=tuple(_taxa_without_name(answers, package)),
    )


def _by_eye(answers: Sequence[Answer]) -> list[EyeAndCount]:
    pairs = ((a.row.photo, a.row.eye, a.counted.total) for a in answers)
    return [EyeAndCount(photo, e.low, e.best, e.high, t.count, t.low, t.high) for photo, e, t in pairs if e]


def _taxa_without_name(answers: Sequence[Answer], package: ModelPackage) -> list[str]:
    taxa = {label.taxon for label in package.labels}
    strange = sorted({a.row.taxon for a in answers if a.row.taxon and a.row.taxon not in taxa})
    if not strange:
        return []
    return [
        f"photos.csv names {', '.join(strange)}, which is not in the labels.csv of {package.name}: such photos are not "
        "measured by name. Use its words, or leave taxon empty and write the genus into a column genus."
    ]
