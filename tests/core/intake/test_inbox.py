"""Tickets and leases: what waits is never lost, and never counted by two at once."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Conflict
from core.intake.inbox import INBOX, UNREADABLE, Inbox, Ticket, new_drop_id
from core.store.blobs import FolderBlobs

UPLOADED_AT = datetime(2026, 5, 1, 10, 20, 30, tzinfo=UTC)


def ticket(number: int = 0, drop_id: str = "20260501T102030-ab12", **changes: object) -> Ticket:
    fields = {
        "drop_id": drop_id,
        "photo_id": f"{number:064x}",
        "file": "IMG 1 é.jpg",
        "bytes": 12,
        "site": "plot 3",
        "note": "after rain",
        "uploaded_by": "anna",
        "uploaded_at": UPLOADED_AT,
    }
    return Ticket(**fields | changes)


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def inbox(blobs: FolderBlobs, clock: Clock) -> Inbox:
    """As another process has it."""
    return Inbox(blobs, lease_s=30, clock=clock)


def test_a_ticket_says_what_its_uploader_said(blobs, clock):
    inbox(blobs, clock).add(ticket(7))
    assert inbox(blobs, clock).claim(5) == [ticket(7)]


def test_older_drops_are_counted_first(blobs, clock):
    box = inbox(blobs, clock)
    for number, drop in ((1, "20260502T000000-aa"), (2, "20260501T000000-bb"), (3, "20260503T000000-aa")):
        box.add(ticket(number, drop))
    assert [t.drop_id[:8] for t in box.claim(2)] == ["20260501", "20260502"]


def test_what_waits_can_be_asked_for_a_drop_or_all(blobs, clock):
    box = inbox(blobs, clock)
    box.add(ticket(1, "d-1"))
    box.add(ticket(2, "d-2"))
    assert box.waiting("d-1") == [f"{1:064x}"]
    assert box.waiting() == [f"{1:064x}", f"{2:064x}"]
    box.done(box.claim(1))
    assert box.waiting() == [f"{2:064x}"]


def test_a_photo_over_which_a_worker_ended_comes_after_all_others_and_tells_so(blobs, clock):
    box = inbox(blobs, clock)
    for number in (1, 2, 3):
        box.add(ticket(number))
    ended = inbox(blobs, clock)
    held = ended.claim(2)
    ended.begin(held[0])
    clock.now += 31
    box.add(ticket(4))
    assert [(t.photo_id[-1], box.ends(t)) for t in box.claim(9)] == [("2", 0), ("3", 0), ("4", 0)]
    again = inbox(blobs, clock)
    assert [(t.photo_id[-1], again.ends(t)) for t in again.claim(9)] == [("1", 1)]
    again.begin(ticket(1))
    again.renew()
    clock.now += 31
    assert [(t.photo_id[-1], box.ends(t)) for t in box.claim(9) if t == ticket(1)] == [("1", 2)]
    box.give_back()
    assert [box.ends(t) for t in box.claim(9)] == [0] * 4


def test_a_photo_that_another_worker_took_over_is_not_begun(blobs, clock):
    slow, other = inbox(blobs, clock), inbox(blobs, clock)
    slow.add(ticket())
    (held,) = slow.claim(1)
    clock.now += 31
    assert other.claim(1) == [held]
    with pytest.raises(Conflict):
        slow.begin(held)


def test_a_claimed_photo_still_waits_but_nobody_else_gets_it(blobs, clock):
    first, second = inbox(blobs, clock), inbox(blobs, clock)
    first.add(ticket())
    assert first.claim(1) == [ticket()]
    assert first.claim(1) == second.claim(1) == []
    assert second.waiting() == [ticket().photo_id]


def test_a_photo_is_taken_over_when_its_worker_died(blobs, clock):
    first, second = inbox(blobs, clock), inbox(blobs, clock)
    first.add(ticket())
    first.claim(1)
    clock.now += 29
    assert second.claim(1) == []
    clock.now += 2
    assert second.claim(1) == [ticket()]
    first.renew()
    clock.now += 29
    assert inbox(blobs, clock).claim(1) == []


def test_renewing_keeps_a_photo_that_takes_long(blobs, clock):
    first = inbox(blobs, clock)
    first.add(ticket())
    first.claim(1)
    for _ in range(5):
        clock.now += 20
        first.renew()
        assert inbox(blobs, clock).claim(1) == []


def test_what_is_given_back_is_free_at_once(blobs, clock):
    first = inbox(blobs, clock)
    first.add(ticket())
    first.claim(1)
    first.give_back()
    assert inbox(blobs, clock).claim(1) == [ticket()]


def test_done_leaves_nothing_behind(blobs, clock):
    box = inbox(blobs, clock)
    box.add(ticket())
    box.done(box.claim(1))
    assert list(blobs.list(INBOX)) == []


def test_a_photo_that_gets_another_site_while_it_is_counted_waits_again(blobs, clock):
    first, second = inbox(blobs, clock), inbox(blobs, clock)
    first.add(ticket(site="plot 3"))
    claimed = first.claim(1)
    second.add(ticket(site="plot 5"))
    assert second.rename_site("plot 3", "plot 4", by="lea") == 1
    assert first.done(claimed) == []
    assert second.claim(1) == [ticket(site="plot 4", changed_by="lea")]
    second.done([ticket(site="plot 4", changed_by="lea")])
    assert list(blobs.list(INBOX)) == []


def test_a_lease_left_by_a_crash_is_swept_away(blobs, clock):
    box = inbox(blobs, clock)
    box.add(ticket())
    box.claim(1)
    blobs.delete(f"{INBOX}{ticket().name}.json")
    assert inbox(blobs, clock).claim(1) == []
    assert list(blobs.list(INBOX)) == []


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"file": "x"}',
        pytest.param(None, id="another photo's ticket"),
        pytest.param(b"number", id="a number for a name"),
    ],
)
def test_a_ticket_that_cannot_be_read_is_moved_aside_and_blocks_nobody(blobs, clock, text):
    box = inbox(blobs, clock)
    box.add(ticket(1))
    box.add(ticket(2))
    good = blobs.get(f"{INBOX}{ticket(1).name}.json")
    if text is None:
        text = good.replace(ticket(1).photo_id.encode(), ticket(9).photo_id.encode())
    if text == b"number":
        text = good.replace(b'"plot 3"', b"3")
    blobs.put(f"{INBOX}{ticket(1).name}.json", text)
    assert box.claim(5) == [ticket(2)]
    assert blobs.get(f"{UNREADABLE}{ticket(1).name}.json") == text
    assert box.waiting() == [ticket(2).photo_id]


def test_a_lease_that_cannot_be_read_is_taken_over(blobs, clock):
    box = inbox(blobs, clock)
    box.add(ticket())
    blobs.put(f"{INBOX}{ticket().name}.lease", b"?")
    assert box.claim(1) == [ticket()]


def test_other_files_in_the_inbox_are_left_alone(blobs, clock):
    blobs.put(f"{INBOX}README", b"hello")
    assert inbox(blobs, clock).claim(1) == []
    assert blobs.get(f"{INBOX}README") == b"hello"


def test_a_ticket_without_time_zone_cannot_be_made():
    with pytest.raises(ValueError, match="time zone"):
        ticket(uploaded_at=datetime(2026, 5, 1))


def test_drop_ids_sort_by_time_and_are_never_the_same():
    ids = [new_drop_id() for _ in range(200)]
    assert len(set(ids)) == 200
    assert [i[:22] for i in ids] == sorted(i[:22] for i in ids)
    first = new_drop_id()
    time.sleep(0.001)
    assert first < new_drop_id()


def test_the_newest_waiting_drop_of_a_person_is_found(blobs, clock):
    box = inbox(blobs, clock)
    box.add(ticket(1, "20260501T000000-aa"))
    box.add(ticket(2, "20260502T000000-aa"))
    box.add(ticket(3, "20260503T000000-aa", uploaded_by="ben"))
    assert (box.latest_drop("anna"), box.latest_drop("carl")) == ("20260502T000000-aa", None)


def test_workers_that_claim_at_once_share_without_overlap(blobs, clock):
    for number in range(30):
        inbox(blobs, clock).add(ticket(number))
    claimed: list[str] = []
    start = threading.Barrier(4)

    def work() -> None:
        box = inbox(blobs, clock)
        start.wait()
        while got := box.claim(3):
            claimed.extend(t.photo_id for t in got)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == [f"{number:064x}" for number in range(30)]


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["claim", "renew", "done", "give back", "die", "wait"]), st.integers(0, 2)),
        max_size=30,
    )
)
@settings(max_examples=60, deadline=None)
def test_whatever_happens_two_workers_never_hold_one_photo(tmp_path_factory, steps):
    blobs, clock = FolderBlobs(tmp_path_factory.mktemp("store")), Clock()
    workers = [inbox(blobs, clock) for _ in range(3)]
    holds: list[dict[str, tuple[Ticket, float]]] = [{}, {}, {}]
    waiting = set()
    for number in range(4):
        workers[0].add(ticket(number))
        waiting.add(ticket(number).photo_id)
    for step, who in steps:
        box, held = workers[who], holds[who]
        if step == "claim":
            for got in box.claim(2):
                live = [o for o in holds if got.photo_id in o and o[got.photo_id][1] > clock.now]
                assert live == []
                held[got.photo_id] = (got, clock.now + 30)
        elif step == "renew":
            box.renew()
            for photo_id, (kept, until) in list(held.items()):
                taken = any(photo_id in o for o in holds if o is not held and o.get(photo_id, (0, 0))[1] > clock.now)
                held[photo_id] = (kept, until if taken else clock.now + 30)
        elif step == "done" and held:
            photo_id = sorted(held)[0]
            box.done([held.pop(photo_id)[0]])
            waiting.discard(photo_id)
        elif step == "give back":
            box.give_back()
            held.clear()
        elif step == "die":
            workers[who] = inbox(blobs, clock)
            held.clear()
        elif step == "wait":
            clock.now += 16
    assert set(workers[0].waiting()) == waiting
