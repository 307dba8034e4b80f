"""Sites from and to files: CSV as spreadsheets of any country write it, and GeoJSON.

Every row that cannot be used is named with its reason, and the others are read all the same. An empty cell keeps what
is known of a site, so that a file may bring areas alone. Where only a person can tell what a file means, a SitesFile
says so, and the rows in doubt wait for Answers. A file that cannot be read at all is an InvalidSite.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import permutations
from typing import Any

from core.csv_files import FORMULA_STARTS, clear_number
from core.errors import InvalidSite
from core.language import tr
from core.store.records import Site
from core.survey.coordinates import checked, in_netherlands, looks_swapped, pair_from, pair_of
from core.survey.grids import degrees_of, is_dutch_grid
from core.survey.land import is_at_sea
from core.survey.numbers import Mark, decimal_marks, is_ambiguous, number_from, told_mark
from core.survey.sites import area_of, site_name, spellings, tidy
from core.survey.tables import columns_of, read_table

COLUMNS = ("site", "latitude", "longitude", "habitat", "area_m2")
MOST_ROWS = 10_000
ROWS_LOOKED_AT = 50
"""Rows that must look like positions before a column whose name says nothing is taken for one."""

NEARBY_DEGREES, FAR_DEGREES = 5.0, 20.0
"""A site nearer than the one to a known site, were it swapped, and now farther than the other, looks swapped."""

Pair = tuple[float, float]
"""Latitude and longitude as they stand in the file, unchecked."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A row of a file that is not used. row: as a spreadsheet numbers it, or the place of a GeoJSON feature from 1."""

    row: int
    site: str
    reason: str


@dataclass(frozen=True, slots=True)
class Answers:
    """A person's answers on a file. decimal: its decimal mark. swapped: latitude and longitude stand swapped in it."""

    decimal: Mark | None = None
    swapped: bool | None = None


@dataclass(frozen=True, slots=True)
class SitesFile:
    """The contents of a file. sites: new or changed; unchanged: names without anything new; unused: columns.

    ambiguous: a number such as 1.250 that only a person can read, or ""; in_doubt: sites that may stand swapped.
    """

    sites: tuple[Site, ...]
    unchanged: tuple[str, ...]
    refused: tuple[Refused, ...]
    unused: tuple[str, ...]
    ambiguous: str = ""
    in_doubt: tuple[str, ...] = ()

    def unanswered(self, answers: Answers) -> bool:
        """True while rows wait for an answer."""
        return bool((self.ambiguous and not answers.decimal) or (self.in_doubt and answers.swapped is None))

    @property
    def without_position(self) -> tuple[str, ...]:
        """Names of the sites that still have no position."""
        return tuple(site.site for site in self.sites if site.latitude is None)


@dataclass(slots=True)
class Row:
    """A row while it is read. cells: by the names of COLUMNS. pair: its position as it stands, None for none."""

    number: int
    cells: Mapping[str, Any]
    problem: InvalidSite | None = None
    name: str = ""
    pair: Pair | None = None


def read_sites(
    data: bytes,
    file: str,
    *,
    known: Mapping[str, Site],
    names: Iterable[str],
    by: str,
    at: datetime,
    answers: Answers = Answers(),
) -> SitesFile:
    """The sites of a CSV or GeoJSON file. known: those described, by name; names: all in use. Raises InvalidSite."""
    text = _text(data, file)
    rows, unused = _geojson_rows(text, file) if text.lstrip().startswith("{") else _csv_rows(text, file)
    _name(rows, spellings(names))
    for row in rows:
        _locate(row)
    hidden = _hidden_position(rows, unused)
    in_doubt = _doubt_swapped(rows, known, answers.swapped)
    ambiguous, decimal = _decimal_mark(rows)
    sites, unchanged, refused = [], [], []
    for row in rows:
        try:
            if row.problem:
                raise row.problem
            site = _described(row, known.get(row.name), answers.decimal or decimal, hidden, by=by, at=at)
        except InvalidSite as problem:
            refused.append(Refused(row.number, row.name, str(problem)))
            continue
        if site is None:
            unchanged.append(row.name)
        else:
            sites.append(site)
    return SitesFile(tuple(sites), tuple(unchanged), tuple(refused), unused, ambiguous, in_doubt)


def site_rows(sites: Iterable[Site]) -> list[dict[str, Any]]:
    """The sites as rows of COLUMNS, whose CSV read_sites reads back."""
    return [{column: getattr(site, column) for column in COLUMNS} for site in sites]


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


def _name(rows: Iterable[Row], spelling: Mapping[str, str]) -> None:
    """Give each row the name of its site; a name that is wrong or already there is its problem."""
    first: dict[str, int] = {}
    for row in rows:
        try:
            name = site_name(_honest(row.cells.get("site")))
            row.name = spelling.get(name.casefold(), name)
            if first.setdefault(row.name.casefold(), row.number) != row.number:
                raise InvalidSite(tr("is already in this file, in row {row}", row=first[row.name.casefold()]))
        except InvalidSite as problem:
            row.problem = row.problem or problem


def _locate(row: Row) -> None:
    """Find the row's position; one that cannot be read is its problem."""
    latitude, longitude, text = (_cell(row.cells.get(name)) for name in ("latitude", "longitude", "position"))
    try:
        if bool(latitude) != bool(longitude):
            raise InvalidSite(tr("has half a position: give both latitude and longitude, or neither"))
        if latitude:
            row.pair = pair_from(latitude, longitude)
        elif text:
            row.pair = _point(text) or pair_of(text)
    except InvalidSite as problem:
        row.problem = row.problem or problem


def _described(
    row: Row, before: Site | None, decimal: Mark | None, hidden: str, *, by: str, at: datetime
) -> Site | None:
    """The site as changed by this row; None where the row changes nothing."""
    old = before or Site(row.name, None, None, "", None, by, at)
    latitude, longitude = checked(*row.pair) if row.pair else (old.latitude, old.longitude)
    if latitude is None and hidden:
        raise InvalidSite(hidden)
    new = replace(
        old,
        latitude=latitude,
        longitude=longitude,
        habitat=tidy(_honest(row.cells.get("habitat"))) or old.habitat,
        area_m2=_area(_cell(row.cells.get("area_m2")), decimal) or old.area_m2,
    )
    return None if new == before else replace(new, changed_by=by, changed_at=at)


def _area(text: str, decimal: Mark | None) -> float | None:
    if not text:
        return None
    if is_ambiguous(text) and decimal is None:
        one, other = (f"{number_from(text, mark):g}" for mark in decimal_marks(text))
        raise InvalidSite(tr("{text} m² may be {one} or {other} m²", text=text, one=one, other=other))
    return area_of(number_from(text, decimal))


def _decimal_mark(rows: Iterable[Row]) -> tuple[str, Mark | None]:
    """An area that nothing in the file explains, or ""; and the decimal mark of the file's areas.

    The other areas tell it, else the degrees: 52.429 is no other number there, whatever it is as an area.
    """
    cells = [row.cells for row in rows]
    areas = [_cell(cell.get("area_m2")) for cell in cells]
    told = told_mark(areas)
    if told is None and not any(len(decimal_marks(text)) == 1 for text in areas):
        told = told_mark(text for row in rows for text in _degrees(row))
    unclear = next((text for text in areas if is_ambiguous(text)), "")
    return ("" if told else unclear), told


def _degrees(row: Row) -> list[str]:
    """The row's degrees as they are written, with one figure more before the decimals, so that none are thousands."""
    texts = [_cell(row.cells.get(name)) for name in ("latitude", "longitude")]
    if row.pair and _is_grid(row.pair):
        return texts
    return [text.replace(".", ".0").replace(",", ",0") for text in texts]


def _doubt_swapped(rows: Sequence[Row], known: Mapping[str, Site], swapped: bool | None) -> tuple[str, ...]:
    """The sites that may have latitude and longitude swapped. Swap all, or refuse these, as `swapped` says.

    One that is surely swapped puts all others in doubt that could be so too.
    """
    degrees = [row for row in rows if row.pair and not row.problem and not _is_grid(row.pair)]
    places = [
        (site.latitude, site.longitude)
        for site in known.values()
        if site.latitude is not None and site.longitude is not None
    ]
    suspect = [row for row in degrees if row.pair and _seems_swapped(row.pair, places)]
    doubtful = [row for row in degrees if suspect and row.pair and _may_be_swapped(row.pair, places)]
    undecided = len(doubtful) == len(degrees) or not all(row.pair and looks_swapped(*row.pair) for row in suspect)
    for row in degrees:
        if swapped and row.pair:
            row.pair = row.pair[::-1]
        elif swapped is None and row in doubtful and row.pair and not looks_swapped(*row.pair):
            row.problem = InvalidSite(
                tr(
                    "{latitude:g}, {longitude:g}: latitude and longitude may be swapped, as in row {row}",
                    latitude=row.pair[0],
                    longitude=row.pair[1],
                    row=suspect[0].number,
                )
                if row not in suspect
                else tr(
                    "{latitude:g}, {longitude:g}: latitude and longitude look swapped. Latitude comes first.",
                    latitude=row.pair[0],
                    longitude=row.pair[1],
                )
            )
    return tuple(row.name for row in doubtful) if undecided else ()


def _seems_swapped(pair: Pair, known: Sequence[Pair]) -> bool:
    """True where the pair lies out at sea, or far from all known sites, and the other way round it would not."""
    if looks_swapped(*pair):
        return True
    if not _may_be_swapped(pair, known):
        return False
    if is_at_sea(*pair) and not is_at_sea(*pair[::-1]):
        return True
    return bool(known) and _nearest(pair, known) > FAR_DEGREES and _nearest(pair[::-1], known) < NEARBY_DEGREES


def _may_be_swapped(pair: Pair, known: Sequence[Pair]) -> bool:
    """True unless the pair cannot stand the other way round, or lies among known sites as it stands."""
    latitude, longitude = pair
    if abs(latitude) > 180 or abs(longitude) > 90 or in_netherlands(latitude, longitude):
        return False
    return not known or _nearest(pair, known) > NEARBY_DEGREES


def _nearest(pair: Pair, known: Sequence[Pair]) -> float:
    return min(max(abs(pair[0] - latitude), abs(pair[1] - longitude)) for latitude, longitude in known)


def _is_grid(pair: Pair) -> bool:
    return is_dutch_grid(*pair) or is_dutch_grid(*pair[::-1])


def _hidden_position(rows: Sequence[Row], unused: Sequence[str]) -> str:
    """A sentence on columns that look like positions and are not read, or ""."""
    if any(row.pair for row in rows):
        return ""
    columns = {name: [_cell(row.cells.get(_other(name))) for row in rows[:ROWS_LOOKED_AT]] for name in unused}
    columns = {name: cells for name, cells in columns.items() if any(cells)}
    pairs = permutations([name for name, cells in columns.items() if all(map(_may_be_degrees, cells))], 2)
    found = next((name for name, cells in columns.items() if all(map(_is_place, cells))), "") or next(
        (f"{one}, {other}" for one, other in pairs if all(map(_is_place, columns[one], columns[other]))), ""
    )
    return found and tr(
        "the position in {columns} was not read: call the columns latitude and longitude, or X RD and Y RD",
        columns=found,
    )


def _may_be_degrees(text: str) -> bool:
    """True for numbers as precise as positions are."""
    return not text or len(text.replace(",", ".").partition(".")[2]) >= 3 or len(text) >= 5


def _is_place(*texts: str) -> bool:
    if not any(texts):
        return True
    try:
        checked(*(pair_of(*texts) if len(texts) == 1 else pair_from(*texts)))
    except InvalidSite:
        return False
    return True


_NUMBER = r"[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?"
_POINT = re.compile(
    rf"(?:SRID=(\d+);)?\s*(?:MULTI)?POINT\s*[ZM]*\s*\(\s*\(?\s*({_NUMBER})\s+({_NUMBER})(?:\s+{_NUMBER})*\s*\)?\s*\)",
    re.I,
)
_SHAPE = re.compile(r"(?:SRID=\d+;)?\s*((?:MULTI)?(?:POINT|LINESTRING|POLYGON)|GEOMETRYCOLLECTION)\b", re.I)


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
            columns.get(at, _other(name)): cell for at, (name, cell) in enumerate(zip(header, cells, strict=False))
        }
        rows.append(Row(number, named, InvalidSite(problem) if problem else None))
    return rows, tuple(name for at, name in enumerate(header) if at not in columns and name.strip())


def _other(column: str) -> str:
    """The key of a column that is none of COLUMNS, apart from theirs."""
    return f"?{column}"


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
    row = Row(number, {columns.get(at, _other(names[at])): text for at, text in enumerate(texts)})
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


def _cell(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _honest(value: Any) -> str:
    """Remove the apostrophe that a CSV has before text that a spreadsheet would run."""
    text = _cell(value)
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text
