"""Stored photos counted again with another model: in the background, once each, and what was said before stays."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from core.bloomcount import Bloomcount, assemble
from core.intake import recount as recount_module
from core.intake.inbox import INBOX
from core.intake.pipeline import accept
from core.intake.recount import WANTED, RecountProgress, recount_id
from core.intake.worker import Worker
from core.settings import Settings
from core.store.records import Drop
from tests.core.counting_squares import PACKAGE, Squares, photo_of
from tests.people import ADMIN

OLD, NEW = PACKAGE, replace(PACKAGE, name="rounds", version="2")
DROPS = ("20260501T102030-ab12", "20260502T000000-cd34")


@pytest.fixture
def bloom(tmp_path: Path) -> Bloomcount:
    return assemble(Settings(store=str(tmp_path / "store"), lease_s=1.0))


def with_package(package, **options) -> Squares:
    squares = Squares(**options)
    squares.package = package
    return squares


def drop(bloom: Bloomcount, *photos: bytes, drop_id: str = DROPS[0]) -> None:
    for number, data in enumerate(photos):
        drop = Drop(drop_id, "plot 3", "after rain", "anna")
        accept(bloom.library, bloom.inbox, data, file=f"{number}.jpg", drop=drop)


def worker(bloom: Bloomcount, squares: Squares) -> Worker:
    return Worker(bloom.library, bloom.inbox, lambda: squares, bloom.settings)


def start(bloom: Bloomcount, package=NEW) -> None:
    bloom.recount.start(package.name, package.version, by=ADMIN)


def progress(bloom: Bloomcount, package=NEW) -> RecountProgress:
    return bloom.recount.progress(package.name, package.version)


def newest(bloom: Bloomcount) -> list[str]:
    """The model of the newest analysis of every photo, in upload order."""
    return [result.analysis.model for batch in bloom.library.export_results() for result in batch if result.analysis]


def rows(bloom: Bloomcount, table: str, column: str) -> list[object]:
    return bloom.library.tables.query(f"SELECT {column} FROM {table} ORDER BY 1", table)[column].to_pylist()


@pytest.fixture
def counted(bloom: Bloomcount) -> Bloomcount:
    """A store with two drops of seven photos, one of them broken, counted with the old model."""
    drop(bloom, *(photo_of(n) for n in range(5)))
    drop(bloom, b"broken", photo_of(7), drop_id=DROPS[1])
    worker(bloom, with_package(OLD)).count_all()
    return bloom


def test_photos_are_counted_again_and_what_was_said_before_stays(counted):
    before = counted.library.export_results
    photos = [result.photo for batch in before() for result in batch]
    old_analyses, old_observations = rows(counted, "analyses", "analysis_id"), rows(counted, "observations", "by")
    assert progress(counted) == RecountProgress(0, 6, going=False, tried=False)
    start(counted)
    assert progress(counted).going
    worker(counted, with_package(NEW)).count_all()
    assert progress(counted) == RecountProgress(6, 6, going=False, tried=True)
    assert newest(counted) == ["rounds"] * 6
    assert set(old_analyses) < set(rows(counted, "analyses", "analysis_id"))
    assert Counter(rows(counted, "observations", "by")) == Counter(old_observations * 2) - Counter(
        {"squares 1": 5}
    ) + Counter({"rounds 2": 5})
    assert [result.photo for batch in before() for result in batch] == photos
    assert list(counted.blobs.list(INBOX)) == []


def test_photo_rows_and_drops_are_not_written_again(counted):
    n = len(rows(counted, "photos", "photo_id"))
    start(counted)
    worker(counted, with_package(NEW)).count_all()
    assert len(rows(counted, "photos", "photo_id")) == n
    assert [r.photo.file for r in counted.library.drop_results(DROPS[1])] == ["0.jpg", "1.jpg"]
    assert counted.latest_drop("anna") == DROPS[1]


def test_it_goes_on_by_itself_in_a_process_that_starts_later(counted, monkeypatch):
    monkeypatch.setattr(recount_module, "HANDED_OUT_TOGETHER", 2)
    start(counted)
    assert counted.recount.hand_out(NEW.name, NEW.version) == 2
    later = assemble(counted.settings)
    worker(later, with_package(NEW)).count_all()
    assert progress(later) == RecountProgress(6, 6, going=False, tried=True)
    assert newest(later) == ["rounds"] * 6


def test_each_photo_is_looked_at_once_however_many_workers(counted, monkeypatch):
    monkeypatch.setattr(recount_module, "HANDED_OUT_TOGETHER", 2)
    start(counted)
    one, other = with_package(NEW), with_package(NEW)
    second = assemble(counted.settings)
    assert counted.recount.hand_out(NEW.name, NEW.version) == second.recount.hand_out(NEW.name, NEW.version) == 2
    worker(counted, one).count_all()
    worker(second, other).count_all()
    assert one.seen + other.seen == 6


def test_new_photos_go_first(counted):
    start(counted)
    counted.recount.hand_out(NEW.name, NEW.version)
    drop(counted, photo_of(9), drop_id="20990101T000000-ff")
    tickets = counted.inbox.claim(3, recount=recount_id(NEW.name, NEW.version))
    assert [ticket.again for ticket in tickets] == [False, True, True]


def test_new_photos_are_counted_while_nobody_knows_what_to_count_again(counted):
    counted.blobs.put(WANTED, b"{half")
    counter = worker(counted, with_package(NEW))
    assert counter.count_all() == 0
    drop(counted, photo_of(9), drop_id="20990101T000000-ff")
    assert counter.count_all() == 1
    assert counter.recount_problem.startswith("models/recount.json in the store is damaged")
    counted.blobs.delete(WANTED)
    assert (counter.count_all(), counter.recount_problem) == (0, "")


def test_a_worker_that_still_has_the_old_model_leaves_them(counted):
    start(counted)
    counted.recount.hand_out(NEW.name, NEW.version)
    old = with_package(OLD)
    assert worker(counted, old).count_all() == old.seen == 0
    assert len(counted.inbox.waiting(recount_id(NEW.name, NEW.version))) == 6
    worker(counted, with_package(NEW)).count_all()
    assert newest(counted) == ["rounds"] * 6


def test_back_to_the_old_model_its_counts_become_the_newest_again(counted):
    start(counted)
    worker(counted, with_package(NEW)).count_all()
    start(counted, OLD)
    assert progress(counted, OLD) == RecountProgress(0, 6, going=True, tried=False)
    worker(counted, with_package(OLD)).count_all()
    assert newest(counted) == ["squares"] * 6
    assert len(set(rows(counted, "analyses", "analysis_id"))) == 12


def test_stopping_leaves_what_is_counted_and_counts_no_more(counted, monkeypatch):
    monkeypatch.setattr(recount_module, "HANDED_OUT_TOGETHER", 2)
    start(counted)
    counted.recount.hand_out(NEW.name, NEW.version)
    counted.recount.stop(by=ADMIN)
    new = with_package(NEW)
    assert worker(counted, new).count_all() == new.seen == 0
    assert progress(counted) == RecountProgress(0, 6, going=False, tried=False)
    assert list(counted.blobs.list(INBOX)) == []
    start(counted)
    worker(counted, new).count_all()
    assert progress(counted).counted == 6


def test_a_photo_that_fails_keeps_its_count_and_ends_the_recount_all_the_same(counted, caplog):
    start(counted)
    worker(counted, with_package(NEW, broken=3)).count_all()
    assert progress(counted) == RecountProgress(5, 6, going=False, tried=True)
    assert sorted(newest(counted)) == ["rounds"] * 5 + ["squares"]
    assert [r.photo.problem for r in counted.library.drop_results(DROPS[0])] == [""] * 5
    assert "Not counted again: 3.jpg could not be counted: ZeroDivisionError" in caplog.text


def test_photos_of_a_drop_do_not_seem_to_wait_while_they_are_counted_again(counted):
    start(counted)
    counted.recount.hand_out(NEW.name, NEW.version)
    assert [counted.inbox.waiting(drop_id) for drop_id in DROPS] == [[], []]
    assert counted.latest_drop("anna") == DROPS[1]


def test_a_photo_dropped_again_under_a_new_model_is_counted_with_it(counted):
    drop(counted, photo_of(2), drop_id="20260503T000000-ee")
    new = with_package(NEW)
    worker(counted, new).count_all()
    (result,) = counted.library.drop_results("20260503T000000-ee")
    assert (result.analysis.model, new.seen) == ("rounds", 1)


def test_it_works_on_s3(s3_settings):
    bloom = assemble(s3_settings)
    drop(bloom, photo_of(1), photo_of(2))
    worker(bloom, with_package(OLD)).count_all()
    start(bloom)
    worker(bloom, with_package(NEW)).count_all()
    assert progress(bloom) == RecountProgress(2, 2, going=False, tried=True)
    assert newest(bloom) == ["rounds"] * 2
