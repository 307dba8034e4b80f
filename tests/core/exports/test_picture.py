"""The picture with boxes: as large as the photo, its boxes where the flowers are, its counts below."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageColor, ImageDraw

from core.charts.colours import taxon_colour, taxon_colours
from core.errors import InvalidPhoto
from core.exports.picture import font_of, picture_with_boxes
from core.recognition.counting import PhotoCount, count_flowers
from core.recognition.flowers import NO_FLOWERS, Flowers, TaxonScore
from core.settings import PhotoLimits
from pages.parts.photo import source_sans
from tests.core.camera import camera_exif
from tests.core.counting_squares import LABELS

OWN = ImageColor.getrgb(taxon_colour("oxeye-daisy"))
NAMED, UNNAMED = (TaxonScore("oxeye-daisy", 0.97),), ()


def jpeg(width: int, height: int, orientation: int = 1) -> bytes:
    file = BytesIO()
    Image.new("RGB", (width, height), "white").save(file, "JPEG", exif=camera_exif(orientation=orientation))
    return file.getvalue()


def counted(flowers: Flowers, flag: str = "") -> PhotoCount:
    return count_flowers(flowers, package_labels=LABELS, threshold=0.5, recall=1.0, flag=flag)


def drawn(data: bytes, flowers: Flowers, flag: str = "") -> Image.Image:
    count = counted(flowers, flag)
    colours = taxon_colours(row.taxon.name for row in count.taxa)
    file = picture_with_boxes(
        data,
        name="a.jpg",
        limits=PhotoLimits(10),
        flowers=flowers,
        count=count,
        colours=colours,
        caption="a.jpg",
        font_file=source_sans(),
    )
    return Image.open(BytesIO(file))


def near(pixel: object, colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(np.subtract(pixel, colour)).max() < 40)


def flowers(*boxes: tuple[float, float, float, float], taxa: tuple[TaxonScore, ...] = NAMED, p: float = 0.9) -> Flowers:
    return Flowers(np.float32(boxes).reshape(-1, 4), np.full(len(boxes), p, np.float32), (taxa,) * len(boxes))


def test_a_counted_flower_has_a_box_of_its_colour_where_it_is():
    picture = drawn(jpeg(1200, 900), flowers((300, 200, 700, 600)))
    assert picture.format == "JPEG"
    assert picture.width == 1200
    for edge in ((500, 201), (500, 598), (301, 400), (698, 400)):
        assert near(picture.getpixel(edge), OWN), edge
    for elsewhere in ((500, 400), (100, 100)):
        assert near(picture.getpixel(elsewhere), (255, 255, 255)), elsewhere


def test_what_is_not_counted_has_none():
    picture = drawn(jpeg(1200, 900), flowers((300, 200, 700, 600), p=0.3))
    assert near(picture.getpixel((500, 201)), (255, 255, 255))


def test_the_box_of_an_unknown_flower_is_dashed():
    picture = drawn(jpeg(1200, 900), flowers((100, 100, 1100, 800), taxa=UNNAMED))
    top = [near(picture.getpixel((x, 101)), (255, 255, 255)) for x in range(110, 1090)]
    assert 0.3 < np.mean(top) < 0.7


def test_below_the_photo_is_a_line_for_the_caption_and_each_taxon():
    heights = [drawn(jpeg(1200, 900), found).height for found in (NO_FLOWERS, flowers((1, 1, 99, 99)))]
    assert 900 < heights[0] < heights[1]


@pytest.mark.parametrize(
    ("p", "flag", "figure"),
    [(1.0, "", "1"), (0.9, "", "1 (0-1)"), (0.9, "crowded", "at least 1")],
    ids=["sure", "in doubt", "flagged"],
)
def test_a_count_is_written_below_it_as_on_its_page(monkeypatch, p, flag, figure):
    written = []
    monkeypatch.setattr(ImageDraw.ImageDraw, "text", lambda _, place, words, **__: written.append(words))
    drawn(jpeg(1200, 900), flowers((300, 200, 700, 600), p=p), flag)
    assert written[1:] == [f"{figure}  Leucanthemum vulgare · oxeye daisy"]


def test_names_in_any_language_of_the_page_have_their_letters():
    font = font_of(["a"], source_sans(), text_px=40, width_px=1000)
    unknown = bytes(font.getmask("\uffff"))
    assert [letter for letter in "éëèïüñøß·×≥\u2009" if bytes(font.getmask(letter)) == unknown] == []


def test_a_photo_that_lies_on_its_side_is_upright():
    picture = drawn(jpeg(900, 1200, orientation=6), flowers((300, 200, 700, 600)))
    assert picture.width == 1200
    assert near(picture.getpixel((500, 201)), OWN)


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (2000, 3)])
def test_a_photo_of_any_shape_gets_its_lines(size):
    assert drawn(jpeg(*size), flowers((0, 0, *map(float, size)))).width == size[0]


def test_what_is_no_photo_is_said():
    with pytest.raises(InvalidPhoto, match=r"a\.jpg"):
        drawn(b"petals", NO_FLOWERS)
