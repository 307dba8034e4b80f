"""Photos as heavy as those of a phone, any number of them: one picture, and behind it a film as in a motion photo."""

from __future__ import annotations

import random
from io import BytesIO
from pathlib import Path

from tests.core.scenes import meadow

FLOWERS = 6


def heavy_photos(folder: Path, *, photos: int, bytes_each: int, seed: str = "") -> list[Path]:
    """Photos of a given number and size in bytes, no two alike, each of the same six flowers."""
    picture = BytesIO()
    meadow(2000, 1500, flowers=FLOWERS, sides_px=(200, 300)).save(picture, "JPEG", quality=90)
    folder.mkdir(exist_ok=True)
    files = []
    for number in range(photos):
        film = random.Random(f"{seed}{number}").randbytes(bytes_each - len(picture.getvalue()))
        file = folder / f"{seed}{number:03}.jpg"
        file.write_bytes(picture.getvalue() + film)
        files.append(file)
    return files
