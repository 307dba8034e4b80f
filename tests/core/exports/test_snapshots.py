"""Snapshots of the exports of one small store: a change in them is seen, and read before it is committed.

`python -m tests.core.exports.summer` writes them anew.
"""

from __future__ import annotations

import pytest

from tests.core.exports.summer import SNAPSHOTS, files, summer


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, str]:
    return files(summer(tmp_path_factory.mktemp("summer")))


def test_there_is_a_snapshot_of_every_file(made):
    assert sorted(made) == sorted(path.name for path in SNAPSHOTS.iterdir())


@pytest.mark.parametrize("name", sorted(path.name for path in SNAPSHOTS.iterdir()))
def test_exports_look_as_they_did(made, name):
    assert made[name] == (SNAPSHOTS / name).read_bytes().decode()
