"""Sites from and to files: CSV as spreadsheets of any country write it, and GeoJSON.

Every row that cannot be used is named with its reason, and the others are read all the same. An empty cell keeps what
is known of a site, so that a file may bring areas alone. Where only a person can tell what a file means, a SitesFile
says so, and the rows in doubt wait for Answers. A file that cannot be read at all is an InvalidSite.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import permutations
from typing import Any

from core.errors import InvalidSite
from core.language import tr
from core.store.records import Site
from core.survey.coordinates import checked, in_netherlands, looks_swapped, pair_from, pair_of
from core.survey.file_rows import COLUMNS, Pair, Row, cell_text, honest_text, locate, other_column, read_rows
from core.survey.grids import is_dutch_grid
from core.survey.land import is_at_sea
from core.survey.numbers import Mark, decimal_marks, is_ambiguous, number_from, told_mark
from core.survey.sampling import checked_number, protocol_from
from core.survey.sites import area_of, site_name, spellings, tidy

ROWS_LOOKED_AT = 50
"""Rows that must look like positions before a column whose name says nothing is taken for one."""

NEARBY_DEGREES, FAR_DEGREES = 5.0, 20.0
"""A site nearer than the one to a known site, were it swapped, and now farther than the other, looks swapped."""


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
    rows, unused = read_rows(data, file)
    _name(rows, spellings(names))
    for row in rows:
        locate(row)
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
    return [_cells(site) for site in sites]


def _cells(site: Site) -> dict[str, Any]:
    """The site by COLUMNS; a plot stands under its site."""
    cells = {column: getattr(site, column, None) for column in COLUMNS}
    return cells | {"site": site.parent or site.site, "plot": site.site if site.parent else None}


def sites_geojson(sites: Iterable[Site]) -> str:
    """The sites as GeoJSON points (RFC 7946), without geometry where there is no position; read_sites reads it back."""
    features = [
        {
            "type": "Feature",
            "geometry": None
            if site.latitude is None
            else {"type": "Point", "coordinates": [site.longitude, site.latitude]},
            "properties": {
                name: value
                for name, value in _cells(site).items()
                if name not in ("latitude", "longitude") and (value is not None or name == "area_m2")
            },
        }
        for site in sites
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, indent=1)


def _name(rows: Iterable[Row], spelling: Mapping[str, str]) -> None:
    """Give each row the name of its site; a name that is wrong or already there is its problem."""
    first: dict[str, int] = {}
    sites = dict(spelling)
    for row in rows:
        try:
            site, plot = (honest_text(row.cells.get(column)) for column in ("site", "plot"))
            name = site_name(plot or site)
            row.name = spelling.get(name.casefold(), name)
            sites.setdefault(name.casefold(), name)
            if plot and tidy(site).casefold() not in ("", name.casefold()):
                row.parent = sites.setdefault(tidy(site).casefold(), tidy(site))
            if first.setdefault(row.name.casefold(), row.number) != row.number:
                raise InvalidSite(tr("is already in this file, in row {row}", row=first[row.name.casefold()]))
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
        habitat=tidy(honest_text(row.cells.get("habitat"))) or old.habitat,
        area_m2=area_of(_number(row, "area_m2", decimal)) or old.area_m2,
        parent=row.parent or old.parent,
        protocol=protocol_from(cell_text(row.cells.get("protocol"))) or old.protocol,
        quadrat_m2=checked_number("quadrat_m2", _number(row, "quadrat_m2", decimal)) or old.quadrat_m2,
        length_m=checked_number("length_m", _number(row, "length_m", decimal)) or old.length_m,
        width_m=checked_number("width_m", _number(row, "width_m", decimal)) or old.width_m,
        minutes=checked_number("minutes", _number(row, "minutes", decimal)) or old.minutes,
    )
    return None if new == before else replace(new, changed_by=by, changed_at=at)


_UNITS = {"area_m2": "m²", "quadrat_m2": "m²", "length_m": "m", "width_m": "m", "minutes": "min"}


def _number(row: Row, column: str, decimal: Mark | None) -> float | None:
    text, unit = cell_text(row.cells.get(column)), _UNITS[column]
    if not text:
        return None
    if is_ambiguous(text) and decimal is None:
        one, other = (f"{number_from(text, mark):g}" for mark in decimal_marks(text))
        raise InvalidSite(
            tr("{text} {unit} may be {one} or {other} {unit}", text=text, unit=unit, one=one, other=other)
        )
    return number_from(text, decimal)


def _decimal_mark(rows: Iterable[Row]) -> tuple[str, Mark | None]:
    """An area that nothing in the file explains, or ""; and the decimal mark of the file's areas.

    The other areas tell it, else the degrees: 52.429 is no other number there, whatever it is as an area.
    """
    cells = [row.cells for row in rows]
    areas = [cell_text(cell.get(name)) for name, unit in _UNITS.items() if unit == "m²" for cell in cells]
    told = told_mark(areas)
    if told is None and not any(len(decimal_marks(text)) == 1 for text in areas):
        told = told_mark(text for row in rows for text in _degrees(row))
    unclear = next((text for text in areas if is_ambiguous(text)), "")
    return ("" if told else unclear), told


def _degrees(row: Row) -> list[str]:
    """The row's degrees as they are written, with one figure more before the decimals, so that none are thousands."""
    texts = [cell_text(row.cells.get(name)) for name in ("latitude", "longitude")]
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
    columns = {name: [cell_text(row.cells.get(other_column(name))) for row in rows[:ROWS_LOOKED_AT]] for name in unused}
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
