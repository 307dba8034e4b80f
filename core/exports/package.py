"""A data package (Frictionless): observations, tables as ecologists use them, what each column holds, how to read it.

https://specs.frictionlessdata.io describes datapackage.json. read.py and read.R read the package and say its totals.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

import pandas as pd

from core.csv_files import table_rows, write_csv
from core.exports.columns import CAMTRAP, COLUMNS, PER_PHOTO
from core.exports.csv import stored_rows
from core.exports.excel import workbook_of
from core.exports.field_tables import (
    DENSITY_COLUMNS,
    OF_SITE,
    OF_VISIT,
    PLACE_HOLDS,
    TAXON_COLUMNS,
    VISIT_COLUMNS,
    field_tables,
)
from core.exports.publication import LICENCES
from core.exports.stored import Stored

SNIPPETS = {"read.py": "read_py.txt", "read.R": "read_R.txt"}
"""Files of the package that lie beside this module, under a name that no tool takes for one of ours."""

OBSERVATION_COLUMNS = COLUMNS | {"visit_id": "the visit, in visits.csv; empty of a file that could not be read"}
ABOUT = {
    "visits": ("Visits, one a row, also those in which no flower was found", VISIT_COLUMNS),
    "densities": ("Flowers per m² or minute of each site, with standard error and interval", DENSITY_COLUMNS),
    "taxa": ("The taxa that are the columns of the matrices", TAXON_COLUMNS),
}
MATRICES = {
    "counts": "flowers",
    "density": "flowers per m²; empty where no area is known, or several protocols were followed",
    "presence": "1 where the taxon was found, else 0",
    "frequency": "share of the quadrats in which the taxon was found; empty under another protocol",
}
_INTEGER = {
    *("count", "count_low", "count_high", "year", "photos", "reviewed", "samples", "taxa", "plots", "visits"),
}
_NUMBER = {
    *("latitude", "longitude", "confidence", "area_m2", "minutes", "length_m", "width_m", "flowers_per_m2"),
    *("flowers_per_minute", "mean", "se", "low", "high", "frequency"),
    *("low_independent", "high_independent"),
}


def export_package(stored: Stored, file: BinaryIO) -> None:
    """Write the zip: datapackage.json, a CSV a table, tables.xlsx with the same, read.py and read.R."""
    made = field_tables(stored)
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        about = _resource("observations", "Observations: a photo and taxon a row", OBSERVATION_COLUMNS)
        resources = [about | {"description": PER_PHOTO}]
        rows = ({**row, "visit_id": made.visit_ids.get(row["photo_id"])} for row in stored_rows(stored))
        _csv(archive, "observations", rows, tuple(OBSERVATION_COLUMNS))
        for name, table in made.tables.items():
            columns = [str(column) for column in table.columns]
            _csv(archive, name, table_rows(table), columns)
            resources.append(_resource(name, *_about(name, columns)))
        archive.writestr("tables.xlsx", _workbook(made.tables))
        archive.writestr("datapackage.json", json.dumps(_package(stored, resources), ensure_ascii=False, indent=1))
        for name, source in SNIPPETS.items():
            archive.writestr(name, (Path(__file__).parent / source).read_text(encoding="utf-8"))


def _csv(archive: ZipFile, name: str, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    with archive.open(f"{name}.csv", "w", force_zip64=True) as raw:
        text = TextIOWrapper(raw, encoding="utf-8", newline="")
        write_csv(rows, text, columns)
        text.flush()
        text.detach()


def _about(name: str, columns: Sequence[str]) -> tuple[str, Mapping[str, str]]:
    """The title of a table and what each of its columns holds."""
    if name in ABOUT:
        return ABOUT[name]
    of, _, kind = name.split("_")
    keys = OF_VISIT if of == "visit" else OF_SITE
    known = {key: VISIT_COLUMNS.get(key, PLACE_HOLDS) for key in keys}
    return f"{of} by taxon: {MATRICES[kind]}", known | dict.fromkeys(columns[len(keys) :], MATRICES[kind])


def _resource(name: str, title: str, columns: Mapping[str, str]) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "fields": [_field(name, column, holds) for column, holds in columns.items()],
        "missingValues": [""],
    }
    if name in ("visits", "taxa"):
        schema["primaryKey"] = "visit_id" if name == "visits" else "taxon"
    if name == "observations":
        schema["foreignKeys"] = [
            {"fields": column, "reference": {"resource": resource, "fields": column}}
            for column, resource in (("visit_id", "visits"), ("taxon", "taxa"))
        ]
    return {
        "name": name.replace("_", "-"),
        "title": title,
        "path": f"{name}.csv",
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": schema,
    }


def _field(table: str, column: str, holds: str) -> dict[str, Any]:
    kind, matrix = "string", table.rpartition("_taxon_")[2] if "_taxon_" in table else ""
    if matrix and holds == MATRICES[matrix]:
        kind = "number" if matrix in ("density", "frequency") else "integer"
    elif column in ("day", "last_day"):
        kind = "date"
    elif column == "lower_bound" or (column, table) == ("reviewed", "observations"):
        kind = "boolean"
    elif column in _INTEGER:
        kind = "integer"
    elif column in _NUMBER:
        kind = "number"
    field = {"name": column, "type": kind, "description": holds}
    return field | ({"camtrapDP": CAMTRAP[column]} if table == "observations" and column in CAMTRAP else {})


def _package(stored: Stored, resources: list[dict[str, Any]]) -> dict[str, Any]:
    about = stored.publication
    contributors = [
        {"title": title, "role": role, **({"email": about.email} if about.email and role == "contact" else {})}
        for title, role in ((about.publisher, "publisher"), (about.contact, "contact"))
        if title
    ]
    package: dict[str, Any] = {
        "profile": "tabular-data-package",
        "name": f"bloomcount-{stored.at:%Y-%m-%d}",
        "title": about.title or "Flowers counted in photos (title not given yet)",
        "description": " ".join(
            filter(None, (about.description, f"Selection: {stored.selection}.", stored.repeats.in_words()))
        ),
        "created": stored.at.isoformat(),
        "resources": resources,
    }
    if about.licence:
        package["licenses"] = [
            {"name": about.licence.replace(" ", "-"), "title": about.licence, "path": LICENCES[about.licence]}
        ]
    return package | ({"contributors": contributors} if contributors else {})


def _workbook(tables: Mapping[str, pd.DataFrame]) -> bytes:
    """The tables, each on a sheet, and what their columns hold."""
    holds = [(name, column, text) for name, (_, columns) in ABOUT.items() for column, text in columns.items()]
    meaning = pd.DataFrame(holds, columns=["table", "column", "what it holds"])
    file = BytesIO()
    workbook_of(file, {**tables, "columns": meaning})
    return file.getvalue()
