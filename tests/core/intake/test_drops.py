"""Drops: what is there stays, what came again is said, and all photos of a drop are corrected or hidden in one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from core.bloomcount import Bloomcount, assemble
from core.errors import NotAPhoto
from core.intake.corrections import Correction, NotAllowed, correct_many, count_changes, undo
from core.intake.drops import correct_drop, list_drops, move_here
from core.intake.pipeline import accept
from core.intake.progress import drop_progress
from core.intake.worker import Worker
from core.settings import Settings
from core.store.records import Drop, PhotoRecord
from core.store.selection import EVERYTHING, Selection
from tests.core.counting_squares import Squares, photo_of
from tests.core.store.racing import in_processes
from tests.survey import person, photo

MAY, JUNE, JULY = "20260501T102030-aa", "20260601T102030-bb", "20260701T102030-cc"
ANNA, BEN, LEA = person("anna"), person("ben"), person("lea", "lead")


@pytest.fixture
def bloom(tmp_path) -> Bloomcount:
    return assemble(Settings(store=str(tmp_path)))


def drop(bloom: Bloomcount, drop_id: str, by: str, flowers: Sequence[int], site: str = "", note: str = "") -> None:
    about = Drop(drop_id, site, note, by)
    for number in flowers:
        accept(bloom.library, bloom.inbox, photo_of(number), file=f"{by} {number}.jpg", drop=about)


def count(bloom: Bloomcount) -> None:
    while Worker(bloom.library, bloom.inbox, Squares, bloom.settings).count_all():
        pass


def photos(bloom: Bloomcount, which: Selection = EVERYTHING) -> list[PhotoRecord]:
    return [photo for batch in bloom.library.photo_records(which) for photo in batch]


def facts(bloom: Bloomcount) -> list[tuple[str, ...]]:
    return [(one.file, one.site, one.note, one.uploaded_by, one.drop_id) for one in photos(bloom)]


FIRST = [(f"anna {number}.jpg", "Plot A", "first", "anna", MAY) for number in (1, 2)]


@pytest.mark.parametrize("stored_before", [True, False], ids=["already stored", "both wait"])
@pytest.mark.parametrize("site", ["", "Plot B"])
def test_a_photo_keeps_its_site_note_person_and_drop_and_it_is_said_that_it_came_again(bloom, site, stored_before):
    drop(bloom, MAY, "anna", [1, 2], "Plot A", "first")
    if stored_before:
        count(bloom)
    drop(bloom, JUNE, "ben", [1, 2, 3], site, "")
    count(bloom)
    assert facts(bloom) == [*FIRST, ("ben 3.jpg", site, "", "ben", JUNE)]
    progress = drop_progress(bloom.library, bloom.inbox, JUNE)
    assert [(seen.file, seen.by, seen.site) for seen in progress.again] == [
        ("ben 1.jpg", "ben", site),
        ("ben 2.jpg", "ben", site),
    ]
    assert len(progress.results) == 3
    assert drop_progress(bloom.library, bloom.inbox, MAY).again == []
    assert [bloom.latest_drop(name) for name in ("anna", "ben")] == [MAY, JUNE]
    assert bloom.library.number_of_photos(Selection(drop_id=JUNE)) == 3


@pytest.mark.parametrize("order", list(permutations((MAY, JUNE, JULY))))
def test_what_is_stored_stays_in_whatever_order_drops_are_counted(bloom, order):
    """Also where a clock was wrong: a photo that is stored may have been uploaded later than one that waits."""
    people = {MAY: "anna", JUNE: "ben", JULY: "lea"}
    for drop_id, by in people.items():
        drop(bloom, drop_id, by, [1, 2], f"site of {by}")
    texts = {blob.key: bloom.blobs.get(blob.key) for blob in bloom.blobs.list("inbox/")}
    for key in texts:
        bloom.blobs.delete(key)
    for drop_id in order:
        for key in [key for key in texts if key.startswith(f"inbox/{drop_id}")]:
            bloom.blobs.put(key, texts[key])
        count(assemble(bloom.settings))
    first = order[0]
    assert {row[1:] for row in facts(bloom)} == {(f"site of {people[first]}", "", people[first], first)}
    for drop_id in order:
        assert len(bloom.library.seen_again(drop_id)) == (0 if drop_id == first else 2)
        assert bloom.library.number_of_photos(Selection(drop_id=drop_id)) == 2


def test_of_two_processes_that_store_a_photo_at_one_moment_the_earlier_upload_holds_and_both_drops_have_it(bloom):
    early = replace(photo("a"), drop_id=MAY, site="Plot A", uploaded_by="anna")
    late = replace(
        early, drop_id=JUNE, site="", uploaded_by="ben", uploaded_at=early.uploaded_at + timedelta(seconds=1)
    )
    for one in (late, early):
        bloom.library.record([one], [], [])
    assert photos(bloom) == [early]
    assert [seen.by for seen in bloom.library.seen_again(JUNE)] == ["ben"]
    assert [bloom.library.number_of_photos(Selection(drop_id=drop_id)) for drop_id in (MAY, JUNE)] == [1, 1]


def test_photos_that_were_here_move_to_the_new_site_for_who_may_and_back(bloom):
    drop(bloom, MAY, "anna", [1, 2], "Plot A", "first")
    count(bloom)
    drop(bloom, JUNE, "ben", [1, 2, 3], "Plot B")
    count(bloom)
    with pytest.raises(NotAllowed, match="uploaded by anna"):
        move_here(bloom.library, JUNE, by=BEN)
    assert {photo.site for photo in photos(bloom)} == {"Plot A", "Plot B"}
    moved = move_here(bloom.library, JUNE, by=LEA)
    assert (moved.photos, [photo.site for photo in photos(bloom)]) == (2, ["Plot B"] * 3)
    assert undo(bloom.library, moved, by=LEA).photos == 2
    assert facts(bloom)[:2] == FIRST


def test_a_drop_tells_what_became_of_it(bloom):
    drop(bloom, MAY, "anna", [1, 2], "Plot A", "first")
    accept(bloom.library, bloom.inbox, b"%PDF", file="a.jpg", drop=Drop(MAY, "Plot A", "first", "anna"))
    count(bloom)
    drop(bloom, JUNE, "ben", [1, 2, 3], "Plot B")
    assert [(one.drop_id, one.state, one.waiting) for one in list_drops(bloom.library, bloom.inbox).drops] == [
        (JUNE, "sent", 3),
        (MAY, "done", 0),
    ]
    count(bloom)
    drop(bloom, JULY, "ben", [1])
    accept(bloom.library, bloom.inbox, b"%PDF-2", file="b.jpg", drop=Drop("20260801T00", "", "", "anna"))
    count(bloom)
    page = list_drops(bloom.library, bloom.inbox)
    told = [(one.by, one.sites, one.photos, one.again, one.failed, one.state) for one in page.drops]
    assert (page.total, told) == (
        4,
        [
            ("anna", ("",), 1, 0, 1, "failed"),
            ("ben", ("",), 0, 1, 0, "done"),
            ("ben", ("Plot B",), 1, 2, 0, "done"),
            ("anna", ("Plot A",), 3, 0, 1, "done"),
        ],
    )
    assert [one.drop_id for one in list_drops(bloom.library, bloom.inbox, by="anna").drops] == ["20260801T00", MAY]
    assert [one.drop_id for one in list_drops(bloom.library, bloom.inbox, page=9, per_page=3).drops] == [MAY]
    assert [one.drop_id for one in bloom.library.drops(None, most=2)] == ["20260801T00", JULY]


@pytest.mark.parametrize("counted", [0, 1, 2], ids=["all wait", "some wait", "all counted"])
def test_a_drop_is_undone_and_comes_back_and_what_was_here_stays(bloom, counted):
    drop(bloom, MAY, "anna", [1, 2], "Plot A")
    count(bloom)
    drop(bloom, JUNE, "ben", [1, 3][:counted], "Plot B")
    count(bloom)
    drop(bloom, JUNE, "ben", [1, 3][counted:], "Plot B")
    with pytest.raises(NotAllowed):
        correct_drop(bloom.library, bloom.inbox, JUNE, Correction(hide="twice"), by=ANNA)
    correct_drop(bloom.library, bloom.inbox, JUNE, Correction(hide="twice"), by=BEN)
    count(bloom)
    assert [photo.uploaded_by for photo in photos(bloom)] == ["anna", "anna"]
    assert {row["photo_id"] for row in bloom.library.observed_table().to_dicts()} == {
        one.photo_id for one in photos(bloom)
    }
    (hidden,) = photos(bloom, Selection(hidden=True))
    assert (hidden.file, hidden.hidden_by, hidden.hidden_why) == ("ben 3.jpg", "ben", "twice")
    assert list_drops(bloom.library, bloom.inbox, by="ben").drops[0].undone
    correct_drop(bloom.library, bloom.inbox, JUNE, Correction(show=True), by=LEA)
    assert [photo.file for photo in photos(bloom)] == ["anna 1.jpg", "anna 2.jpg", "ben 3.jpg"]


def test_many_photos_are_corrected_in_one_step_counted_before_and_undone_after(bloom):
    drop(bloom, MAY, "anna", [1, 2], "Plot A", "first")
    drop(bloom, JUNE, "ben", [3], "Plot A")
    count(bloom)
    which, change = Selection(sites=("Plot A",)), Correction(site="Plot B", note="mown")
    before = count_changes(bloom.library, which, change, by=ANNA)
    assert (before.photos, before.of_others) == (2, 1)
    changed = correct_many(bloom.library, which, change, by=ANNA)
    assert (changed.photos, [photo.site for photo in photos(bloom)]) == (2, ["Plot B", "Plot B", "Plot A"])
    one, _ = photos(bloom, Selection(sites=("Plot B",)))
    correct_many(bloom.library, [one.photo_id], Correction(site="Plot C"), by=LEA)
    assert undo(bloom.library, changed, by=ANNA).photos == 1  # the other was corrected again since
    assert sorted((photo.site, photo.note) for photo in photos(bloom)) == [
        ("Plot A", ""),
        ("Plot A", "first"),
        ("Plot C", "mown"),
    ]


@pytest.mark.parametrize(
    ("taken_at", "later"),
    [
        ("2026-06-12T23:30:00", "2026-06-13T00:30:00"),
        ("2026-06-12T23:30:00.250000+02:00", "2026-06-13T00:30:00.250000+02:00"),
        ("no date", "no date"),
        (None, None),
    ],
)
def test_a_clock_that_was_wrong_is_put_right_and_what_is_no_time_stays(bloom, taken_at, later):
    one = replace(photo("a"), taken_at=taken_at)
    bloom.library.record([one], [], [])
    changed = correct_many(bloom.library, EVERYTHING, Correction(shift=timedelta(hours=1)), by=ANNA)
    assert [photo.taken_at for photo in photos(bloom)] == [later]
    assert changed.photos == (taken_at != later)
    undo(bloom.library, changed, by=ANNA)
    assert [photo.taken_at for photo in photos(bloom)] == [taken_at]


def test_the_clock_waits_until_all_photos_of_the_drop_are_counted(bloom):
    drop(bloom, MAY, "anna", [1])
    with pytest.raises(NotAllowed, match="still being counted"):
        correct_drop(bloom.library, bloom.inbox, MAY, Correction(shift=timedelta(hours=1)), by=ANNA)


def test_a_photo_that_could_not_be_read_and_comes_again_keeps_what_was_said_of_it_and_is_counted(bloom):
    drop(bloom, MAY, "anna", [3], "Plot A", "first")
    Worker(bloom.library, bloom.inbox, lambda: Squares(broken=3), bloom.settings).count_all()
    assert "could not be counted" in photos(bloom)[0].problem
    drop(bloom, JUNE, "ben", [3], "Plot B")
    count(bloom)
    assert facts(bloom) == [("anna 3.jpg", "Plot A", "first", "anna", MAY)]
    assert [row["count"] for row in bloom.library.observed_table().to_dicts()] == [3]


@pytest.mark.parametrize(
    ("file", "data"),
    [
        ("notes.txt", b"after rain"),
        ("a.pdf", b"%PDF-1.7"),
        ("Thumbs.db", b"\xd0\xcf\x11\xe0"),
        ("film.mp4", b"\0\0\0 ftypisom"),
        ("noise", b"\x07" * 99),
    ],
)
def test_what_is_no_photo_by_content_or_name_never_becomes_a_row(bloom, file, data):
    with pytest.raises(NotAPhoto, match=f"{file} is no photo: it was left out"):
        accept(bloom.library, bloom.inbox, data, file=file, drop=Drop(MAY, "", "", "anna"))
    assert (list(bloom.blobs.list()), photos(bloom)) == ([], [])


@pytest.mark.parametrize(
    ("file", "data"), [("a.jpg", b""), ("a.heic", b"\0" * 99), ("photo", photo_of(3)), ("a.nef", b"II*\0")]
)
def test_a_photo_by_name_or_content_is_kept_however_broken(bloom, file, data):
    accept(bloom.library, bloom.inbox, data, file=file, drop=Drop(MAY, "", "", "anna"))
    assert len(bloom.inbox.waiting()) == 1


def test_a_file_that_cannot_be_read_is_dismissed_from_what_needs_a_look(bloom):
    needs_a_look = Selection(attention="failed")
    accept(bloom.library, bloom.inbox, b"", file="empty.jpg", drop=Drop(MAY, "", "", "anna"))
    count(bloom)
    assert [photo.file for photo in photos(bloom, needs_a_look)] == ["empty.jpg"]
    dismissed = correct_many(bloom.library, needs_a_look, Correction(hide="dismissed"), by=ANNA)
    assert (photos(bloom, needs_a_look), list(bloom.library.unread())) == ([], [])
    undo(bloom.library, dismissed, by=ANNA)
    assert [photo.file for photo in photos(bloom, needs_a_look)] == ["empty.jpg"]


def test_a_hidden_photo_that_comes_again_stays_hidden_and_is_among_those_that_were_here(bloom):
    drop(bloom, MAY, "anna", [1], "Plot A")
    count(bloom)
    correct_drop(bloom.library, bloom.inbox, MAY, Correction(hide="a hand"), by=ANNA)
    drop(bloom, JUNE, "anna", [1, 2])
    count(bloom)
    progress = drop_progress(bloom.library, bloom.inbox, JUNE)
    assert ([one.photo.file for one in progress.results], progress.arrived) == (["anna 2.jpg"], 2)
    assert ([seen.file for seen in progress.hidden], progress.again) == (["anna 1.jpg"], [])
    assert [photo.file for photo in photos(bloom)] == ["anna 2.jpg"]


@pytest.mark.parametrize("counted", [True, False], ids=["already counted", "still waits"])
def test_a_site_typed_too_late_is_offered_for_the_photos_that_are_dropped_again_in_the_same_drop(bloom, counted):
    drop(bloom, MAY, "anna", [1, 2])
    if counted:
        count(bloom)
    drop(bloom, MAY, "anna", [1, 2], "Plot A")
    count(bloom)
    progress = drop_progress(bloom.library, bloom.inbox, MAY)
    assert [(result.photo.file, result.photo.site) for result in progress.results] == [
        ("anna 1.jpg", ""),
        ("anna 2.jpg", ""),
    ]
    assert [(seen.file, seen.site) for seen in progress.again] == [("anna 1.jpg", "Plot A"), ("anna 2.jpg", "Plot A")]
    (told,) = list_drops(bloom.library, bloom.inbox).drops
    assert (told.photos, told.again) == (2, 0)
    assert move_here(bloom.library, MAY, by=ANNA).photos == 2
    assert {photo.site for photo in photos(bloom)} == {"Plot A"}


def test_two_processes_that_take_in_and_count_the_same_photos_at_once_keep_what_one_of_them_said(tmp_path):
    people = {MAY: "anna", JUNE: "ben"}
    in_processes(take_in, [(str(tmp_path), drop_id, by) for drop_id, by in people.items()])
    bloom = assemble(Settings(store=str(tmp_path)))
    count(bloom)
    assert len(photos(bloom)) == 6
    assert {(one.drop_id, one.uploaded_by, one.site, one.note) for one in photos(bloom)} <= {
        (drop_id, by, f"site of {by}", f"note of {by}") for drop_id, by in people.items()
    }
    for drop_id, by in people.items():
        own = bloom.library.own_photos(drop_id)
        again = {seen.photo_id for seen in bloom.library.seen_again(drop_id)}
        assert sorted([*own, *again]) == sorted(one.photo_id for one in photos(bloom))
        assert bloom.library.number_of_photos(Selection(drop_id=drop_id)) == 6
        assert all(seen.by == by for seen in bloom.library.seen_again(drop_id))


def take_in(store: str, drop_id: str, by: str) -> None:
    bloom = assemble(Settings(store=store))
    drop(bloom, drop_id, by, range(6), f"site of {by}", f"note of {by}")
    count(bloom)
