"""Photos to measure with: the samples composed to what cameras write, each file different."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SAMPLES = Path(__file__).parent.parent / "pages" / "parts" / "samples"
CAMERA_PX = (4000, 3000)
"""12 megapixels."""

MIXTURE = (1, 3, 12, 0)
"""Flowers of the photos that speed is measured with, in turn: most photos that people drop show one to ten."""

CAMERA_GRAIN, STRONG_GRAIN = 6.0, 20.0
"""Standard deviation in grey levels; files of about 3 and 6 MB, as phones and cameras write them."""

_DAHLIA = (165, 78, 449, 362)
"""The sample's flower, in its pixels."""


def camera_jpeg(flowers: int, *, grain: float = CAMERA_GRAIN) -> bytes:
    """A 12 MP JPEG: the sample dahlia so many times before its own blurred ground, the sample temple for none."""
    with Image.open(SAMPLES / ("dahlia.jpg" if flowers else "temple.jpg")) as sample:
        scene = sample.convert("RGB")
    if flowers > 1:
        scene = _bunch(scene, flowers)
    rgb = np.asarray(scene.resize(CAMERA_PX, Image.Resampling.BICUBIC), np.float32)
    noise = np.random.default_rng(0).normal(0, grain, rgb.shape[:2]).astype(np.float32)
    file = BytesIO()
    Image.fromarray(np.clip(rgb + noise[..., None], 0, 255).astype(np.uint8)).save(file, "JPEG", quality=90)
    return file.getvalue()


def different(jpeg: bytes, number: int) -> bytes:
    """The same picture as another file: bytes are added after its end."""
    return jpeg + number.to_bytes(8, "big")


def _bunch(sample: Image.Image, flowers: int) -> Image.Image:
    """The sample's flower in rows of up to four, each turned otherwise."""
    columns = min(flowers, 4)
    rows = -(-flowers // columns)
    width, height = (side // 2 for side in CAMERA_PX)
    scene = sample.crop((0, 0, 160, 120)).filter(ImageFilter.GaussianBlur(8)).resize((width, height))
    flower = sample.crop(_DAHLIA)
    mask = Image.new("L", flower.size)
    ImageDraw.Draw(mask).ellipse((0, 0, *flower.size), fill=255)
    cell_px = min(width // columns, height // rows)
    side_px = round(0.8 * cell_px)
    for number in range(flowers):
        row, column = divmod(number, columns)
        left = (2 * column + 1) * width // (2 * columns) - side_px // 2
        top = (2 * row + 1) * height // (2 * rows) - side_px // 2
        turned = (picture.rotate(37 * number).resize((side_px, side_px)) for picture in (flower, mask))
        scene.paste(next(turned), (left, top), next(turned))
    return scene
