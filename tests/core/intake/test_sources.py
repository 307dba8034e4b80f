"""Photos of a folder or a bucket are found by name and content; what is left out is said."""

from __future__ import annotations

import pickle
from pathlib import Path

import polars as pl
import pytest

from core.bloomcount import assemble
from core.errors import NotAPhoto
from core.intake.pipeline import accept
from core.intake.sources import NoPhotos, find_photos
from core.settings import Settings
from core.store.blobs import S3Blobs
from core.store.records import Drop
from core.store.s3 import Bucket
from tests.core.counting_squares import photo_of

PHOTOS = ("a.jpg", "b.JPE", "c.jfif", "d.mpo", "e.HIF", "f.heics", "g.avif", "h", "IMG_0001.JPG~2", "sub/i.jpeg")
"""Names of photos; what is in them counts where the ending says nothing."""

NONE = ("notes.txt", "sub/clip.mov", "list", "table.csv")
HIDDEN = ("@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg", "__MACOSX/._a.jpg", ".thumbnails/a.jpg", "sub/.a.jpg", "#recycle/a.jpg")


def card(folder: Path) -> Path:
    for name in (*PHOTOS, *HIDDEN, *NONE):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"words" if name in NONE else photo_of(1))
    return folder


def test_a_folder_gives_its_photos_whatever_their_ending_and_says_what_it_left_out(tmp_path):
    said: list[str] = []
    sources = find_photos([str(card(tmp_path))], s3_endpoint=None, say=said.append)
    assert sorted(source.file for source in sources) == sorted(PHOTOS)
    (sentence,) = said
    assert sentence.startswith(f"Left out of {tmp_path}, as they are no photos: 8 (")


def test_a_bucket_gives_the_same_photos_as_a_folder(tmp_path, s3_settings):
    blobs = S3Blobs(Bucket(s3_settings.store, s3_settings.s3_endpoint))
    for name in (*PHOTOS, *NONE, "@eaDir/a.jpg"):
        blobs.put(f"card/{name}", b"words" if name in NONE else photo_of(1))
    said: list[str] = []
    where = f"{s3_settings.store.rstrip('/')}/card/"
    sources = find_photos([where], s3_endpoint=s3_settings.s3_endpoint, say=said.append)
    assert sorted(source.file for source in sources) == sorted(PHOTOS)
    assert "as they are no photos: 4 (" in said[0]


@pytest.mark.parametrize("name", HIDDEN)
def test_thumbnails_in_a_folder_that_is_dropped_are_no_photos(tmp_path, name):
    bloom = assemble(Settings(store=str(tmp_path)))
    with pytest.raises(NotAPhoto):
        accept(bloom.library, bloom.inbox, photo_of(1), file=name, drop=Drop("d", "", "", "anna"))


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_list_gives_the_files_that_it_names_beside_it_or_anywhere(tmp_path, ending):
    (tmp_path / "a.jpg").write_bytes(photo_of(1))
    names = ["a.jpg", "gone.jpg", str(tmp_path / "a.jpg")]
    listed = tmp_path / f"list.{ending}"
    table = pl.DataFrame({"site": ["x", "y", "z"], "path": names})
    table.write_csv(listed) if ending == "csv" else table.write_parquet(listed)
    first, gone, whole = find_photos([str(listed)], s3_endpoint=None)
    assert [first.file, gone.file, whole.file] == names
    assert first.read() == whole.read() == photo_of(1)
    with pytest.raises(FileNotFoundError):
        gone.read()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        pytest.param("list.csv", b"file\na.jpg\n", "needs a column named path", id="another column"),
        pytest.param("list.csv", b"path\n\n", "There are no photos in", id="no rows"),
        pytest.param("list.csv", b"path\n\xff\xfe\n", "cannot be read as a list", id="not UTF-8"),
        pytest.param("list.parquet", b"path", "cannot be read as a list", id="not Parquet"),
        pytest.param("list.parquet", None, "does not exist", id="not there"),
    ],
)
def test_a_list_that_is_none_is_a_sentence(tmp_path, name, content, sentence):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(NoPhotos, match=sentence):
        find_photos([str(tmp_path / name)], s3_endpoint=None)


def test_a_list_in_a_bucket_names_photos_beside_it(s3_settings):
    blobs = S3Blobs(Bucket(s3_settings.store, s3_settings.s3_endpoint))
    blobs.put("card/a.jpg", photo_of(2))
    where = s3_settings.store.rstrip("/")
    blobs.put("list.csv", f"path\ncard/a.jpg\n{where}/card/a.jpg\n".encode())
    sources = find_photos([f"{where}/list.csv"], s3_endpoint=s3_settings.s3_endpoint)
    assert [source.file for source in sources] == ["card/a.jpg", f"{where}/card/a.jpg"]
    assert [pickle.loads(pickle.dumps(source)).read() for source in sources] == [photo_of(2)] * 2
