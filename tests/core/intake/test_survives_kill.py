"""A process killed at any moment loses no photo that it had accepted, and counts none twice: real ones, SIGKILL."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from core.bloomcount import Bloomcount, assemble
from core.intake.inbox import INBOX
from core.intake.pipeline import accept
from core.settings import Settings
from core.store.records import Drop
from tests.core.counting_squares import photo_of
from tests.core.intake.drop_counter import DROP, PHOTOS, drop

ROOT = Path(__file__).parents[3]
LEASE_S = "1"


@contextmanager
def process(store: Path, *mode: str) -> Iterator[subprocess.Popen[str]]:
    """A child that works on the store, killed at the end."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.core.intake.drop_counter", *mode],
        cwd=ROOT,
        env=os.environ | {"BLOOM_STORE": str(store), "BLOOM_LEASE_S": LEASE_S},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        yield child
    finally:
        child.kill()
        child.communicate()


@pytest.fixture
def dice() -> random.Random:
    seed = int(os.environ.get("BLOOM_TEST_SEED") or random.randrange(10**6))
    sys.stdout.write(f"BLOOM_TEST_SEED={seed}\n")  # shown when the test fails
    return random.Random(seed)


def wait_until_counted(bloom: Bloomcount, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while bloom.inbox.waiting():
        assert time.monotonic() < end, f"{len(bloom.inbox.waiting())} photos still wait"
        time.sleep(0.2)


def assert_every_photo_counted_once(bloom: Bloomcount) -> None:
    results = bloom.library.drop_results(DROP)
    flowers = {file: count for file, count, _ in drop()}
    assert sorted(result.photo.file for result in results) == sorted(flowers)
    assert {r.photo.file: len(r.analysis.flowers) for r in results if r.analysis} == flowers
    rows = [row for batch in bloom.library.observed() for row in batch.to_dicts()]
    assert sorted((row["file"], row["count"]) for row in rows) == sorted(flowers.items())
    assert [result.photo.problem for result in results] == [""] * PHOTOS
    assert bloom.library.number_of_photos() == PHOTOS
    assert list(bloom.blobs.list(INBOX)) == []
    for result in results:
        assert bloom.library.pictures.thumb(result.photo.photo_id)


def test_a_drop_survives_kills_while_it_arrives_and_is_counted(tmp_path, dice):
    bloom = assemble(Settings(store=str(tmp_path)))
    accepted: set[str] = set()
    for _ in range(2):
        with process(tmp_path, "accept") as child:
            for _ in range(dice.randrange(1, PHOTOS)):
                accepted.add(child.stdout.readline().strip())
            time.sleep(dice.uniform(0, 0.3))
        waiting = set(bloom.inbox.waiting())
        there = waiting | {result.photo.photo_id for result in bloom.library.drop_results(DROP)}
        assert {sha256(data).hexdigest() for file, _, data in drop() if file in accepted} <= there
    with process(tmp_path, "accept") as child:
        assert {child.stdout.readline().strip() for _ in range(PHOTOS)} == {file for file, _, _ in drop()}
    for _ in range(3):
        with process(tmp_path, "count"):
            time.sleep(dice.uniform(0.05, 1.0))
    with process(tmp_path, "count"):
        wait_until_counted(bloom)
    assert_every_photo_counted_once(bloom)


def test_two_processes_share_a_drop_and_one_is_killed(tmp_path, dice):
    bloom = assemble(Settings(store=str(tmp_path)))
    with process(tmp_path, "accept") as first, process(tmp_path, "count"):
        for _ in range(PHOTOS):
            first.stdout.readline()
        time.sleep(dice.uniform(0, 0.5))
        first.kill()
        with process(tmp_path, "count"):
            time.sleep(dice.uniform(0, 0.8))
        wait_until_counted(bloom)
    assert_every_photo_counted_once(bloom)


def test_a_photo_over_which_the_process_ended_twice_is_set_aside_and_the_others_are_counted(tmp_path):
    bloom = assemble(Settings(store=str(tmp_path)))
    photos = {f"{n}.jpg": (n, photo_of(n)) for n in range(5)}
    for file, (_, data) in photos.items():
        accept(bloom.library, bloom.inbox, data, file=file, drop=Drop(DROP, "plot 3", "", "anna"))
    for _ in range(2):
        with process(tmp_path, "die-over", "2") as child:
            assert child.wait(60) == -signal.SIGKILL
    with process(tmp_path, "die-over", "2"):
        wait_until_counted(bloom)
    results = {result.photo.file: result for result in bloom.library.drop_results(DROP)}
    assert {file: len(r.analysis.flowers) for file, r in results.items() if r.analysis} == {
        "0.jpg": 0, "1.jpg": 1, "3.jpg": 3, "4.jpg": 4,
    }  # fmt: skip
    assert results["2.jpg"].problem.startswith("2.jpg is set aside: twice Bloomcount ended while it was counted")
    accept(bloom.library, bloom.inbox, photo_of(2), file="2.jpg", drop=Drop(DROP, "plot 3", "", "anna"))
    with process(tmp_path, "count"):  # as after more memory was given
        wait_until_counted(bloom)
    assert [len(r.analysis.flowers) for r in bloom.library.drop_results(DROP) if r.photo.file == "2.jpg"] == [2]


@pytest.mark.parametrize("commits", [1, 2])
def test_a_process_killed_between_two_commits_takes_no_flower_out_of_charts_and_exports(tmp_path, commits):
    """The rows of some photos are then in one table and not yet in the next."""
    bloom = assemble(Settings(store=str(tmp_path)))
    for file, _, data in drop():
        accept(bloom.library, bloom.inbox, data, file=file, drop=Drop(DROP, "plot 3", "", "anna"))
    with process(tmp_path, "die", str(commits)) as child:
        assert child.wait(60) == -signal.SIGKILL
    list(bloom.library.observed())  # what holds is now kept, with the rows that are there
    with process(tmp_path, "count"):
        wait_until_counted(bloom)
    assert_every_photo_counted_once(bloom)
    assert_every_photo_counted_once(assemble(bloom.settings))
