"""Photos of a folder or a bucket are found by name and content; what is left out is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.bloomcount import assemble
from core.errors import NotAPhoto
from core.intake.pipeline import accept
from core.intake.sources import find_photos
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
