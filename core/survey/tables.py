"""Tables of sites as people and programs write them: the header wherever it stands, its columns under any usual name.

A line that cannot be taken apart is a row with a sentence; it never swallows the lines below it.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Sequence
from io import StringIO
from typing import NamedTuple

from core.errors import InvalidSite
from core.language import tr

NAMES = {
    "site": (
        *("site", "sitename", "naam", "name", "locatie", "locatienaam", "location", "locationname", "naamlocatie"),
        *("gebied", "gebiedsnaam", "station", "plaats", "sitecode", "siteid", "sitenr", "locatiecode", "locatieid"),
        *("plot", "plotnaam", "plotname", "proefvlak", "meetpunt", "plotcode", "plotid", "plotnr", "plotnummer"),
    ),
    "latitude": (
        *("latitude", "lat", "decimallatitude", "breedtegraad", "breedte", "noorderbreedte", "y", "ycoord"),
        *("ycoordinaat", "ycoordinate", "coordy", "northing", "noord", "north", "rdy", "yrd"),
    ),
    "longitude": (
        *("longitude", "lon", "lng", "long", "decimallongitude", "lengtegraad", "lengte", "oosterlengte", "x"),
        *("xcoord", "xcoordinaat", "xcoordinate", "coordx", "easting", "oost", "east", "rdx", "xrd"),
    ),
    "position": (
        *("position", "positie", "coordinates", "coordinaten", "coordinate", "coordinaat", "coords", "coord"),
        *("latlon", "latlong", "latlng", "gps", "wkt", "geom", "geometry", "geometrie", "thegeom", "shape", "punt"),
    ),
    "habitat": ("habitat", "habitattype", "biotope", "biotoop", "biotooptype", "vegetatie", "vegetatietype"),
    "plot": ("plot", "plotname", "plotnaam", "proefvlak", "plotcode", "plotid", "plotnr", "plotnummer", "meetpunt"),
    "protocol": ("protocol", "samplingprotocol", "method", "methode"),
    "quadrat_m2": ("quadratm2", "quadratarea", "quadrat", "kwadrantm2", "kwadrant"),
    "length_m": ("lengthm", "transectlength", "transectlengthm", "transectlengte"),
    "width_m": ("widthm", "transectwidth", "transectwidthm", "transectbreedte"),
    "minutes": ("minutes", "minuten", "duration", "duur"),
    "area_m2": ("aream2", "area", "plotarea", "plotaream2", "oppervlakte", "oppervlaktem2", "plotoppervlakte"),
}
"""Names that a column may have, in small letters and digits, the likeliest first."""

QUALIFIERS = frozenset(
    {
        *("wgs", "84", "wgs84", "epsg", "4326", "28992", "rd", "new", "rdnew", "nieuw", "amersfoort", "gps", "geo"),
        *("rijksdriehoek", "rijksdriehoekstelsel", "coordinate", "coordinates", "coordinaat", "coordinaten", "coord"),
        *("coords", "point", "decimal", "decimaal", "decimale", "degrees", "degree", "graden", "deg", "dd", "in", "m"),
        *("meter", "meters", "m2", "2", "the", "de", "het", "van", "of", "plot", "site", "wkt"),
    }
)
"""Words that say more of a column whose other words name it, as in Latitude (WGS84) and POINT_X."""

DELIMITERS = ";\t,|"
MOST_LINES_ABOVE = 20
"""Lines in which a header is looked for: titles, authors and dates may stand above it."""

MOST_LINES_A_CELL = 20
"""A quoted cell with more line breaks is one whose quotation mark was forgotten."""


class Line(NamedTuple):
    """A row of a table. number: as a spreadsheet counts. problem: why its cells cannot be trusted, or ""."""

    number: int
    cells: list[str]
    problem: str = ""


def read_table(text: str, file: str) -> tuple[list[str], list[Line]]:
    """The header of a table and the rows below it that are not empty. Raises InvalidSite."""
    lines = list(StringIO(text, newline=""))
    skipped = 1 if lines[0].lower().startswith("sep=") else 0
    above = [(delimiter, _records(lines[skipped : skipped + MOST_LINES_ABOVE], delimiter)) for delimiter in DELIMITERS]
    headers = [
        (_likeness(record.cells), len(record.cells), -at, delimiter)
        for delimiter, records in above
        for at, record in enumerate(records)
    ]
    _, _, before, delimiter = max(headers, key=lambda header: header[:3])
    header, *table = _records(lines[skipped:], delimiter)[-before:]
    if header.problem:
        raise InvalidSite(tr("{file} cannot be read as a table: {error}.", file=file, error=header.problem))
    rows = [_measured(line, len(header.cells)) for line in table if line.problem or any(map(str.strip, line.cells))]
    return header.cells, [line._replace(number=line.number + skipped) for line in rows]


def columns_of(header: Sequence[str]) -> dict[int, str]:
    """The key in NAMES of each place in the header; where two places may have one, the likelier place."""
    whole, bare = [_plain(name) for name in header], [_bare(name) for name in header]
    columns: dict[int, str] = {}
    for column, names in NAMES.items():
        places = [there.index(name) for there in (whole, bare) for name in names if name in there]
        at = next((place for place in places if place not in columns), None)
        if at is not None:
            columns[at] = column
    return columns


def _likeness(cells: Sequence[str]) -> int:
    """The number of columns that these cells name; 0 for none of a site's name."""
    columns = columns_of(cells)
    return len(columns) if "site" in columns.values() else 0


def _plain(name: str) -> str:
    return "".join(_words(name))


def _bare(name: str) -> str:
    """The name without QUALIFIERS; of one that has nothing else, the word for a position."""
    words = _words(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name))
    rest = "".join(word for word in words if word not in QUALIFIERS)
    return rest or next((word for word in words if word in NAMES["position"]), "")


def _words(name: str) -> list[str]:
    """Its words in small letters without accents; m² is m2."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    return re.findall(r"[a-z]+\d*|\d+", "".join(letter for letter in letters if not unicodedata.combining(letter)))


def _measured(line: Line, columns: int) -> Line:
    if line.problem or not any(map(str.strip, line.cells[columns:])):
        return line
    return line._replace(
        problem=tr(
            "has more cells than the table has columns. Is there a decimal comma in a file with commas between cells?"
        )
    )


def _records(lines: Sequence[str], delimiter: str) -> list[Line]:
    """The rows of a table, each of one line, or of several where a quoted cell goes on."""
    records: list[Line] = []
    at, columns = 0, 0
    while at < len(lines):
        record, length = _record(lines[at : at + MOST_LINES_A_CELL], delimiter, columns)
        records.append(record._replace(number=len(records) + 1))
        columns = columns or (len(record.cells) if length > 1 or len(record.cells) > 1 else 0)
        at += length
    return records


def _record(lines: Sequence[str], delimiter: str, columns: int) -> tuple[Line, int]:
    """The row that starts on the first line, and its number of lines. columns: of the table, 0 while unknown."""
    for length in range(1, len(lines) + 1):
        try:
            (cells, *more) = csv.reader(lines[:length], delimiter=delimiter, strict=True)
        except (csv.Error, ValueError):
            continue
        if not more and (length == 1 or not columns or len(cells) == columns):
            return Line(0, cells), length
    cells = lines[0].replace('"', "").rstrip("\r\n").split(delimiter)
    return Line(0, cells, tr("has a quotation mark that is not closed")), 1
