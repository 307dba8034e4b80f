"""A photo reader gives the right pixels and facts, or a sentence; never anything else."""

from __future__ import annotations

import gzip
import struct
import zipfile
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin

from core.errors import InvalidPhoto
from core.photo import reading
from core.photo.reading import Photo, only_pixels, read_photo
from core.settings import PhotoLimits
from tests.core.camera import camera_exif

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "HEIF")

TURNED_BACK = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
    8: lambda a: np.rot90(a, -1),
}
"""The picture that a camera held that way stores of an upright scene (EXIF 2.32, tag Orientation)."""


def scene(width: int = 96, height: int = 64) -> NDArray[np.uint8]:
    """Smooth and different in every corner, so that a wrong turn shows and lossy formats hardly hurt."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([255 * x / (width - 1), 255 * y / (height - 1), 60 + 0 * x], axis=-1).astype(np.uint8)


def encoded(picture: NDArray[np.uint8] | Image.Image, file_format: str = "JPEG", **options: object) -> bytes:
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    file = BytesIO()
    image.save(file, file_format, **{"quality": 95, **options} if file_format != "PNG" else options)
    return file.getvalue()


def read(data: bytes, name: str = "IMG_1.jpg", **options: int) -> Photo:
    return read_photo(data, name=name, limits=PhotoLimits(50), **options)


def sentence(data: bytes, name: str = "IMG_1.jpg", **options: int) -> str:
    with pytest.raises(InvalidPhoto) as caught:
        read(data, name, **options)
    return str(caught.value)


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_come_upright_whichever_way_the_camera_was_held(file_format, orientation):
    held = np.ascontiguousarray(TURNED_BACK[orientation](scene()))
    photo = read(encoded(held, file_format, exif=camera_exif(orientation=orientation)))
    assert (photo.width_px, photo.height_px) == (96, 64)
    assert np.abs(np.asarray(photo.picture).astype(int) - scene()).max() <= 24


@pytest.mark.parametrize("file_format", FORMATS)
@given(
    width=st.integers(1, 130),
    height=st.integers(1, 130),
    long_side_px=st.integers(1, 150),
    orientation=st.integers(1, 8),
)
@settings(max_examples=25, deadline=None)
def test_the_long_side_is_as_asked_and_never_enlarged(file_format, width, height, long_side_px, orientation):
    data = encoded(Image.new("RGB", (width, height), "tomato"), file_format, exif=camera_exif(orientation=orientation))
    photo = read(data, long_side_px=long_side_px)
    assert sorted((photo.width_px, photo.height_px)) == sorted((width, height))
    assert max(photo.picture.size) == min(max(width, height), long_side_px)
    assert (photo.facts.width_px, photo.facts.height_px) == (photo.width_px, photo.height_px)


def test_a_jpeg_is_decoded_no_larger_than_needed(monkeypatch):
    drafted = []
    data = encoded(scene(1600, 1200))
    draft = JpegImagePlugin.JpegImageFile.draft
    monkeypatch.setattr(
        JpegImagePlugin.JpegImageFile,
        "draft",
        lambda self, mode, size: (draft(self, mode, size), drafted.append(self.size))[0],
    )
    photo = read(data, long_side_px=390)
    assert drafted == [(400, 300)]
    assert photo.picture.size == (390, 292)
    assert (photo.width_px, photo.height_px) == (1600, 1200)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("asked_px", "got_px"), [(200, 240), (241, 480), (481, 960), (5000, 960)])
def test_finer_pixels_of_a_jpeg_come_upright_and_no_smaller_than_asked(orientation, asked_px, got_px):
    held = np.ascontiguousarray(TURNED_BACK[orientation](scene(960, 640)))
    photo = read(encoded(held, exif=camera_exif(orientation=orientation)), long_side_px=100)
    finer = photo.at_least(asked_px)
    assert finer.size == (got_px, got_px * 2 // 3)
    assert np.abs(np.asarray(finer).astype(int) - scene(got_px, got_px * 2 // 3)).max() <= 24


@pytest.mark.parametrize("file_format", FORMATS)
def test_pixels_that_are_there_are_not_read_again(file_format, monkeypatch):
    photo = read(encoded(scene(), file_format), long_side_px=60)
    monkeypatch.setattr(reading, "_open", lambda *_: pytest.fail("read again"))
    assert photo.at_least(60) is photo.picture
    alone = only_pixels(np.asarray(photo.picture))
    assert (photo.finest_px, alone.finest_px) == (96, 60)
    assert alone.at_least(96) is alone.picture


@pytest.mark.parametrize("file_format", FORMATS)
def test_all_pixels_of_a_file_can_be_had_later(file_format):
    data = encoded(scene(130, 70), file_format)
    np.testing.assert_array_equal(
        read(data, long_side_px=20).at_least(21 if file_format != "JPEG" else 130), read(data).picture
    )


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_what_was_stored_without_loss_is_read_without_loss(file_format):
    np.testing.assert_array_equal(read(encoded(scene(), file_format)).picture, scene())


def _with_transparency(mode: str) -> Image.Image:
    return Image.new(mode, (8, 8), 0 if mode == "LA" else (0, 0, 0, 0))


def _palette() -> Image.Image:
    return Image.new("RGB", (8, 8), (200, 40, 40)).convert("P", palette=Image.Palette.ADAPTIVE)


@pytest.mark.parametrize(
    ("data", "rgb"),
    [
        pytest.param(encoded(Image.new("L", (8, 8), 77), "PNG"), (77, 77, 77), id="grey"),
        pytest.param(encoded(Image.new("1", (8, 8), 1), "PNG"), (255, 255, 255), id="black and white"),
        pytest.param(encoded(Image.fromarray(np.full((8, 8), 0x4D12, np.uint16)), "PNG"), (77, 77, 77), id="16 bits"),
        pytest.param(encoded(Image.fromarray(np.full((8, 8), 0x4D12, np.uint16)), "TIFF"), (77, 77, 77), id="16 TIFF"),
        pytest.param(encoded(_palette(), "PNG"), (200, 40, 40), id="palette"),
        pytest.param(encoded(Image.new("CMYK", (8, 8), (0, 0, 0, 255)), "TIFF"), (0, 0, 0), id="CMYK"),
        pytest.param(encoded(_with_transparency("LA"), "PNG"), (255, 255, 255), id="grey with alpha, on white"),
        pytest.param(encoded(_with_transparency("RGBA"), "PNG"), (255, 255, 255), id="alpha, on white"),
        pytest.param(
            encoded(Image.new("L", (8, 8), 5), "PNG", transparency=5), (255, 255, 255), id="transparent colour"
        ),
        pytest.param(
            encoded(Image.new("RGB", (8, 8), "red"), "PNG", save_all=True, append_images=[Image.new("RGB", (8, 8))]),
            (255, 0, 0),
            id="animated PNG: the first frame",
        ),
        pytest.param(
            encoded(
                Image.new("RGB", (8, 8), "red"),
                "WEBP",
                lossless=True,
                save_all=True,
                append_images=[Image.new("RGB", (8, 8))],
            ),
            (255, 0, 0),
            id="animated WebP: the first frame",
        ),
    ],
)
def test_every_kind_of_picture_becomes_rgb(data, rgb):
    photo = read(data)
    assert (photo.picture.mode, photo.picture.size) == ("RGB", (8, 8))
    assert photo.picture.getcolors() == [(64, rgb)]


def _zip() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("flowers.txt", "daisy")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", "is empty (0 bytes)", id="empty"),
        pytest.param(b"daisy, 3\nrose, 4\n", "a text file", id="text renamed"),
        pytest.param(("é" * 300).encode()[:511], "a text file", id="text cut in a letter"),
        pytest.param(b"<!DOCTYPE html><html>404</html>", "a web page", id="HTML"),
        pytest.param(b'<?xml version="1.0"?><svg width="4"/>', "an SVG drawing", id="SVG"),
        pytest.param(_zip(), "a ZIP archive or Office document", id="zip renamed"),
        pytest.param(gzip.compress(b"x"), "a compressed archive", id="gzip"),
        pytest.param(b"%PDF-1.7\n%\xe2\xe3", "a PDF document", id="PDF"),
        pytest.param(b"\0\0\0\x18ftypmp42\0\0\0\0", "a video", id="MP4"),
        pytest.param(b"\0\0\0\x18ftypavif\0\0\0\0", "begins as an AVIF picture but is damaged", id="AVIF"),
        pytest.param(encoded(Image.new("RGB", (8, 8)), "GIF"), "a GIF picture", id="GIF"),
        pytest.param(b"\x01\x02\x80\xff" * 40, "not a photo that can be read", id="noise"),
        pytest.param(b"\xff\xd8\xff", "begins as a JPEG photo but is damaged", id="three bytes of a JPEG"),
        pytest.param(b"II*\0\x08\0\0\0", "begins as a TIFF picture but is damaged", id="TIFF header alone"),
    ],
)
def test_a_file_that_is_no_photo_is_named_for_what_it_is(data, words):
    said = sentence(data, "veld 3.jpg")
    assert said.startswith("veld 3.jpg ")
    assert words in said
    assert said.endswith(".")


def test_a_camera_raw_file_is_not_taken_for_its_thumbnail():
    thumbnail_tiff = encoded(Image.new("RGB", (16, 12)), "TIFF", tiffinfo={0xFE: 1})
    assert "Export it as JPEG" in sentence(thumbnail_tiff, "veld.tif")
    assert "Export it as JPEG" in sentence(encoded(Image.new("RGB", (16, 12)), "TIFF"), "DSC_1.NEF")


def _png_of(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    )


def _jpeg_of(width: int, height: int) -> bytes:
    data = bytearray(encoded(scene()))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "megapixels"),
    [
        pytest.param(_png_of(100_000, 100_000), "10,000 megapixels (100000 × 100000)", id="PNG"),
        pytest.param(_jpeg_of(65_000, 65_000), "4,225 megapixels (65000 × 65000)", id="JPEG"),
        pytest.param(_png_of(10_001, 5_000), "50 megapixels (10001 × 5000)", id="a little too large"),
    ],
)
def test_an_enormous_photo_is_refused_from_its_header_alone(data, megapixels):
    said = sentence(data, "pano.png")
    assert said == (
        f"pano.png has {megapixels}; the limit is 50 (BLOOM_MAX_MEGAPIXELS). "
        "Make it smaller, or cut it into several photos."
    )


def test_a_photo_at_the_limit_is_read_though_pillow_alone_would_refuse_it():
    data = encoded(Image.new("1", (20_000, 9_500)), "PNG")
    photo = read_photo(data, name="pano.png", limits=PhotoLimits(190), long_side_px=100)
    assert (photo.width_px, photo.height_px) == (20_000, 9_500)


@pytest.mark.parametrize("file_format", FORMATS)
@given(kept=st.floats(0, 0.999))
@settings(max_examples=40, deadline=None)
def test_a_photo_cut_short_is_refused_unless_every_pixel_is_there(file_format, kept):
    data = WHOLE[file_format]
    try:
        photo = read(data[: int(len(data) * kept)])
    except InvalidPhoto:
        return
    assert photo.picture.tobytes() == read(data).picture.tobytes()


@pytest.mark.parametrize("long_side_px", [96, 24])
@pytest.mark.parametrize("kept", [0.4, 0.6, 0.8])
def test_a_jpeg_cut_short_and_closed_again_is_not_a_silently_grey_half(kept, long_side_px):
    data = WHOLE["JPEG"]
    said = sentence(data[: int(len(data) * kept)] + b"\xff\xd9", long_side_px=long_side_px)
    assert "damaged or incomplete" in said


def test_a_photo_on_a_grey_ground_is_not_taken_for_a_damaged_one():
    picture = np.full((64, 64, 3), 128, np.uint8)
    picture[20:40, 20:40] = (250, 200, 0)
    assert read(encoded(picture)).picture.size == (64, 64)


def assert_read_or_named(data: bytes) -> None:
    said = ""
    try:
        assert read(data).picture.mode == "RGB"
    except InvalidPhoto as error:
        said = str(error)
    assert said.startswith("IMG_1.jpg ") or said == ""


@given(data=st.binary(max_size=400), start=st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0"]))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_named(data, start):
    assert_read_or_named(start + data)


@pytest.mark.parametrize("file_format", FORMATS)
@given(damage=st.lists(st.tuples(st.floats(0, 0.9999), st.integers(0, 255)), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_damaged_photos_are_read_or_named(file_format, damage):
    data = bytearray(WHOLE[file_format])
    for at, value in damage:
        data[int(at * len(data))] = value
    assert_read_or_named(bytes(data))


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "HEIF"])
@given(
    damage=st.lists(st.tuples(st.floats(0, 0.9999), st.integers(0, 255)), min_size=1, max_size=12),
    kept=st.floats(0, 1),
)
@settings(max_examples=40, deadline=None)
def test_broken_exif_never_makes_a_good_photo_unreadable(file_format, damage, kept):
    exif = bytearray(FROM_A_CAMERA)
    for at, value in damage:
        exif[6 + int(at * (len(exif) - 6))] = value
    try:
        data = encoded(scene(), file_format, exif=bytes(exif[: 6 + int(kept * (len(exif) - 6))]))
    except Exception:  # a format whose writer looks into the EXIF and refuses
        return
    assert sorted(read(data).picture.size) == [64, 96]


FROM_A_CAMERA = camera_exif(
    orientation=6,
    base={0x010F: "Canon", 0x0110: "Canon EOS R6", 0x0128: 2, 0x011A: 72.0},
    details={0x9003: "2026:05:01 10:20:30", 0x9011: "+02:00"},
    gps={1: "N", 2: (52.0, 5.0, 30.0), 3: "W", 4: (5.0, 0.0, 0.0)},
)


_noise = np.random.default_rng(7).integers(0, 50, (64, 96, 3), dtype=np.uint8)
WHOLE = {file_format: encoded((scene() // 2 + _noise), file_format, exif=FROM_A_CAMERA) for file_format in FORMATS}
