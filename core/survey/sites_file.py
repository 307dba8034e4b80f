"""Sites from and to files: CSV as spreadsheets of any country write it, and GeoJSON.

Every row that cannot be used is named with its reason, and the others are read all the same. An empty cell keeps what
is known of a site, so that a file may bring areas alone. A file that cannot be read at all is an InvalidSite.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from io import StringIO
from typing import Any

from core.csv_files import FORMULA_STARTS, write_csv
from core.errors import InvalidSite
from core.language import tr
from core.store.records import Site
from core.survey.coordinates import Position, checked, number_from, position_from
from core.survey.sites import area_of, site_name, spellings, tidy

COLUMNS = ("site", "latitude", "longitude", "habitat", "area_m2")
MOST_ROWS = 10_000

HEADERS = {
    "site": ("site", "sitename", "name", "naam", "plot", "plotnaam", "locatie", "location", "gebied"),
    "latitude": ("latitude", "lat", "decimallatitude", "breedtegraad", "breedte", "noorderbreedte", "y"),
    "longitude": ("longitude", "lon", "lng", "long", "decimallongitude", "lengtegraad", "lengte", "oosterlengte", "x"),
    "habitat": ("habitat", "habitattype", "biotope", "biotoop"),
    "area_m2": ("aream2", "area", "plotarea", "plotaream2", "oppervlakte", "oppervlaktem2"),
}
"""Names that a column may have, in small letters and digits, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A row of a file that is not used. row: as a spreadsheet numbers it, or the place of a GeoJSON feature from 1."""

    row: int
    site: str
    reason: str


@dataclass(frozen=True, slots=True)
class SitesFile:
    """The contents of a file. sites: new or changed; unchanged: names without anything new; unused: columns."""

    sites: tuple[Site, ...]
    unchanged: tuple[str, ...]
    refused: tuple[Refused, ...]
    unused: tuple[str, ...]


Cells = Mapping[str, Any]
"""A row's cells by the names of COLUMNS; a GeoJSON row has `position` instead of latitude and longitude."""


def read_sites(
    data: bytes, file: str, *, known: Mapping[str, Site], names: Iterable[str], by: str, at: datetime
) -> SitesFile:
    """The sites of a CSV or GeoJSON file. known: those described, by name; names: all in use. Raises InvalidSite."""
    text = _text(data, file)
    rows, unused = _geojson_rows(text, file) if text.lstrip().startswith("{") else _csv_rows(text, file)
    spelling = spellings(names)
    first: dict[str, int] = {}
    sites, unchanged, refused = [], [], []
    for row, cells in rows:
        name = ""
        try:
            if isinstance(cells, InvalidSite):
                raise cells
            name = site_name(_honest(cells.get("site")))
            name = spelling.get(name.casefold(), name)
            if first.setdefault(name.casefold(), row) != row:
                raise InvalidSite(tr("is already in this file, in row {row}", row=first[name.casefold()]))
            site = _described(name, cells, known.get(name), by=by, at=at)
        except InvalidSite as problem:
            refused.append(Refused(row, name, str(problem)))
            continue
        if site is None:
            unchanged.append(name)
        else:
            sites.append(site)
    return SitesFile(tuple(sites), tuple(unchanged), tuple(refused), unused)


def sites_csv(sites: Iterable[Site]) -> str:
    """The sites as CSV with COLUMNS, which read_sites reads back."""
    file = StringIO(newline="")
    write_csv([{column: getattr(site, column) for column in COLUMNS} for site in sites], file, COLUMNS)
    return file.getvalue()


def sites_geojson(sites: Iterable[Site]) -> str:
    """The sites as GeoJSON points (RFC 7946), without geometry where there is no position; read_sites reads it back."""
    features = [
        {
            "type": "Feature",
            "geometry": None
            if site.latitude is None
            else {"type": "Point", "coordinates": [site.longitude, site.latitude]},
            "properties": {"site": site.site, "habitat": site.habitat, "area_m2": site.area_m2},
        }
        for site in sites
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, indent=1)


def _described(name: str, cells: Cells, before: Site | None, *, by: str, at: datetime) -> Site | None:
    """The site as changed by this row; None where the row changes nothing."""
    old = before or Site(name, None, None, "", None, by, at)
    place, area = _place(cells), _cell(cells.get("area_m2"))
    latitude, longitude = place or (old.latitude, old.longitude)
    new = replace(
        old,
        latitude=latitude,
        longitude=longitude,
        habitat=tidy(_honest(cells.get("habitat"))) or old.habitat,
        area_m2=area_of(number_from(area)) if area else old.area_m2,
    )
    return None if new == before else replace(new, changed_by=by, changed_at=at)


def _place(cells: Cells) -> Position | None:
    if "position" in cells:
        return checked(cells["position"][1], cells["position"][0])
    latitude, longitude = (_cell(cells.get(name)) for name in ("latitude", "longitude"))
    if bool(latitude) != bool(longitude):
        raise InvalidSite(tr("has half a position: give both latitude and longitude, or neither"))
    return position_from(latitude, longitude) if latitude else None


def _degrees(place: Position | None) -> tuple[float | None, float | None]:
    return (place.latitude, place.longitude) if place else (None, None)


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


Rows = Iterator[tuple[int, Cells | InvalidSite]]


def _csv_rows(text: str, file: str) -> tuple[Rows, tuple[str, ...]]:
    lines = text.splitlines(keepends=True)
    skipped = 1 if lines[0].lower().startswith("sep=") else 0
    head = next(iter(lines[skipped:]), "")
    delimiter = max(";\t,", key=head.count)
    reader = csv.reader(StringIO("".join(lines[skipped:]), newline=""), delimiter=delimiter)
    try:
        header, *table = list(reader)
    except (csv.Error, ValueError) as error:
        raise InvalidSite(tr("{file} cannot be read as a table: {error}.", file=file, error=error)) from error
    columns = _columns(header)
    if "site" not in columns.values():
        names = ", ".join(filter(None, header)) or tr("none")
        raise InvalidSite(tr("{file} has no column `site`. Its columns: {found}.", file=file, found=names))
    _check_length(len(table), file)
    too_many = tr(
        "has more cells than the table has columns. Is there a decimal comma in a file with commas between cells?"
    )

    def rows() -> Rows:
        for row, cells in enumerate(table, start=2 + skipped):
            if any(map(str.strip, cells[len(header) :])):
                yield row, InvalidSite(too_many)
            elif any(map(str.strip, cells)):
                yield row, {columns[at]: cell for at, cell in enumerate(cells) if at in columns}

    return rows(), tuple(name for at, name in enumerate(header) if at not in columns and name.strip())


def _columns(header: Sequence[str]) -> dict[int, str]:
    """The name in COLUMNS of each place in the header; where two places may have one name, the likelier place."""
    plain = ["".join(filter(str.isalnum, name.casefold().replace("²", "2"))) for name in header]
    columns = {}
    for column, names in HEADERS.items():
        at = next((plain.index(name) for name in names if name in plain), None)
        if at is not None:
            columns[at] = column
    return columns


def _geojson_rows(text: str, file: str) -> tuple[Rows, tuple[str, ...]]:
    try:
        root = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidSite(tr("{file} is not GeoJSON: {error}.", file=file, error=error)) from error
    features = [root] if root.get("type") == "Feature" else root.get("features")
    if not isinstance(features, list):
        raise InvalidSite(tr("{file} is not GeoJSON: it has no list of features.", file=file))
    _check_length(len(features), file)
    names = list(dict.fromkeys(name for feature in features for name in _properties(feature)))
    columns = _columns(names)
    rows = ((row, _feature_cells(feature, names, columns)) for row, feature in enumerate(features, start=1))
    return rows, tuple(name for at, name in enumerate(names) if at not in columns)


def _properties(feature: Any) -> Mapping[str, Any]:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    return properties if isinstance(properties, dict) else {}


def _feature_cells(feature: Any, names: Sequence[str], columns: Mapping[int, str]) -> Cells | InvalidSite:
    properties = _properties(feature)
    cells = {columns[at]: _cell(properties.get(name)) for at, name in enumerate(names) if at in columns}
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if geometry is None:
        return cells
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind != "Point":
        return InvalidSite(tr("is a {kind}: give the middle of the plot as a Point", kind=kind))
    try:
        longitude, latitude = (float(degrees) for degrees in geometry["coordinates"][:2])
    except (KeyError, TypeError, ValueError):
        return InvalidSite(tr("has a Point without longitude and latitude"))
    return cells | {"position": (longitude, latitude)}


def _check_length(rows: int, file: str) -> None:
    if rows > MOST_ROWS:
        raise InvalidSite(
            tr("{file} has {rows} rows; {limit} is the limit. Split it.", file=file, rows=rows, limit=MOST_ROWS)
        )


def _cell(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _honest(value: Any) -> str:
    """Remove the apostrophe that a CSV has before text that a spreadsheet would run."""
    text = _cell(value)
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text
