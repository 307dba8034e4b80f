"""A store's export becomes a folder to learn from: photos upright and reduced, boxes on their flowers."""

from __future__ import annotations

import json
from dataclasses import astuple, fields
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import InvalidModel
from core.exports.stored import Stored
from core.intake.inbox import Inbox
from core.intake.pipeline import accept
from core.intake.worker import Worker
from core.photo.reading import read_photo
from core.recognition.flowers import Flowers, TaxonScore
from core.recognition.recogniser import Recognition
from core.recognition.taxa import Label
from core.settings import PhotoLimits, Settings
from core.store.blobs import open_blobs
from core.store.library import Library
from core.store.records import Drop
from core.store.tables import Tables
from tests.core.counting_squares import LABELS, PACKAGE
from tests.core.exports.reading import exported
from training.__main__ import main
from training.dataset import InvalidDataset, read_dataset
from training.from_coco import from_coco

TURNED_RIGHT = 6
BOX = (1400, 200, 1600, 400)


def white_square() -> bytes:
    """A JPEG of 2000 x 1000 px whose EXIF says to turn it; upright it is 1000 x 2000 with a white square."""
    pixels = np.zeros((1000, 2000, 3), np.uint8)
    left, top, right, bottom = BOX
    pixels[top:bottom, left:right] = 255
    exif = Image.Exif()
    exif[0x0112] = TURNED_RIGHT
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=95, exif=exif)
    return file.getvalue()


class WhiteSquares:
    """Finds the white square of a photo."""

    package = PACKAGE

    def recognise(self, photo):
        scale = photo.width_px / photo.picture.width
        ys, xs = np.nonzero(np.asarray(photo.picture.convert("L")) > 128)
        boxes = [[xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]] if len(xs) else []
        found = Flowers(
            np.array(boxes, np.float32).reshape(-1, 4) * np.float32(scale),
            np.full(len(boxes), 0.9, np.float32),
            ((TaxonScore("oxeye-daisy", 0.97),),) * len(boxes),
        )
        return Recognition(found, "")


@pytest.fixture
def labels(tmp_path) -> Path:
    path = tmp_path / "labels.csv"
    head = [field.name for field in fields(Label)]
    path.write_text("\n".join(",".join(row) for row in (head, *map(astuple, LABELS))), encoding="utf-8")
    return path


@pytest.fixture
def coco(tmp_path) -> Path:
    """The export of a store in tmp_path/store with a photo of a flower and one without."""
    settings = Settings(store=str(tmp_path / "store"))
    blobs = open_blobs(settings)
    library, inbox = Library(blobs, Tables(settings)), Inbox(blobs, lease_s=settings.lease_s)
    dark = BytesIO()
    Image.new("RGB", (64, 48)).save(dark, "JPEG")
    for name, data in (("a.jpg", white_square()), ("b.jpg", dark.getvalue())):
        accept(library, inbox, data, file=name, drop=Drop("d", "dunes", "", "anna"))
    worker = Worker(library, inbox, WhiteSquares, settings)
    worker.start()
    try:
        while inbox.waiting():
            pass
    finally:
        worker.stop()
    path = tmp_path / "coco.json"
    path.write_bytes(exported(Stored(library, LABELS, lambda *_: PACKAGE), "coco"))
    return path


def test_boxes_lie_on_the_flowers_of_photos_that_are_upright_and_reduced(tmp_path, coco, labels):
    assert from_coco(coco, tmp_path / "store", labels, tmp_path / "folder") == []
    flower, none = sorted(read_dataset(tmp_path / "folder"), key=lambda row: -len(row.boxes_xyxy))
    assert (flower.width_px, flower.height_px, flower.taxon, flower.boxed) == (576, 1152, "oxeye-daisy", "foreground")
    photo = read_photo((tmp_path / "folder" / flower.photo).read_bytes(), name="a", limits=PhotoLimits(9))
    left, top, right, bottom = (round(float(side)) for side in flower.boxes_xyxy[0])
    pixels = np.asarray(photo.picture)
    inside = pixels[top + 3 : bottom - 3, left + 3 : right - 3]
    assert inside.min() > 200
    assert pixels.mean() * photo.width_px * photo.height_px / 255 == pytest.approx(
        (right - left) * (bottom - top), rel=0.05
    )
    assert (none.flowers, none.boxed, none.taxon, none.group) == (None, "no", "", "dunes")
    assert (tmp_path / "folder" / "labels.csv").read_bytes() == labels.read_bytes()


def rewritten(coco: Path, **changes: object) -> Path:
    document = json.loads(coco.read_text())
    document["images"] = [image | changes for image in document["images"]]
    coco.write_text(json.dumps(document))
    return coco


def test_what_a_person_reviewed_is_boxed_completely(tmp_path, coco, labels):
    from_coco(rewritten(coco, reviewed=True), tmp_path / "store", labels, tmp_path / "folder")
    rows = read_dataset(tmp_path / "folder")
    assert {row.boxed for row in rows} == {"all"}
    assert sorted(row.without_flowers for row in rows) == [False, True]


def test_flowers_that_nobody_boxed_make_a_crowd(tmp_path, coco, labels):
    document = json.loads(coco.read_text())
    (box,) = document["annotations"]
    document["annotations"].append(box | {"id": 2, "iscrowd": 1, "flowers": 7})
    coco.write_text(json.dumps(document))
    from_coco(rewritten(coco, reviewed=True), tmp_path / "store", labels, tmp_path / "folder")
    assert sorted((row.boxed, len(row.boxes_xyxy)) for row in read_dataset(tmp_path / "folder")) == [
        ("all", 0),
        ("crowd", 1),
    ]


def test_photos_that_cannot_be_read_are_named_and_the_rest_is_there(tmp_path, coco, labels, capsys):
    gone = next(path for path in (tmp_path / "store" / "photos").rglob("*") if path.is_file())
    gone.unlink()
    command = ["from-coco", coco, "--photos", tmp_path / "store", "--labels", labels, "--out", tmp_path / "folder"]
    assert main([str(word) for word in command]) == 1
    assert "cannot be opened: No such file or directory. --photos names the store." in capsys.readouterr().err
    assert len(read_dataset(tmp_path / "folder")) == 1


@pytest.mark.parametrize("text", ["", "[]", '{"images": []}', '{"images": [{}], "annotations": [], "categories": []}'])
def test_what_is_no_export_is_refused_in_words(tmp_path, labels, text):
    (tmp_path / "coco.json").write_text(text)
    with pytest.raises(InvalidDataset, match="is no COCO export of Bloomcount"):
        from_coco(tmp_path / "coco.json", tmp_path, labels, tmp_path / "folder")


def test_labels_that_are_none_are_refused_in_words(tmp_path, coco):
    with pytest.raises(InvalidModel, match=r"nowhere\.csv cannot be opened: No such file or directory\."):
        from_coco(coco, tmp_path / "store", tmp_path / "nowhere.csv", tmp_path / "folder")
