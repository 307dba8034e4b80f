"""Packages in a store, in a folder and on S3: what was put in comes out, and a version never changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import StoreError
from core.store.blobs import Blobs, FolderBlobs, open_blobs
from core.store.packages import add_package, fetch_package, stored_packages

FILES = {"digits/variables/a": b"\x00" * 5, "labels.csv": b"taxon\n", "model.toml": b"name"}


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "folder":
        return FolderBlobs(tmp_path / "store")
    return open_blobs(request.getfixturevalue("s3_settings"))


def folder_with(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def files_in(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_what_was_put_in_comes_out(blobs, tmp_path):
    add_package(blobs, folder_with(tmp_path / "in", FILES), list(FILES), name="digits", version="1")
    fetch_package(blobs, tmp_path / "out", name="digits", version="1")
    assert files_in(tmp_path / "out") == FILES
    assert stored_packages(blobs) == [("digits", "1")]


def test_a_package_of_another_name_that_begins_alike_is_another(blobs, tmp_path):
    folder = folder_with(tmp_path / "in", FILES)
    for name, version in (("digits", "1"), ("digits", "10"), ("digits-b", "1")):
        add_package(blobs, folder, list(FILES), name=name, version=version)
    fetch_package(blobs, tmp_path / "out", name="digits", version="1")
    assert files_in(tmp_path / "out") == FILES
    assert stored_packages(blobs) == [("digits", "1"), ("digits", "10"), ("digits-b", "1")]


def test_one_that_is_not_there_leaves_no_folder(blobs, tmp_path):
    fetch_package(blobs, tmp_path / "out", name="digits", version="1")
    assert not (tmp_path / "out").exists()


def test_a_version_never_changes(blobs, tmp_path):
    add_package(blobs, folder_with(tmp_path / "in", FILES), list(FILES), name="digits", version="1")
    other = folder_with(tmp_path / "other", FILES | {"labels.csv": b"x", "model.toml": b"other"})
    with pytest.raises(StoreError, match=r"another digits 1 already, .* Give this one a new version"):
        add_package(blobs, other, list(FILES), name="digits", version="1")
    fetch_package(blobs, tmp_path / "out", name="digits", version="1")
    assert files_in(tmp_path / "out") == FILES


def test_the_same_again_mends_what_was_damaged(blobs, tmp_path):
    folder = folder_with(tmp_path / "in", FILES)
    add_package(blobs, folder, list(FILES), name="digits", version="1")
    blobs.put("models/digits/1/labels.csv", b"tampered")
    add_package(blobs, folder, list(FILES), name="digits", version="1")
    fetch_package(blobs, tmp_path / "out", name="digits", version="1")
    assert files_in(tmp_path / "out") == FILES


def test_one_whose_upload_broke_off_is_not_listed(blobs, tmp_path):
    folder = folder_with(tmp_path / "in", FILES)
    (folder / "model.toml").rename(folder / "gone")
    with pytest.raises(FileNotFoundError):
        add_package(blobs, folder, list(FILES), name="digits", version="1")
    blobs.put("models/digits/1/labels.csv", b"taxon\n")
    blobs.put("models/in-use.json", b"{}")
    assert stored_packages(blobs) == []
