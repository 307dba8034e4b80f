"""The colours of a picture without a colour profile: told by codes (HEIF, AVIF, PNG), by EXIF, or by PNG's own chunks.

They are made a profile, so that one place turns colours into sRGB: core/photo/pixels.py.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ExifTags import IFD, Base

from core.photo import exif
from core.photo.tiff import UnreadKind

Pairs = tuple[tuple[float, float], ...]
"""Chromaticities x, y of red, green, blue and white."""

_D65 = (0.3127, 0.329)
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
"""A parametric curve of type 3 (ICC.1:2022, 10.18)."""

ADOBE_RGB: Pairs = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06), _D65)
_P3: Pairs = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06), _D65)
_SRGB: Pairs = ((0.64, 0.33), (0.3, 0.6), (0.15, 0.06), _D65)
_PRIMARIES: dict[int, Pairs] = {
    **dict.fromkeys((1, 2, 5, 6), _SRGB),
    9: ((0.708, 0.292), (0.17, 0.797), (0.131, 0.046), _D65),
    12: _P3,
}
_CURVES: dict[int, Sequence[float]] = {
    **dict.fromkeys((1, 2, 6, 13, 14, 15), _SRGB_CURVE),
    4: (2.2,),
    5: (2.8,),
    8: (1.0,),
}
"""Codes of ITU-T H.273 that are read; those of television (5, 6 and its curves) are as good as sRGB."""

_HDR = (16, 18)
_HEADER_BYTES = 1 << 20
_PCS_WHITE = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_ADOBE = "R03"
_HEADER = struct.Struct(">I4sI4s4s4s12s4s28s12s48s")
"""Size, maker, version, class, colours, space between, date, signature, others, white, others (ICC.1:2022, 7.2)."""


def told_profile(picture: Image.Image, data: bytes) -> bytes:
    """A profile of the colours that a file tells without one; empty where it tells none, or sRGB.

    Raises UnreadKind for high dynamic range, whose pixels look flat and dark to whoever takes them as they are.
    """
    if codes := _codes(picture.format or "", data[:_HEADER_BYTES]):
        primaries, curve = codes
        if curve in _HDR:
            raise UnreadKind("has high dynamic range (HDR). Save it as JPEG in the camera or a photo program.")
        if primaries not in _PRIMARIES or curve not in _CURVES:
            raise UnreadKind(
                f"has colours that are not read (primaries {primaries}, transfer {curve}). Save it as JPEG in sRGB."
            )
        return _profile(_PRIMARIES[primaries], tuple(_CURVES[curve]))
    if picture.format == "PNG" and "srgb" not in picture.info:
        return _profile(*_png_colours(picture)) if "gamma" in picture.info else b""
    return _profile(ADOBE_RGB, (563 / 256,)) if _says_adobe(picture) else b""


def _codes(file_format: str, header: bytes) -> tuple[int, int] | None:
    """The codes of primaries and transfer in the header; None where there are none."""
    mark = {"HEIF": b"colrnclx", "AVIF": b"colrnclx", "PNG": b"cICP"}.get(file_format)
    at = header.find(mark) if mark else -1
    if mark is None or at < 0:
        return None
    layout = ">BB" if file_format == "PNG" else ">HH"
    codes = header[at + len(mark) :][: struct.calcsize(layout)]
    return struct.unpack(layout, codes) if len(codes) == struct.calcsize(layout) else None


def _png_colours(picture: Image.Image) -> tuple[Pairs, Sequence[float]]:
    """Chromaticities and curve as a PNG writes them."""
    xy = picture.info.get("chromaticity") or ()
    white, *colours = zip(xy[::2], xy[1::2], strict=False) if len(xy) == 8 else (_D65, *_SRGB[:3])
    gamma = float(picture.info["gamma"])
    curve = _SRGB_CURVE if not gamma or abs(gamma - 1 / 2.2) < 0.01 else (1 / gamma,)
    return (*colours, white), curve


def _says_adobe(picture: Image.Image) -> bool:
    """True where EXIF says Adobe RGB: by its index of interoperability, or by a number that some cameras use."""
    try:
        written = picture.getexif()
        details, interop = written.get_ifd(IFD.Exif), written.get_ifd(IFD.Interop)
    except Exception:  # a damaged table ends in any of a dozen errors; the picture is still good
        return False
    index, space = exif.tag_value(interop, 1), exif.tag_value(details, Base.ColorSpace)
    return space == 2 or (space != 1 and str(index or "").strip("\0 ") == _ADOBE)


@cache
def _profile(colours: Pairs, curve: tuple[float, ...]) -> bytes:
    """An ICC profile (version 4) of a display with these chromaticities and this curve; empty for sRGB."""
    if (colours, curve) == (_SRGB, _SRGB_CURVE):
        return b""
    kind = 0 if len(curve) == 1 else 3
    trc = struct.pack(">4sIHH", b"para", 0, kind, 0) + _fixed(*curve)
    parts = {b"wtpt": struct.pack(">4sI", b"XYZ ", 0) + _fixed(*_PCS_WHITE)}
    for letter, column in zip((b"r", b"g", b"b"), _adapted(colours).T, strict=True):
        parts[letter + b"XYZ"] = struct.pack(">4sI", b"XYZ ", 0) + _fixed(*column)
        parts[letter + b"TRC"] = trc
    table, body, start = b"", b"", _HEADER.size + 4 + 12 * len(parts)
    for name, part in parts.items():
        table += struct.pack(">4sII", name, start + len(body), len(part))
        body += part
    words = (b"mntr", b"RGB ", b"XYZ ", b"", b"acsp", b"")
    header = _HEADER.pack(start + len(body), b"", 0x04300000, *words, _fixed(*_PCS_WHITE), b"")
    return header + struct.pack(">I", len(parts)) + table + body


def _fixed(*numbers: float) -> bytes:
    """Numbers as ICC profiles hold them, in 16 bits before and after the point."""
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def _adapted(colours: Pairs) -> NDArray[np.float64]:
    """XYZ of red, green and blue, as columns, under the white of profiles (by Bradford)."""
    *primaries, white = (np.array([x / y, 1.0, (1 - x - y) / y]) for x, y in colours)
    columns = np.stack(primaries, axis=1)
    columns = columns * np.linalg.solve(columns, white)
    scale = np.diag((_BRADFORD @ _PCS_WHITE) / (_BRADFORD @ white))
    adapted: NDArray[np.float64] = np.linalg.solve(_BRADFORD, scale @ _BRADFORD @ columns)
    return adapted
