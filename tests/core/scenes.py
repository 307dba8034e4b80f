"""Large photos made of the sample flower: cut out, turned, lit and pasted many times on a rough green ground."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SAMPLE = Path(__file__).parents[2] / "pages" / "parts" / "samples" / "dahlia.jpg"
DAHLIA_XYXY = (157, 82, 452, 363)


def meadow(width_px: int, height_px: int, *, flowers: int, sides_px: tuple[int, int], seed: int = 0) -> Image.Image:
    """So many flowers of these sides, smallest and largest, one to a cell of a grid: some touch, none hides another."""
    random = np.random.default_rng(seed)
    grain = random.integers(0, 70, (height_px // 8, width_px // 8, 1)) + np.array([10, 45, 5])
    scene = Image.fromarray(grain.astype(np.uint8)).resize((width_px, height_px), Image.Resampling.BICUBIC)
    columns = int(np.ceil((flowers * width_px / height_px) ** 0.5))
    cell_px = min(width_px // columns, height_px // -(-flowers // columns))
    flower, mask = _cut_out()
    for number in random.permutation(columns * -(-flowers // columns))[:flowers]:
        side = min(int(random.integers(sides_px[0], sides_px[1] + 1)), cell_px)
        x, y = (int(number % columns) * cell_px, int(number // columns) * cell_px)
        dx, dy = random.integers(0, cell_px - side + 1, 2)
        turned = flower.rotate(90 * int(random.integers(4))).point(_lit(float(random.uniform(0.8, 1.15))))
        small = (picture.resize((side, side), Image.Resampling.BICUBIC, reducing_gap=3.0) for picture in (turned, mask))
        pasted, opaque = small
        scene.paste(pasted, (x + int(dx), y + int(dy)), opaque)
    return scene


def _cut_out() -> tuple[Image.Image, Image.Image]:
    with Image.open(SAMPLE) as sample:
        flower = sample.convert("RGB").crop(DAHLIA_XYXY).resize((288, 288), Image.Resampling.BICUBIC)
    mask = Image.new("L", flower.size, 0)
    ImageDraw.Draw(mask).ellipse((4, 4, 283, 283), fill=255)
    return flower, mask.filter(ImageFilter.GaussianBlur(3))


def _lit(brightness: float) -> list[int]:
    return [min(round(level * brightness), 255) for level in range(256)] * 3
