"""From accepted bytes to stored results, on a real store, with a recogniser that reads the count off made photos."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from core.bloomcount import Bloomcount, assemble
from core.errors import InvalidModel, StoreError
from core.intake import keeper as keeper_module
from core.intake import worker as worker_module
from core.intake.inbox import INBOX
from core.intake.pipeline import AT_ONCE, accept
from core.intake.worker import Worker
from core.settings import Settings
from core.store.pictures import photo_key
from core.store.records import Drop
from tests.core.counting_squares import Squares, photo_of
from tests.s3 import READER

DROP = "20260501T102030-ab12"


@pytest.fixture
def bloom(tmp_path: Path) -> Bloomcount:
    return assemble(Settings(store=str(tmp_path / "store"), lease_s=1.0))


def drop(bloom: Bloomcount, *photos: bytes, drop_id: str = DROP) -> list[str]:
    about = Drop(drop_id, "plot 3", "", "anna")
    return [
        accept(bloom.library, bloom.inbox, data, file=f"{number}.jpg", drop=about).photo_id
        for number, data in enumerate(photos)
    ]


def worker(bloom: Bloomcount, recogniser: Squares | None = None) -> Worker:
    squares = recogniser or Squares()
    return Worker(bloom.library, bloom.inbox, lambda: squares, bloom.settings)


def counts(bloom: Bloomcount, drop_id: str = DROP) -> list[int | str]:
    """Flowers of each photo of the drop, or its problem."""
    return [
        len(result.analysis.flowers) if result.analysis else result.photo.problem
        for result in bloom.library.drop_results(drop_id)
    ]


def until(done: Callable[[], bool], *, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.05)


def rows(bloom: Bloomcount, table: str) -> int:
    return bloom.library.tables.query(f"SELECT count(*) AS n FROM {table}", table)["n"][0].as_py()


def test_dropped_photos_are_counted_by_themselves_in_the_background(bloom):
    counter = worker(bloom)
    counter.start()
    drop(bloom, *(photo_of(n) for n in (3, 0, 10)))
    until(lambda: not bloom.inbox.waiting(DROP))
    counter.stop(10)
    assert counts(bloom) == [3, 0, 10]
    assert list(bloom.blobs.list(INBOX)) == []
    assert all(bloom.library.pictures.thumb(result.photo.photo_id) for result in bloom.library.drop_results(DROP))


def test_bytes_are_durable_before_the_ticket(bloom, monkeypatch):
    def full(*_: object) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(bloom.inbox, "add", full)
    with pytest.raises(StoreError):
        drop(bloom, photo_of(3))
    assert len(list(bloom.blobs.list("photos/"))) == 1


def test_what_is_stored_of_a_photo(bloom):
    drop(bloom, photo_of(3))
    worker(bloom).count_all()
    (result,) = bloom.library.drop_results(DROP)
    assert (result.photo.file, result.photo.site, result.photo.uploaded_by) == ("0.jpg", "plot 3", "anna")
    assert (result.photo.width, result.photo.height, result.photo.problem) == (32, 32, "")
    assert (result.analysis.model, result.analysis.model_version) == ("squares", "1")
    found = bloom.library.tables.query("SELECT taxon, count, band, by FROM observations", "observations")
    assert found.to_pylist() == [{"taxon": "oxeye-daisy", "count": 3, "band": "confident", "by": "squares 1"}]


def test_broken_files_get_a_line_that_says_why_and_the_others_are_counted(bloom):
    ids = drop(bloom, b"", photo_of(2), b"%PDF-1.7", photo_of(4)[:300], photo_of(5))
    worker(bloom).count_all()
    said = counts(bloom)
    assert said[1] == 2
    assert said[4] == 5
    assert said[0].startswith("0.jpg is empty")
    assert said[2].startswith("2.jpg seems to be a PDF document")
    assert said[3].startswith("3.jpg begins as a JPEG photo but is damaged")
    assert [bloom.library.pictures.photo(photo_id)[:4] for photo_id in ids[:3:2]] == [b"", b"%PDF"]


def test_an_error_nobody_foresaw_is_the_problem_of_its_photo_alone(bloom, caplog):
    drop(bloom, photo_of(2), photo_of(7), photo_of(4))
    with caplog.at_level(logging.ERROR):
        worker(bloom, Squares(broken=7)).count_all()
    assert counts(bloom) == [
        2,
        "1.jpg could not be counted: ZeroDivisionError. The photo is kept; tell who runs Bloomcount.",
        4,
    ]
    assert "1.jpg could not be counted" in caplog.text


def test_a_photo_whose_bytes_are_gone_is_said_so(bloom):
    photo_id, _ = drop(bloom, photo_of(2), photo_of(3))
    bloom.blobs.delete(f"photos/{photo_id[:2]}/{photo_id}")
    worker(bloom).count_all()
    assert counts(bloom) == ["0.jpg is missing from the store. Upload it again.", 3]


def test_the_same_photo_dropped_again_is_shown_again_without_the_model(bloom):
    squares = Squares()
    drop(bloom, photo_of(3), photo_of(3))
    worker(bloom, squares).count_all()
    drop(bloom, photo_of(3), photo_of(4), drop_id="20260502T000000-cd34")
    worker(bloom, squares).count_all()
    assert counts(bloom) == [3]
    assert counts(bloom, "20260502T000000-cd34") == [3, 4]
    assert squares.seen == 2
    assert rows(bloom, "analyses") == 2
    assert bloom.library.number_of_photos() == 2


def test_what_was_said_first_holds_of_photos_that_are_dropped_again_while_they_wait_or_are_counted(bloom):
    class DropsAgain(Squares):
        def recognise(self, photo):
            if not self.seen:
                for number in (3, 4):
                    again = Drop(DROP, "plot 4", "", "anna")
                    accept(bloom.library, bloom.inbox, photo_of(number), file=f"{number}.jpg", drop=again)
            return super().recognise(photo)

    drop(bloom, photo_of(3), photo_of(4))
    accept(bloom.library, bloom.inbox, photo_of(3), file="x.jpg", drop=Drop(DROP, "", "", "anna"))
    squares = DropsAgain()
    while worker(bloom, squares).count_all():
        pass
    assert [result.photo.site for result in bloom.library.drop_results(DROP)] == ["plot 3", "plot 3"]
    assert (sorted(counts(bloom)), squares.seen, bloom.inbox.waiting()) == ([3, 4], 2, [])


def test_the_same_photo_in_two_drops_at_once_is_counted_once(bloom):
    squares = Squares()
    drop(bloom, photo_of(3))
    drop(bloom, photo_of(3), drop_id="20260502T000000-cd34")
    worker(bloom, squares).count_all()
    assert (counts(bloom), counts(bloom, "20260502T000000-cd34"), squares.seen) == ([3], [3], 1)


def test_a_photo_that_fails_has_its_problem_in_every_drop_it_came_in(bloom):
    drop(bloom, photo_of(7), photo_of(3))
    drop(bloom, photo_of(7), photo_of(3), drop_id="20260502T000000-cd34")
    worker(bloom, Squares(broken=7)).count_all()
    for drop_id in (DROP, "20260502T000000-cd34"):
        problem, count = counts(bloom, drop_id)
        assert "could not be counted: ZeroDivisionError" in problem
        assert count == 3


def test_a_lease_is_renewed_before_it_ends_and_not_all_the_time(bloom, monkeypatch):
    renewals = []
    monkeypatch.setattr(bloom.inbox, "renew", lambda: renewals.append(time.monotonic()))
    drop(bloom, *(photo_of(n) for n in range(6)))
    start = time.monotonic()
    worker(bloom, Squares(seconds=1.0)).count_all()
    marks = [start, *renewals]
    lease_s = bloom.settings.lease_s
    assert len(renewals) > 0
    assert all(later - earlier > lease_s / 4 for earlier, later in itertools.pairwise(marks))


def test_a_photo_that_takes_longer_than_a_lease_is_not_taken_over(bloom):
    drop(bloom, photo_of(3))
    slow, other = Squares(seconds=3.0), Squares()
    counter = worker(bloom, slow)
    counter.start()
    until(lambda: any(blob.key.endswith(".lease") for blob in bloom.blobs.list(INBOX)))
    second = assemble(bloom.settings)
    while bloom.inbox.waiting():
        worker(second, other).count_all()
        time.sleep(0.2)
    counter.stop(10)
    assert (slow.seen, other.seen, counts(bloom)) == (1, 0, [3])


def test_photos_of_a_worker_that_died_are_counted_by_the_next(bloom):
    drop(bloom, photo_of(3), photo_of(4))
    dead = assemble(bloom.settings)
    assert len(dead.inbox.claim(5)) == 2
    counter = worker(bloom)
    counter.start()
    until(lambda: not bloom.inbox.waiting())
    counter.stop(10)
    assert counts(bloom) == [3, 4]


def test_stopping_finishes_the_photo_in_hand_and_gives_the_rest_back(bloom):
    drop(bloom, *(photo_of(n) for n in range(10)))
    squares = Squares(seconds=0.3)
    counter = worker(bloom, squares)
    counter.start()
    until(lambda: squares.seen >= 2)
    counter.stop(20)
    done = len(counts(bloom))
    assert done == squares.seen
    assert len(bloom.inbox.waiting()) == 10 - done
    assert not [blob for blob in bloom.blobs.list(INBOX) if blob.key.endswith(".lease")]
    worker(bloom).count_all()
    assert counts(bloom) == list(range(10))


def unreadable(bloom: Bloomcount, photo_id: str) -> Path:
    """The file of this photo, which now gives an input/output error, to whoever reads it and under whatever name."""
    path = Path(bloom.settings.store) / photo_key(photo_id)
    path.unlink()
    path.symlink_to("/proc/self/mem")
    return path


def test_a_file_that_cannot_be_read_waits_and_the_photos_behind_it_are_counted(bloom, monkeypatch, caplog):
    monkeypatch.setattr(worker_module, "CLAIMED_TOGETHER", 1)
    photo_id, *_ = drop(bloom, *(photo_of(n) for n in range(4)))
    path = unreadable(bloom, photo_id)
    counter = worker(bloom)
    with caplog.at_level(logging.ERROR):
        assert counter.count_all() == 3
        assert counts(bloom) == [1, 2, 3]
        assert bloom.inbox.waiting() == [photo_id]
        assert f"0.jpg (photo {photo_id}) waits" in caplog.text
        with pytest.raises(StoreError, match="Input/output error"):
            counter.count_all()
    path.unlink()
    bloom.library.pictures.add(photo_of(0))
    assert counter.count_all() == 1
    assert counts(bloom) == [0, 1, 2, 3]
    assert list(bloom.blobs.list(INBOX)) == []


def test_a_photo_that_arrives_is_counted_at_once_while_none_that_waits_can_be_read(bloom, monkeypatch, caplog):
    monkeypatch.setattr(worker_module, "SHORTEST_PAUSE_S", 60.0)
    monkeypatch.setattr(worker_module, "LONGEST_PAUSE_AFTER_ERROR_S", 60.0)
    photo_id, *_ = drop(bloom, photo_of(0))
    unreadable(bloom, photo_id)
    counter = worker(bloom)
    with caplog.at_level(logging.ERROR):
        counter.start()
        until(lambda: "Counting pauses for 60 s" in caplog.text)
    assert "Input/output error" in counter.problem
    drop(bloom, photo_of(5), drop_id="20260502T000000-cd34")
    until(lambda: counts(bloom, "20260502T000000-cd34") == [5])
    counter.stop(10)


def test_a_table_that_takes_no_rows_is_said_while_photos_wait_and_not_when_it_is_mended(bloom, monkeypatch):
    monkeypatch.setattr(keeper_module, "COMMIT_EVERY_S", 0.05)
    monkeypatch.setattr(worker_module, "LONGEST_PAUSE_AFTER_ERROR_S", 0.1)
    drop(bloom, photo_of(1), photo_of(2))
    log = Path(bloom.settings.store) / "tables/observations/_delta_log"
    log.parent.mkdir(parents=True)
    log.write_bytes(b"")
    counter = worker(bloom)
    counter.start()
    until(lambda: "tables/observations cannot be read or written" in counter.problem)
    assert len(bloom.inbox.waiting()) == 2
    log.unlink()
    until(lambda: not bloom.inbox.waiting() and not counter.problem)
    counter.stop(10)
    assert counts(bloom) == [1, 2]


def test_a_store_that_nobody_may_write_to_is_said_as_long_as_photos_wait(s3_settings, monkeypatch):
    monkeypatch.setattr(worker_module, "LONGEST_PAUSE_AFTER_ERROR_S", 0.1)
    drop(assemble(s3_settings), photo_of(1))
    with monkeypatch.context() as read_only:
        read_only.setenv("AWS_ACCESS_KEY_ID", READER)
        bloom = assemble(s3_settings)
        counter = worker(bloom)
        counter.start()
        until(lambda: "refuses these credentials (AccessDenied)" in counter.problem)
    worker(assemble(s3_settings)).count_all()
    until(lambda: not counter.problem)
    counter.stop(10)
    assert counts(bloom) == [1]


def test_a_store_that_is_away_for_a_while_costs_no_photo(bloom, monkeypatch):
    monkeypatch.setattr(worker_module, "SHORTEST_PAUSE_S", 0.05)
    drop(bloom, *(photo_of(n) for n in range(6)))
    away = Counter()

    def sometimes(part: object, method: str) -> None:
        real = getattr(part, method)

        def call(*arguments: object, **named: object) -> object:
            away[method] += 1
            if away[method] <= 1:
                raise StoreError("The network is down.")
            return real(*arguments, **named)

        monkeypatch.setattr(part, method, call)

    sometimes(bloom.inbox, "claim")
    sometimes(bloom.inbox, "done")
    sometimes(bloom.library, "record")
    sometimes(bloom.library.pictures, "photo")
    sometimes(bloom.library.pictures, "put_thumb")
    counter = worker(bloom)
    counter.start()
    until(lambda: not bloom.inbox.waiting())
    counter.stop(10)
    assert counts(bloom) == list(range(6))
    assert all(calls > 1 for calls in away.values())


def test_a_model_that_cannot_be_used_yet_leaves_the_photos_waiting(bloom, monkeypatch):
    monkeypatch.setattr(worker_module, "SHORTEST_PAUSE_S", 0.05)
    drop(bloom, photo_of(3))
    asked = []

    def not_yet() -> Squares:
        asked.append(1)
        if len(asked) < 3:
            raise InvalidModel("models/bloom is missing.")
        return Squares()

    counter = Worker(bloom.library, bloom.inbox, not_yet, bloom.settings)
    counter.start()
    until(lambda: not bloom.inbox.waiting())
    counter.stop(10)
    assert counts(bloom) == [3]


def test_results_appear_while_the_drop_is_counted_a_commit_a_second_at_most(bloom):
    drop(bloom, *(photo_of(n % 11, number=n) for n in range(60)))
    some_are_there = threading.Event()

    class HoldsTheLast(Squares):
        def recognise(self, photo):
            if self.seen >= 40:
                some_are_there.wait(60)
            return super().recognise(photo)

    seen: list[int] = []
    counter = worker(bloom, HoldsTheLast(seconds=0.05))
    start = time.monotonic()
    counter.start()
    while len(seen) == 0 or seen[-1] < 60:
        seen.append(len(counts(bloom)))
        if seen[-1]:
            some_are_there.set()
        time.sleep(0.1)
        assert time.monotonic() - start < 60
    counter.stop(10)
    commits = len(list(bloom.blobs.list("tables/photos/_delta_log/")))
    assert any(0 < done < 60 for done in seen)
    assert commits <= time.monotonic() - start + 2


def test_it_knows_how_long_the_rest_will_take(bloom):
    photos, seconds = 12, 0.1
    counter = worker(bloom, Squares(seconds=seconds))
    assert counter.seconds_left(photos) is None
    drop(bloom, *(photo_of(1, number=n) for n in range(photos)))
    start = time.monotonic()
    counter.count_all()
    took = time.monotonic() - start
    assert photos / AT_ONCE * seconds < counter.seconds_left(photos) < took


def test_two_processes_share_the_work(bloom):
    drop(bloom, *(photo_of(n % 11, number=n) for n in range(40)))
    squares = [Squares(seconds=0.02), Squares(seconds=0.02)]
    blooms = [assemble(bloom.settings) for _ in squares]
    threads = [threading.Thread(target=worker(b, s).count_all) for b, s in zip(blooms, squares, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts(bloom)) == sorted(n % 11 for n in range(40))
    assert (sum(s.seen for s in squares), rows(bloom, "photos")) == (40, 40)


def test_file_names_of_old_systems_are_kept_readable(bloom):
    accept(bloom.library, bloom.inbox, photo_of(1), file="caf\udce9.jpg", drop=Drop(DROP, "", "", "anna"))
    worker(bloom).count_all()
    assert bloom.library.drop_results(DROP)[0].photo.file == "caf?.jpg"
