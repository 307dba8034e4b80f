"""Positions as people type them: decimal degrees with point or comma, with N E S W (or Dutch Z, O), or in minutes.

What cannot be a position is refused with what it looks like instead, as swapped degrees or Dutch grid metres.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from core.errors import InvalidSite
from core.language import tr

NETHERLANDS = (50.6, 53.7, 3.2, 7.3)
"""South, north, west, east, in degrees. The same with latitude and longitude swapped is open sea."""

DECIMALS = 7
"""Decimal places of a degree: the seventh is about a centimetre."""

_NUMBER = r"\d+(?:[.,]\d+)?(?:e-\d+)?"
_DEGREES = re.compile(
    rf"""(?P<before>[NSEWZO]?)\s*(?P<sign>[-+−]?)(?P<degrees>{_NUMBER})\s*°?
    (?:\s*(?P<minutes>{_NUMBER})\s*['′’](?:\s*(?P<seconds>{_NUMBER})\s*(?:["″”]|''))?)?
    \s*(?P<after>[NSEWZO]?)""",
    re.VERBOSE | re.IGNORECASE,
)
_SIGNS = {"N": 1, "S": -1, "Z": -1, "E": 1, "O": 1, "W": -1}
_LATITUDE, _LONGITUDE = frozenset("NSZ"), frozenset("EOW")


class Position(NamedTuple):
    """Latitude and longitude in degrees, WGS 84."""

    latitude: float
    longitude: float


def position_of(text: str) -> Position:
    """The position that a text such as `52.4291, 4.5771` or `52°25′44.8″N 4°34′37.6″E` names. Raises InvalidSite."""
    for halves in _halves(text.strip()):
        first, second = (_DEGREES.fullmatch(half.strip()) for half in halves)
        if first and second and not any(match["before"] and match["after"] for match in (first, second)):
            return _position(first, second)
    raise InvalidSite(
        tr("{text} is not a position. Give latitude and longitude, as in 52.4291, 4.5771.", text=repr(text.strip()))
    )


def position_from(latitude: str, longitude: str) -> Position:
    """The position that a text for latitude and one for longitude name. Raises InvalidSite."""
    first, second = (_one(text.strip()) for text in (latitude, longitude))
    return _position(first, second)


def _one(text: str) -> re.Match[str]:
    match = _DEGREES.fullmatch(text)
    if match is None:
        raise InvalidSite(tr("{text} is not a number of degrees, as in 52.4291.", text=repr(text)))
    return match


def checked(latitude: float, longitude: float) -> Position:
    """The position, if it can be one. Raises InvalidSite, saying what it looks like instead."""
    latitude, longitude = round(latitude, DECIMALS), round(longitude, DECIMALS)
    given = f"{latitude:g}, {longitude:g}"
    if _is_dutch_grid(longitude, latitude) or _is_dutch_grid(latitude, longitude):
        raise InvalidSite(
            tr("{given} looks like Dutch grid metres (RD, EPSG:28992). Convert to degrees first (WGS 84).", given=given)
        )
    swapped = abs(latitude) > 90 >= abs(longitude) and abs(latitude) <= 180
    if swapped or (_in_netherlands(longitude, latitude) and not _in_netherlands(latitude, longitude)):
        raise InvalidSite(tr("{given}: latitude and longitude look swapped. Latitude comes first.", given=given))
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):  # also what is not a number
        raise InvalidSite(
            tr("{given} is not on the map: latitude goes from -90 to 90, longitude from -180 to 180.", given=given)
        )
    if latitude == longitude == 0:
        raise InvalidSite(tr("0, 0 is not a position: devices write it when they have no fix."))
    return Position(latitude, longitude)


def position_in_words(latitude: float | None, longitude: float | None) -> str:
    """`52.4291 N 4.5771 E`, which position_of reads back; empty unless both are known."""
    if latitude is None or longitude is None:
        return ""
    north, south, east, west = tr("N S E W").split()
    up, along = (north if latitude >= 0 else south), (east if longitude >= 0 else west)
    return f"{abs(latitude):.4f} {up} {abs(longitude):.4f} {along}"


def number_from(text: str) -> float:
    """The number that a text with decimal point or comma names. Raises InvalidSite."""
    plain = text.strip().replace("\u2009", "").replace("\u00a0", "").replace(" ", "")
    thousands, decimal = (".", ",") if plain.rfind(",") > plain.rfind(".") else (",", ".")
    if thousands in plain and decimal in plain:
        plain = plain.replace(thousands, "")
    try:
        number = float(plain.replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InvalidSite(tr("{text} is not a number.", text=repr(text.strip())))
    return number


def _halves(text: str) -> list[tuple[str, str]]:
    """Each way to cut a text into two coordinates, the likeliest first."""
    cuts = [match.span() for match in re.finditer(r"\s*;\s*|\s*,\s+|\s+|(?<=[A-Za-z])\s*,?\s*", text)]
    if "." in text and text.count(",") == 1:
        cuts.append((text.index(","), text.index(",") + 1))
    return [(text[:start], text[end:]) for start, end in cuts if text[:start] and text[end:]]


def _position(first: re.Match[str], second: re.Match[str]) -> Position:
    sides = [(match["before"] or match["after"]).upper() for match in (first, second)]
    degrees = [_signed(match, side) for match, side in zip((first, second), sides, strict=True)]
    if sides[0] in _LONGITUDE and sides[1] in _LATITUDE:
        sides, degrees = sides[::-1], degrees[::-1]
    if (sides[0] and sides[0] not in _LATITUDE) or (sides[1] and sides[1] not in _LONGITUDE):
        raise InvalidSite(
            tr("{given} names one direction twice.", given=f"{first.string.strip()} {second.string.strip()}")
        )
    return checked(*degrees)


def _signed(match: re.Match[str], side: str) -> float:
    parts = [number_from(match[name] or "0") for name in ("degrees", "minutes", "seconds")]
    if any(part >= 60 for part in parts[1:]):
        raise InvalidSite(tr("{text}: minutes and seconds go up to 60.", text=match.string.strip()))
    degrees = parts[0] + parts[1] / 60 + parts[2] / 3600
    negative = match["sign"] in ("-", "−") or _SIGNS.get(side, 1) < 0  # "-4.5 W" is west, said twice
    return -degrees if negative else degrees


def _in_netherlands(latitude: float, longitude: float) -> bool:
    south, north, west, east = NETHERLANDS
    return south <= latitude <= north and west <= longitude <= east


def _is_dutch_grid(x: float, y: float) -> bool:
    """True if these may be metres in the Dutch grid: east of 7 km and north of 289 km of its origin."""
    return 7_000 <= x <= 300_000 and 289_000 <= y <= 629_000
