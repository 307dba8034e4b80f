"""Estimate from a picture's header alone how much memory its decoding takes, before a byte of it is decoded.

Bytes a pixel were measured with Pillow 13 and pillow-heif 1.8 on pictures of 48 megapixels, and rounded up.
"""

from __future__ import annotations

import struct

from PIL import ImageFile

from core.photo import exif

REDUCTIONS = (1, 2, 4, 8)
"""A picture may be read at a half, a quarter or an eighth of its side, where all of it takes too much memory."""

JPEG = ("JPEG", "MPO")
_PEAK_BYTES_PER_PX = {"WEBP": 20, "HEIF": 14, "AVIF": 16}
"""Decoders that hold several copies of a picture at once; those of 10 and 12 bits hold them twice as wide."""

_STORED_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
_RGB_BYTES = 4
_POINTER_BYTES = 8
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_BITS, _SAMPLES, _ROWS_PER_STRIP, _TILE_WIDTH, _TILE_LENGTH = 258, 277, 278, 322, 323


def finest_reduction(picture: ImageFile.ImageFile, memory_bytes: int) -> int | None:
    """The least reduction at which this picture (its header) fits into so much memory; None where none does."""
    return next((by for by in REDUCTIONS if peak_bytes(picture, by) <= memory_bytes), None)


def peak_bytes(picture: ImageFile.ImageFile, reduction: int) -> int:
    """The most memory held at once when this picture is decoded and made an upright RGB one, at a part of its side.

    It is turned into a new picture while the first is there, and beside a closer look lies the one before it.
    """
    width, height = picture.size
    reduced_px = -(-width // reduction), -(-height // reduction)
    rgb_bytes = _image_bytes(_RGB_BYTES, *reduced_px)
    if picture.format in JPEG:
        stored_bytes = decoder_bytes = rgb_bytes
        decoder_bytes += _coefficient_bytes(picture)
    else:
        stored_bytes = _image_bytes(_STORED_BYTES.get(picture.mode, 4), width, height)
        decoder_bytes = max(stored_bytes, _decoder_bytes(picture, stored_bytes))
    converted_bytes = stored_bytes + (0 if picture.mode == "RGB" and reduction == 1 else rgb_bytes)
    return max(decoder_bytes, converted_bytes, 2 * rgb_bytes) + rgb_bytes // 4


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in the header of a WebP; its decoder takes the memory for all pixels as soon as it is opened."""
    chunk, body = data[12:16], data[20:30]
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(body) < 10:
        return None
    if chunk == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if chunk == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<2H", body[6:10])
    return width & 0x3FFF, height & 0x3FFF


def webp_bytes(size: tuple[int, int]) -> int:
    """The most memory that a WebP of this size takes."""
    return _PEAK_BYTES_PER_PX["WEBP"] * size[0] * size[1]


def _image_bytes(bytes_per_px: int, width: int, height: int) -> int:
    """Memory of one of Pillow's pictures: rows of whole words, and where each begins."""
    return height * (-(-width * bytes_per_px // 4) * 4 + _POINTER_BYTES)


def _decoder_bytes(picture: ImageFile.ImageFile, stored_bytes: int) -> int:
    width, height = picture.size
    if picture.format in _PEAK_BYTES_PER_PX:
        deep = 2 if picture.info.get("bit_depth", 8) > 8 else 1
        return deep * _PEAK_BYTES_PER_PX[picture.format or ""] * width * height
    if picture.format == "TIFF":
        return stored_bytes + _strip_bytes(picture)
    if picture.format == "PNG":
        frames = 3 if getattr(picture, "is_animated", False) else 1
        return frames * stored_bytes + 2 * width * _png_bits(picture) // 8  # a row and the one before it
    return stored_bytes


def _coefficient_bytes(picture: ImageFile.ImageFile) -> int:
    """A JPEG that comes in several scans is held whole, in two bytes a sample at full size, until the last is read."""
    layers: list[tuple[int, int, int, int]] = getattr(picture, "layer", [])
    if not picture.info.get("progressive") and not _scans_apart(picture, len(layers)):
        return 0
    width, height = picture.size
    across, down = max(layer[1] for layer in layers), max(layer[2] for layer in layers)
    return sum(2 * width * height * layer[1] * layer[2] // (across * down) for layer in layers)


def _scans_apart(picture: ImageFile.ImageFile, layers: int) -> bool:
    """True if the first scan, before which the header ends, does not hold all layers."""
    if picture.fp is None:
        return False
    at = picture.fp.tell()
    start = picture.fp.read(3)
    picture.fp.seek(at)
    return len(start) == 3 and start[2] < layers


def _png_bits(picture: ImageFile.ImageFile) -> int:
    """Bits a pixel in the file, as its header says."""
    if picture.fp is None:
        return 64
    at = picture.fp.tell()
    picture.fp.seek(24)
    depth, colours = picture.fp.read(2)
    picture.fp.seek(at)
    return int(depth) * _PNG_CHANNELS.get(colours, 4)


def _strip_bytes(picture: ImageFile.ImageFile) -> int:
    """Bytes of one strip or tile of a TIFF, which is decoded at once."""
    tags = getattr(picture, "tag_v2", {})
    width, height = picture.size
    bits = exif.tag_value(tags, _BITS)
    samples = _whole(exif.tag_value(tags, _SAMPLES), 1)
    depth = max(bits) if isinstance(bits, tuple) and bits else _whole(bits, 8)
    if exif.tag_value(tags, _TILE_WIDTH) is not None:
        width = _whole(exif.tag_value(tags, _TILE_WIDTH), width)
        height = _whole(exif.tag_value(tags, _TILE_LENGTH), height)
    else:
        height = min(height, _whole(exif.tag_value(tags, _ROWS_PER_STRIP), height))
    return width * height * samples * depth // 8


def _whole(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and value > 0 else otherwise
