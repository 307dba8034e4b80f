"""The formats that stored observations leave in: one table for the page, the command line and the tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from core.exports.coco import export_coco
from core.exports.csv import export_csv
from core.exports.darwin_core import export_darwin_core
from core.exports.excel import export_excel
from core.exports.geojson import export_geojson
from core.exports.stored import Stored


def _report(stored: Stored, file: BinaryIO) -> None:
    from core.exports.report import export_report  # charts and diversity, which no other export needs

    export_report(stored, file)


class Format(NamedTuple):
    """One format. title: what people call it. does: what the file is for, after "python -m core export NAME"."""

    title: str
    suffix: str
    media_type: str
    does: str
    write: Callable[[Stored, BinaryIO], None]
    text: bool = True


FORMATS = {
    "csv": Format("CSV", ".csv", "text/csv", "one row a photo and taxon", export_csv),
    "xlsx": Format(
        "Excel",
        ".xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "the rows of the CSV as an Excel workbook, with what its columns mean",
        export_excel,
        text=False,
    ),
    "dwca": Format(
        "Darwin Core Archive",
        ".zip",
        "application/zip",
        "a Darwin Core Archive, as GBIF and national nodes read it",
        export_darwin_core,
        text=False,
    ),
    "coco": Format(
        "COCO",
        ".json",
        "application/json",
        "the boxes of the counted flowers, for training and evaluation",
        export_coco,
    ),
    "report": Format("Report", ".html", "text/html", "a report to print: species, charts, methods, accuracy", _report),
    "geojson": Format("GeoJSON", ".geojson", "application/geo+json", "one point a photo and taxon", export_geojson),
}
