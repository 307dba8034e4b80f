"""A photo that is deleted for privacy: nothing of it is left, in any file, version or table; it does not come back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from shutil import copytree
from uuid import uuid4
from zipfile import ZipFile

import boto3
import polars as pl
import pyarrow.parquet as pq
import pytest

from core.bloomcount import Bloomcount, assemble
from core.errors import NotTaken, StoreError
from core.intake.corrections import Correction, NotAllowed, correct_many
from core.intake.deletion import delete_photos, end_deletions
from core.intake.pipeline import accept
from core.intake.store_check import check
from core.intake.worker import Worker
from core.settings import Settings
from core.store import cache
from core.store.blobs import FolderBlobs, S3Blobs
from core.store.records import Drop, Fieldwork
from tests.core.counting_squares import PACKAGE, Squares, photo_of
from tests.counts_saved import save_counts
from tests.people import ADMIN
from tests.survey import person

LEA = person("lea", "lead")
FACTS = ("hidden meadow.jpg", "behind the shed", "wilhelmina", "again.jpg", "52.12345")
"""Texts that must be nowhere: file names, note, person, position."""
PHOTO_ID = sha256(photo_of(3)).hexdigest()
BUCKET = "bloom-versions"
MAY, JUNE = "20260501T102030-aa", "20260601T102030-bb"


@pytest.fixture(params=["folder", "versioned bucket"])
def bloom(request, tmp_path, monkeypatch) -> Bloomcount:
    """A store with a photo of three flowers of a person who is to be forgotten, corrected, reviewed, dropped again,

    and other photos before and after it. A snapshot is kept after each commit.
    """
    monkeypatch.setattr(cache, "KEPT_AFTER_COMMITS", 1)
    if request.param == "folder":
        settings = Settings(store=str(tmp_path / "store"))
    else:
        s3 = request.getfixturevalue("s3_settings")
        client = boto3.client("s3", endpoint_url=s3.s3_endpoint)
        with suppress(client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists):
            client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        settings = Settings(store=f"s3://{BUCKET}/{uuid4().hex}", s3_endpoint=s3.s3_endpoint)
    bloom = assemble(settings)
    for number, by in ((1, "anna"), (3, FACTS[2]), (5, "ben")):
        about = Drop(MAY, "dunes", FACTS[1] if number == 3 else "", by)
        accept(bloom.library, bloom.inbox, photo_of(number), file=FACTS[0] if number == 3 else "x.jpg", drop=about)
        count(bloom)
        bloom.library.tidy()
    accept(bloom.library, bloom.inbox, photo_of(3), file=FACTS[3], drop=Drop(JUNE, "wood", "", "ben"))
    count(bloom)
    photo = bloom.library.photo(PHOTO_ID)
    bloom.library.record([replace(photo, latitude=52.12345, changed_by=FACTS[2], changed_at=datetime.now(UTC))], [], [])
    correct_many(bloom.library, [PHOTO_ID], Correction(note=FACTS[1] + " at noon"), by=LEA)
    save_counts(bloom.library, PHOTO_ID, {"oxeye-daisy": 4}, package=PACKAGE, by=LEA)
    bloom.library.tidy()
    return bloom


def count(bloom: Bloomcount) -> None:
    Worker(bloom.library, bloom.inbox, Squares, bloom.settings).count_all()


def everything(bloom: Bloomcount) -> Iterator[tuple[str, bytes]]:
    """All that lies in the store, with every version that was ever written and is still there."""
    if isinstance(bloom.blobs, FolderBlobs):
        for path in bloom.blobs.root.rglob("*"):
            if path.is_file():
                yield str(path), path.read_bytes()
        return
    assert isinstance(bloom.blobs, S3Blobs)
    bucket = bloom.blobs.bucket
    for page in bucket.client.get_paginator("list_object_versions").paginate(Bucket=bucket.name, Prefix=bucket.prefix):
        for one in page.get("Versions", []):
            answer = bucket.client.get_object(Bucket=bucket.name, Key=one["Key"], VersionId=one["VersionId"])
            yield one["Key"], answer["Body"].read()


def text_of(data: bytes) -> str:
    """The bytes as text, and what a table's file or a snapshot holds in packed form."""
    more: list[object] = []
    if data.startswith(b"PAR1"):
        more = pq.read_table(BytesIO(data)).to_pylist()
    elif data.startswith(b"PK"):
        with ZipFile(BytesIO(data)) as file:
            more = [pl.read_ipc_stream(file.read(name)).to_dicts() for name in cache.FRAMES]
    return data.decode("latin-1") + str(more)


def found(bloom: Bloomcount) -> list[tuple[str, str]]:
    """The keys under which something of the photo is still to be found, and what; its small picture by its key."""
    return [
        (key, fact)
        for key, data in everything(bloom)
        for fact in (*FACTS, photo_of(3).decode("latin-1"))
        if fact in text_of(data)
    ] + [(key, "") for key, _ in everything(bloom) if f"thumbs/{PHOTO_ID[:2]}/{PHOTO_ID}" in key]


def flowers(bloom: Bloomcount) -> list[int]:
    return sorted(row["count"] for row in bloom.library.observed_table().to_dicts())


def others(bloom: Bloomcount) -> list[tuple[str, str, str]]:
    photos = [photo for batch in bloom.library.every_photo() for photo in batch if photo.photo_id != PHOTO_ID]
    return [(photo.file, photo.uploaded_by, photo.site) for photo in photos]


REST = [("x.jpg", "anna", "dunes"), ("x.jpg", "ben", "dunes")]


@pytest.mark.parametrize("keep_counts", [True, False], ids=["counts stay", "counts go"])
def test_nothing_is_left_of_a_deleted_photo_in_any_file_or_version_but_its_tombstone(bloom, keep_counts):
    assert {fact for _, fact in found(bloom)} >= set(FACTS)
    assert (flowers(bloom), others(bloom)) == ([1, 4, 5], REST)
    assert delete_photos(bloom.library, bloom.inbox, [PHOTO_ID], keep_counts=keep_counts, by=LEA) == 1
    assert found(bloom) == []
    again = assemble(bloom.settings)
    again.library.tidy()
    for one in (bloom, again):
        assert (flowers(one), others(one)) == ([1, 4, 5] if keep_counts else [1, 5], REST)
    photo = again.library.photo(PHOTO_ID)
    rows = again.library.tables.query(f"SELECT photo_id FROM photos WHERE photo_id = '{PHOTO_ID}'", "photos")
    assert bool(len(rows)) == keep_counts
    assert len(again.library.review_records([PHOTO_ID])) == keep_counts
    if keep_counts:
        assert (photo.file, photo.note, photo.uploaded_by, photo.latitude) == ("(deleted)", "", "", None)
        assert (photo.site, photo.changed_by) == ("dunes", None)
    else:
        assert photo is None
    tombstone = again.library.tombstones.of(PHOTO_ID)
    assert (tombstone.by, tombstone.counts_kept, tombstone.tickets) == ("lea", keep_counts, ())
    assert found(bloom) == []
    assert list(check(again.library, again.inbox, by=ADMIN)) == []


def test_the_same_bytes_are_refused_in_a_sentence_and_not_stored(bloom):
    delete_photos(bloom.library, bloom.inbox, [PHOTO_ID], keep_counts=False, by=LEA)
    before = sorted(key for key, _ in everything(bloom))
    with pytest.raises(NotTaken, match=r"hidden meadow.jpg was deleted for privacy on \d+ \w+ \d+: it is not taken in"):
        accept(bloom.library, bloom.inbox, photo_of(3), file=FACTS[0], drop=Drop(JUNE, "", "", "anna"))
    assert sorted(key for key, _ in everything(bloom)) == before


def test_a_photo_that_is_counted_while_it_is_deleted_does_not_come_back(bloom):
    other = sha256(photo_of(7)).hexdigest()

    class Deletes(Squares):
        def recognise(self, photo):
            delete_photos(bloom.library, bloom.inbox, [other], keep_counts=False, by=LEA)
            return super().recognise(photo)

    accept(bloom.library, bloom.inbox, photo_of(7), file="seven.jpg", drop=Drop(JUNE, "", "", "ben"))
    squares = Deletes()
    Worker(bloom.library, bloom.inbox, lambda: squares, bloom.settings).count_all()
    assert (bloom.library.photo(other), bloom.inbox.waiting()) == (None, [])
    assert flowers(bloom) == [1, 4, 5]
    assert [key for key, data in everything(bloom) if "seven.jpg" in text_of(data)] == []


def test_only_leads_delete(bloom):
    with pytest.raises(NotAllowed, match="Only a lead can delete photos"):
        delete_photos(bloom.library, bloom.inbox, [PHOTO_ID], keep_counts=True, by=person(FACTS[2]))
    assert bloom.library.pictures.has(PHOTO_ID)


@pytest.mark.parametrize("bloom", ["folder"], indirect=True)
def test_a_deletion_that_stopped_anywhere_is_ended_by_the_next_process(bloom, tmp_path, monkeypatch):
    steps, finished = 0, False
    while not finished:
        store = tmp_path / f"stopped-{steps}"
        copytree(bloom.settings.store, store)
        stopped = assemble(Settings(store=str(store)))
        with monkeypatch.context() as patch:
            stop_after(patch, steps)
            try:
                delete_photos(stopped.library, stopped.inbox, [PHOTO_ID], keep_counts=steps % 2 == 0, by=LEA)
                finished = True
            except StoreError:
                steps += 1
        following = assemble(Settings(store=str(store)))
        begun = [blob.key for blob in following.blobs.list("deleting/")]
        end_deletions(following.library, following.inbox)
        if begun or finished:
            assert found(following) == []
            assert others(following) == REST
        else:
            assert following.library.photo(PHOTO_ID).file == FACTS[0]
    assert steps > 10


def stop_after(patch: pytest.MonkeyPatch, steps: int) -> None:
    """Let so many changes of the store pass; the next, and all that follow, fail."""
    left = [steps]

    def fails(method):
        def call(*arguments, **named):
            left[0] -= 1
            if left[0] < 0:
                raise StoreError("The disk is full.")
            return method(*arguments, **named)

        return call

    for name in ("put", "erase"):
        patch.setattr(FolderBlobs, name, fails(getattr(FolderBlobs, name)))


@pytest.mark.parametrize("keep_counts", [True, False], ids=["counts stay", "counts go"])
def test_who_observed_a_drop_goes_with_its_last_photo(bloom, keep_counts):
    others = [sha256(photo_of(number)).hexdigest() for number in (1, 5)]
    said = Fieldwork(MAY, FACTS[2], datetime.now(UTC), protocol="timed", minutes=10, observer=FACTS[2])
    bloom.library.describe_fieldwork(said, by=LEA)
    delete_photos(bloom.library, bloom.inbox, [PHOTO_ID], keep_counts=keep_counts, by=LEA)
    assert bloom.library.fieldwork()[MAY].observer == FACTS[2]
    delete_photos(bloom.library, bloom.inbox, others, keep_counts=keep_counts, by=LEA)
    left = [(one.protocol, one.observer, one.by) for one in bloom.library.fieldwork().values()]
    assert left == ([("timed", "", "")] if keep_counts else [])
