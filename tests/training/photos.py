"""Made-up photos and what a recogniser says of them, for tests of what is measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.recognition.flowers import Flowers, TaxonScore
from tests.core.counting_squares import PACKAGE
from training.answers import Answer, answer
from training.dataset import EyeCount, PhotoRow

DAISY, ROSE = (label.taxon for label in PACKAGE.labels)


def squares(n: int, *, shift: float = 0.0) -> np.ndarray:
    """n boxes of 10 x 10 px in a row, 20 px apart."""
    return np.array([[20 * i + shift, 0, 20 * i + 10 + shift, 10] for i in range(n)], np.float32).reshape(-1, 4)


def photo(
    boxes: int | np.ndarray = 0,
    *,
    name: str = "p",
    source: str = "s",
    taxon: str = "",
    boxed: str = "all",
    eye: tuple[int, int, int] | None = None,
    genus: str = "",
) -> PhotoRow:
    xyxy = squares(boxes) if isinstance(boxes, int) else boxes
    flowers = None if boxed == "no" else len(xyxy)
    return PhotoRow(
        name, 400, 300, source, "g", taxon, flowers, boxed, xyxy, EyeCount(*eye) if eye else None, "validation", genus
    )


def flowers(boxes: np.ndarray, probability: Sequence[float], *, taxon: str = DAISY, score: float = 0.97) -> Flowers:
    n = len(boxes)
    return Flowers(boxes, np.array(probability, np.float32), ((TaxonScore(taxon, score),),) * n)


def counted(row: PhotoRow, count: int, *, taxon: str = DAISY, score: float = 0.97, probability: float = 0.99) -> Answer:
    """The answer of a recogniser that finds the first `count` squares of a row, equally sure of all."""
    return answer(row, flowers(squares(count), [probability] * count, taxon=taxon, score=score), PACKAGE)
