"""Photos to measure with: the sample flower enlarged to what cameras write, each file different."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

SAMPLE = Path(__file__).parent.parent / "pages" / "parts" / "samples" / "dahlia.jpg"
CAMERA_PX = (4000, 3000)
"""12 megapixels."""


def camera_jpeg(*, quality: int = 90, noise: float = 0.0) -> bytes:
    """A 12 MP JPEG. noise: standard deviation in grey levels; with 20 the file has about 6 MB."""
    with Image.open(SAMPLE) as sample:
        rgb = np.asarray(sample.convert("RGB").resize(CAMERA_PX, Image.Resampling.BICUBIC), np.float32)
    if noise:
        grain = np.random.default_rng(0).normal(0, noise, rgb.shape[:2]).astype(np.float32)
        rgb = np.clip(rgb + grain[..., None], 0, 255)
    file = BytesIO()
    Image.fromarray(rgb.astype(np.uint8)).save(file, "JPEG", quality=quality)
    return file.getvalue()


def different(jpeg: bytes, number: int) -> bytes:
    """The same picture as another file: bytes after its end are nobody's."""
    return jpeg + number.to_bytes(8, "big")
