"""EXIF as a camera writes it, for the photos that tests make."""

from __future__ import annotations

from collections.abc import Mapping

from PIL import Image


def camera_exif(
    *,
    orientation: int = 1,
    base: Mapping[int, object] | None = None,
    details: Mapping[int, object] | None = None,
    gps: Mapping[int, object] | None = None,
) -> bytes:
    """EXIF bytes with these tags in its first, its details' and its GPS table."""
    exif = Image.Exif()
    exif.get_ifd(0x8769).update(details or {})
    exif.get_ifd(0x8825).update(gps or {})
    for tag, value in {0x8769: 0, 0x8825: 0, 0x0112: orientation, **(base or {})}.items():
        exif[tag] = value
    return exif.tobytes()
