"""Photos are packed as they are, or refused with a sentence; workers map them instead of getting a copy."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.training.photos import photo
from training.dataset import InvalidDataset, PhotoRow
from training.packing import LONG_SIDE_PX, pack

TURNED_RIGHT = 6


def stored(path: Path, width: int, height: int, *, turned: bool = False) -> PhotoRow:
    """A row and its photo, lossless, so that pixels can be compared."""
    exif = Image.Exif()
    if turned:
        exif[0x0112] = TURNED_RIGHT
    pixels(width, height).save(path, exif=exif)
    upright = (height, width) if turned else (width, height)
    return replace(photo(name=path.name), width_px=upright[0], height_px=upright[1])


def pixels(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8))


def test_photos_come_back_as_they_are_upright(tmp_path):
    rows = [stored(tmp_path / "a.png", 40, 30), stored(tmp_path / "b.png", 50, 20, turned=True)]
    packed = pack(rows, tmp_path, tmp_path / "pack")
    np.testing.assert_array_equal(packed["a.png"], pixels(40, 30))
    np.testing.assert_array_equal(packed["b.png"], pixels(50, 20).transpose(Image.Transpose.ROTATE_270))


def test_a_worker_is_handed_no_pixels(tmp_path):
    packed = pack([stored(tmp_path / "a.png", 400, 300)], tmp_path, tmp_path / "pack")
    assert packed["a.png"].size == 360_000
    handed = pickle.dumps(packed)
    assert len(handed) < 1000
    np.testing.assert_array_equal(pickle.loads(handed)["a.png"], packed["a.png"])


def test_packing_that_was_stopped_is_done_again(tmp_path):
    row = stored(tmp_path / "a.png", 40, 30)
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "photos.u8").write_bytes(b"half")
    (tmp_path / "pack" / "part-photos.json").write_text('{"a.png": [0,')
    np.testing.assert_array_equal(pack([row], tmp_path, tmp_path / "pack")["a.png"], pixels(40, 30))


def test_a_photo_of_another_size_than_its_row_says_is_refused(tmp_path):
    row = replace(stored(tmp_path / "a.png", 40, 30), width_px=30, height_px=40)
    with pytest.raises(InvalidDataset, match=r"a\.png is 40 x 30 px upright, and photos\.csv says 30 x 40"):
        pack([row], tmp_path, tmp_path / "pack")


def test_a_photo_that_is_too_large_is_refused(tmp_path):
    row = stored(tmp_path / "a.png", LONG_SIDE_PX + 1, 30)
    with pytest.raises(InvalidDataset, match=r"are at most 1152 px wide and high\. Reduce it and its boxes"):
        pack([row], tmp_path, tmp_path / "pack")


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_a_photo_that_cannot_be_read_is_named(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(InvalidDataset, match=r"a\.png cannot be read .* take its row out of photos\.csv"):
        pack([photo(name="a.png")], tmp_path, tmp_path / "pack")
