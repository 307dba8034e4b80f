"""Files that wait to be fetched: whole or not at all, for one person, and not for ever."""

from __future__ import annotations

import errno

import pytest

from core.exports.files import CannotWrite
from core.exports.prepared import KEPT_A_PERSON, PreparedFiles


def made(files: PreparedFiles, username: str, text: bytes = b"x"):
    return files.prepare(username, "counts.csv", "text/csv", lambda file: file.write(text))


def test_a_file_is_found_by_who_had_it_made_and_by_nobody_else():
    files = PreparedFiles()
    mine = made(files, "anna", b"abc")
    assert files.find(mine.token, "anna") == mine
    assert (mine.path.read_bytes(), mine.size_bytes) == (b"abc", 3)
    assert files.find(mine.token, "lea") is None
    assert files.find("guessed", "anna") is None


def test_the_oldest_of_a_person_go_and_those_of_others_stay():
    files = PreparedFiles()
    others = made(files, "lea")
    mine = [made(files, "anna") for _ in range(KEPT_A_PERSON + 2)]
    there = [files.find(file.token, "anna") is not None for file in mine]
    assert there == [False, False] + [True] * KEPT_A_PERSON
    assert [file.path.exists() for file in mine] == there
    assert files.find(others.token, "lea") == others


@pytest.mark.parametrize(
    ("error", "raised", "sentence"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device"),
            CannotWrite,
            "could not be written: No space left on device",
        ),
        (ZeroDivisionError("a bug"), ZeroDivisionError, "a bug"),
    ],
)
def test_a_file_that_fails_leaves_nothing(error, raised, sentence):
    files = PreparedFiles()
    first = made(files, "anna")

    def fails(file):
        file.write(b"half")
        raise error

    with pytest.raises(raised, match=sentence):
        files.prepare("anna", "counts.csv", "text/csv", fails)
    assert list(first.path.parent.iterdir()) == [first.path]


def test_files_from_before_a_photo_was_deleted_are_gone_from_the_disk_too():
    deletions = [""]
    files = PreparedFiles(lambda: deletions[-1])
    before = made(files, "anna")
    assert files.find(before.token, "anna") == before
    deletions.append("photo")
    after = made(files, "anna")
    assert (files.find(before.token, "anna"), files.find(after.token, "anna")) == (None, after)
    assert list(after.path.parent.iterdir()) == [after.path]
