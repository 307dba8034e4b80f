"""A decoded picture to red, green, blue in 8 bits: block by block, so that no second copy of a large one is made."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageFile

from core.photo.tiff import levels

_BLOCK_PX = 1024
_PLAIN = ("L", "RGB", "CMYK")

_SRGB = ImageCms.createProfile("sRGB")
_PROBE = Image.fromarray((np.indices((6, 6, 6)) * 51).T.reshape(36, 6, 3).astype(np.uint8))
_ALIKE = 3
"""Colours that a profile moves by less are sRGB, however it is called."""

Box = tuple[int, int, int, int]


def resized(picture: ImageFile.ImageFile, to_px: tuple[int, int]) -> Image.Image:
    """The loaded picture in RGB with this width and height; what is transparent becomes white. It may be closed."""
    if picture.size == to_px:
        return rgb(picture, 1)
    across, down = (max(1, int(whole / part / 2)) for whole, part in zip(picture.size, to_px, strict=True))
    box = 0, 0, picture.width / across, picture.height / down
    return _converted(_plain(picture, (across, down)).resize(to_px, Image.Resampling.BILINEAR, box=box))


def rgb(picture: ImageFile.ImageFile, reduction: int) -> Image.Image:
    """The loaded picture in RGB at a part of its side; what is transparent becomes white. It may be closed."""
    return _converted(_plain(picture, (reduction, reduction)))


def _plain(picture: ImageFile.ImageFile, by: tuple[int, int]) -> Image.Image:
    """The picture in 8 bits of grey, RGB or CMYK, each side divided by a whole number."""
    if picture.mode in _PLAIN and not picture.has_transparency_data:
        return picture if by == (1, 1) else picture.reduce(by)
    black_white = levels(picture, *_range(picture)) if _is_deep(picture.mode) else (0.0, 255.0)
    plain: Image.Image | None = None
    for box in _blocks(picture.size, by):
        block = _plain_block(picture.crop(box), black_white)
        block = block if by == (1, 1) else block.reduce(by)
        if plain is None:
            plain = Image.new(block.mode, (-(-picture.width // by[0]), -(-picture.height // by[1])))
        plain.paste(block, (box[0] // by[0], box[1] // by[1]))
    assert plain is not None
    plain.info = picture.info.copy()
    picture.close()
    return plain


def _plain_block(block: Image.Image, black_white: tuple[float, float]) -> Image.Image:
    if _is_deep(block.mode):
        black, white = black_white
        share = (_finite(block) - black) * (255 / (white - black))
        return Image.fromarray(share.clip(0, 255).round().astype(np.uint8))
    if block.has_transparency_data:
        layer = block.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return block.convert("L" if block.mode == "1" else "RGB")


def _converted(plain: Image.Image) -> Image.Image:
    """The picture in sRGB, by the colour profile that is written in it; it may be changed."""
    transform = _to_srgb(plain.info.get("icc_profile") or b"", plain.mode)
    if transform is None:
        plain = plain if plain.mode == "RGB" else plain.convert("RGB")
    else:
        plain = ImageCms.applyTransform(plain, transform, inPlace=plain.mode == "RGB") or plain
    plain.info.pop("icc_profile", None)  # else a copy that is saved would say it of other colours
    return plain


@lru_cache(maxsize=32)
def _to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From the colours of this profile to sRGB; None where it says sRGB, is broken, or is for other pictures."""
    if not profile:
        return None
    try:
        transform = ImageCms.buildTransform(BytesIO(profile), _SRGB, mode, "RGB")
    except Exception:  # what nobody can use is as none
        return None
    if mode != "RGB":
        return transform
    through = ImageCms.applyTransform(_PROBE, transform)
    assert through is not None
    return transform if np.abs(np.asarray(through, int) - np.asarray(_PROBE, int)).max() > _ALIKE else None


def _is_deep(mode: str) -> bool:
    """True for one number a pixel of more than 8 bits."""
    return mode in ("I", "F") or mode.startswith("I;16")


def _range(picture: Image.Image) -> tuple[float, float]:
    """The least and the greatest value."""
    ranges = [(values.min(), values.max()) for values in map(_finite, map(picture.crop, _blocks(picture.size, (1, 1))))]
    return float(min(low for low, _ in ranges)), float(max(high for _, high in ranges))


def _finite(block: Image.Image) -> NDArray[np.float32]:
    return np.nan_to_num(np.asarray(block, np.float32), posinf=0, neginf=0)


def _blocks(size: tuple[int, int], by: tuple[int, int]) -> Iterator[Box]:
    """Boxes that cover a picture, each side but the last a multiple of these numbers."""
    across, down = (max(_BLOCK_PX // step, 1) * step for step in by)
    for top in range(0, size[1], down):
        for left in range(0, size[0], across):
            yield left, top, min(left + across, size[0]), min(top + down, size[1])
