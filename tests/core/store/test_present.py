"""What now holds is the same however it was had: by plain SQL, from the snapshot, from scratch, or row by row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from shutil import copytree
from typing import get_args

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from core.recognition.flowers import NO_FLOWERS
from core.settings import Settings
from core.store import present, questions
from core.store.blobs import open_blobs
from core.store.compaction import SMALL_FILES
from core.store.gallery import Order
from core.store.library import _EVERY_TABLE, Library
from core.store.present import SNAPSHOT
from core.store.records import Analysis, Observation, PhotoRecord
from core.store.schemas import OBSERVED
from core.store.selection import EVERYTHING, Selection
from core.store.shown import gallery_of
from core.store.tables import Tables

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
PHOTOS = [sha256(name.encode()).hexdigest() for name in "abcdef"]
TAXA = ["rosa", "papaver", "unknown", "papaveraceae"]
SITES = ["", "dunes", "it's wet"]
PEOPLE = ["anna", "o'ben"]
DAYS = ["2026-06-12T12:00:00", "2026-06-13T08:00:00+02:00", "2025-12-31", "no date", None]


def library_of(folder: Path) -> Library:
    store = Settings(store=str(folder))
    return Library(open_blobs(store), Tables(store))


def plain(library: Library, which: Selection) -> list[dict[str, object]]:
    """What SQL says."""
    found: list[dict[str, object]] = (
        library.tables.query(questions.observed(which), *_EVERY_TABLE).cast(OBSERVED).to_pylist()
    )
    return found


def fast(library: Library, which: Selection) -> list[dict[str, object]]:
    batches = list(library.observed(which))
    rows: list[dict[str, object]] = pa.Table.from_batches(batches, OBSERVED).to_pylist()
    table = library.observed_table(which)
    assert [table[name].to_pylist() for name in OBSERVED.names] == [
        [row[name] for row in rows] for name in OBSERVED.names
    ]
    numbers = dict(zip(table["photo"].to_pylist(), table["photo_id"].to_pylist(), strict=True))
    assert [numbers[number] for number in table["photo"].to_pylist()] == [row["photo_id"] for row in rows]
    assert len(set(numbers.values())) == len(numbers)
    return rows


def assert_galleries_are_equal(library: Library, which: Selection) -> None:
    """Whatever the order, and on every page."""
    if which.drop_id is not None:
        return
    for order in get_args(Order):
        shown, ids = gallery_of(library.present.now(), which, order), library._gallery_ids(which, order)
        assert shown.ids(0, len(ids) + 1) == ids
        assert shown.totals(0, len(ids)) == library._totals(which, ids)
        assert shown.totals(1, 3) == library._totals(which, ids[1:3])


@dataclass(frozen=True)
class Step:
    """Rows that one process appends; one that died has added observations whose analyses are not there."""

    photos: tuple[PhotoRecord, ...] = ()
    analyses: tuple[Analysis, ...] = ()
    observations: tuple[Observation, ...] = ()

    def onto(self, library: Library) -> None:
        library.record(self.photos, self.analyses, self.observations)


def _moment(draw: st.DrawFn) -> datetime:
    """Often the same as another, and never that of two rows that differ and of which only one can hold."""
    return NOON + timedelta(hours=draw(st.integers(0, 3)))


@st.composite
def photo_rows(draw: st.DrawFn) -> PhotoRecord:
    photo_id = draw(st.sampled_from(PHOTOS))
    drop, at = draw(st.integers(0, 3)), _moment(draw)
    corrected = draw(st.sampled_from([None, None, at + timedelta(hours=2, minutes=30)]))
    fixed = sha256(f"{photo_id} {drop} {at} {corrected}".encode()).digest()
    return PhotoRecord(
        photo_id=photo_id,
        file=f"IMG {fixed[0] % 3}",
        bytes=9,
        width=40,
        height=30,
        taken_at=DAYS[fixed[1] % len(DAYS)],
        latitude=None if fixed[2] % 2 else 52.5,
        longitude=None if fixed[3] % 4 == 0 else 4.25,
        site=SITES[fixed[4] % len(SITES)],
        note="after rain" if fixed[5] % 3 == 0 else "",
        drop_id=f"drop {drop}",
        uploaded_by=PEOPLE[fixed[6] % 2],
        uploaded_at=at,
        problem="broken" if fixed[7] % 6 == 0 else "",
        changed_by=None if corrected is None else "lead",
        changed_at=corrected,
    )


@st.composite
def analyses(draw: st.DrawFn) -> tuple[list[Analysis], list[Observation]]:
    """An analysis with what it found; that by one version is the same whenever it is recorded, up to its time."""
    photo_id, version, at = draw(st.sampled_from(PHOTOS)), draw(st.sampled_from(["1.0", "1.1"])), _moment(draw)
    fixed = sha256(f"{photo_id} {version}".encode()).digest()
    analysis = Analysis(photo_id, "bloom", version, at, 0.5, ["", "", "crowded", "blurred"][fixed[0] % 4], NO_FLOWERS)
    found = [
        Observation(photo_id, taxon, 1 + fixed[n + 1] % 3, fixed[n + 1] % 2, 3 + fixed[n + 2] % 3,
                    fixed[n + 3] % 8 / 8, "confident", "flower", f"bloom {version}", at, analysis.analysis_id)
        for n, taxon in enumerate(TAXA)
        if fixed[n + 10] % 2
    ]  # fmt: skip
    return [analysis], found


@st.composite
def reviews(draw: st.DrawFn) -> list[Observation]:
    """So many flowers of up to two taxa; of none: no flowers, or an earlier review is taken back."""
    photo_id, hour = draw(st.sampled_from(PHOTOS)), draw(st.integers(0, 3))
    by = PEOPLE[hour % 2]
    plain = Observation(photo_id, "", 2, 2, 2, 1.0, "confident", "flower", by, NOON + timedelta(hours=hour), None)
    taxa = sorted(draw(st.sets(st.sampled_from(TAXA), max_size=2)))
    name = f"review {hour} {taxa}"
    if taxa:
        return [replace(plain, taxon=taxon, review_id=name) for taxon in taxa]
    nothing = replace(plain, count=0, count_low=0, count_high=0, confidence=None, band="", unit="", review_id=name)
    return [draw(st.sampled_from([nothing, replace(nothing, taxon=None)]))]


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    made = []
    seen: set[tuple[str, datetime]] = set()
    for _ in range(draw(st.integers(1, 4))):
        said = draw(st.lists(analyses(), max_size=4))
        by_people = []
        for review in draw(st.lists(reviews(), max_size=2)):
            if (review[0].photo_id, review[0].at) not in seen:
                seen.add((review[0].photo_id, review[0].at))
                by_people += review
        found = [row for _, rows in said for row in rows]
        twice, died = draw(st.booleans()), draw(st.sampled_from([False, False, True]))
        made.append(
            Step(
                tuple(draw(st.lists(photo_rows(), max_size=4))),
                () if died else tuple(one for ones, _ in said for one in ones) * (1 + twice),
                tuple(found + by_people) * (1 + twice),
            )
        )
    return made


selections = st.builds(
    Selection,
    sites=st.sets(st.sampled_from([*SITES, "nowhere"]), max_size=2).map(tuple),
    people=st.sets(st.sampled_from(PEOPLE), max_size=1).map(tuple),
    taxa=st.sets(st.sampled_from([*TAXA, "ghost"]), max_size=2).map(tuple),
    taken_from=st.sampled_from([None, date(2026, 6, 12)]),
    taken_to=st.sampled_from([None, date(2026, 6, 12)]),
    uploaded_from=st.sampled_from([None, None, date(2026, 6, 12), date(2026, 6, 13)]),
    uploaded_to=st.sampled_from([None, None, date(2026, 6, 12), date(2026, 6, 11)]),
    min_confidence=st.sampled_from([0.0, 0.5]),
    reviewed_only=st.booleans(),
    drop_id=st.sampled_from([None, None, None, "drop 1"]),
    count_from=st.sampled_from([None, None, 2]),
    count_to=st.sampled_from([None, None, 3]),
    attention=st.sampled_from([None, None, "doubtful", "flagged", "undated", "unplaced", "failed"]),
)


@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(steps=steps(), asked=st.lists(selections, min_size=3, max_size=3))
def test_it_says_what_sql_says_however_it_was_had(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step], asked: list[Selection]
) -> None:
    folder = tmp_path_factory.mktemp("store")
    along, kept_early = library_of(folder), library_of(folder)
    for number, step in enumerate(steps):
        step.onto(along)
        along.present.now()
        if number == 0:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(present, "KEPT_AFTER_ROWS", 1)
                kept_early.present.keep()
    from_snapshot = library_of(folder)
    for which in (EVERYTHING, *asked):
        expected = plain(along, which)
        assert fast(along, which) == expected
        assert fast(kept_early, which) == expected
        assert fast(from_snapshot, which) == expected
        assert_galleries_are_equal(from_snapshot, which)
    along.blobs.delete(SNAPSHOT)
    assert fast(library_of(folder), EVERYTHING) == plain(along, EVERYTHING)


def steps_of(names: str) -> Iterator[Step]:
    for name in names:
        photo_id = sha256(name.encode()).hexdigest()
        photo = PhotoRecord(
            photo_id=photo_id,
            file=name,
            bytes=9,
            width=40,
            height=30,
            taken_at=None,
            latitude=None,
            longitude=None,
            site="dunes",
            note="",
            drop_id="d",
            uploaded_by="anna",
            uploaded_at=NOON,
        )
        analysis = Analysis(photo_id, "bloom", "1.0", NOON, 0.5, "", NO_FLOWERS)
        row = Observation(
            photo_id, "rosa", 3, 2, 4, 0.9, "confident", "flower", "bloom 1.0", NOON, analysis.analysis_id
        )
        yield Step((photo,), (analysis,), (row,))


def files(library: Library) -> list[str]:
    return sorted(name for batch in library.observed() for name in batch["file"].to_pylist())


def test_a_compaction_by_others_hides_and_doubles_nothing(tmp_path: Path) -> None:
    library, other = library_of(tmp_path), library_of(tmp_path)
    names = [chr(ord("a") + n) for n in range(SMALL_FILES + 1)]
    for number, step in enumerate(steps_of("".join(names))):
        if number == SMALL_FILES // 2:
            assert files(library) == names[:number]
        step.onto(other)
    assert other.tables.compact() == ["photos", "analyses", "observations"]
    assert files(library) == names == files(library_of(tmp_path))
    for step in steps_of("Z"):
        step.onto(other)
    assert files(library) == ["Z", *names]


def test_rows_that_were_taken_out_are_gone(tmp_path: Path) -> None:
    library = library_of(tmp_path)
    for step in steps_of("ab"):
        step.onto(library)
    assert files(library) == ["a", "b"]
    library_of(tmp_path).tables.delete("photos", "file = 'a'")
    assert files(library) == ["b"]


@pytest.mark.parametrize("damaged", [b"", b"petals", b"cut"])
def test_a_snapshot_that_cannot_be_read_is_made_anew(
    tmp_path: Path, damaged: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(present, "KEPT_AFTER_ROWS", 1)
    library = library_of(tmp_path)
    for step in steps_of("ab"):
        step.onto(library)
    assert library.present.keep()
    whole = library.blobs.get(SNAPSHOT)
    library.blobs.put(SNAPSHOT, whole[: len(whole) // 2] if damaged == b"cut" else damaged)
    assert files(library_of(tmp_path)) == ["a", "b"]


def test_a_snapshot_of_another_store_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(present, "KEPT_AFTER_ROWS", 1)
    before, after = library_of(tmp_path / "before"), library_of(tmp_path / "after")
    for step in steps_of("abc"):
        step.onto(before)
    for step in steps_of("xy"):
        step.onto(after)
    before.present.keep()
    after.blobs.put(SNAPSHOT, before.blobs.get(SNAPSHOT))
    assert files(library_of(tmp_path / "after")) == ["x", "y"]


def test_a_snapshot_that_a_restored_store_has_not_reached_is_not_believed_now_nor_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/deploy.md: the tables come back as they were, the snapshot as it was a little later."""
    monkeypatch.setattr(present, "KEPT_AFTER_ROWS", 1)
    before, backup = tmp_path / "before", tmp_path / "backup"
    library = library_of(before)
    for step in steps_of("ab"):
        step.onto(library)
    copytree(before, backup)
    for step in steps_of("cde"):
        step.onto(library)
    library.present.keep()
    copytree(before / "present", backup / "present")
    monkeypatch.setattr(present, "KEPT_AFTER_ROWS", 1000)
    assert files(library_of(backup)) == ["a", "b"]
    for step in steps_of("xyz"):
        step.onto(library_of(backup))
    assert files(library_of(backup)) == ["a", "b", "x", "y", "z"]


def test_it_is_kept_again_only_when_much_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = library_of(tmp_path)
    for step in steps_of("ab"):
        step.onto(library)
    assert not library.present.keep()
    monkeypatch.setattr(present, "KEPT_AFTER_COMMITS", 3)
    for step in steps_of("c"):
        step.onto(library)
    assert library.present.keep()
    assert not library.present.keep()
    assert not library_of(tmp_path).present.keep()


def test_a_link_may_ask_for_uploads_from_the_first_to_the_last_of_all_days(tmp_path: Path) -> None:
    library = library_of(tmp_path)
    for step in steps_of("ab"):
        step.onto(library)
    for which in (Selection(uploaded_from=date.min), Selection(uploaded_to=date.max)):
        assert_galleries_are_equal(library, which)
        assert library.number_of_photos(which) == 2


def test_what_is_no_day_lies_in_no_time(tmp_path: Path) -> None:
    """Neither by SQL nor by what is kept, whichever end of the time is open."""
    library = library_of(tmp_path)
    (step,) = steps_of("a")
    library.record([replace(step.photos[0], taken_at="no date", problem="broken")], [], [])
    for which in (Selection(taken_from=date(2026, 6, 12)), Selection(taken_to=date(2026, 6, 12))):
        assert_galleries_are_equal(library, replace(which, attention="failed"))
        assert library.number_of_photos(which) == 0
    assert library.number_of_photos(EVERYTHING) == 1
