"""A drawn picture of a scene: plain blooms where the boxes are, on a green field, with the word demo in it."""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO
from math import cos, pi, sin

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from core.demo.scenes import HEIGHT_PX, WIDTH_PX, Scene

PETALS = ("#f2f0e6", "#e8c62f", "#c8364a", "#7a5cc0", "#dd8ab8", "#4f7fd0", "#e6883c", "#b9d0ef")


def jpeg(scene: Scene) -> bytes:
    """The picture of a scene, WIDTH_PX by HEIGHT_PX, the same each time."""
    rng = np.random.default_rng(len(scene.drawn))
    field = np.array([70, 104, 52]) + rng.normal(0, 14, (HEIGHT_PX // 25, WIDTH_PX // 25, 1)) * [0.7, 1.0, 0.5]
    picture = Image.fromarray(field.clip(0, 255).astype(np.uint8)).resize((WIDTH_PX, HEIGHT_PX))
    draw = ImageDraw.Draw(picture)
    for box, label in zip(scene.flowers.boxes_xyxy.tolist(), scene.drawn, strict=True):
        _bloom(draw, box, label)
    if scene.flag == "blurred":
        picture = picture.filter(ImageFilter.GaussianBlur(7))
        draw = ImageDraw.Draw(picture)
    draw.text((WIDTH_PX - 20, HEIGHT_PX - 14), "demo", fill="#ffffff", anchor="rs", font_size=44)
    out = BytesIO()
    picture.save(out, "JPEG", quality=75)
    return out.getvalue()


def _bloom(draw: ImageDraw.ImageDraw, box: list[float], label: int) -> None:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    radius = min(box[2] - box[0], box[3] - box[1]) / 2
    kind = sha256(str(label).encode()).digest()
    petals, petal = 5 + kind[0] % 9, PETALS[kind[1] % len(PETALS)]
    size = radius * min(0.42, 1.9 / petals + 0.1)
    draw.ellipse((x - radius / 2, y - radius / 2, x + radius / 2, y + radius / 2), fill=petal)
    for turn in range(petals):
        angle = 2 * pi * turn / petals + kind[2]
        at_x, at_y = x + (radius - size) * cos(angle), y + (radius - size) * sin(angle)
        draw.ellipse((at_x - size, at_y - size, at_x + size, at_y + size), fill=petal, outline="#00000040")
    middle = radius * 0.3
    draw.ellipse((x - middle, y - middle, x + middle, y + middle), fill="#6d4a1e" if kind[3] % 2 else "#f0cf4a")
