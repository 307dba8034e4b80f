"""A photo with its boxes drawn in, for a slide or a report: as large as it was uploaded, its counts written below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from core.formatting import count_with_interval, number
from core.intake.pipeline import room_for
from core.language import tr, vernacular
from core.photo.reading import read_photo
from core.recognition.counting import PhotoCount, TaxonCount
from core.recognition.flowers import Flowers
from core.recognition.taxa import UNKNOWN_FLOWER
from core.settings import PhotoLimits

QUALITY = 90
REGULAR = 400
"""Weight of the letters."""
PAPER, INK = "#FBFAF6", "#1F2A22"
LINE_PX_A_SIDE, TEXT_PX_A_SIDE = 1 / 400, 1 / 40
"""Width of a box's line and height of the writing, by the root of the photo's area."""

Box = tuple[float, float, float, float]


def picture_with_boxes(
    data: bytes,
    *,
    name: str,
    limits: PhotoLimits,
    flowers: Flowers,
    count: PhotoCount,
    colours: Mapping[str, str],
    caption: str,
    font_file: Path,
) -> bytes:
    """The upright photo as JPEG, as large as memory allows, a box around each counted flower; caption and taxa below.

    The box of an unknown flower is dashed.
    name: for the sentence of InvalidPhoto, which is raised for what is none. font_file: Pillow's own letters end at z.
    """
    with room_for(data, name=name, limits=limits):
        photo = read_photo(data, name=name, limits=limits)
        width_px, height_px = photo.picture.size
        boxes_xyxy = flowers.boxes_xyxy * (max(photo.picture.size) / photo.long_side_px)
        side_px = (width_px * height_px) ** 0.5
        lines = [caption, *(_in_words(row) for row in count.taxa)]
        font = font_of(lines, font_file, text_px=max(10, round(side_px * TEXT_PX_A_SIDE)), width_px=width_px)
        line_height_px = round(1.5 * font.size)
        picture = Image.new("RGB", (width_px, height_px + (len(lines) + 1) * line_height_px), PAPER)
        picture.paste(photo.picture)
        del photo
        draw, line_px = ImageDraw.Draw(picture), max(2, round(side_px * LINE_PX_A_SIDE))
        for box, flower in zip(boxes_xyxy.tolist(), count.names, strict=True):
            if flower is not None:
                _outline(draw, box, colours[flower.taxon.name], line_px, dashed=flower.taxon == UNKNOWN_FLOWER)
        for line, words in enumerate(lines):
            top = height_px + round((line + 0.5) * line_height_px)
            if line:
                swatch = (font.size, top + font.size * 0.2, 2 * font.size, top + font.size * 1.2)
                draw.rectangle(swatch, fill=colours[count.taxa[line - 1].taxon.name], outline=INK)
            draw.text((font.size * (2.5 if line else 1), top), words, fill=INK, font=font)
        file = BytesIO()
        picture.save(file, "JPEG", quality=QUALITY)
        return file.getvalue()


def _in_words(row: TaxonCount) -> str:
    taxon, flowers = row.taxon, row.flowers
    names = " · ".join(dict.fromkeys(filter(None, (taxon.scientific_name, vernacular(taxon)))))
    many = tr("at least {count}", count=number(flowers.count)) if flowers.lower_bound else count_with_interval(flowers)
    return f"{many}  {names}"


def font_of(lines: Sequence[str], file: Path, *, text_px: int, width_px: int) -> ImageFont.FreeTypeFont:
    """The letters of a variable font, text_px high, or as low as the longest line fits into the width."""
    needed_px = max(map(_letters(file, text_px).getlength, lines)) + 4 * text_px
    return _letters(file, max(6, int(text_px * min(1.0, width_px / needed_px))))


def _letters(file: Path, text_px: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(file, text_px)
    font.set_variation_by_axes([REGULAR])
    return font


def _outline(draw: ImageDraw.ImageDraw, box: Box, colour: str, line_px: int, *, dashed: bool) -> None:
    """The box in its colour between two dark lines, which show it on petals of that colour."""
    x0, y0, x1, y1 = box
    for grow_px, paint in ((line_px // 2 + 1, INK), (0, colour)):
        edges = (
            (x0 - grow_px, y0 - grow_px, x1 + grow_px, y0 + line_px + grow_px),
            (x0 - grow_px, y1 - line_px - grow_px, x1 + grow_px, y1 + grow_px),
            (x0 - grow_px, y0 - grow_px, x0 + line_px + grow_px, y1 + grow_px),
            (x1 - line_px - grow_px, y0 - grow_px, x1 + grow_px, y1 + grow_px),
        )
        for edge in edges:
            for part in _dashes(edge, 5 * line_px) if dashed else (edge,):
                draw.rectangle(part, fill=paint)


def _dashes(edge: Box, dash_px: int) -> list[Box]:
    """Every other piece of an upright or level stroke."""
    x0, y0, x1, y1 = edge
    if x1 - x0 >= y1 - y0:
        return [(x, y0, min(x + dash_px, x1), y1) for x in _steps(x0, x1, 2 * dash_px)]
    return [(x0, y, x1, min(y + dash_px, y1)) for y in _steps(y0, y1, 2 * dash_px)]


def _steps(start: float, end: float, step: int) -> list[float]:
    return [start + step * number for number in range(int(max(0.0, end - start) // step) + 1)]
