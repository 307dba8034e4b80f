"""Promises of the tables, on a folder and on a real S3 endpoint alike."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from hypothesis import given, settings
from hypothesis import strategies as st

from core.bloomcount import assemble
from core.errors import StoreError
from core.settings import Settings
from core.store.blobs import open_blobs
from core.store.compaction import ABANDONED_S, SMALL_FILES
from core.store.now import ROWS
from core.store.records import Observation
from core.store.schemas import OBSERVATIONS, PHOTOS, SCHEMAS, observation_rows
from core.store.tables import Tables, quoted, quoted_list
from tests.core.store.racing import in_processes

AT = datetime(2026, 6, 12, 14, 2, tzinfo=UTC)


def _rows(*photo_ids: str) -> pa.Table:
    return observation_rows(
        [Observation(i, "rosa", 3, 2, 4, 0.9, "confident", "flower", "m 1", AT, "a") for i in photo_ids]
    )


def _ids(tables: Tables) -> list[str]:
    found: list[str] = tables.query("SELECT photo_id FROM observations", "observations")["photo_id"].to_pylist()
    return sorted(found)


def test_a_table_nobody_wrote_is_empty_and_has_its_columns(store: Settings) -> None:
    for name, schema in SCHEMAS.items():
        answer = Tables(store).query(f"SELECT * FROM {name}", name)
        assert (answer.num_rows, answer.column_names) == (0, schema.names)
    assert Tables(store).query("SELECT count(*) AS n FROM photos", "photos")["n"].to_pylist() == [0]


def test_rows_come_back_as_written(store: Settings) -> None:
    Tables(store).append("observations", _rows("x", "y"))
    back = Tables(store).query("SELECT * FROM observations ORDER BY photo_id", "observations")
    assert back.to_pylist() == _rows("x", "y").to_pylist()
    assert back.schema.field("at").type == pa.timestamp("us", tz="UTC")


def test_processes_that_make_and_fill_a_table_at_once_lose_nothing(store: Settings) -> None:
    in_processes(_append_many, [(store, name, 12) for name in ("anna", "ben", "cleo")])
    assert _ids(Tables(store)) == sorted(f"{name} {i}" for name in ("anna", "ben", "cleo") for i in range(12))


def test_compacting_while_others_append_and_compact_loses_and_doubles_nothing(store: Settings) -> None:
    _append_many(store, "before", SMALL_FILES + 1)
    compacted = in_processes(_work, [(store, name) for name in ("anna", "", "")])
    expected = [f"before {i}" for i in range(SMALL_FILES + 1)] + [f"anna {i}" for i in range(20)]
    assert _ids(Tables(store)) == sorted(expected)
    assert ["observations"] in compacted


def test_few_files_are_left_as_they_are(store: Settings) -> None:
    tables = Tables(store)
    _append_many(store, "a", 3)
    assert tables.compact() == []


def test_a_turn_is_taken_over_when_its_holder_died(tmp_path: Path) -> None:
    store = Settings(store=str(tmp_path))
    _append_many(store, "a", SMALL_FILES + 1)
    turn, blobs = "tables/observations.compacting", open_blobs(store)
    blobs.put(turn, str(time.time()).encode())
    assert Tables(store).compact() == []
    blobs.put(turn, str(time.time() - ABANDONED_S - 1).encode())
    assert Tables(store).compact() == ["observations"]
    assert not blobs.exists(turn)


def test_a_reader_is_not_hurt_by_compaction(tmp_path: Path) -> None:
    store = Settings(store=str(tmp_path))
    _append_many(store, "a", SMALL_FILES + 1)
    reader = DeltaTable(f"{tmp_path}/tables/observations")
    assert Tables(store).compact() == ["observations"]
    assert reader.to_pyarrow_table().num_rows == SMALL_FILES + 1
    assert len(DeltaTable(f"{tmp_path}/tables/observations").file_uris()) == 1


def test_a_table_of_an_older_version_gets_the_new_columns(store: Settings) -> None:
    tables = Tables(store)
    old = _rows("old").drop_columns(["name_list", "review_id", "how", "at_least"])
    write_deltalake(tables._uri("observations"), old, storage_options=tables._options())
    assert tables.query("SELECT review_id FROM observations", "observations")["review_id"].to_pylist() == [None]
    tables.append("observations", _rows("new"))
    tables.append("observations", old)
    back = tables.query("SELECT * FROM observations", "observations")
    assert (back.num_rows, back.column_names) == (3, OBSERVATIONS.names)


def test_a_newer_version_may_have_added_columns(store: Settings) -> None:
    tables = Tables(store)
    newer = _rows("new").append_column("verified", pa.array([True]))
    tables.append("observations", newer)
    tables.append("observations", _rows("old"))
    answer = tables.query("SELECT photo_id, verified FROM observations ORDER BY photo_id", "observations")
    assert answer.to_pylist() == [{"photo_id": "new", "verified": True}, {"photo_id": "old", "verified": None}]


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match=f"{tmp_path}/file/tables/observations cannot be read or written"):
        Tables(Settings(store=str(tmp_path / "file"))).append("observations", _rows("a"))


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    tables = Tables(Settings(store=str(tmp_path)))
    tables.append("observations", _rows("a"))
    for file in tmp_path.glob("tables/observations/*.parquet"):
        file.unlink()
    with pytest.raises(StoreError, match="tables/observations cannot be read or written"):
        tables.query("SELECT * FROM observations", "observations")


@pytest.mark.parametrize("length", [0, 500])
def test_a_table_with_a_file_that_was_cut_off_is_named(tmp_path: Path, length: int) -> None:
    tables = Tables(Settings(store=str(tmp_path)))
    tables.append("observations", _rows("a"))
    for file in tmp_path.glob("tables/observations/*.parquet"):
        file.write_bytes(file.read_bytes()[:length])
    with pytest.raises(StoreError, match="tables/observations cannot be read or written"):
        tables.rows("observations", ROWS["observations"], 0)


@pytest.mark.parametrize("commit", [b"{half", b"[1]", b'{"add": 5}', b'{"add": {"path": "x"}}', b"\xff"])
def test_a_damaged_commit_is_named_by_who_looks_for_what_was_added(tmp_path: Path, commit: bytes) -> None:
    settings = Settings(store=str(tmp_path))
    library = assemble(settings).library
    library.tables.append("photos", PHOTOS.empty_table())
    library.cache.current()
    (tmp_path / "tables/photos/_delta_log" / f"{1:020d}.json").write_bytes(commit)
    with pytest.raises(StoreError, match=r"tables/photos cannot be read or written: [^\n\x1b]*\. Check disk space"):
        library.cache.current()


HOSTILE = ["'", "''", "\\'", "'; DROP TABLE photos; --", "a\0b", "é\u2028🌼", "%_", "$1", "${x}", "\n", "E'\\x27'", '"']


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(tmp_path: Path, text: str) -> None:
    _stays(tmp_path, text)


@settings(max_examples=40, deadline=None)
@given(text=st.text())
def test_any_text_stays_text(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    _stays(tmp_path_factory.getbasetemp() / "any", text)


def _stays(folder: Path, text: str) -> None:
    answer = Tables(Settings(store=str(folder))).query(f"SELECT {quoted(text)} AS text")
    assert answer["text"].to_pylist() == [text]


def test_a_list_of_texts(tmp_path: Path) -> None:
    tables = Tables(Settings(store=str(tmp_path)))
    tables.append("observations", _rows("it's", "b"))
    sql = "SELECT photo_id FROM observations WHERE photo_id IN "
    assert tables.query(sql + quoted_list(["it's", "c"]), "observations")["photo_id"].to_pylist() == ["it's"]
    assert tables.query(sql + quoted_list([]), "observations")["photo_id"].to_pylist() == []


def _append_many(settings: Settings, name: str, times: int) -> None:
    tables = Tables(settings)
    for i in range(times):
        tables.append("observations", _rows(f"{name} {i}"))


def _work(settings: Settings, name: str) -> list[str]:
    """Append under a name; compact where there is none."""
    if not name:
        return Tables(settings).compact()
    _append_many(settings, name, 20)
    return []
