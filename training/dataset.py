"""The folder of photos to learn from (its README fixes the columns) as plain rows, each in its split."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import BloomError
from training.splits import Split, split_of

NO_FLOWERS_SOURCES = ("beans", "cwfid", "voc2007")


class InvalidDataset(BloomError):
    """A data folder that cannot be trained on or evaluated."""


@dataclass(frozen=True, slots=True)
class EyeCount:
    """A count by eye: what anyone would count, a careful botanist's number, and with every doubtful flower."""

    low: int
    best: int
    high: int


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """A photo of the folder. boxes_xyxy: float32 (n, 4), pixels of the stored photo. flowers: None where unknown."""

    photo: str
    width_px: int
    height_px: int
    source: str
    group: str
    taxon: str
    flowers: int | None
    boxed: str
    boxes_xyxy: NDArray[np.float32]
    eye: EyeCount | None
    split: Split

    @property
    def without_flowers(self) -> bool:
        """Whether somebody vouches that no flower is in it."""
        return self.boxed == "all" and self.flowers == 0


def read_dataset(folder: Path) -> list[PhotoRow]:
    """The rows of photos.csv with their boxes and counts; boxes.csv and counts.csv may be missing.

    Raises InvalidDataset naming the file that is missing or the column that photos.csv lacks.
    """
    photos = _rows(folder / "photos.csv")
    missing = {"photo", "width", "height", "source", "group", "taxon", "flowers", "boxed"} - set(photos[0])
    if missing:
        raise InvalidDataset(f"{folder / 'photos.csv'} has no column {', '.join(sorted(missing))}.")
    boxes: dict[str, list[list[float]]] = defaultdict(list)
    for row in _rows(folder / "boxes.csv", optional=True):
        boxes[row["photo"]].append([float(row[side]) for side in ("xmin", "ymin", "xmax", "ymax")])
    eye = {
        row["photo"]: EyeCount(int(row["low"]), int(row["best"]), int(row["high"]))
        for row in _rows(folder / "counts.csv", optional=True)
    }
    counted_groups = {row["group"] for row in photos if row["photo"] in eye}
    return [
        PhotoRow(
            photo=row["photo"],
            width_px=int(row["width"]),
            height_px=int(row["height"]),
            source=row["source"],
            group=row["group"],
            taxon=row["taxon"],
            flowers=int(row["flowers"]) if row["flowers"] else None,
            boxed=row["boxed"],
            boxes_xyxy=np.array(boxes[row["photo"]], np.float32).reshape(-1, 4),
            eye=eye.get(row["photo"]),
            split=split_of(row["group"], counted=row["group"] in counted_groups),
        )
        for row in photos
    ]


def _rows(path: Path, *, optional: bool = False) -> list[dict[str, str]]:
    if not path.is_file():
        if optional:
            return []
        raise InvalidDataset(f"{path} is missing; a data folder has photos.csv, boxes.csv and the photos they name.")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows and not optional:
        raise InvalidDataset(f"{path} has no rows.")
    return rows
