"""Facts that the camera wrote into the file: when, where, with what.

Cameras and editors write nonsense here (zero dates, 0/0 positions, cut-off tables). A fact that
cannot be trusted is None; it never makes a good picture unreadable.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

_DATE = re.compile(r"(\d{4})[:/-](\d\d)[:/-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(r"[+-](0\d|1[0-4]):[0-5]\d")


def taken_at(exif: Image.Exif) -> str | None:
    """When the photo was taken, "2026-05-01T10:20:30" with "+02:00" behind it only where the camera says so.

    The time of the shutter first; then of digitising; last the file's own, which is all that some phones write.
    Fractions of a second are left out.
    """
    details = _table(exif, IFD.Exif)
    for table, date, offset in (
        (details, Base.DateTimeOriginal, Base.OffsetTimeOriginal),
        (details, Base.DateTimeDigitized, Base.OffsetTimeDigitized),
        (exif, Base.DateTime, Base.OffsetTime),
    ):
        if when := _iso_date(_text(tag_value(table, date))):
            zone = _text(tag_value(details, offset)).replace("Z", "+00:00")
            return when + (zone if _OFFSET.fullmatch(zone) else "")
    return None


def position(exif: Image.Exif) -> tuple[float, float] | tuple[None, None]:
    """Latitude and longitude in degrees (WGS 84), south and west negative; (None, None) unless both can be trusted.

    Exactly 0, 0 is what phones write before they know where they are, and no place where flowers grow.
    """
    gps = _table(exif, IFD.GPSInfo)
    latitude = _degrees(gps, GPS.GPSLatitude, GPS.GPSLatitudeRef, signs={"N": 1, "S": -1}, limit=90)
    longitude = _degrees(gps, GPS.GPSLongitude, GPS.GPSLongitudeRef, signs={"E": 1, "W": -1}, limit=180)
    if latitude is None or longitude is None or latitude == longitude == 0:
        return None, None
    return latitude, longitude


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


def _iso_date(text: str) -> str | None:
    match = _DATE.match(text)
    if not match:
        return None
    try:
        return datetime(*map(int, match.groups())).isoformat()  # type: ignore[arg-type]
    except ValueError:  # "0000:00:00 00:00:00": a camera whose clock was never set
        return None


def _positive(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def _degrees(gps: dict[int, Any], tag: int, side: int, *, signs: dict[str, int], limit: int) -> float | None:
    """Degrees from up to three rationals (degrees, minutes, seconds), to the 7 decimals (1 cm) that they can hold."""
    sign = signs.get(_text(tag_value(gps, side)).upper()[:1])
    value = tag_value(gps, tag)
    parts = value if isinstance(value, tuple) else (value,)
    if sign is None or not 1 <= len(parts) <= 3:
        return None
    try:
        numbers = [float(part) for part in parts]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    if any(not math.isfinite(n) or n < 0 for n in numbers) or any(n > 60 for n in numbers[1:]):
        return None
    degrees = sum(n / 60**i for i, n in enumerate(numbers))
    return sign * round(degrees, 7) if degrees <= limit else None
