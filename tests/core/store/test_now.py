"""The current rows are those that plain Python makes of all rows, from a snapshot, from scratch or row by row."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from shutil import copytree
from typing import Any, get_args

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from core.errors import StoreError
from core.language import DUTCH_TIME
from core.recognition.flowers import NO_FLOWERS
from core.store import cache
from core.store.cache import FRAMES, SNAPSHOT, from_bytes, to_bytes
from core.store.compaction import SMALL_FILES
from core.store.conditions import DOUBTFUL
from core.store.gallery import Order, Totals
from core.store.library import Library
from core.store.records import Analysis, Observation, PhotoRecord, SeenAgain, Site
from core.store.schemas import OBSERVED
from core.store.selection import EVERYTHING, Selection
from tests.people import ADMIN
from tests.survey import library_of
from tests.survey import photo as photo_of

ROOT = Path(__file__).parents[3]
NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
PHOTOS = [sha256(name.encode()).hexdigest() for name in "abcdef"]
TAXA = ["rosa", "papaver", "unknown", "papaveraceae"]
SITES = ["", "dunes", "it's wet"]
PLOT = Site("it's wet", None, None, "", None, "lead", NOON, parent="dunes")
PEOPLE = ["anna", "o'ben"]
HIDDEN = {"hidden_by": "lead", "hidden_at": NOON + timedelta(hours=5), "hidden_why": "a hand in front of it"}
DAYS = ["2026-06-12T12:00:00", "2026-06-13T08:00:00+02:00", "2025-12-31", "no date", None]


def plain(steps: Sequence[Step], which: Selection) -> list[dict[str, Any]]:
    """The rows of Library.observed by plain Python over all rows that were ever added, by photo, count and taxon."""
    found = []
    for photo in photos_of(steps, which).values():
        found += observations_of(steps, photo, which)
    return found


def photos_of(steps: Sequence[Step], which: Selection) -> dict[str, PhotoRecord]:
    """The photos of a selection by upload, each as its rows say: what comes later neither changes nor erases anything

    but what a person corrects and what the bytes show. Those of a drop came first in it, or again.
    """
    rows: dict[str, list[PhotoRecord]] = {}
    for row in (row for step in steps for row in step.photos):
        rows.setdefault(row.photo_id, []).append(row)
    seen = {(row.photo_id, row.drop_id) for step in steps for row in (*step.photos, *step.seen)}
    chosen = [
        photo
        for photo in map(current_of, rows.values())
        if is_chosen(photo, which) and (which.drop_id is None or (photo.photo_id, which.drop_id) in seen)
    ]
    return {row.photo_id: row for row in sorted(chosen, key=lambda row: (row.uploaded_at, row.photo_id))}


def current_of(rows: Sequence[PhotoRecord]) -> PhotoRecord:
    """The current row of a photo, from all its rows."""
    first = min(rows, key=lambda row: (row.uploaded_at, row.drop_id, row.changed_at or row.uploaded_at))
    read = max(rows, key=lambda row: (row.changed_at or row.uploaded_at, row.drop_id))
    said = max((row for row in rows if row.changed_at), key=lambda row: row.changed_at or NOON, default=first)
    kept = {name: getattr(first, name) for name in ("file", "drop_id", "uploaded_by", "uploaded_at")}
    told = ("site", "note", "changed_by", "changed_at", "hidden_by", "hidden_at", "hidden_why")
    return replace(read, **kept, **{name: getattr(said, name) for name in told})


def is_chosen(photo: PhotoRecord, which: Selection) -> bool:
    try:
        day = date.fromisoformat((photo.taken_at or "")[:10])
    except ValueError:
        day = None
    uploaded_on = photo.uploaded_at.astimezone(DUTCH_TIME).date()
    nowhere = photo.latitude is None or photo.longitude is None
    return (
        (not which.sites or photo.site in which.sites or (photo.site == PLOT.site and PLOT.parent in which.sites))
        and (not which.people or photo.uploaded_by in which.people)
        and (not (which.taken_from or which.taken_to) or day is not None)
        and (day is None or (which.taken_from or day) <= day <= (which.taken_to or day))
        and (which.uploaded_from or date.min) <= uploaded_on <= (which.uploaded_to or date.max)
        and (which.attention != "undated" or (not photo.problem and photo.taken_at is None))
        and (which.attention != "unplaced" or (not photo.problem and not photo.site and nowhere))
        and (which.attention != "failed" or photo.problem != "")
        and which.hidden == (photo.hidden_at is not None)
        and (which.text.lower() in photo.file.lower() or which.text.lower() in photo.note.lower())
    )


def review_of(steps: Sequence[Step], photo_id: str) -> str | None:
    """The review of a photo that holds: the newest, of two at one moment that with the lower id, if not taken back."""
    rows = [row for step in steps for row in step.observations if row.photo_id == photo_id and row.review_id]
    newest = min(rows, key=lambda row: (NOON - row.at, row.review_id), default=None)
    return None if newest is None or newest.taxon is None else newest.review_id


def is_whole(steps: Sequence[Step], review: str | None) -> bool:
    """True if a review answers for the whole photo: one of some of its flowers says in no row how it came to them."""
    return review is not None and any(
        row.how != "" for step in steps for row in step.observations if row.review_id == review
    )


def observations_of(steps: Sequence[Step], photo: PhotoRecord, which: Selection) -> list[dict[str, Any]]:
    """The observations of a photo that stand, or one of no flowers where none of them is asked for."""
    analyses = [row for step in steps for row in step.analyses if row.photo_id == photo.photo_id]
    review = review_of(steps, photo.photo_id)
    reviewed = is_whole(steps, review)
    if photo.problem or not analyses or (which.reviewed_only and not reviewed):
        return []
    analysis = min(analyses, key=lambda row: (NOON - row.analysed_at, row.analysis_id))
    rows = [
        row for step in steps for row in step.observations if row.photo_id == photo.photo_id and row.taxon is not None
    ]
    standing = [row for row in rows if (row.review_id or row.analysis_id) == (review or analysis.analysis_id)]
    once = {row.taxon: row for row in sorted(standing, key=lambda row: row.at)}.values()
    asked = [
        row
        for row in once
        if (not which.taxa or row.taxon in which.taxa)
        and (not which.min_confidence or (row.confidence or 0) >= which.min_confidence)
    ]
    model = f"{analysis.model} {analysis.model_version}"
    nothing = Observation(photo.photo_id, "", 0, 0, 0, None, "", "", model, analysis.analysed_at, None)
    found = sorted(asked, key=lambda row: (-row.count, row.taxon or "")) or [nothing]
    at_least = any(row.at_least for row in standing)
    flag = "" if reviewed and not at_least else analysis.flag
    said = {"reviewed": reviewed, "flag": flag, "model": model}
    cells = [
        {name: getattr(row, name, getattr(photo, name, said.get(name))) for name in OBSERVED.names} for row in found
    ]
    return cells if is_asked_for(totals_of(cells), which) else []


def totals_of(cells: Sequence[dict[str, Any]]) -> Totals:
    """The totals of the observations of a photo."""
    count, low, high = (sum(row[name] for row in cells) for name in ("count", "count_low", "count_high"))
    nameless = sum(
        row["count"] * (1 if row["taxon"] == "unknown" else 1 - row["confidence"]) for row in cells if row["count"]
    )
    reviewed, flag = cells[0]["reviewed"], cells[0]["flag"]
    doubt = 0.0 if reviewed or not count else (flag != "") + ((high - low) / 2 + nameless) / count
    return Totals(count, low, high, doubt, flag, reviewed, tuple(row["taxon"] for row in cells if row["taxon"]))


def is_asked_for(totals: Totals, which: Selection) -> bool:
    return (
        (which.count_from is None or totals.count >= which.count_from)
        and (which.count_to is None or totals.count <= which.count_to)
        and (which.attention != "flagged" or (totals.flag != "" and not totals.reviewed))
        and (which.attention != "doubtful" or totals.doubt >= DOUBTFUL)
    )


def gallery(steps: Sequence[Step], which: Selection, order: Order) -> list[tuple[str, Totals | None]]:
    """The photos of a gallery in their order, with their totals."""
    photos = photos_of(steps, which)
    cells = {photo_id: observations_of(steps, photo, which) for photo_id, photo in photos.items()}
    totals = {photo_id: totals_of(rows) if rows else None for photo_id, rows in cells.items()}
    counts = [which.count_from, which.count_to]
    by_count = counts != [None, None] or which.attention in ("doubtful", "flagged")
    shown = [
        photo_id
        for photo_id, total in totals.items()
        if (total is not None or not (by_count or which.taxa or which.min_confidence or which.reviewed_only))
        and (by_count or not (which.taxa or which.min_confidence) or (total is not None and total.count > 0))
    ]
    last_first = shown[::-1]

    def key(photo_id: str) -> Any:
        photo, total = photos[photo_id], totals[photo_id]
        match order:
            case "taken":
                return (photo.taken_at is None, [-ord(letter) for letter in photo.taken_at or ""])
            case "doubt":
                return (total is None, total and (-total.doubt, -total.count))
            case "most":
                return (total is None, total and -total.count)
            case "file":
                return photo.file
            case _:
                return 0

    return [(photo_id, totals[photo_id]) for photo_id in (shown if order == "oldest" else sorted(last_first, key=key))]


def rows_of(library: Library, which: Selection) -> list[dict[str, Any]]:
    rows = [row for batch in library.observed(which) for row in batch.select(OBSERVED.names).to_dicts()]
    table = library.observed_table(which)
    assert table.select(OBSERVED.names).to_dicts() == rows
    numbers = dict(zip(table["photo"], table["photo_id"], strict=True))
    assert [numbers[number] for number in table["photo"]] == [row["photo_id"] for row in rows]
    assert len(set(numbers.values())) == len(numbers)
    return rows


def assert_galleries_are_equal(library: Library, steps: Sequence[Step], which: Selection) -> None:
    """Whatever the order, and on every page."""
    for order in get_args(Order):
        expected = gallery(steps, which, order)
        pages = [
            library.gallery(which, order=order, page=page, per_page=2).photos for page in range(len(expected) // 2 + 1)
        ]
        shown = list(dict.fromkeys((one.result.photo.photo_id, one.totals) for page in pages for one in page))
        assert shown == expected
        assert library.number_of_photos(which) == len(expected)
        for number, (photo_id, _) in enumerate(expected, start=1):
            place = library.place(photo_id, which, order=order)
            assert place is not None
            assert (place.number, place.total) == (number, len(expected))
            assert place.next == (expected[number][0] if number < len(expected) else None)
            assert place.previous == (expected[number - 2][0] if number > 1 else None)


@dataclass(frozen=True)
class Step:
    """Rows that one process appends; one that died has added observations whose analyses are not there."""

    photos: tuple[PhotoRecord, ...] = ()
    analyses: tuple[Analysis, ...] = ()
    observations: tuple[Observation, ...] = ()
    seen: tuple[SeenAgain, ...] = ()

    def onto(self, library: Library) -> None:
        library.record(self.photos, self.analyses, self.observations, self.seen)


def _moment(draw: st.DrawFn) -> datetime:
    """Often the same as another, and never that of two rows that differ and of which only one can hold."""
    return NOON + timedelta(hours=draw(st.integers(0, 3)))


@st.composite
def photo_rows(draw: st.DrawFn) -> PhotoRecord:
    photo_id = draw(st.sampled_from(PHOTOS))
    drop, at = draw(st.integers(0, 3)), _moment(draw)
    corrected = draw(st.sampled_from([None, None, at + timedelta(hours=2, minutes=30)]))
    fixed = sha256(f"{photo_id} {corrected or (drop, at)}".encode()).digest()
    upload = sha256(f"{photo_id} {drop} {at}".encode()).digest()
    return PhotoRecord(
        photo_id=photo_id,
        file=f"IMG {upload[0] % 3}",
        bytes=9,
        width=40,
        height=30,
        taken_at=DAYS[fixed[1] % len(DAYS)],
        latitude=None if fixed[2] % 2 else 52.5,
        longitude=None if fixed[3] % 4 == 0 else 4.25,
        site=SITES[fixed[4] % len(SITES)],
        note="after rain" if fixed[5] % 3 == 0 else "",
        drop_id=f"drop {drop}",
        uploaded_by=PEOPLE[upload[6] % 2],
        uploaded_at=at,
        problem="broken" if fixed[7] % 6 == 0 else "",
        changed_by=None if corrected is None else "lead",
        changed_at=corrected,
        **(HIDDEN if corrected and fixed[8] % 2 else {}),
    )


@st.composite
def photos_again(draw: st.DrawFn) -> SeenAgain:
    photo_id, drop = draw(st.sampled_from(PHOTOS)), draw(st.integers(0, 3))
    return SeenAgain(f"drop {drop}", photo_id, "lead", NOON, "elsewhere", "rain", "IMG 9")


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
    """So many flowers of up to two taxa; of none: no flowers, or an earlier review is taken back. Half of them

    answer for some of the photo's flowers alone.
    """
    photo_id, hour = draw(st.sampled_from(PHOTOS)), draw(st.integers(0, 3))
    by, how = PEOPLE[hour % 2], draw(st.sampled_from([[None, "accepted", "chosen", "blind"][hour], ""]))
    plain = Observation(photo_id, "", 2, 2, 2, 1.0, "confident", "flower", by, NOON + timedelta(hours=hour), None,
                        how=how, at_least=None if how is None else hour == 2)  # fmt: skip
    taxa = sorted(draw(st.sets(st.sampled_from(TAXA), max_size=2)))
    if taxa:
        return [replace(plain, taxon=taxon, review_id=f"review {hour} {how} {taxa}") for taxon in taxa]
    nothing = replace(plain, count=0, count_low=0, count_high=0, confidence=None, band="", unit="")
    taxon = draw(st.sampled_from(["", None]))
    return [replace(nothing, taxon=taxon, review_id=f"review {hour} {how} {taxon}")]


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    made = []
    for _ in range(draw(st.integers(1, 4))):
        said = draw(st.lists(analyses(), max_size=4))
        by_people = [row for review in draw(st.lists(reviews(), max_size=2)) for row in review]
        found = [row for _, rows in said for row in rows]
        twice, died = draw(st.booleans()), draw(st.sampled_from([False, False, True]))
        made.append(
            Step(
                tuple(draw(st.lists(photo_rows(), max_size=4))),
                () if died else tuple(one for ones, _ in said for one in ones) * (1 + twice),
                tuple(found + by_people) * (1 + twice),
                tuple(draw(st.lists(photos_again(), max_size=2))),
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
    text=st.sampled_from(["", "", "img 1", "RAIN", "(."]),
    hidden=st.sampled_from([False, False, True]),
)


@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(steps=steps(), asked=st.lists(selections, min_size=3, max_size=3))
def test_what_holds_now_follows_from_all_rows_however_it_was_had(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step], asked: list[Selection]
) -> None:
    """Row by row, from an early snapshot, and from scratch."""
    folder = tmp_path_factory.mktemp("store")
    along, kept_early = library_of(folder), library_of(folder)
    along.describe_sites([PLOT], by=ADMIN)
    for number, step in enumerate(steps):
        step.onto(along)
        along.cache.current()
        if number == 0:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(cache, "KEPT_AFTER_ROWS", 1)
                kept_early.cache.keep()
    from_snapshot = library_of(folder)
    for which in (EVERYTHING, Selection(sites=("dunes",)), *asked):
        expected = plain(steps, which)
        assert rows_of(along, which) == expected
        assert rows_of(kept_early, which) == expected
        assert rows_of(from_snapshot, which) == expected
        assert_galleries_are_equal(from_snapshot, steps, which)
    along.blobs.delete(SNAPSHOT)
    from_scratch = library_of(folder)
    for which in (EVERYTHING, *asked):
        assert rows_of(from_scratch, which) == plain(steps, which)


def steps_of(names: str) -> Iterator[Step]:
    for name in names:
        photo = photo_of(name, taken_at=None, latitude=None, longitude=None)
        photo_id = photo.photo_id
        analysis = Analysis(photo_id, "bloom", "1.0", NOON, 0.5, "", NO_FLOWERS)
        row = Observation(
            photo_id, "rosa", 3, 2, 4, 0.9, "confident", "flower", "bloom 1.0", NOON, analysis.analysis_id
        )
        yield Step((photo,), (analysis,), (row,))


def test_a_day_in_another_form_hides_no_other_day(tmp_path: Path) -> None:
    library, (first, second) = library_of(tmp_path), steps_of("ab")
    photos = (replace(first.photos[0], taken_at="01-06-2026 08:00"), replace(second.photos[0], taken_at=DAYS[0]))
    library.record(photos, first.analyses + second.analyses, [])
    assert sorted(map(str, library.observed_table()["day"])) == ["2026-06-12", "None"]


def files(library: Library) -> list[str]:
    return sorted(name for batch in library.observed() for name in batch["file"])


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


def test_new_rows_that_are_damaged_name_their_table(tmp_path: Path) -> None:
    library, (first, second) = library_of(tmp_path), steps_of("ab")
    first.onto(library)
    assert files(library) == ["a"]
    old = set(tmp_path.glob("tables/photos/*.parquet"))
    second.onto(library_of(tmp_path))
    (new,) = set(tmp_path.glob("tables/photos/*.parquet")) - old
    whole = new.read_bytes()
    new.write_bytes(whole[:-200] + b"\1" * 192 + whole[-8:])  # its list of columns
    with pytest.raises(StoreError, match="tables/photos cannot be read"):
        files(library)


@pytest.mark.parametrize("damaged", [b"", b"petals", b"cut"])
def test_a_snapshot_that_cannot_be_read_is_made_anew(
    tmp_path: Path, damaged: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "KEPT_AFTER_ROWS", 1)
    library = library_of(tmp_path)
    for step in steps_of("ab"):
        step.onto(library)
    assert library.cache.keep()
    whole = library.blobs.get(SNAPSHOT)
    library.blobs.put(SNAPSHOT, whole[: len(whole) // 2] if damaged == b"cut" else damaged)
    assert files(library_of(tmp_path)) == ["a", "b"]


def test_a_snapshot_with_a_damaged_byte_gives_no_other_rows(tmp_path: Path) -> None:
    library = library_of(tmp_path)
    for step in steps_of("ab"):
        step.onto(library)
    rows = library.cache.current()
    whole = to_bytes(rows)
    read = [from_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :]) for at in range(0, len(whole), 7)]
    assert sum(damaged is None for damaged in read) > 0.9 * len(read)
    for damaged in filter(None, [from_bytes(whole), *read]):  # the rest are bytes that say nothing of the rows
        assert damaged.versions == rows.versions
        assert all(getattr(damaged, name).equals(getattr(rows, name)) for name in FRAMES)


def test_a_snapshot_of_another_store_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "KEPT_AFTER_ROWS", 1)
    before, after = library_of(tmp_path / "before"), library_of(tmp_path / "after")
    for step in steps_of("abc"):
        step.onto(before)
    for step in steps_of("xy"):
        step.onto(after)
    before.cache.keep()
    after.blobs.put(SNAPSHOT, before.blobs.get(SNAPSHOT))
    assert files(library_of(tmp_path / "after")) == ["x", "y"]


def test_a_snapshot_that_a_restored_store_has_not_reached_is_not_believed_now_nor_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/deploy.md: the tables come back as they were, the snapshot as it was a little later."""
    monkeypatch.setattr(cache, "KEPT_AFTER_ROWS", 1)
    before, backup = tmp_path / "before", tmp_path / "backup"
    library = library_of(before)
    for step in steps_of("ab"):
        step.onto(library)
    copytree(before, backup)
    for step in steps_of("cde"):
        step.onto(library)
    library.cache.keep()
    copytree(before / "now", backup / "now")
    monkeypatch.setattr(cache, "KEPT_AFTER_ROWS", 1000)
    assert files(library_of(backup)) == ["a", "b"]
    for step in steps_of("xyz"):
        step.onto(library_of(backup))
    assert files(library_of(backup)) == ["a", "b", "x", "y", "z"]


def test_it_is_kept_again_only_when_much_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = library_of(tmp_path)
    for step in steps_of("ab"):
        step.onto(library)
    assert not library.cache.keep()
    monkeypatch.setattr(cache, "KEPT_AFTER_COMMITS", 3)
    for step in steps_of("c"):
        step.onto(library)
    assert library.cache.keep()
    assert not library.cache.keep()
    assert not library_of(tmp_path).cache.keep()


def test_a_process_that_ends_while_a_snapshot_is_written_writes_it_and_ends_well(tmp_path: Path) -> None:
    library = library_of(tmp_path)
    for step in steps_of("ab"):
        step.onto(library)
    code = (
        "import sys; from pathlib import Path; from core.store import cache; from tests.survey import library_of;"
        "cache.KEPT_AFTER_ROWS = 1; library_of(Path(sys.argv[1])).cache.current()"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert library.blobs.exists(SNAPSHOT)


def test_a_snapshot_of_version_1_0_is_swept_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "KEPT_AFTER_ROWS", 1)
    library = library_of(tmp_path)
    for step in steps_of("ab"):
        step.onto(library)
    library.blobs.put("present/snapshot", b"another form")
    assert library.cache.keep()
    assert [blob.key for blob in library.blobs.list("present/")] == []
    assert files(library_of(tmp_path)) == ["a", "b"]


def test_a_link_may_ask_for_uploads_from_the_first_to_the_last_of_all_days(tmp_path: Path) -> None:
    library, steps = library_of(tmp_path), list(steps_of("ab"))
    for step in steps:
        step.onto(library)
    for which in (Selection(uploaded_from=date.min), Selection(uploaded_to=date.max)):
        assert_galleries_are_equal(library, steps, which)
        assert library.number_of_photos(which) == 2


def test_what_is_no_day_lies_in_no_time(tmp_path: Path) -> None:
    """Whichever end of the time is open."""
    library = library_of(tmp_path)
    (step,) = steps_of("a")
    step = Step((replace(step.photos[0], taken_at="no date", problem="broken"),))
    step.onto(library)
    for which in (Selection(taken_from=date(2026, 6, 12)), Selection(taken_to=date(2026, 6, 12))):
        assert_galleries_are_equal(library, [step], replace(which, attention="failed"))
        assert library.number_of_photos(which) == 0
    assert library.number_of_photos(EVERYTHING) == 1


def test_a_store_may_lie_in_a_folder_with_spaces_and_accents_in_its_name(tmp_path: Path) -> None:
    library = library_of(tmp_path / "my d\xe4t\xe4")
    for step in steps_of("ab"):
        step.onto(library)
    assert files(library) == ["a", "b"]
