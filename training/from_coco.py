"""A folder to learn from, made of an export of a store: the COCO file says what is in the photos, the store has them.

    python -m core export coco --reviewed-only -o coco.json
    python -m training from-coco coco.json --photos data/ --labels models/bloom/labels.csv --out folder

Photos are made upright and no larger than training reads them; a photo that cannot be read is named and left out.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, TextIO

from PIL import Image

from core.errors import InvalidPhoto
from core.photo.reading import read_photo
from core.photo.thumbnail import thumbnail
from core.recognition.labels_csv import read_labels
from core.settings import PhotoLimits
from training.dataset import BOX_COLUMNS, PHOTO_COLUMNS, InvalidDataset
from training.packing import LONG_SIDE_PX

SOURCE = "bloomcount"
_LIMITS = PhotoLimits(megapixels=1000, memory_mb=8000)
Item = dict[str, Any]


def from_coco(coco: Path, photos: Path, labels: Path, out: Path) -> list[str]:
    """Sentences on the photos that were left out, once `out` is a folder as read_dataset takes it.

    photos: the store, or a copy of it, below which store_key leads to each. Raises InvalidDataset, InvalidModel about
    the labels.
    """
    images, boxes_of, names = _read(coco)
    known = {label.taxon for label in read_labels(labels)}
    (out / "photos").mkdir(parents=True, exist_ok=True)
    left_out = []
    with _table(out / "photos.csv") as photo_file, _table(out / "boxes.csv") as box_file:
        photo_rows, box_rows = csv.writer(photo_file), csv.writer(box_file)
        photo_rows.writerow(PHOTO_COLUMNS)
        box_rows.writerow(BOX_COLUMNS)
        for image in images:
            name, boxes = f"photos/{image['photo_id']}.webp", boxes_of[image["id"]]
            try:
                width, height = _reduce(photos / image["store_key"], out / name, str(image.get("uploaded_as", "")))
            except InvalidPhoto as problem:
                left_out.append(str(problem))
                continue
            taxa = {names[box["category_id"]] for box in boxes}
            taxon = next(iter(taxa)) if len(taxa) == 1 and taxa <= known else ""
            boxed = _boxed(image, boxes)
            found = [box for box in boxes if not box["iscrowd"]]
            flowers = "" if boxed == "no" else len(found)
            photo_rows.writerow([name, width, height, SOURCE, _group(image), taxon, flowers, boxed])
            box_rows.writerows([name, *corners] for corners in _corners(found, width / image["width"]))
    shutil.copyfile(labels, out / "labels.csv")
    return left_out


def _boxed(image: Item, boxes: list[Item]) -> str:
    """The trust in the boxes: those of a model alone are the flowers that it is sure of, and there may be more."""
    if any(box["iscrowd"] for box in boxes):
        return "crowd" if any(not box["iscrowd"] for box in boxes) else "no"
    if image.get("reviewed"):
        return "all"
    return "foreground" if boxes else "no"


def _group(image: Item) -> str:
    """Photos of one place on one day may show the same flowers: they stay on one side of the split."""
    place_and_day = f"{image.get('site') or ''} {(image.get('taken_at') or '')[:10]}".strip()
    return place_and_day or str(image["photo_id"])


def _corners(boxes: list[Item], scale: float) -> Iterator[list[float]]:
    for box in boxes:
        left, top, width, height = box["bbox"]
        yield [round(side * scale, 2) for side in (left, top, left + width, top + height)]


def _reduce(photo: Path, to: Path, name: str) -> tuple[int, int]:
    """Width and height of the photo as it is now kept for training."""
    try:
        data = photo.read_bytes()
    except OSError as error:
        raise InvalidPhoto(f"{photo} ({name}) cannot be opened: {error.strerror}. --photos names the store.") from error
    read = read_photo(data, name=name or photo.name, limits=_LIMITS, long_side_px=LONG_SIDE_PX)
    webp = thumbnail(read, long_side_px=LONG_SIDE_PX)
    to.write_bytes(webp)
    with Image.open(BytesIO(webp)) as picture:
        return picture.size


def _read(coco: Path) -> tuple[list[Item], dict[int, list[Item]], dict[int, str]]:
    """Images, the annotations of each, and what each category is called."""
    try:
        document = json.loads(coco.read_text(encoding="utf-8"))
        boxes_of: dict[int, list[Item]] = defaultdict(list)
        for box in document["annotations"]:
            boxes_of[box["image_id"]].append(box)
        names = {category["id"]: category["name"] for category in document["categories"]}
        images = [image for image in document["images"] if image["photo_id"] and image["width"]]
    except OSError as error:
        raise InvalidDataset(f"{coco} cannot be opened: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidDataset(
            f"{coco} is no COCO export of Bloomcount ({error!r}): make it with python -m core export coco."
        ) from error
    return images, boxes_of, names


def _table(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", newline="")
