"""The files that leave Bloomcount as others read them: openpyxl, python-dwca-reader, pycocotools, csv, json."""

from __future__ import annotations

import contextlib
import csv
import json
import tempfile
from collections import Counter
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import openpyxl
from dwca.read import DwCAReader
from frictionless import Package
from pycocotools.coco import COCO

from core.exports.darwin_core_terms import DWC
from core.exports.formats import FORMATS
from core.exports.stored import Stored


class Totals(NamedTuple):
    """Flowers of each photo and taxon, and all photos that were looked at, with or without flowers."""

    flowers: dict[tuple[str, str], int]
    photos: set[str]


def exported(stored: Stored, name: str) -> bytes:
    """The file of that format."""
    file = BytesIO()
    FORMATS[name].write(stored, file)
    return file.getvalue()


def csv_rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(TextIOWrapper(BytesIO(data), "utf-8", newline="")))


def csv_totals(data: bytes) -> Totals:
    rows = [row for row in csv_rows(data) if not row["problem"]]
    harmless = {row["photo_id"]: row for row in rows}
    assert len(harmless) == len({row["photo_id"] for row in rows})
    return _totals((row["photo_id"], row["taxon"].removeprefix("'"), int(row["count"])) for row in rows)


def excel_rows(data: bytes) -> list[dict[str, object]]:
    """The rows of all sheets Observations."""
    workbook = openpyxl.load_workbook(BytesIO(data), read_only=True)
    found = []
    for sheet in workbook.worksheets:
        if sheet.title.startswith("Observations"):
            names, *rows = sheet.iter_rows(values_only=True)
            found += [dict(zip(names, row, strict=False)) for row in rows]
    workbook.close()
    return found


def excel_totals(data: bytes) -> Totals:
    rows = [row for row in excel_rows(data) if not row.get("problem")]
    return _totals((row["photo_id"], row["taxon"] or "", row["count"]) for row in rows)


class Archive(NamedTuple):
    """The rows of a Darwin Core Archive as dicts of full term addresses, and its metadata."""

    events: list[dict[str, str]]
    extensions: dict[str, list[tuple[str, dict[str, str]]]]
    metadata: object


def archive(data: bytes) -> Archive:
    """As python-dwca-reader reads it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "archive.zip"
        path.write_bytes(data)
        with DwCAReader(str(path)) as reader:
            return Archive(
                [row.data for row in reader],
                {
                    file.file_descriptor.type.rsplit("/", 1)[1]: [(row.core_id, row.data) for row in file.iter_rows()]
                    for file in reader.extension_files
                },
                reader.metadata,
            )


def archive_totals(data: bytes) -> Totals:
    read = archive(data)
    photos = {row[DWC + "eventID"] for row in read.events if row[DWC + "eventType"] == "Photo"}
    occurrences = [
        (event_id.removeprefix("photo:"), row[DWC + "verbatimIdentification"], int(row[DWC + "organismQuantity"]))
        for event_id, row in read.extensions["Occurrence"]
        if row[DWC + "occurrenceStatus"] == "present"
    ]
    absent = [row for _, row in read.extensions["Occurrence"] if row[DWC + "occurrenceStatus"] == "absent"]
    assert {row[DWC + "organismQuantity"] for row in absent} <= {"0"}
    totals = Totals(*_totals(occurrences))
    measured = {
        event_id: int(row[DWC + "measurementValue"])
        for event_id, row in read.extensions["ExtendedMeasurementOrFact"]
        if not row[DWC + "occurrenceID"]
    }
    per_photo: Counter[str] = Counter()
    for (photo_id, _), count in totals.flowers.items():
        per_photo[f"photo:{photo_id}"] += count
    assert measured == {photo: per_photo[photo] for photo in photos}
    assert {event_id for event_id, _ in read.extensions["Multimedia"]} == photos
    return Totals(totals.flowers, {photo.removeprefix("photo:") for photo in photos})


def coco(data: bytes) -> COCO:
    """As pycocotools loads it."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(StringIO()):
        path = Path(folder) / "coco.json"
        path.write_bytes(data)
        return COCO(str(path))


def coco_totals(data: bytes) -> Totals:
    read = coco(data)
    flowers: Counter[tuple[str, str]] = Counter()
    for one in read.loadAnns(read.getAnnIds()):
        photo, category = read.loadImgs(one["image_id"])[0], read.loadCats(one["category_id"])[0]
        flowers[photo["photo_id"], category["name"]] += one["flowers"]
    return Totals(dict(flowers), {photo["photo_id"] for photo in read.loadImgs(read.getImgIds())})


def geojson_totals(data: bytes) -> Totals:
    rows = [feature["properties"] for feature in json.loads(data)["features"]]
    return _totals((row["photo_id"], row["taxon"], row["count"]) for row in rows)


def package_tables(data: bytes) -> dict[str, list[dict[str, object]]]:
    """The tables of a data package as frictionless reads them, after it found nothing wrong."""
    with tempfile.TemporaryDirectory() as folder:
        ZipFile(BytesIO(data)).extractall(folder)
        package = Package(str(Path(folder) / "datapackage.json"))
        report = package.validate()
        assert report.valid, report.flatten(["type", "note"])
        return {resource.name: [row.to_dict() for row in resource.read_rows()] for resource in package.resources}


def package_totals(data: bytes) -> Totals:
    tables = package_tables(data)
    rows = [row for row in tables["observations"] if not row["problem"]]
    keys = ("visit_id", "place", "site", "plot", "day")
    flowers = sum(int(row["count"]) for row in tables["visits"])
    for name in ("visit-taxon-counts", "site-taxon-counts"):
        cells = ((column, cell) for row in tables[name] for column, cell in row.items())
        assert sum(cell for column, cell in cells if column not in keys) == flowers, name
    visits = {row["visit_id"]: row for row in tables["visits"]}
    assert sum(int(row["photos"]) for row in tables["visits"]) == len({row["photo_id"] for row in rows})
    assert {row["visit_id"] for row in rows} == set(visits)
    return _totals((row["photo_id"], (row["taxon"] or "").removeprefix("'"), row["count"]) for row in rows)


READ_BACK = {
    "package": package_totals,
    "csv": csv_totals,
    "xlsx": excel_totals,
    "dwca": archive_totals,
    "coco": coco_totals,
    "geojson": geojson_totals,
}


def _totals(rows) -> Totals:
    rows = list(rows)
    flowers = {(photo, taxon): count for photo, taxon, count in rows if taxon}
    assert len(rows) == len({(photo, taxon) for photo, taxon, _ in rows}), "a photo and taxon has two rows"
    assert all(count == 0 for _, taxon, count in rows if not taxon)
    return Totals(flowers, {photo for photo, _, _ in rows})
