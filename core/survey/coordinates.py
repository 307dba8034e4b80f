"""Positions as people type them: decimal degrees with point or comma, with N E S W (or Dutch Z, O), or in minutes.

Metres of the Dutch grid (RD New) are turned into degrees. What cannot be a position is refused with what it looks like
instead, as swapped degrees.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from core.errors import InvalidSite
from core.language import tr
from core.survey.grids import DUTCH_GRID, degrees_of, is_dutch_grid
from core.survey.numbers import MARKS, decimal_marks, number_from

NETHERLANDS = (50.6, 53.7, 3.2, 7.3)
"""South, north, west, east, in degrees. The same with latitude and longitude swapped is open sea."""

DECIMALS = 7
"""Decimal places of a degree: the seventh is about a centimetre."""

_NUMBER = r"\d+(?:[.,]\d+)?(?:e-\d+)?"
_SIDE = r"[NZ]\.?B\.?|[OW]\.?L\.?|[NSEWZO]"
_DEGREES = re.compile(
    rf"""(?P<before>{_SIDE}|)\s*(?P<sign>[-+−]?)(?P<degrees>{_NUMBER})\s*[°º˚]?
    (?:\s*(?P<minutes>{_NUMBER})\s*['′’´](?:\s*(?P<seconds>{_NUMBER})\s*(?:["″”“]|''|′′|’’|´´))?)?
    \s*(?P<after>{_SIDE}|)""",
    re.VERBOSE | re.IGNORECASE,
)
"""Degrees, with minutes and seconds or without; sides also as Dutch NB, ZB, OL and WL."""
_SIGNS = {"N": 1, "S": -1, "Z": -1, "E": 1, "O": 1, "W": -1}
_LATITUDE, _LONGITUDE = frozenset("NSZ"), frozenset("EOW")


class Position(NamedTuple):
    """Latitude and longitude in degrees, WGS 84."""

    latitude: float
    longitude: float


def position_of(text: str) -> Position:
    """The position that a text such as `52.4291, 4.5771` or `52°25′44.8″N 4°34′37.6″E` names. Raises InvalidSite."""
    return checked(*pair_of(text))


def pair_of(text: str) -> tuple[float, float]:
    """The two numbers of a position in one text, unchecked, latitude first. Raises InvalidSite."""
    for halves in _halves(text.strip()):
        first, second = (_DEGREES.fullmatch(half.strip()) for half in halves)
        if first and second and not any(match["before"] and match["after"] for match in (first, second)):
            return _pair(first, second)
        if metres := _grid_metres(*halves):
            return metres
    raise InvalidSite(
        tr("{text} is not a position. Give latitude and longitude, as in 52.4291, 4.5771.", text=repr(text.strip()))
    )


def pair_from(latitude: str, longitude: str) -> tuple[float, float]:
    """The same of a text for latitude and one for longitude. Raises InvalidSite."""
    return _grid_metres(latitude, longitude) or _pair(_one(latitude.strip()), _one(longitude.strip()))


def checked(latitude: float, longitude: float) -> Position:
    """The position, if it can be one; metres of the Dutch grid in degrees. Raises InvalidSite, saying why not."""
    if _is_grid(latitude, longitude):
        east_m, north_m = sorted((latitude, longitude))
        latitude, longitude = degrees_of(east_m, north_m, DUTCH_GRID)
    latitude, longitude = round(latitude, DECIMALS), round(longitude, DECIMALS)
    given = f"{latitude:g}, {longitude:g}"
    if looks_swapped(latitude, longitude):
        raise InvalidSite(tr("{given}: latitude and longitude look swapped. Latitude comes first.", given=given))
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):  # also what is not a number
        raise InvalidSite(
            tr("{given} is not on the map: latitude goes from -90 to 90, longitude from -180 to 180.", given=given)
        )
    if latitude == longitude == 0:
        raise InvalidSite(tr("0, 0 is not a position: devices write it when they have no fix."))
    return Position(latitude, longitude)


def looks_swapped(latitude: float, longitude: float) -> bool:
    """True for a pair that can only be meant the other way round."""
    if abs(latitude) > 90 >= abs(longitude):
        return abs(latitude) <= 180
    return in_netherlands(longitude, latitude) and not in_netherlands(latitude, longitude)


def in_netherlands(latitude: float, longitude: float) -> bool:
    """True for a position in the Netherlands or a little way over the border."""
    south, north, west, east = NETHERLANDS
    return south <= latitude <= north and west <= longitude <= east


def position_in_words(latitude: float | None, longitude: float | None) -> str:
    """`52.4291 N 4.5771 E`, which position_of reads back; empty unless both are known."""
    if latitude is None or longitude is None:
        return ""
    north, south, east, west = tr("N S E W").split()
    up, along = (north if latitude >= 0 else south), (east if longitude >= 0 else west)
    return f"{abs(latitude):.4f} {up} {abs(longitude):.4f} {along}"


def _halves(text: str) -> list[tuple[str, str]]:
    """Each way to cut a text into two coordinates, the likeliest first."""
    cuts = [match.span() for match in re.finditer(r"\s*;\s*|\s*,\s+|\s+|(?<=[A-Za-z])\s*,?\s*", text)]
    if "." in text and text.count(",") == 1:
        cuts.append((text.index(","), text.index(",") + 1))
    return [(text[:start], text[end:]) for start, end in cuts if text[:start] and text[end:]]


def _one(text: str) -> re.Match[str]:
    match = _DEGREES.fullmatch(text)
    if match is None:
        raise InvalidSite(tr("{text} is not a number of degrees, as in 52.4291.", text=repr(text)))
    return match


def _pair(first: re.Match[str], second: re.Match[str]) -> tuple[float, float]:
    sides = [(match["before"] or match["after"]).upper()[:1] for match in (first, second)]
    degrees = [_signed(match, side) for match, side in zip((first, second), sides, strict=True)]
    if sides[0] in _LONGITUDE and sides[1] in _LATITUDE:
        sides, degrees = sides[::-1], degrees[::-1]
    if (sides[0] and sides[0] not in _LATITUDE) or (sides[1] and sides[1] not in _LONGITUDE):
        raise InvalidSite(
            tr("{given} names one direction twice.", given=f"{first.string.strip()} {second.string.strip()}")
        )
    return degrees[0], degrees[1]


def _signed(match: re.Match[str], side: str) -> float:
    parts = [float((match[name] or "0").replace(",", ".")) for name in ("degrees", "minutes", "seconds")]
    if any(part >= 60 for part in parts[1:]):
        raise InvalidSite(tr("{text}: minutes and seconds go up to 60.", text=match.string.strip()))
    degrees = parts[0] + parts[1] / 60 + parts[2] / 3600
    negative = match["sign"] in ("-", "−") or _SIGNS.get(side, 1) < 0  # "-4.5 W" is west, said twice
    return -degrees if negative else degrees


def _grid_metres(first: str, second: str) -> tuple[float, float] | None:
    """Metres of the Dutch grid, whatever stands between their thousands; no two numbers of degrees are any."""
    for decimal in MARKS:
        if all(decimal in decimal_marks(text) for text in (first, second)):
            metres = number_from(first, decimal), number_from(second, decimal)
            if _is_grid(*metres):
                return metres
    return None


def _is_grid(first: float, second: float) -> bool:
    return is_dutch_grid(first, second) or is_dutch_grid(second, first)
