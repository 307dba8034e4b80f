"""Every photo decoded once into one flat file of pixels, which all worker processes map: 8 ms a sample becomes 0."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from training.dataset import InvalidDataset, PhotoRow
from training.progress import Progress
from training.whole_file import whole_file

LONG_SIDE_PX = 1152
"""The largest photo that networks learn from; they look at less of it."""


class PackedPhotos:
    """Random access to decoded photos. A worker process is handed the folder alone and maps the pixels itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index: dict[str, tuple[int, int, int]] = json.loads((folder / "photos.json").read_text())
        self._pixels = np.memmap(folder / "photos.u8", np.uint8, "r")

    def __reduce__(self) -> tuple[Any, ...]:
        return PackedPhotos, (self._folder,)  # a mapped array would be pickled with all its bytes

    def __getitem__(self, photo: str) -> NDArray[np.uint8]:
        """The photo, uint8 (h, w, 3), upright, as large as photos.csv says."""
        start, height, width = self._index[photo]
        return self._pixels[start : start + height * width * 3].reshape(height, width, 3)


def pack(rows: Sequence[PhotoRow], data: Path, folder: Path) -> PackedPhotos:
    """Decode `rows` with two processes into `folder`; done once, a second call finds it there.

    Raises InvalidDataset with a sentence about a photo that cannot be read, or is not as photos.csv says.
    """
    index_path = folder / "photos.json"
    if not index_path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        index: dict[str, tuple[int, int, int]] = {}
        start, progress = 0, Progress("pack", len(rows))
        with ProcessPoolExecutor(2) as pool, (folder / "photos.u8").open("wb") as file:
            decoded = pool.map(_decode, [data / row.photo for row in rows], chunksize=32)
            for row, rgb_u8 in zip(rows, decoded, strict=True):
                _expect_size(row, *rgb_u8.shape[:2])
                index[row.photo] = (start, *rgb_u8.shape[:2])
                start += file.write(rgb_u8.tobytes())
                progress.step()
        with whole_file(index_path) as part:
            part.write_text(json.dumps(index))
    return PackedPhotos(folder)


def _decode(path: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as image:
            return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise InvalidDataset(f"{path} cannot be read ({error}). Mend it, or take its row out of photos.csv.") from error


def _expect_size(row: PhotoRow, height: int, width: int) -> None:
    if (width, height) != (row.width_px, row.height_px):
        raise InvalidDataset(
            f"{row.photo} is {width} x {height} px upright, and photos.csv says {row.width_px} x {row.height_px}. "
            "Its boxes would lie beside the flowers: correct width, height and boxes."
        )
    if max(width, height) > LONG_SIDE_PX:
        raise InvalidDataset(
            f"{row.photo} is {width} x {height} px; photos to learn from are at most {LONG_SIDE_PX} px wide and high. "
            "Reduce it and its boxes; python -m training from-coco does so."
        )
