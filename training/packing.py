"""Every photo decoded once into one flat file of pixels, which all worker processes map: 8 ms a sample becomes 0."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.dataset import PhotoRow
from training.progress import Progress

LONG_SIDE_PX = 1152
"""Larger photos are reduced to this on packing."""


class PackedPhotos:
    """Random access to decoded photos. Opens lazily, so that it can be handed to a worker process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index: dict[str, tuple[int, int, int]] = json.loads((folder / "photos.json").read_text())
        self._pixels: NDArray[np.uint8] | None = None

    def __contains__(self, photo: str) -> bool:
        return photo in self._index

    def __getitem__(self, photo: str) -> NDArray[np.uint8]:
        """The photo, uint8 (h, w, 3), upright, long side at most LONG_SIDE_PX."""
        if self._pixels is None:
            self._pixels = np.memmap(self._folder / "photos.u8", np.uint8, "r")
        start, height, width = self._index[photo]
        return self._pixels[start : start + height * width * 3].reshape(height, width, 3)


def pack(rows: Sequence[PhotoRow], data: Path, folder: Path) -> PackedPhotos:
    """Decode `rows` with two processes into `folder`; done once, a second call finds it there."""
    index_path = folder / "photos.json"
    if not index_path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        index: dict[str, tuple[int, int, int]] = {}
        start, progress = 0, Progress("pack", len(rows))
        with ProcessPoolExecutor(2) as pool, (folder / "photos.u8").open("wb") as file:
            decoded = pool.map(_decode, [data / row.photo for row in rows], chunksize=32)
            for row, rgb_u8 in zip(rows, decoded, strict=True):
                index[row.photo] = (start, *rgb_u8.shape[:2])
                start += file.write(rgb_u8.tobytes())
                progress.step()
        index_path.write_text(json.dumps(index))
    return PackedPhotos(folder)


def _decode(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        photo = image.convert("RGB")
    photo.thumbnail((LONG_SIDE_PX, LONG_SIDE_PX), Image.Resampling.BICUBIC)
    return np.asarray(photo)
