"""A thumbnail is as large as asked, quickly made, and tells nothing but the picture."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from core.photo import reading
from core.photo.thumbnail import thumbnail
from tests.core.camera import camera_exif
from tests.core.photo.test_reading import FORMATS, FROM_A_CAMERA, encoded, read, scene


def test_a_thumbnail_has_a_long_side_of_512():
    tall = read(encoded(scene(600, 1200)))
    assert Image.open(BytesIO(thumbnail(tall))).size == (256, 512)
    small = read(encoded(scene(60, 40)))
    assert Image.open(BytesIO(thumbnail(small))).size == (60, 40)


@pytest.mark.parametrize("asked", [512, 1000, 1024, 1600, 4096])
@pytest.mark.parametrize("file_format", FORMATS)
def test_a_thumbnail_is_as_large_as_asked_however_small_the_photo_was_decoded(file_format, asked):
    data = encoded(scene(2000, 1500), file_format, exif=camera_exif(orientation=6))
    decoded = read(data, long_side_px=1000)
    long_side = min(asked, 2000)
    width, height = Image.open(BytesIO(thumbnail(decoded, long_side_px=asked))).size
    assert (width, height) == (round(long_side * 3 / 4), long_side)


def test_a_thumbnail_of_the_usual_size_needs_no_second_decoding(monkeypatch):
    decoded = read(encoded(scene(2000, 1500)), long_side_px=1000)
    monkeypatch.setattr(reading, "_decode", None)
    assert Image.open(BytesIO(thumbnail(decoded))).size == (512, 384)


@pytest.mark.parametrize("width", [96, 1200])
def test_a_thumbnail_says_nothing_of_where_and_with_what_it_was_taken(width):
    written = {"exif": FROM_A_CAMERA, "icc_profile": b"profile", "xmp": b"<place/>", "comment": b"at home"}
    photo = read(encoded(scene(width, width // 2), **written))
    assert photo.facts.latitude is not None
    small = Image.open(BytesIO(thumbnail(photo)))
    assert set(small.info).isdisjoint(written)
    assert not small.getexif()
