"""Tell a half-copied file from a whole one: decoders fill up what is missing, without a word.

An interrupted copy ends early, or in zeros up to its full length. Grey at the end of a JPEG and zeros at the end of a
WebP may also be the photo's own (of a WebP without loss nobody can tell). So the file is changed where a whole one
would look the same (JPEG: behind its last pixel), or would not (WebP: in its last bytes), and is decoded again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

_END_OF_JPEG = b"\xff\xd9"
_PROBE = b"\x55" * 256
_MISSING_BYTES = 64
"""Zeros in a row that the coders of HEIC and AVIF do not write."""

_GREY = ((128, 128),) * 3


def is_whole(
    data: bytes, file_format: str, scan_at: int, decoded: Image.Image, decode: Callable[[bytes], object]
) -> bool:
    """True if nothing is missing from the file that was decoded.

    scan_at: where a JPEG's pixels begin. decoded, and what decode gives of other bytes: its RGB picture, at one size.
    """
    if file_format in ("HEIF", "AVIF"):
        return all(_zeros(body) < _MISSING_BYTES for kind, body in _boxes(data) if kind == b"mdat")
    probe = _jpeg_probe(data, scan_at, decoded) if file_format in ("JPEG", "MPO") else None
    if probe is not None:
        return probe != b"" and np.array_equal(np.asarray(decode(probe)), np.asarray(decoded))
    probe = _webp_probe(data) if file_format == "WEBP" else None
    return probe is None or not np.array_equal(np.asarray(decode(probe)), np.asarray(decoded))


def _jpeg_probe(data: bytes, scan_at: int, decoded: Image.Image) -> bytes | None:
    """More bytes behind the last pixel: what was filled up is decoded from them. None where nothing looks filled up,

    empty where zeros end the file.
    """
    end = data.find(_END_OF_JPEG, scan_at)
    if end < 0:
        return b"" if _zeros(data) >= _MISSING_BYTES else None
    width, height = decoded.size
    last = decoded.crop((width * 3 // 4, height - 1, width, height)).convert("RGB").getextrema()
    return data[:end] + _PROBE + data[end:] if last == _GREY else None


def _webp_probe(data: bytes) -> bytes | None:
    """Other bytes at the very end, where there are zeros: pixels that were filled up need none of them.

    None where there are few.
    """
    for start, kind, size in _chunks(data):
        zeros = _zeros(data[start : start + size])
        if kind == b"VP8 " and zeros >= _MISSING_BYTES:
            end = start + size
            return data[: end - zeros // 4] + _PROBE[:1] * (zeros // 4) + data[end:]
    return None


def _zeros(body: bytes) -> int:
    """The number of zero bytes at the end."""
    return len(body) - len(body.rstrip(b"\0"))


def _chunks(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Beginning, kind and length of each chunk of a WebP."""
    at = 12
    while at + 8 <= len(data):
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        yield at + 8, kind, size
        at += 8 + size + size % 2


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each outer box of a HEIC or AVIF."""
    at = 0
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        end = at + size if size >= 8 else len(data)
        yield kind, data[at:end]
        at = end
