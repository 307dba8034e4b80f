"""Promises of every blob store, asked of a folder and of a real S3 endpoint alike."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.errors import Conflict, StoreError
from core.settings import Settings
from core.store.blobs import Blobs, FolderBlobs, MissingBlob, open_blobs
from core.store.folder import ABANDONED_S, WORK_FOLDER
from tests.core.store.racing import in_processes


@pytest.fixture
def blobs(store: Settings) -> Blobs:
    return open_blobs(store)


@pytest.mark.parametrize(
    "key", ["a", "photos/ab/ab12", "models/my model/1.0/labels.csv", "notes/Ærøskøbing é+=&%20#?.txt"]
)
@pytest.mark.parametrize("data", [b"", b"\x00\xff\r\n"], ids=["empty", "binary"])
def test_what_is_put_is_got(blobs: Blobs, key: str, data: bytes) -> None:
    version = blobs.put(key, data)
    assert blobs.get(key) == data
    assert blobs.get_versioned(key) == (data, version)
    assert [blob.key for blob in blobs.list()] == [key]


def test_a_put_replaces(blobs: Blobs) -> None:
    blobs.put("a", b"old and long")
    blobs.put("a", b"new")
    assert blobs.get("a") == b"new"


def test_what_is_not_there_is_named(blobs: Blobs) -> None:
    blobs.put("photos/ab", b"")
    for key in ("photos/missing", "photos", "other/x"):
        assert not blobs.exists(key)
        with pytest.raises(MissingBlob, match=f"There is no {key} in "):
            blobs.get(key)


def test_deleting_twice_is_fine(blobs: Blobs) -> None:
    blobs.delete("a")
    blobs.put("a", b"")
    assert blobs.exists("a")
    blobs.delete("a")
    blobs.delete("a")
    assert not blobs.exists("a")


OUTSIDE = ["", "/", "/etc/passwd", "..", "../x", "a/../../x", "a//b", "a/", "./a", "a/./b", ".writing/lock"]
UNREADABLE = ["a\\b", "a\nb", "a\0b", "\ud800", "x" * 256, "a/" * 450 + "a"]


@pytest.mark.parametrize("key", OUTSIDE + UNREADABLE)
def test_a_key_cannot_leave_the_store(blobs: Blobs, key: str) -> None:
    for ask in (blobs.get, blobs.exists, blobs.delete, blobs.get_versioned, lambda key: blobs.put(key, b"")):
        with pytest.raises(StoreError, match="cannot name something in the store") as refusal:
            ask(key)
        assert not isinstance(refusal.value, MissingBlob)


KEYS = ["a", "ab/c", "ab-c", "ab.json", "ab.lease", "ab0", "b/a/x", "b/a/y", "b/ab", "ba"]


@pytest.mark.parametrize("prefix", ["", "a", "ab", "ab/", "ab.", "b/", "b/a", "b/a/", "b/a/x", "c", "c/d"])
def test_a_list_has_the_keys_that_start_so(blobs: Blobs, prefix: str) -> None:
    for key in reversed(KEYS):
        blobs.put(key, b"")
    found = [blob.key for blob in blobs.list(prefix)]
    assert sorted(found) == sorted(key for key in KEYS if key.startswith(prefix))
    files = [key for key in found if "/" not in key]
    assert files == sorted(files)
    if isinstance(blobs, FolderBlobs):
        assert found == sorted(found)


def test_a_list_tells_size_and_time(blobs: Blobs) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    blobs.put("a", b"123")
    [blob] = blobs.list()
    assert blob.bytes == 3
    assert before <= blob.modified_at <= datetime.now(UTC) + timedelta(seconds=2)


def test_a_list_is_longer_than_a_page(blobs: Blobs) -> None:
    keys = [f"n/{i:04}" for i in range(1005)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: blobs.put(key, b""), keys))
    assert [blob.key for blob in blobs.list("n/")] == keys


def test_the_first_writer_wins_and_the_second_is_told(blobs: Blobs) -> None:
    blobs.put("a", b"first", if_absent=True)
    with pytest.raises(Conflict):
        blobs.put("a", b"second", if_absent=True)
    assert blobs.get("a") == b"first"


def test_a_replacement_needs_the_version_it_saw(blobs: Blobs) -> None:
    first = blobs.put("a", b"1")
    second = blobs.put("a", b"2", if_version=first)
    with pytest.raises(Conflict):
        blobs.put("a", b"3", if_version=first)
    assert blobs.get_versioned("a") == (b"2", second)
    blobs.delete("a")
    with pytest.raises(Conflict):
        blobs.put("a", b"3", if_version=second)
    assert not blobs.exists("a")


def test_one_of_many_threads_wins(blobs: Blobs) -> None:
    with ThreadPoolExecutor(8) as pool:
        wins = list(pool.map(lambda i: _first(blobs, f"race/{i // 8}", str(i)), range(80)))
    assert [sum(wins[i : i + 8]) for i in range(0, 80, 8)] == [1] * 10
    for i in range(80):
        assert (blobs.get(f"race/{i // 8}") == str(i).encode()) == wins[i]


def test_one_of_many_processes_wins(store: Settings) -> None:
    wins = in_processes(_race, [(store, name) for name in ("anna", "ben", "cleo")])
    assert [sum(won) for won in zip(*wins, strict=True)] == [1] * 40
    assert {open_blobs(store).get(f"race/{i}") for i in range(40)} <= {b"anna", b"ben", b"cleo"}


def test_no_update_is_lost_between_processes(store: Settings) -> None:
    open_blobs(store).put("counter", b"0")
    in_processes(_count_up, [(store, 15), (store, 15), (store, 15)])
    assert open_blobs(store).get("counter") == b"45"


def _first(blobs: Blobs, key: str, name: str) -> bool:
    try:
        blobs.put(key, name.encode(), if_absent=True)
    except Conflict:
        return False
    return True


def _race(settings: Settings, name: str) -> list[bool]:
    blobs = open_blobs(settings)
    return [_first(blobs, f"race/{i}", name) for i in range(40)]


def _count_up(settings: Settings, times: int) -> None:
    blobs = open_blobs(settings)
    while times:
        data, version = blobs.get_versioned("counter")
        try:
            blobs.put("counter", str(int(data) + 1).encode(), if_version=version)
        except Conflict:
            continue
        times -= 1


LARGE = """
import os, resource, sys
sys.path.insert(0, {root!r})
from core.settings import Settings
from core.store.blobs import open_blobs
blobs = open_blobs(Settings(store={store!r}, s3_endpoint={endpoint!r}))
blobs.put("small", b"x"), blobs.get("small")
peak_mb = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (2**20 if sys.platform == "darwin" else 2**10)
data = os.urandom(2**20) * 200
start = peak_mb()
blobs.put("large", data)
put = peak_mb()
assert blobs.get("large") == data
print(put - start, peak_mb() - put)
"""


def test_a_blob_of_200_mb_is_in_memory_once(store: Settings) -> None:
    root = str(Path(__file__).parents[3])
    script = LARGE.format(root=root, store=store.store, endpoint=store.s3_endpoint)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    put_mb, get_mb = map(int, done.stdout.split())
    assert put_mb < 50
    assert get_mb < 250


def test_unfinished_files_are_never_listed_and_swept_after_a_day(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    blobs.put("a", b"1")
    left, fresh = tmp_path / WORK_FOLDER / "left", tmp_path / WORK_FOLDER / "fresh"
    for file in (left, fresh):
        file.write_bytes(b"half")
    os.utime(left, (0, time.time() - ABANDONED_S - 60))
    assert [blob.key for blob in FolderBlobs(tmp_path).list()] == ["a"]
    assert (left.exists(), fresh.exists()) == (False, True)


def test_in_a_folder_that_was_copied_without_hidden_files_a_blob_can_be_deleted(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "a").write_bytes(b"petals")
    blobs = FolderBlobs(tmp_path)
    blobs.delete("inbox/a")
    assert list(blobs.list()) == []


def test_a_refused_write_leaves_nothing_behind(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    blobs.put("a", b"1", if_absent=True)
    for condition in ({"if_absent": True}, {"if_version": "other"}):
        with pytest.raises(Conflict):
            blobs.put("a", b"2", **condition)  # type: ignore[arg-type]
    assert {path.name for path in (tmp_path / WORK_FOLDER).iterdir()} == {"lock"}


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match=f"The store folder {tmp_path / 'file'} cannot be used: Not a directory"):
        FolderBlobs(tmp_path / "file").put("a", b"")


def test_a_folder_of_somebody_else_is_named_and_not_taken_for_empty(tmp_path: Path) -> None:
    """A store's folders are its owner's alone: as of a container that is given the folder of another user."""
    blobs, owner = open_blobs(Settings(store=str(tmp_path / "store"))), os.geteuid()
    blobs.put("accounts/a", b"")
    (tmp_path / "store").chmod(0)
    os.seteuid(owner or 65534)  # root may look everywhere
    try:
        with pytest.raises(
            StoreError, match=r"cannot be used: Permission denied\. Check its disk space and permissions"
        ):
            blobs.exists("accounts/a")
    finally:
        os.seteuid(owner)
        (tmp_path / "store").chmod(0o700)


def test_a_full_disk_is_named_and_leaves_no_part(tmp_path: Path) -> None:
    script = (
        f"import resource, sys; sys.path.insert(0, {str(Path(__file__).parents[3])!r})\n"
        "from pathlib import Path; from core.store.blobs import FolderBlobs; from core.errors import StoreError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        f"try: FolderBlobs(Path({str(tmp_path)!r})).put('a', b'x' * 2000)\n"
        "except StoreError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith(f"The store folder {tmp_path} cannot be used: File too large. Check its disk space")
    assert not (tmp_path / "a").exists()
    assert list((tmp_path / WORK_FOLDER).iterdir()) == []
