"""The check of a store, on a folder and on a real S3 endpoint: what is lost is named, what can be repaired is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import boto3
import pytest

from core.bloomcount import Bloomcount, assemble
from core.demo.store import fill
from core.intake.deletion import delete_photos
from core.intake.inbox import INBOX, ticket_of
from core.intake.pipeline import accept
from core.intake.store_check import check
from core.intake.worker import Worker
from core.settings import Settings
from core.store.pictures import photo_key
from core.store.records import Drop, PhotoResult
from tests.core.counting_squares import PACKAGE, Squares, photo_of
from tests.people import ADMIN
from tests.s3 import BUCKET
from tests.survey import person

DROP = "20260501T102030-ab12"
IDS = [sha256(photo_of(flowers)).hexdigest() for flowers in range(5)]


@pytest.fixture(params=["folder", "s3"])
def store(request, tmp_path) -> Settings:
    if request.param == "folder":
        return Settings(store=str(tmp_path / "data"))
    return request.getfixturevalue("s3_settings")


@pytest.fixture
def bloom(store) -> Bloomcount:
    """A store with five counted photos of 0 to 4 flowers."""
    bloom = assemble(store)
    upload(bloom, *range(5))
    count(bloom)
    return bloom


def upload(bloom: Bloomcount, *flowers: int) -> None:
    for number in flowers:
        drop = Drop(DROP, "plot 3", "after rain", "anna")
        accept(bloom.library, bloom.inbox, photo_of(number), file=f"{number}.jpg", drop=drop)


def count(bloom: Bloomcount) -> None:
    Worker(bloom.library, bloom.inbox, Squares, bloom.settings).count_all()


def found(bloom: Bloomcount) -> list[tuple[str, str, bool]]:
    return [
        (finding.photo_id, finding.problem, finding.repaired) for finding in check(bloom.library, bloom.inbox, by=ADMIN)
    ]


def flowers(bloom: Bloomcount) -> dict[str, int]:
    return {row["photo_id"]: row["count"] for row in bloom.library.observed_table().to_dicts()}


def results(bloom: Bloomcount) -> list[PhotoResult]:
    return [result for batch in bloom.library.export_results() for result in batch]


def forget(bloom: Bloomcount, *tables: str) -> None:
    for table in tables:
        bloom.library.tables.delete(table, f"photo_id = '{IDS[3]}'")


def test_a_whole_store_has_nothing_to_repair_also_while_photos_wait(bloom):
    fill(bloom.library, PACKAGE, 20)
    upload(bloom, 5, 6)
    assert found(bloom) == []


def test_a_photo_whose_rows_and_ticket_are_gone_is_counted_again(bloom):
    before = flowers(bloom)
    forget(bloom, "photos", "analyses", "observations")
    assert found(bloom) == [(IDS[3], "a photo without a row and without a ticket", True)]
    assert found(bloom) == []
    count(bloom)
    assert flowers(bloom) == before
    again = bloom.library.photo(IDS[3])
    assert again is not None
    assert (again.uploaded_by, again.bytes, again.site) == ("admin", len(photo_of(3)), "")


def test_a_photo_whose_counts_are_gone_is_counted_again_and_keeps_what_was_said_of_it(bloom):
    before, photo = flowers(bloom), bloom.library.photo(IDS[3])
    forget(bloom, "analyses", "observations")
    assert found(bloom) == [(IDS[3], "a photo without its counts", True)]
    assert found(bloom) == []
    count(bloom)
    assert flowers(bloom) == before
    assert bloom.library.photo(IDS[3]) == photo


def test_a_photo_that_was_missing_and_is_back_is_counted(bloom):
    data, missing = photo_of(7), sha256(photo_of(7)).hexdigest()
    upload(bloom, 7)
    bloom.blobs.delete(photo_key(missing))
    assert found(bloom) == [(missing, "a ticket without its photo", False)]
    count(bloom)
    assert "Upload it again" in next(result.problem for result in results(bloom) if result.photo.photo_id == missing)
    assert [(photo_id, repaired) for photo_id, _, repaired in found(bloom)] == [(missing, False)]
    bloom.blobs.put(photo_key(missing), data)
    assert found(bloom) == [(missing, "a photo without its counts", True)]
    count(bloom)
    assert flowers(bloom)[missing] == 7
    assert found(bloom) == []


def test_a_row_whose_photo_is_gone_is_named_and_keeps_its_counts(bloom):
    before = flowers(bloom)
    bloom.blobs.delete(photo_key(IDS[4]))
    assert found(bloom) == [(IDS[4], f"a row without its photo, of anna, drop {DROP}", False)]
    assert flowers(bloom) == before


def test_a_ticket_left_behind_of_a_photo_that_is_counted_and_gone_does_not_spoil_its_counts(bloom):
    before, photo = flowers(bloom), bloom.library.photo(IDS[4])
    bloom.inbox.add(ticket_of(photo))
    bloom.blobs.delete(photo_key(IDS[4]))
    assert (IDS[4], "a ticket without its photo", True) in found(bloom)
    count(bloom)
    assert flowers(bloom) == before


def test_a_ticket_whose_photo_was_counted_but_never_got_its_row_is_kept_and_named(bloom):
    bloom.inbox.add(ticket_of(bloom.library.photo(IDS[3])))
    forget(bloom, "photos")
    bloom.blobs.delete(photo_key(IDS[3]))
    assert found(bloom) == [(IDS[3], "a ticket without its photo", False)]
    assert bloom.inbox.waiting() == [IDS[3]]


def test_a_copy_made_in_the_order_of_the_deployment_page_restores_everything(s3_settings):
    """docs/deploy.md, Backup and Restore: tickets, then the logs of the tables, then the rest, while people upload."""
    bloom = assemble(s3_settings)
    upload(bloom, *range(5))
    count(bloom)
    upload(bloom, 5)
    bucket = boto3.resource("s3", endpoint_url=s3_settings.s3_endpoint).Bucket(BUCKET)
    prefix = s3_settings.store.removeprefix(f"s3://{BUCKET}/") + "/"

    def copy(source: str, target: str, wanted) -> None:
        for key in [item.key.removeprefix(source) for item in bucket.objects.filter(Prefix=source)]:
            if wanted(key):
                bucket.copy({"Bucket": BUCKET, "Key": source + key}, target + key)

    backup = f"backup-{prefix}"
    copy(prefix, backup, lambda key: key.startswith(INBOX) and not key.endswith(".lease"))
    copy(prefix, backup, lambda key: "/_delta_log/" in key)
    upload(bloom, 6)
    count(bloom)
    upload(bloom, 7)
    copy(prefix, backup, lambda key: not key.startswith((INBOX, "now/")) and "/_delta_log/" not in key)

    restored = f"restored-{prefix}"
    copy(backup, restored, lambda _: True)
    again = assemble(Settings(store=f"s3://{BUCKET}/{restored.rstrip('/')}", s3_endpoint=s3_settings.s3_endpoint))
    late = {sha256(photo_of(number)).hexdigest() for number in (6, 7)}
    assert {photo_id for photo_id, _, repaired in found(again) if repaired} == late
    count(again)
    count(bloom)
    assert flowers(again) == flowers(bloom)
    assert found(again) == []


@pytest.fixture
def overwritten(bloom) -> Bloomcount:
    """A store as version 1.0 wrote it: photo 3 dropped again by ben, elsewhere; photo 4 by ben without a site."""
    for number, site in ((3, "wood"), (4, "")):
        photo = bloom.library.photo(IDS[number])
        later = photo.uploaded_at + timedelta(microseconds=1)
        again = replace(photo, drop_id="later", uploaded_by="ben", site=site, note="", uploaded_at=later)
        bloom.library.record([again], [], [])
    return bloom


def test_photos_that_version_1_0_overwrote_are_listed_with_both_and_the_first_holds(overwritten):
    findings = list(check(overwritten.library, overwritten.inbox, by=ADMIN))
    assert {(one.photo_id, one.repaired) for one in findings} == {(IDS[3], False), (IDS[4], False)}
    said = {one.photo_id: one.problem for one in findings}[IDS[3]]
    assert "uploaded with site 'plot 3' and note 'after rain', by anna" in said
    assert "again with site 'wood' and note '', by ben" in said
    assert {overwritten.library.photo(photo_id).site for photo_id in IDS} == {"plot 3"}


@pytest.mark.parametrize(("restore", "sites"), [("first", ["plot 3", "plot 3"]), ("last", ["wood", "plot 3"])])
def test_the_first_or_the_last_holds_for_good_and_an_empty_field_erases_nothing(overwritten, restore, sites):
    findings = list(check(overwritten.library, overwritten.inbox, by=ADMIN, restore=restore))
    assert [one.repaired for one in findings] == [True, True]
    now = [overwritten.library.photo(IDS[number]) for number in (3, 4)]
    assert [photo.site for photo in now] == sites
    assert {(photo.note, photo.uploaded_by, photo.changed_by) for photo in now} == {("after rain", "anna", "admin")}
    assert found(overwritten) == []


def test_a_deleted_photo_that_a_backup_brought_back_is_deleted_again(bloom):
    delete_photos(bloom.library, bloom.inbox, [IDS[3]], keep_counts=False, by=person("lea", "lead"))
    bloom.library.pictures.add(photo_of(3))
    assert found(bloom) == [(IDS[3], "a deleted photo that came back", True)]
    assert not bloom.library.pictures.has(IDS[3])
    assert found(bloom) == []
