"""The folder of photos to learn from (its README fixes the columns) as plain rows, each in its split."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import BloomError
from core.recognition.labels_csv import read_labels
from core.recognition.taxa import Label
from training.other_genera import other_genus
from training.proper_names import proper
from training.splits import Split, split_of, split_of_kind

_COMPLETE_SOURCES = ("oxford102",)
"""Sources boxed flower by flower, by the folder's README, though `boxed` says foreground."""

WILD = "wild"
"""The folder inside the folder that has tables of its own, of wild flowers and of kinds that have no taxon."""

PHOTO_COLUMNS = ("photo", "width", "height", "source", "group", "taxon", "flowers", "boxed")
_SIDES, _EYE = ("xmin", "ymin", "xmax", "ymax"), ("low", "best", "high")
BOX_COLUMNS = ("photo", *_SIDES)
_BOXED = ("all", "foreground", "crowd", "no")


class InvalidDataset(BloomError):
    """A data folder that cannot be trained on or evaluated."""


@dataclass(frozen=True, slots=True)
class EyeCount:
    """A count by eye: what anyone would count, a careful botanist's number, and with every doubtful flower.

    missed: of `best`, how many have no box, where the eye had the boxes in view; None where it counted blind.
    """

    low: int
    best: int
    high: int
    missed: int | None = None


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """A photo of the folder.

    boxes_xyxy: float32 (n, 4), pixels of the upright photo. flowers: how many people marked, None where nobody did.
    genus: where the taxon is empty, the genus (or genera, with a space between) of the flowers if it is known.
    kind: the scientific name, by which photos without a taxon are split, and then the genus and family of any photo.
    rejected_xyxy: boxes (n, 4) of machines that an eye found wrong.
    """

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
    genus: str = ""
    family: str = ""
    kind: str = ""
    rejected_xyxy: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 4), np.float32))

    @property
    def wild(self) -> bool:
        """True if it is of the tables of wild flowers, whose counts were made with the boxes in view."""
        return bool(self.kind)

    @property
    def without_flowers(self) -> bool:
        """True if somebody vouches that no flower is in the photo."""
        return self.boxed == "all" and self.flowers == 0

    @property
    def complete(self) -> bool:
        """True if the boxes leave out so little that a find beside them is false."""
        if self.boxed == "all" or (self.boxed == "foreground" and self.source in _COMPLETE_SOURCES):
            return True
        if self.eye is None or self.eye.missed is not None:
            return False
        return len(self.boxes_xyxy) >= max(self.eye.best, 1)

    @property
    def drawn(self) -> bool:
        """True if it is complete and its boxes are there, which a folder with numbers alone does not have."""
        return self.complete and len(self.boxes_xyxy) >= (self.flowers or 0)


def read_dataset(folder: Path) -> list[PhotoRow]:
    """The rows of photos.csv with their boxes and counts, and after them those of the tables in its folder wild/.

    boxes.csv, rejected.csv and counts.csv may be missing.
    Raises InvalidDataset with a sentence about the file that is missing, the column it lacks or the wrong value.
    """
    rows = _read_tables(folder, folder)
    if (folder / WILD / "photos.csv").is_file():
        rows += _read_tables(folder / WILD, folder)
    if not rows:
        raise InvalidDataset(f"{folder / 'photos.csv'} has no rows.")
    if twice := [photo for photo, times in Counter(row.photo for row in rows).items() if times > 1]:
        raise InvalidDataset(f"{folder / 'photos.csv'} has {twice[0]} twice; each photo has one row.")
    return rows


def read_all_labels(folder: Path) -> tuple[Label, ...]:
    """The labels of a folder, and after them those that its folder wild/ adds."""
    more = folder / WILD / "labels-new.csv"
    labels = read_labels(folder / "labels.csv") + (read_labels(more) if more.is_file() else ())
    return tuple(proper(label) for label in labels)


def _read_tables(tables: Path, folder: Path) -> list[PhotoRow]:
    """The rows of one folder of tables, whose photos are named by their path inside `folder`."""
    photos = list(_rows(tables / "photos.csv", PHOTO_COLUMNS))
    above = f"{folder.resolve().name}/"
    if photos and photos[0]["photo"].startswith(above) and not (folder / photos[0]["photo"]).is_file():
        for line in photos:  # the folder wild/ by itself: its paths begin in the folder above
            line.set("photo", line["photo"].removeprefix(above))
    else:
        above = ""

    def boxes(name: str) -> dict[str, list[list[float]]]:
        found: dict[str, list[list[float]]] = defaultdict(list)
        if (tables / name).is_file():
            for line in _rows(tables / name, BOX_COLUMNS):
                found[line["photo"].removeprefix(above)].append(_box(line))
        return found

    drawn, rejected = boxes("boxes.csv"), boxes("rejected.csv")
    eye: dict[str, EyeCount] = {}
    if (tables / "counts.csv").is_file():
        lines = _rows(tables / "counts.csv", ("photo", *_EYE))
        eye = {line["photo"].removeprefix(above): _eye_count(line) for line in lines}
    blind = {photo for photo, count in eye.items() if count.missed is None}
    counted_groups = {line["group"] or line["photo"] for line in photos if line["photo"] in blind}
    return [
        _photo(line, drawn[line["photo"]], rejected[line["photo"]], eye.get(line["photo"]), counted_groups)
        for line in photos
    ]


def expect_enough(rows: Sequence[PhotoRow], taxa: Collection[str]) -> None:
    """Raises InvalidDataset where networks cannot learn these taxa from the rows, before hours have gone into it."""
    if strange := sorted({row.taxon for row in rows if row.taxon} - set(taxa)):
        raise InvalidDataset(f"photos.csv names {', '.join(strange)}, which labels.csv does not. Add it, or rename it.")
    teach = [row for row in rows if row.split == "train"]
    needed = {
        "with boxes to learn from": [row for row in teach if len(row.boxes_xyxy)],
        "of one of the taxa to learn from": [row for row in teach if row.taxon],
        "without flowers to learn from (boxed all, flowers 0)": [row for row in teach if row.without_flowers],
        "of one of the taxa to calibrate with": [row for row in rows if row.split == "calibration" and row.taxon],
    }
    if lacking := [what for what, there in needed.items() if not there]:
        raise InvalidDataset(
            f"The folder has no photo {'; and none '.join(lacking)}. The hash of its group decides whether a photo "
            "teaches or calibrates: add photos, in groups of their own."
        )


class _Line:
    """One row of a CSV file; a value that is not there or not a number is named with its place."""

    def __init__(self, path: Path, number: int, values: dict[str, str | None]) -> None:
        self._path, self._number, self._values = path, number, values

    def __getitem__(self, column: str) -> str:
        return self._values.get(column) or ""

    def set(self, column: str, value: str) -> None:
        self._values[column] = value

    def number(self, column: str) -> float:
        try:
            value = float(self[column])
        except ValueError:
            raise self.wrong(f"{column} is {self[column]!r}; it must be a number") from None
        if not np.isfinite(value):
            raise self.wrong(f"{column} is {self[column]!r}; it must be a number")
        return value

    def whole(self, column: str) -> int:
        value = self.number(column)
        if value != int(value) or value < 0:
            raise self.wrong(f"{column} is {self[column]!r}; it must be a whole number from 0")
        return int(value)

    def wrong(self, what: str) -> InvalidDataset:
        return InvalidDataset(f"{self._path}, line {self._number}: {what}.")


def _rows(path: Path, columns: Sequence[str]) -> Iterator[_Line]:
    if not path.is_file():
        raise InvalidDataset(f"{path} is missing; a data folder has photos.csv, boxes.csv and the photos they name.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = set(columns) - set(reader.fieldnames or ())
            if missing:
                raise InvalidDataset(f"{path} has no column {', '.join(sorted(missing))}.")
            yield from (_Line(path, reader.line_num, values) for values in reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidDataset(f"{path} is not a CSV file in UTF-8: {error}.") from error


def _box(line: _Line) -> list[float]:
    xmin, ymin, xmax, ymax = box = [line.number(side) for side in _SIDES]
    if xmin >= xmax or ymin >= ymax:
        raise line.wrong("the box has no area; xmin is left of xmax, ymin above ymax")
    return box


def _eye_count(line: _Line) -> EyeCount:
    low, best, high = (line.whole(column) for column in _EYE)
    if not low <= best <= high:
        raise line.wrong(f"low {low}, best {best}, high {high}; best lies between low and high")
    return EyeCount(low, best, high, line.whole("missed") if line["missed"] else None)


def _photo(
    line: _Line,
    boxes: list[list[float]],
    rejected: list[list[float]],
    eye: EyeCount | None,
    counted_groups: set[str],
) -> PhotoRow:
    if line["boxed"] not in _BOXED:
        raise line.wrong(f"boxed is {line['boxed']!r}; it must be one of {', '.join(_BOXED)}")
    if not line["photo"]:
        raise line.wrong("photo is empty; it must be the photo's path inside the folder")
    genus = line["genus"] or other_genus(line["source"], line["photo"])
    group, kind = line["group"] or line["photo"], line["scientific_name"]
    strange = bool(kind) and not line["taxon"]
    return PhotoRow(
        photo=line["photo"],
        width_px=line.whole("width"),
        height_px=line.whole("height"),
        source=line["source"],
        group=group,
        taxon=line["taxon"],
        flowers=line.whole("flowers") if line["flowers"] else None,
        boxed=line["boxed"],
        boxes_xyxy=np.array(boxes, np.float32).reshape(-1, 4),
        eye=eye,
        split=split_of_kind(kind) if strange else split_of(group, counted=group in counted_groups),
        genus="" if line["taxon"] and not kind else genus,
        family=line["family"],
        kind=kind,
        rejected_xyxy=np.array(rejected, np.float32).reshape(-1, 4),
    )
