"""No wrong pixel is shown in silence: a picture is read as its file means it, or refused with what to do."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms, TiffImagePlugin

from core.errors import InvalidPhoto
from core.photo.reading import read_photo
from core.settings import PhotoLimits

GREY = np.linspace(0, 255, 64, dtype=np.uint8).reshape(8, 8)


def tiff(pixels: NDArray[np.generic], **tags: object) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, "TIFF", tiffinfo={int(tag[1:]): value for tag, value in tags.items()})
    return file.getvalue()


def read(data: bytes) -> Image.Image:
    return read_photo(data, name="veld.tif", limits=PhotoLimits()).picture


def refused(data: bytes) -> str:
    with pytest.raises(InvalidPhoto) as error:
        read(data)
    return str(error.value)


@pytest.mark.parametrize(
    ("data", "off"),
    [
        pytest.param(tiff(GREY.astype(np.uint16) * 257), 1, id="16 bits"),
        pytest.param(tiff(GREY.astype(np.uint16) * 16), 2, id="12 of 16 bits"),
        pytest.param(tiff(GREY.astype(np.uint16) * 4), 2, id="10 of 16 bits"),
        pytest.param(tiff(GREY.astype(np.uint16) * 3, t281=765), 1, id="the greatest value is said"),
        pytest.param(tiff((255 - GREY).astype(np.uint16) * 257, t262=0), 1, id="16 bits, white is zero"),
        pytest.param(tiff(GREY.astype(np.float32) / 255), 1, id="fractions from 0 to 1"),
        pytest.param(tiff(GREY.astype(np.float32)), 1, id="fractions from 0 to 255"),
        pytest.param(tiff(GREY.astype(np.int32)), 1, id="32 bits"),
    ],
)
def test_grey_levels_are_read_as_the_file_means_them(data, off):
    levels = np.asarray(read(data), int)
    assert np.abs(levels - GREY[..., None].astype(int)).max() <= off


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(
            tiff(np.float32([[-9999, 0.2], [0.4, 0.7]])), "is a TIFF of measurements (-9999 to 0.7)", id="nodata"
        ),
        pytest.param(tiff(np.int32([[-5, 9]])), "is a TIFF of measurements (-5 to 9)", id="below zero"),
        pytest.param(b"MM\0+" + bytes(100), "is a TIFF of a kind that is not read", id="BigTIFF"),
    ],
)
def test_a_whole_tiff_that_cannot_be_shown_rightly_is_refused_and_says_how_to_save_it(data, words):
    said = refused(data)
    assert words in said
    assert "Save it as a TIFF of 8 bits a colour (RGB) or as JPEG." in said
    assert "damaged" not in said


def colours_16(white: int) -> bytes:
    """An RGB TIFF of 16 bits a colour, as microscopes write it; Pillow writes none."""
    rows = (np.stack([GREY] * 3, -1).astype(np.uint32) * white // 255).astype("<u2").tobytes()
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in {256: 8, 257: 8, 258: (16, 16, 16), 259: 1, 262: 2, 273: 0, 277: 3, 278: 8, 279: 384}.items():
        tags[tag] = value
    file = BytesIO(b"II*\0\x08\0\0\0")
    file.seek(8)
    tags.save(file)
    return file.getvalue() + rows


def test_colours_of_16_bits_are_read_and_those_of_fewer_refused():
    assert np.abs(np.asarray(read(colours_16(65535)), int) - GREY[..., None]).max() <= 1
    assert "uses fewer" in refused(colours_16(4095))


def pages(*kinds: int) -> bytes:
    file = BytesIO()
    first, *others = (Image.new("RGB", (8, 8), (20 * kind, 200, 0)) for kind in kinds)
    with TiffImagePlugin.AppendingTiffWriter(file) as writer:
        for kind, page in zip(kinds, (first, *others), strict=True):
            page.save(writer, "TIFF", tiffinfo={254: kind})
            writer.newFrame()
    return file.getvalue()


@pytest.mark.parametrize(("kinds", "red"), [((0,), 0), ((1, 0), 0), ((0, 1), 0), ((0, 1, 1, 4), 0)])
def test_thumbnails_and_masks_beside_the_photo_of_a_tiff_are_passed_over(kinds, red):
    assert read(pages(*kinds)).getpixel((0, 0)) == (red, 200, 0)


def test_a_tiff_of_several_photos_is_refused():
    assert refused(pages(0, 0, 0)) == "veld.tif is a TIFF of 3 pages. Save each page as a photo of its own."


def profiled(picture: Image.Image, file_format: str, profile: bytes) -> bytes:
    file = BytesIO()
    picture.save(file, file_format, icc_profile=profile, **({"quality": 100} if file_format != "PNG" else {}))
    return file.getvalue()


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SWAPPED = SRGB.replace(b"rXYZ", b"tXYZ").replace(b"gXYZ", b"rXYZ").replace(b"tXYZ", b"gXYZ")
"""A profile whose red is green: what a picture looks like tells whether it was heeded."""


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF", "AVIF"])
def test_a_colour_profile_is_heeded_and_is_not_left_behind(file_format):
    red = Image.new("RGB", (64, 64), (250, 10, 10))
    picture = read(profiled(red, file_format, SWAPPED))
    assert np.abs(np.subtract(picture.getpixel((30, 30)), (10, 250, 10))).max() <= 16
    assert "icc_profile" not in picture.info


def coded(file_format: str, primaries: int, transfer: int) -> bytes:
    """A picture of one colour whose colours are told by codes."""
    file = BytesIO()
    Image.new("RGB", (64, 64), (200, 100, 80)).save(file, file_format, quality=100)
    data = file.getvalue()
    if file_format == "PNG":
        chunk = b"cICP" + bytes((primaries, transfer, 0, 1))
        return data[:33] + b"\0\0\0\4" + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[33:]
    at = data.index(b"colrnclx") + 8
    return data[:at] + struct.pack(">HH", primaries, transfer) + data[at + 4 :]


@pytest.mark.parametrize("file_format", ["HEIF", "AVIF", "PNG"])
def test_colours_told_by_codes_alone_are_heeded(file_format):
    def colour(*codes: int) -> NDArray[np.int_]:
        return np.asarray(read(coded(file_format, *codes)).getpixel((30, 30)), int)

    assert np.abs(colour(1, 13) - (200, 100, 80)).max() <= 6
    assert np.abs(colour(12, 13) - (215, 93, 73)).max() <= 8
    assert colour(1, 8)[1] > 150
    assert "has high dynamic range (HDR). Save it as JPEG" in refused(coded(file_format, 9, 16))
    assert "colours that are not read (primaries 10, transfer 13)" in refused(coded(file_format, 10, 13))


@pytest.mark.parametrize(
    ("space", "index", "green"),
    [
        pytest.param(0xFFFF, "R03", 0, id="Adobe RGB"),
        pytest.param(2, None, 0, id="Adobe RGB by a number of its own"),
        pytest.param(1, "R98", 120, id="sRGB"),
        pytest.param(1, "R03", 120, id="sRGB, whatever the index says"),
        pytest.param(0xFFFF, None, 120, id="nothing is told"),
        pytest.param(None, None, 120, id="nothing at all"),
    ],
)
def test_adobe_rgb_told_by_exif_alone_is_heeded(space, index, green):
    written, file = Image.Exif(), BytesIO()
    if space is not None:
        written.get_ifd(0x8769)[0xA001] = space
    if index is not None:
        written.get_ifd(0x8769)[0xA005] = {1: index, 2: b"0100"}
    Image.new("RGB", (16, 16), (120, 200, 60)).save(file, "JPEG", quality=100, exif=written)
    red = read(file.getvalue()).getpixel((8, 8))[0]
    assert (red < 60) == (green == 0)


def test_the_gamma_of_a_png_is_heeded():
    file = BytesIO()
    Image.new("RGB", (8, 8), (55, 55, 55)).save(file, "PNG")
    data = file.getvalue()
    chunk = b"gAMA" + struct.pack(">I", 100_000)
    linear = data[:33] + b"\0\0\0\4" + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[33:]
    assert read(data).getpixel((0, 0)) == (55, 55, 55)
    assert abs(read(linear).getpixel((0, 0))[0] - 128) <= 2


@pytest.mark.parametrize("profile", [SRGB, b"no profile", SRGB[:200], b""])
def test_srgb_and_broken_profiles_change_nothing(profile):
    red = Image.new("RGB", (8, 8), (250, 10, 10))
    assert read(profiled(red, "PNG", profile)).getpixel((0, 0)) == (250, 10, 10)


def whole_files() -> Iterator[object]:
    """Photos with flat, grey and black ends, in every format that fills up what is missing."""
    noise = np.random.default_rng(3).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    for level in (0, 128, 255, None):
        picture = noise.copy()
        if level is not None:
            picture[150:] = level
        for file_format, options in (
            ("JPEG", {}),
            ("JPEG", {"progressive": True}),
            ("JPEG", {"optimize": True, "restart_marker_rows": 1}),
            ("WEBP", {"method": 0}),
            ("WEBP", {"lossless": True, "method": 0}),
            ("AVIF", {"speed": 10}),
            ("HEIF", {}),
        ):
            file = BytesIO()
            Image.fromarray(picture).save(file, file_format, **options)
            tells = not options.get("lossless")
            yield pytest.param(file.getvalue(), tells, id=f"{file_format} {options} ends in {level}")


@pytest.mark.parametrize(("data", "tells"), whole_files())
def test_a_whole_photo_is_read_whatever_its_end_and_half_of_it_is_refused(data, tells):
    """A WebP without loss may itself hold zeros for its last pixels."""
    assert read(data).size == (400, 300)
    if not tells:
        return
    half = len(data) // 3  # in the part with noise
    assert "damaged or incomplete" in refused(data[:half] + bytes(len(data) - half))


@given(kept=st.floats(0.1, 0.9))
@settings(max_examples=20, deadline=None)
@pytest.mark.parametrize("file_format", ["JPEG", "WEBP", "HEIF", "AVIF"])
def test_a_copy_that_ended_in_zeros_is_refused(file_format, kept):
    data = NOISE[file_format]
    at = int(kept * len(data))
    assert "damaged or incomplete" in refused(data[:at] + bytes(len(data) - at))


NOISE = {}
for _format in ("JPEG", "WEBP", "HEIF", "AVIF"):
    _file = BytesIO()
    Image.fromarray(np.random.default_rng(5).integers(0, 255, (200, 300, 3), dtype=np.uint8)).save(_file, _format)
    NOISE[_format] = _file.getvalue()
