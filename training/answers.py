"""Answers of the recogniser for each photo of a folder, through the very code that the app uses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import InvalidPhoto
from core.photo.reading import read_photo
from core.recognition.counting import PhotoCount, count_by_package
from core.recognition.flowers import Flowers
from core.recognition.package import ModelPackage
from core.recognition.recogniser import LONG_SIDE_PX, Recogniser
from core.recognition.taxa import Label
from core.settings import PhotoLimits
from training.dataset import PhotoRow
from training.progress import on_all_cores

_LIMITS = PhotoLimits()


@dataclass(frozen=True, slots=True)
class Answer:
    """The app's result for a photo at the default threshold, beside what is known of the photo.

    flowers: every candidate, from 0.05 on. counted: those over the threshold, by taxon.
    ranked: five taxa by the scores of all candidates, each weighed by its probability.
    """

    row: PhotoRow
    flowers: Flowers
    counted: PhotoCount
    ranked: tuple[str, ...]

    @property
    def count(self) -> int:
        """Flowers counted in the photo."""
        return self.counted.total.count

    @property
    def named(self) -> str:
        """The most counted taxon: "unknown" for an unknown flower, empty where no flower is counted."""
        return self.counted.taxa[0].taxon.name if self.counted.taxa else ""


def recognise_all(recogniser: Recogniser, rows: Sequence[PhotoRow], data: Path) -> tuple[list[Answer], list[str]]:
    """The photos recognised and counted, in their order; and a sentence for each that cannot be read."""
    answers: list[Answer] = []
    left_out: list[str] = []
    for made in on_all_cores(lambda row: _recognised(recogniser, row, data), rows, "evaluate", len(rows)):
        if isinstance(made, str):
            left_out.append(made)
        else:
            answers.append(made)
    return answers, left_out


def _recognised(recogniser: Recogniser, row: PhotoRow, data: Path) -> Answer | str:
    try:
        return _recognise(recogniser, row, data)
    except InvalidPhoto as error:
        return str(error)
    except OSError as error:
        return f"{row.photo} cannot be opened: {error.strerror}. photos.csv names it."


def _recognise(recogniser: Recogniser, row: PhotoRow, data: Path) -> Answer:
    photo = read_photo((data / row.photo).read_bytes(), name=row.photo, limits=_LIMITS, long_side_px=LONG_SIDE_PX)
    flowers, flag = recogniser.recognise(photo)
    return answer(row, flowers, recogniser.package, flag=flag)


def answer(row: PhotoRow, flowers: Flowers, package: ModelPackage, *, flag: str = "") -> Answer:
    """The candidates of one photo, counted and named as the app does."""
    counted = count_by_package(flowers, flag, package)
    sums: dict[str, float] = defaultdict(float)
    for probability, taxa in zip(flowers.probability, flowers.taxa, strict=True):
        for taxon, score in taxa:
            sums[taxon] += float(probability) * score
    return Answer(row, flowers, counted, tuple(sorted(sums, key=lambda taxon: (-sums[taxon], taxon))[:5]))


def known(answers: Sequence[Answer], labels: Sequence[Label]) -> list[Answer]:
    """Photos of one kind that is among the labels."""
    taxa = {label.taxon for label in labels}
    return [a for a in answers if a.row.taxon in taxa]
