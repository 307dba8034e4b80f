"""The worst confusions as pictures, for people to look at; of photos to learn from, so they stay out of the product."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps

from training.breakdown import Confusion

_MOST = 15
_LONG_SIDE_PX = 480


def write_pictures(confusions: Sequence[Confusion], data: Path, folder: Path) -> None:
    """Write a photo of each of the first confusions into the folder, called by what it shows and what it was called."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, confusion in enumerate(confusions[:_MOST], 1):
        with Image.open(data / confusion.example) as image:
            photo = ImageOps.exif_transpose(image).convert("RGB")
        photo.thumbnail((_LONG_SIDE_PX, _LONG_SIDE_PX))
        photo.save(folder / f"{number:02}-{confusion.taxon}-called-{confusion.named or 'nothing'}.webp")
