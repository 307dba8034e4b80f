"""A model that somebody brings is tried on what people reviewed first, and leaves nothing behind."""

from __future__ import annotations

import gc
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from core.errors import InvalidModel
from core.recognition.package import load_package
from core.review.trials import photos_to_try, receive
from core.settings import SHIPPED_MODEL
from core.store.selection import Selection
from tests.counts_saved import save_counts
from tests.survey import count, library_of, person, photo

PACKAGE = load_package(SHIPPED_MODEL)
PHOTOS = [photo(f"{n}.jpg", taken_at=f"2026-06-{10 + n}T12:00:00") for n in range(6)]


@pytest.mark.parametrize(
    ("most", "reviewed_only", "expected"),
    [
        pytest.param(4, False, ["3", "1", "5", "4"], id="the reviewed first, then the newest"),
        pytest.param(1, False, ["3"], id="no more than asked for"),
        pytest.param(9, True, ["3", "1"], id="the reviewed alone"),
    ],
)
def test_a_model_is_tried_on_reviewed_photos_first(tmp_path, most, reviewed_only, expected):
    library = library_of(tmp_path)
    for one in PHOTOS:
        count(library, one, {"rose": 2})
    for number in (1, 3):
        save_counts(library, PHOTOS[number].photo_id, {"rose": 1}, package=PACKAGE, by=person("ben"))
    tried = photos_to_try(library, most=most, reviewed_only=reviewed_only)
    assert [result.photo.file for result in tried] == [f"{name}.jpg" for name in expected]


def test_a_model_is_tried_on_the_photos_of_a_drop(tmp_path):
    library = library_of(tmp_path)
    for number, one in enumerate(PHOTOS):
        count(library, replace(one, drop_id=f"d{number % 2}"), {"rose": 2})
    tried = photos_to_try(library, Selection(drop_id="d1"), most=9)
    assert sorted(result.photo.file for result in tried) == ["1.jpg", "3.jpg", "5.jpg"]


def test_the_folder_of_a_brought_model_goes_with_the_last_who_holds_it():
    file = BytesIO()
    with ZipFile(file, "w") as packed:
        packed.writestr("model.toml", 'format = 1\nname = "x"\n')
    place = receive(file.getvalue(), name="x.zip", known=())
    folder = Path(place.name)
    assert (folder / "model.toml").is_file()
    del place
    gc.collect()
    assert not folder.exists()


def test_a_model_that_cannot_be_unpacked_leaves_no_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(InvalidModel):
        receive(b"no zip", name="x.zip", known=())
    assert list(tmp_path.iterdir()) == []
