"""Facts that the camera wrote into the file: when, where, with what.

Cameras and editors write nonsense here (zero dates, 0/0 positions, cut-off tables). A fact that
cannot be trusted is None; it never makes a good picture unreadable.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

_DATE = re.compile(
    r"\s*(\d{4})\s*[:/.-]\s*(\d{1,2})\s*[:/.-]\s*(\d{1,2})"
    r"(?:[ T]+(\d{1,2})\s*[:.]\s*(\d{1,2})(?:\s*[:.]\s*(\d{1,2})(?:[.,]\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?)?"
)
_OFFSET = re.compile(r"([+-])(0\d|1[0-4]):?([0-5]\d)")
_SAME_AS_WGS_84 = ("", "WGS84", "WGS1984", "ETRS89", "JGD2000", "JGD2011", "NAD83", "GDA94", "GDA2020")
"""Datums within two metres of WGS 84, by their letters and numbers alone."""


def taken_at(exif: Image.Exif, *, written: str = "", program: str = "") -> str | None:
    """When the photo was taken, "2026-05-01T10:20:30" with "+02:00" behind it only where the camera says so.

    A day alone where no more is said. The time of the shutter first; then of digitising; then `written`, what XMP or
    IPTC say; last the file's own, which is all that some phones write, but not where a program changed the file
    (`program`, or that of EXIF) or the camera's clock was never set. Fractions of a second are left out.
    """
    details = _table(exif, IFD.Exif)
    for time, offset in (
        (Base.DateTimeOriginal, Base.OffsetTimeOriginal),
        (Base.DateTimeDigitized, Base.OffsetTimeDigitized),
    ):
        for table in (details, exif):
            if when := iso_date(_text(tag_value(table, time)), _text(tag_value(table, offset))):
                return when
    if when := iso_date(written):
        return when
    unset = any(_text(tag_value(details, time)) for time in (Base.DateTimeOriginal, Base.DateTimeDigitized))
    if program or unset or _text(tag_value(exif, Base.Software)):
        return None
    return iso_date(_text(tag_value(exif, Base.DateTime)), _text(tag_value(details, Base.OffsetTime)))


def iso_date(text: str, offset: str = "") -> str | None:
    """A date as cameras and programs write it, in ISO 8601; None for what is none. offset: where it stands apart."""
    match = _DATE.match(text)
    if not match:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    try:
        if hour is None:
            return date(int(year), int(month), int(day)).isoformat()
        clock = int(hour) % 24 if hour == "24" else int(hour), int(minute), min(int(second or 0), 59 + (second != "60"))
        when = datetime(int(year), int(month), int(day), *clock).isoformat()
    except ValueError:  # "0000:00:00 00:00:00": a camera whose clock was never set
        return None
    parts = _OFFSET.fullmatch((zone or offset).replace("Z", "+00:00"))
    return when + (f"{parts[1]}{parts[2]}:{parts[3]}" if parts else "")


def position(exif: Image.Exif, *, written: tuple[str, str] = ("", "")) -> tuple[float, float] | tuple[None, None]:
    """Latitude and longitude in degrees (WGS 84), south and west negative; (None, None) unless both can be trusted.

    written: what XMP says, for where EXIF says nothing. Exactly 0, 0 is what phones write before they know where they
    are, and no place where flowers grow; nor is a receiver's last fix trusted that it calls void, or another datum.
    """
    gps = _table(exif, IFD.GPSInfo)
    datum = re.sub(r"[^A-Z0-9]", "", _text(tag_value(gps, GPS.GPSMapDatum)).upper())
    if _text(tag_value(gps, GPS.GPSStatus)).upper() == "V" or datum not in _SAME_AS_WGS_84:
        return None, None
    if tag_value(gps, GPS.GPSLatitude) is None and tag_value(gps, GPS.GPSLongitude) is None:
        latitude, longitude = _written_degrees(written[0], "NS", 90), _written_degrees(written[1], "EW", 180)
    else:
        parts = [_parts(tag_value(gps, tag)) for tag in (GPS.GPSLatitude, GPS.GPSLongitude)]
        signed = any(number < 0 for numbers in parts for number in numbers or ())
        latitude = _degrees(parts[0], _text(tag_value(gps, GPS.GPSLatitudeRef)), "NS", 90, signed=signed)
        longitude = _degrees(parts[1], _text(tag_value(gps, GPS.GPSLongitudeRef)), "EW", 180, signed=signed)
    if latitude is None or longitude is None or latitude == longitude == 0:
        return None, None
    return latitude, longitude


def altitude_m(exif: Image.Exif) -> float | None:
    """Metres above the sea by the GPS, below it negative."""
    gps = _table(exif, IFD.GPSInfo)
    height = _positive(tag_value(gps, GPS.GPSAltitude))
    below = tag_value(gps, GPS.GPSAltitudeRef) in (1, b"\x01")
    return None if height is None else round(-height if below else height, 2)


def camera(exif: Image.Exif) -> str | None:
    """Make and model, the make only once ("Apple iPhone 15", "Canon EOS R6")."""
    make, model = _text(tag_value(exif, Base.Make)), _text(tag_value(exif, Base.Model))
    words = model if model.lower().startswith(make.lower()) else f"{make} {model}"
    return words.strip()[:100] or None


def exposure(exif: Image.Exif) -> str | None:
    """Exposure as photographers write it, "1/250 s · f/2.8 · ISO 100 · 35 mm"; missing parts are left out."""
    details = _table(exif, IFD.Exif)
    time, aperture, focal = (
        _positive(tag_value(details, tag)) for tag in (Base.ExposureTime, Base.FNumber, Base.FocalLength)
    )
    speed = tag_value(details, Base.ISOSpeedRatings)
    iso = _positive(speed[0] if isinstance(speed, tuple) and speed else speed)
    parts = [
        *([f"1/{1 / time:.0f} s" if time <= 0.5 else f"{time:g} s"] if time else []),
        *([f"f/{aperture:.3g}"] if aperture else []),
        *([f"ISO {iso:.0f}"] if iso else []),
        *([f"{focal:.3g} mm"] if focal else []),
    ]
    return " · ".join(parts) or None


def orientation(exif: Image.Exif) -> int:
    """Orientation of the stored picture, 1 (upright) to 8 as in EXIF; 1 where the tag holds anything else."""
    value = tag_value(exif, Base.Orientation)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def tag_value(table: Image.Exif | Mapping[int, Any], tag: int) -> object:
    """The value of a tag, None where it is absent or damaged."""
    try:
        return table.get(tag)
    except Exception:  # tags are decoded when they are asked for
        return None


def _table(exif: Image.Exif, ifd: IFD) -> dict[int, Any]:
    try:
        return exif.get_ifd(ifd)
    except Exception:  # a damaged table ends in any of a dozen errors; the picture is still good
        return {}


def _text(tag: object) -> str:
    text = tag.decode("latin-1") if isinstance(tag, bytes) else tag
    if not isinstance(text, str):
        return ""
    text = text.split("\0")[0]
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _positive(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def _parts(value: object) -> list[float] | None:
    """Degrees, minutes and seconds as numbers; 0/0, which some write where they give none, is 0 but as degrees."""
    try:
        numbers = [float(part) for part in (value if isinstance(value, tuple) else (value,))]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return [number if index == 0 or not math.isnan(number) else 0.0 for index, number in enumerate(numbers)]


def _degrees(numbers: list[float] | None, side: str, sides: str, limit: int, *, signed: bool) -> float | None:
    """Degrees from up to three numbers, to the 7 decimals (1 cm) that they can hold.

    side: the letter beside them, of `sides` (NS or EW); it may be missing where the numbers are signed.
    """
    side = side.upper()[:1]
    if not numbers or len(numbers) > 3 or not all(map(math.isfinite, numbers)):
        return None
    if (side and side not in sides) or (not side and not signed) or any(abs(number) > 60 for number in numbers[1:]):
        return None
    degrees = sum(abs(number) / 60**index for index, number in enumerate(numbers))
    negative = side == sides[1] or any(number < 0 for number in numbers)
    return (-1 if negative else 1) * round(degrees, 7) if degrees <= limit else None


def _written_degrees(text: str, sides: str, limit: int) -> float | None:
    """Degrees in XMP: "52.4291", or "52,25.746N" and "52,25,44.8N"."""
    match = re.fullmatch(r"([+-]?\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?(?:,(\d+(?:\.\d+)?))?([NSEW]?)", text.upper())
    if not match:
        return None
    numbers = [float(part) for part in match.groups()[:3] if part]
    return _degrees(numbers, match[4], sides, limit, signed=True)
