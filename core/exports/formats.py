"""The formats that stored observations leave in: one table for the page, the command line and the tests.

A format that is added here appears by itself on both, and the test that reads every format back asks for a reader.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from core.exports.coco import export_coco
from core.exports.csv import export_csv
from core.exports.darwin_core import export_darwin_core
from core.exports.excel import export_excel
from core.exports.geojson import export_geojson
from core.exports.stored import Stored


def _package(stored: Stored, file: BinaryIO) -> None:
    from core.exports.package import export_package  # densities and diversity, likewise

    export_package(stored, file)


def _report(stored: Stored, file: BinaryIO) -> None:
    from core.exports.report import export_report  # charts and diversity, which no other export needs

    export_report(stored, file)


class Format(NamedTuple):
    """One format.

    title, purpose: what people call it, and whom it is for; both in English, and shown in the language of the reader.
    text: it may be written to a screen. adds_up: it adds up repeats, by a rule that is asked for.
    published: it says who publishes the data. our_columns: docs/data-dictionary.md says what its columns mean.
    """

    title: str
    purpose: str
    suffix: str
    media_type: str
    write: Callable[[Stored, BinaryIO], None]
    text: bool = True
    adds_up: bool = False
    published: bool = False
    our_columns: bool = False


FORMATS = {
    "csv": Format(
        "CSV",
        "one row per photo and taxon, for R and Python",
        ".csv",
        "text/csv",
        export_csv,
        our_columns=True,
    ),
    "xlsx": Format(
        "Excel",
        "for spreadsheets: the same rows as a workbook, with a sheet that explains the columns",
        ".xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        export_excel,
        text=False,
        our_columns=True,
    ),
    "dwca": Format(
        "Darwin Core Archive",
        "for GBIF and its national nodes: visits, photos, occurrences and their doubt",
        ".zip",
        "application/zip",
        export_darwin_core,
        text=False,
        published=True,
    ),
    "coco": Format(
        "COCO",
        "the box of every counted flower, by the names of your own files, for training and annotation tools",
        ".json",
        "application/json",
        export_coco,
    ),
    "report": Format(
        "Report",
        "to read and print: species, charts, methods and model accuracy",
        ".html",
        "text/html",
        _report,
        adds_up=True,
    ),
    "package": Format(
        "Data package",
        "for ecologists: visits, densities, matrices of sites and visits by taxa, for R, Python and Excel",
        ".zip",
        "application/zip",
        _package,
        text=False,
        adds_up=True,
        our_columns=True,
    ),
    "geojson": Format(
        "GeoJSON",
        "one point per photo and taxon, for maps and GIS",
        ".geojson",
        "application/geo+json",
        export_geojson,
        our_columns=True,
    ),
}
