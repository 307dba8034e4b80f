"""No photo that taught a package measures it, in whatever folder it lies."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.settings import SHIPPED_MODEL
from tests.training.photos import photo
from training.dataset import read_dataset
from training.learned import FILE, unseen, write_learned

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not (DATA / "photos.csv").exists(), reason="needs ../shared/data")


def folder(path, **photos):
    path.mkdir()
    for name, data in photos.items():
        (path / name).write_bytes(data)
    return path


def test_only_validation_photos_of_the_own_folder_are_left(tmp_path):
    data = folder(tmp_path / "data", a=b"1", b=b"2", c=b"3")
    rows = [replace(photo(name=name), split=split) for name, split in
            (("a", "train"), ("b", "validation"), ("c", "calibration"))]  # fmt: skip
    write_learned(rows, data, tmp_path)
    left, sentence = unseen(rows, data, tmp_path)
    assert [row.photo for row in left] == ["b"]
    assert sentence == f"2 of the 3 photos in {data} taught or calibrated {tmp_path} and are left out."


def test_a_foreign_folder_is_measured_whole_but_for_photos_that_taught(tmp_path):
    data = folder(tmp_path / "data", a=b"1", b=b"2")
    write_learned([replace(photo(name=name), split="train") for name in "ab"], data, tmp_path)
    other = folder(tmp_path / "other", x=b"7", y=b"2", z=b"9")
    rows = [replace(photo(name=name), split="train") for name in ("x", "y", "z", "gone")]
    assert [row.photo for row in unseen(rows, other, tmp_path)[0]] == ["x", "z", "gone"]


def test_a_package_that_does_not_say_what_it_learned_from_is_measured_on_all(tmp_path):
    data = folder(tmp_path / "data", a=b"1")
    assert not (tmp_path / FILE).exists()
    left, sentence = unseen([photo(name="a")], data, tmp_path)
    assert [row.photo for row in left] == ["a"]
    assert sentence == f"{tmp_path} does not say what it learned from, so all photos in {data} are measured."


@needs_data
def test_of_the_shared_folder_exactly_the_validation_photos_are_left_for_the_shipped_package():
    rows = read_dataset(DATA)
    left, _ = unseen(rows, DATA, SHIPPED_MODEL)
    assert {row.photo for row in left} == {row.photo for row in rows if row.split == "validation"}
