"""A photo takes no more memory than its header lets expect; one that takes too much is refused."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.memory import peak_mb
from core.errors import InvalidPhoto
from core.photo.reading import memory_needed, read_photo
from core.settings import PhotoLimits
from tests.core.camera import camera_exif

SIDE_PX = 4000
TINY_WEBP = bytes.fromhex("524946461a000000574542505650384c0e0000002faff6ab0d071011fd0f4444ff03")
BESIDES_MB = 25
"""The decoders themselves, blocks that are converted, and what Python keeps."""


def saved(mode: str, file_format: str, **options: object) -> Callable[[], bytes]:
    def data() -> bytes:
        file = BytesIO()
        picture = Image.linear_gradient("L").resize((SIDE_PX, SIDE_PX)).convert("RGB")
        picture = picture.convert(mode) if mode not in ("I;16", "F") else picture.convert("L").convert(mode)
        picture.save(file, file_format, **options)
        return file.getvalue()

    return data


def png(*, depth: int, colours: int, width: int = SIDE_PX, height: int = SIDE_PX) -> bytes:
    """A PNG as only other programs write it, all 0."""
    row = 1 + width * depth * {0: 1, 2: 3, 4: 2, 6: 4}[colours] // 8
    squeezed = zlib.compressobj(1)
    pixels = b"".join([squeezed.compress(bytes(row)) for _ in range(height)] + [squeezed.flush()])
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)),
        (b"IDAT", pixels),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(saved("RGB", "JPEG", exif=camera_exif(orientation=6)), id="JPEG held sideways"),
        pytest.param(saved("RGB", "JPEG", progressive=True, subsampling=0), id="progressive JPEG"),
        pytest.param(saved("CMYK", "JPEG"), id="CMYK JPEG"),
        pytest.param(saved("LA", "PNG"), id="grey and alpha"),
        pytest.param(saved("P", "PNG", transparency=5), id="palette and a transparent colour"),
        pytest.param(lambda: png(depth=16, colours=6), id="RGBA PNG of 16 bits"),
        pytest.param(lambda: png(depth=16, colours=0), id="grey PNG of 16 bits"),
        pytest.param(lambda: png(depth=8, colours=0, width=16_000_000, height=1), id="a single row"),
        pytest.param(lambda: png(depth=8, colours=2, width=1, height=4_000_000), id="a single column"),
        pytest.param(saved("RGBA", "WEBP", lossless=True, quality=0, method=0), id="WebP without loss"),
        pytest.param(saved("RGB", "WEBP", method=0), id="WebP"),
        pytest.param(saved("F", "TIFF", compression="tiff_adobe_deflate"), id="float TIFF"),
        pytest.param(saved("I;16", "TIFF", compression="tiff_lzw"), id="TIFF of 16 bits"),
        pytest.param(saved("RGBA", "TIFF", compression="tiff_lzw", tiffinfo={278: SIDE_PX}), id="TIFF of one strip"),
        pytest.param(saved("RGBA", "AVIF", speed=10, quality=20), id="AVIF"),
    ],
)
def test_a_photo_takes_no_more_memory_than_its_header_lets_expect(data):
    photo = data()
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from now
    before_mb, expected_mb = peak_mb(), memory_needed(photo, name="x", limits=PhotoLimits()) / 1e6
    read_photo(photo, name="x", limits=PhotoLimits(), long_side_px=1000).at_least(10**6)
    assert peak_mb() - before_mb <= expected_mb + BESIDES_MB
    assert expected_mb <= 25 * SIDE_PX**2 / 1e6 + len(photo) / 1e6


@pytest.mark.parametrize(
    ("data", "needed_mb"),
    [
        pytest.param(
            b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\xaf\xf6\xab\x0d" + bytes(9), "3,920", id="WebP of 34 bytes"
        ),
        pytest.param(png(depth=16, colours=6, width=9_000_000, height=9), "470", id="long rows"),
    ],
)
def test_what_takes_too_much_memory_is_refused_before_it_is_decoded(data, needed_mb):
    with pytest.raises(InvalidPhoto) as refused:
        read_photo(data, name="pano", limits=PhotoLimits(memory_mb=400))
    assert f"takes {needed_mb} MB of memory to read; the limit is 400 MB (BLOOM_PHOTO_MEMORY_MB)" in str(refused.value)
    assert memory_needed(data, name="pano", limits=PhotoLimits(memory_mb=400)) == 0


@pytest.mark.parametrize(("memory_mb", "finest_px"), [(1200, 2400), (30, 1200), (6, 600)])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
def test_closer_looks_go_as_far_as_memory_does(file_format, memory_mb, finest_px):
    file = BytesIO()
    Image.fromarray(np.zeros((1600, 2400), np.uint8)).save(file, file_format)
    photo = read_photo(file.getvalue(), name="x", limits=PhotoLimits(memory_mb=memory_mb), long_side_px=200)
    assert (photo.long_side_px, photo.finest_px, max(photo.at_least(10**6).size)) == (2400, finest_px, finest_px)


def test_a_phone_of_200_megapixels_is_read():
    file = BytesIO()
    Image.new("L", (16_384, 12_288)).save(file, "JPEG")
    photo = read_photo(file.getvalue(), name="x", limits=PhotoLimits(), long_side_px=1000)
    assert (photo.width_px, photo.height_px, photo.picture.size) == (16_384, 12_288, (1000, 750))
