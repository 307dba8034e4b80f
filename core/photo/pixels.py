"""A decoded picture to red, green, blue in 8 bits: block by block, so that no second copy of a large one is made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_BLOCK_PX = 2048
_PLAIN = ("L", "RGB", "CMYK")

Box = tuple[int, int, int, int]


def resized(picture: Image.Image, to_px: tuple[int, int]) -> Image.Image:
    """The loaded picture in RGB with this width and height; what is transparent becomes white. It may be closed."""
    if picture.size == to_px:
        return rgb(picture, 1)
    across, down = (max(1, int(whole / part / 2)) for whole, part in zip(picture.size, to_px, strict=True))
    box = 0, 0, picture.width / across, picture.height / down
    return _converted(_plain(picture, (across, down)).resize(to_px, Image.Resampling.BILINEAR, box=box))


def rgb(picture: Image.Image, reduction: int) -> Image.Image:
    """The loaded picture in RGB at a part of its side; what is transparent becomes white. It may be closed."""
    return _converted(_plain(picture, (reduction, reduction)))


def _plain(picture: Image.Image, by: tuple[int, int]) -> Image.Image:
    """The picture in 8 bits of grey, RGB or CMYK, each side divided by a whole number."""
    if picture.mode in _PLAIN and not picture.has_transparency_data:
        return picture if by == (1, 1) else picture.reduce(by)
    range_of_values = _range(picture) if picture.mode in ("I", "F") else (0.0, 0.0)
    plain: Image.Image | None = None
    for box in _blocks(picture.size, by):
        block = _plain_block(picture.crop(box), range_of_values)
        block = block if by == (1, 1) else block.reduce(by)
        if plain is None:
            plain = Image.new(block.mode, (-(-picture.width // by[0]), -(-picture.height // by[1])))
        plain.paste(block, (box[0] // by[0], box[1] // by[1]))
    assert plain is not None
    plain.info = picture.info
    picture.close()
    return plain


def _plain_block(block: Image.Image, range_of_values: tuple[float, float]) -> Image.Image:
    if block.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(block) >> 8).astype(np.uint8))
    if block.mode in ("I", "F"):
        return Image.fromarray(np.interp(_finite(block), range_of_values, (0, 255)).astype(np.uint8))
    if block.has_transparency_data:
        layer = block.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return block.convert("L" if block.mode == "1" else "RGB")


def _converted(plain: Image.Image) -> Image.Image:
    return plain if plain.mode == "RGB" else plain.convert("RGB")


def _range(picture: Image.Image) -> tuple[float, float]:
    """The least and the greatest value; 32 bits and fractions have no white of their own."""
    ranges = [(values.min(), values.max()) for values in map(_finite, map(picture.crop, _blocks(picture.size, (1, 1))))]
    return float(min(low for low, _ in ranges)), float(max(high for _, high in ranges))


def _finite(block: Image.Image) -> NDArray[Any]:
    return np.nan_to_num(np.asarray(block).astype(np.float64), posinf=0, neginf=0)


def _blocks(size: tuple[int, int], by: tuple[int, int]) -> Iterator[Box]:
    """Boxes that cover a picture, each side but the last a multiple of these numbers."""
    across, down = (max(_BLOCK_PX // step, 1) * step for step in by)
    for top in range(0, size[1], down):
        for left in range(0, size[0], across):
            yield left, top, min(left + across, size[0]), min(top + down, size[1])
