"""Boxes in the COCO format, which most annotation tools and evaluations read, written photo by photo in flat memory.

`count --boxes` writes every candidate with its score; the export of a store writes the flowers that its counts count.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import PurePosixPath
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import Any, BinaryIO

import polars as pl

from core.exports.columns import PER_PHOTO
from core.exports.publication import LICENCES, Publication
from core.exports.stored import Row, Stored
from core.recognition.package import PackageOf
from core.recognition.taxa import UNKNOWN_TAXON, Label, Names
from core.store.pictures import photo_key
from core.store.records import PhotoRecord, PhotoResult
from core.survey.counted_photos import boxes_of, count_photo

PHOTOS_A_QUESTION = 2000
"""Each question reads the photo_ids of all analyses, so few questions are fast; their flowers are some 20 MB."""

LICENCE_ID = 1

Cells = dict[str, Any]


class CocoFile:
    """A COCO document while it is written; made by coco_file.

    Every taxon of the labels is a category, in their order from 1, then comes `unknown` for flowers without a name,
    then what else was met: genera, families, taxa of other models.
    """

    def __init__(self, images: BinaryIO, annotations: BinaryIO, labels: Names) -> None:
        self._images, self._annotations = _Items(images), _Items(annotations)
        self._families = {label.taxon: label.family for label in labels if isinstance(label, Label)} | {
            UNKNOWN_TAXON: ""
        }
        self._category = {taxon: number for number, taxon in enumerate(self._families, start=1)}

    def knows(self, taxon: str) -> bool:
        """True if it is a category already."""
        return taxon in self._category

    def add_photo(self, photo: PhotoRecord, *, file_name: str, **more: Any) -> int:
        """The image's id in the document."""
        size = {"file_name": file_name, "width": photo.width, "height": photo.height, "photo_id": photo.photo_id}
        return self._images.add(size | more)

    def add_box(self, image_id: int, box_xyxy: Sequence[float], taxon: str, *, family: str = "", **more: Any) -> None:
        """A box of this taxon, in pixels of the upright photo."""
        if taxon not in self._category:
            self._families[taxon] = family
            self._category[taxon] = len(self._category) + 1
        xmin, ymin, xmax, ymax = box_xyxy
        width, height = xmax - xmin, ymax - ymin
        self._annotations.add(
            {
                "image_id": image_id,
                "category_id": self._category[taxon],
                "bbox": [round(side, 2) for side in (xmin, ymin, width, height)],
                "area": round(width * height, 2),
                "iscrowd": 0,
                **more,
            }
        )

    def categories(self) -> list[Cells]:
        """As they stand now."""
        return [
            {"id": number, "name": taxon, "supercategory": self._families[taxon]}
            for taxon, number in self._category.items()
        ]


class _Items:
    """The items of a JSON list, numbered from 1 and written one a line."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._last = file, 0

    def add(self, item: Cells) -> int:
        self._last += 1
        text = json.dumps({"id": self._last} | item, ensure_ascii=False)
        self._file.write(f"{',' if self._last > 1 else ''}\n{text}".encode())
        return self._last


UPRIGHT = "Boxes are in pixels of the upright photo: turn each as its EXIF orientation says."


@contextmanager
def coco_file(file: BinaryIO, labels: Names, *, about: str, licences: Sequence[Cells] = ()) -> Iterator[CocoFile]:
    """A document to add photos and boxes to; it is complete when this ends. Boxes wait on disk meanwhile."""
    with TemporaryFile() as annotations:
        head = {"info": {"description": f"{about} {UPRIGHT}"}, "licenses": licences}
        file.write(f'{json.dumps(head)[:-1]},\n"images": ['.encode())
        coco = CocoFile(file, annotations, labels)
        yield coco
        file.write(b'\n],\n"annotations": [')
        annotations.seek(0)
        copyfileobj(annotations, file)
        file.write(f'\n],\n"categories": {json.dumps(coco.categories(), ensure_ascii=False)}}}\n'.encode())


def add_candidates(coco: CocoFile, result: PhotoResult) -> None:
    """One photo with all its candidates; a photo that could not be counted is left out.

    A box has the category of its best taxon, `score` the probability that it is a flower, `taxon_score` that of its
    taxon.
    """
    if result.analysis is None:
        return
    flowers = result.analysis.flowers
    image_id = coco.add_photo(result.photo, file_name=result.photo.file)
    for box, probability, taxa in zip(
        flowers.boxes_xyxy.tolist(), flowers.probability.tolist(), flowers.taxa, strict=True
    ):
        taxon, score = taxa[0] if taxa and coco.knows(taxa[0].taxon) else (UNKNOWN_TAXON, 0.0)
        coco.add_box(image_id, box, taxon, score=round(probability, 4), taxon_score=round(score, 4))


def export_coco(stored: Stored, file: BinaryIO) -> None:
    """Write the counted flowers of the selection, as many of each taxon in each photo as its count says.

    `file_name` is the name that the person's own file has, `store_key` the photo's place in the store. Where several
    photos have one name, as cameras give it again and again, each has the start of its photo_id in its own, so that no
    tool takes one for another. A box has `flowers` 1, `score` and `taxon_score` as above, one that a person named
    `named_by` instead of the second, and one that a person drew `drawn_by` instead of both. Flowers that a person
    counted and nobody boxed are one annotation over the whole photo with `iscrowd` 1 and their number in `flowers`:
    trainers and evaluations then ignore what lies there.
    """
    about = f"Flowers that were counted. Selection: {stored.selection}. {PER_PHOTO}"
    names = stored.library.observed_table(stored.which, ("photo_id", "file")).unique("photo")["file"].cast(pl.String)
    often = {name for name, photos in Counter(names).items() if photos > 1}
    with coco_file(file, stored.labels, about=about, licences=[_licence(stored.publication)]) as coco:
        photos = stored.photos()
        while some := list(islice(photos, PHOTOS_A_QUESTION)):
            results = stored.library.each_result([rows[0]["photo_id"] for rows in some])
            for rows, result in zip(some, results, strict=True):
                name = result.photo.file if result.photo.file not in often else _own_name(result.photo)
                _add_counted(coco, rows, result, stored.package_of, file_name=name)


def _licence(publication: Publication) -> Cells:
    address = LICENCES.get(publication.licence, "")
    return {"id": LICENCE_ID, "name": publication.licence or "No licence was given yet", "url": address}


def _own_name(photo: PhotoRecord) -> str:
    path = PurePosixPath(photo.file)
    return str(path.parent / f"{path.stem}-{photo.photo_id[:8]}{path.suffix}")


def _add_counted(
    coco: CocoFile, rows: Sequence[Row], result: PhotoResult, package_of: PackageOf, *, file_name: str
) -> None:
    photo, first = result.photo, rows[0]
    image_id = coco.add_photo(
        photo,
        file_name=file_name,
        license=LICENCE_ID,
        uploaded_as=photo.file,
        store_key=photo_key(photo.photo_id),
        site=first["site"],
        taken_at=first["taken_at"],
        reviewed=first["reviewed"],
        flag=first["flag"],
    )
    boxes = _boxes_by_name(result, package_of)
    for row in rows:
        taxon, left = row["taxon"], row["count"]
        for box, scores in boxes[taxon][:left]:
            coco.add_box(image_id, box, taxon, family=row["family"], flowers=1, **scores)
        if left > len(boxes[taxon]):
            whole = (0, 0, photo.width, photo.height)
            left -= len(boxes[taxon])
            coco.add_box(image_id, whole, taxon, family=row["family"], flowers=left, iscrowd=1)


def _boxes_by_name(result: PhotoResult, package_of: PackageOf) -> dict[str, list[tuple[list[float], Cells]]]:
    """Box and cells of each counted flower, by the name it got, the surest first; those that a person drew are last."""
    named: dict[str, list[tuple[list[float], Cells]]] = defaultdict(list)
    count = count_photo(result, package_of, None)
    if count is None:
        return named
    boxes, record = boxes_of(result), result.review.record if result.review else None
    drawn = [record is not None and record.flowers[place].candidate is None for place in range(len(boxes))]
    order = sorted(range(len(boxes)), key=lambda place: (drawn[place], -boxes.probability[place]))
    for place in order:
        name = count.names[place]
        if name is not None:
            score = {"score": round(float(boxes.probability[place]), 4)}
            named_by = {"named_by": "person"} if name.by_person else {"taxon_score": round(name.confidence, 4)}
            cells = {"drawn_by": "person"} if drawn[place] else score | named_by
            named[name.taxon.name].append((boxes.boxes_xyxy[place].tolist(), cells))
    return named
