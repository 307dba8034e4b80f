"""The rows of a file of sites, CSV or GeoJSON, as they stand in it: their cells and positions, unchecked.

A file that cannot be read at all is an InvalidSite; so is the problem of a row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.csv_files import FORMULA_STARTS, clear_number
from core.errors import InvalidSite
from core.language import tr
from core.store.schemas import NUMBERS
from core.survey.coordinates import pair_from, pair_of
from core.survey.grids import degrees_of
from core.survey.tables import columns_of, read_table

COLUMNS = ("site", "latitude", "longitude", "habitat", "area_m2", "plot", "protocol", *NUMBERS)
"""The columns of our own files; a row with a plot describes that plot of the site."""

MOST_ROWS = 10_000

Pair = tuple[float, float]
"""Latitude and longitude as they stand in the file, unchecked."""

_NUMBER = r"[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?"
_POINT = re.compile(
    rf"(?:SRID=(\d+);)?\s*(?:MULTI)?POINT\s*[ZM]*\s*\(\s*\(?\s*({_NUMBER})\s+({_NUMBER})(?:\s+{_NUMBER})*\s*\)?\s*\)",
    re.I,
)
_SHAPE = re.compile(r"(?:SRID=\d+;)?\s*((?:MULTI)?(?:POINT|LINESTRING|POLYGON)|GEOMETRYCOLLECTION)\b", re.I)


@dataclass(slots=True)
class Row:
    """A row while it is read.

    cells: by the names of COLUMNS. parent: the site of a plot, else "". pair: its position as it stands, None for none.
    """

    number: int
    cells: Mapping[str, Any]
    problem: InvalidSite | None = None
    name: str = ""
    parent: str = ""
    pair: Pair | None = None


def read_rows(data: bytes, file: str) -> tuple[list[Row], tuple[str, ...]]:
    """The rows of a CSV or GeoJSON file, and the names of columns that are not read. Raises InvalidSite."""
    text = _text(data, file)
    return _geojson_rows(text, file) if text.lstrip().startswith("{") else _csv_rows(text, file)


def locate(row: Row) -> None:
    """Find the row's position; one that cannot be read is its problem."""
    latitude, longitude, text = (cell_text(row.cells.get(name)) for name in ("latitude", "longitude", "position"))
    try:
        if bool(latitude) != bool(longitude):
            raise InvalidSite(tr("has half a position: give both latitude and longitude, or neither"))
        if latitude:
            row.pair = pair_from(latitude, longitude)
        elif text:
            row.pair = _point(text) or pair_of(text)
    except InvalidSite as problem:
        row.problem = row.problem or problem


def cell_text(value: Any) -> str:
    """The cell as text, without spaces around it; empty where it is missing."""
    return "" if value is None else str(value).strip()


def honest_text(value: Any) -> str:
    """Remove the apostrophe that a CSV has before text that a spreadsheet would run."""
    text = cell_text(value)
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text


def other_column(column: str) -> str:
    """The key of a column that is none of COLUMNS, apart from theirs."""
    return f"?{column}"


def _point(text: str) -> Pair | None:
    """Latitude and longitude of a point as WKT; None for a text that is none. Raises InvalidSite for other shapes."""
    if match := _POINT.fullmatch(text):
        system, x, y = match.groups()
        return degrees_of(float(x), float(y), f"EPSG:{system}") if system else (float(y), float(x))
    if match := _SHAPE.match(text):
        raise InvalidSite(tr("is a {kind}: give the middle of the plot as a Point", kind=match[1]))
    return None


def _text(data: bytes, file: str) -> str:
    """Decode a file as UTF-8 or UTF-16, else as older spreadsheets of western Europe write it. Raises InvalidSite."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    if data.startswith(b"PK") or "\0" in text:
        raise InvalidSite(tr("{file} is not a text file. Save the sheet as CSV first.", file=file))
    if not text.strip():
        raise InvalidSite(tr("{file} is empty.", file=file))
    return text


def _csv_rows(text: str, file: str) -> tuple[list[Row], tuple[str, ...]]:
    header, lines = read_table(text, file)
    columns = columns_of(header)
    if "site" not in columns.values():
        names = ", ".join(filter(None, header)) or tr("none")
        raise InvalidSite(tr("{file} has no column `site`. Its columns: {found}.", file=file, found=names))
    _check_length(len(lines), file)
    rows = []
    for number, cells, problem in lines:
        named = {
            columns.get(at, other_column(name)): cell
            for at, (name, cell) in enumerate(zip(header, cells, strict=False))
        }
        rows.append(Row(number, named, InvalidSite(problem) if problem else None))
    return rows, tuple(name for at, name in enumerate(header) if at not in columns and name.strip())


def _geojson_rows(text: str, file: str) -> tuple[list[Row], tuple[str, ...]]:
    try:
        root = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidSite(tr("{file} is not GeoJSON: {error}.", file=file, error=error)) from error
    features = [root] if root.get("type") == "Feature" else root.get("features")
    if not isinstance(features, list):
        raise InvalidSite(tr("{file} is not GeoJSON: it has no list of features.", file=file))
    _check_length(len(features), file)
    names = list(dict.fromkeys(name for feature in features for name in _properties(feature)))
    columns, system = columns_of(names), _system(root)
    rows = [_feature_row(number, feature, names, columns, system) for number, feature in enumerate(features, start=1)]
    return rows, tuple(name for at, name in enumerate(names) if at not in columns)


def _system(root: Mapping[str, Any]) -> str:
    """The coordinate system that the file names; empty for degrees in WGS 84."""
    crs = root.get("crs")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = str(properties.get("name") or "") if isinstance(properties, dict) else ""
    return "" if re.search(r"CRS84|EPSG:+4326", name, re.I) else name


def _properties(feature: Any) -> Mapping[str, Any]:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    return properties if isinstance(properties, dict) else {}


def _feature_row(number: int, feature: Any, names: Sequence[str], columns: Mapping[int, str], system: str) -> Row:
    properties = _properties(feature)
    cells = [properties.get(name) for name in names]
    texts = [clear_number(cell) if isinstance(cell, float) else cell for cell in cells]
    row = Row(number, {columns.get(at, other_column(names[at])): text for at, text in enumerate(texts)})
    try:
        if point := _feature_point(feature, system):
            row.cells = {name: cell for name, cell in row.cells.items() if name not in ("latitude", "longitude")}
            row.pair = point
    except InvalidSite as problem:
        row.problem = problem
    return row


def _feature_point(feature: Any, system: str) -> Pair | None:
    """Latitude and longitude of a feature's one point; None for a feature without geometry. Raises InvalidSite."""
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if geometry is None:
        return None
    geometry = geometry if isinstance(geometry, dict) else {}
    kind, points = geometry.get("type"), geometry.get("coordinates")
    if kind == "MultiPoint" and isinstance(points, list) and len(points) == 1:
        kind, points = "Point", points[0]
    if kind != "Point":
        raise InvalidSite(tr("is a {kind}: give the middle of the plot as a Point", kind=kind))
    try:
        x, y = map(float, points[:2])  # type: ignore[index]
    except (KeyError, TypeError, ValueError):
        raise InvalidSite(tr("has a Point without longitude and latitude")) from None
    return degrees_of(x, y, system) if system else (y, x)


def _check_length(rows: int, file: str) -> None:
    if rows > MOST_ROWS:
        raise InvalidSite(
            tr("{file} has {rows} rows; {limit} is the limit. Split it.", file=file, rows=rows, limit=MOST_ROWS)
        )
