"""No photo that taught a package measures it, in whatever folder it lies."""

from dataclasses import replace

from tests.training.photos import photo
from training.learned import FILE, unseen, write_learned


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
    assert [row.photo for row in unseen(rows, data, tmp_path)] == ["b"]


def test_a_foreign_folder_is_measured_whole_but_for_photos_that_taught(tmp_path):
    data = folder(tmp_path / "data", a=b"1", b=b"2")
    write_learned([replace(photo(name=name), split="train") for name in "ab"], data, tmp_path)
    other = folder(tmp_path / "other", x=b"7", y=b"2", z=b"9")
    rows = [replace(photo(name=name), split="train") for name in ("x", "y", "z", "gone")]
    assert [row.photo for row in unseen(rows, other, tmp_path)] == ["x", "z", "gone"]


def test_a_package_that_does_not_say_what_it_learned_from_is_measured_on_all(tmp_path):
    data = folder(tmp_path / "data", a=b"1")
    assert not (tmp_path / FILE).exists()
    assert len(unseen([photo(name="a")], data, tmp_path)) == 1
