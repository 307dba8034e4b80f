"""Photos accepted but not yet counted: one ticket each, and a lease while somebody counts it.

A ticket lies in inbox/ from the moment its photo is durable until its result is. A lease beside it says who counts it
and until when; it is made only where there is none, and taken over only in the version that had expired, so that of
any number of workers one holds a ticket. A ticket that cannot be read is moved aside; its photo stays in photos/.
A lease also says how often its photo was begun: one that a worker left behind tells that it ended over that photo.
"""

from __future__ import annotations

import json
import logging
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from core.errors import Conflict
from core.store.blobs import Blobs, MissingBlob
from core.store.keys import changed
from core.store.records import SeenAgain, Upload

log = logging.getLogger(__name__)

INBOX = "inbox/"
RECOUNT = "recount-"
"""Start of the drop_id of stored photos to count again: it sorts after all dates, so that new photos come first."""
UNREADABLE = "unreadable-tickets/"
TICKET, LEASE = ".json", ".lease"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket(Upload):
    """A photo that waits to be counted.

    changed_by: who corrected or hid it while it waited, None where nobody did. hidden_why: why it was hidden then.
    """

    changed_by: str | None = None
    hidden_why: str | None = None

    @property
    def name(self) -> str:
        """The ticket's name in the inbox: the drop first, so that older drops come first."""
        return f"{self.drop_id}-{self.photo_id}"

    @property
    def again(self) -> bool:
        """True if the photo is stored already and only has to be counted again."""
        return self.drop_id.startswith(RECOUNT)

    @property
    def seen(self) -> SeenAgain:
        """The part that is kept where its photo was here already."""
        about = (self.uploaded_by, self.uploaded_at, self.site, self.note, self.file)
        return SeenAgain(self.drop_id, self.photo_id, *about)

    def __post_init__(self) -> None:
        texts = (self.drop_id, self.photo_id, self.file, self.site, self.note, self.uploaded_by)
        if not all(isinstance(text, str) for text in texts) or not isinstance(self.bytes, int):
            raise TypeError(f"{self.file!r}, {self.bytes!r} bytes: a ticket holds texts and a number of bytes")
        if self.uploaded_at.tzinfo is None:
            raise ValueError(f"{self.uploaded_at} has no time zone: use datetime.now(UTC)")


def ticket_of(photo: Upload) -> Ticket:
    """The ticket with which a stored photo was, or would have been, uploaded."""
    return Ticket(**photo.upload_fields())


@dataclass(frozen=True, slots=True)
class Queue:
    """The number of photos that wait or are being counted.

    oldest_at: arrival of the photo that waits longest (UTC); None where all photos that wait are to be counted again.
    """

    waiting: int
    oldest_at: datetime | None


def new_drop_id() -> str:
    """A name for photos uploaded together, later ones after earlier ones: 20261123T210501.123456-ab12cd34."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{secrets.token_hex(4)}"


class Inbox:
    """The tickets of one store. Threads may share one; every method may raise StoreError.

    lease_s: after so many seconds without renewal another worker may take the photo over. The clocks of machines that
    share a store may differ by less than that; if they differ by more a photo is counted twice and stored once.
    arrived: set when this process adds a ticket, so that its worker need not look often.
    """

    def __init__(self, blobs: Blobs, *, lease_s: float, clock: Callable[[], float] = time.time) -> None:
        self._blobs = blobs
        self._lease_s = lease_s
        self._clock = clock
        self._worker = secrets.token_hex(8)
        self._held: dict[str, str] = {}
        self._begun: dict[str, int] = {}
        self._begins: set[str] = set()
        self._lock = threading.Lock()
        self.arrived = threading.Event()

    def add(self, ticket: Ticket) -> Ticket:
        """Queue a photo: it then waits to be counted, whatever happens to this process; return the ticket that waits.

        One that waits already in this drop stays as it was said first.
        """
        first = ticket
        try:
            self._put(ticket, if_absent=True)
        except Conflict:
            first = self._read(ticket.name) or ticket
            if first is ticket:  # it was counted meanwhile
                self._put(ticket)
        self.arrived.set()
        return first

    def waiting(self, drop_id: str | None = None) -> list[str]:
        """photo_ids of the photos that wait or are being counted, of one drop or of all."""
        return [name.rpartition("-")[2] for name in self.names(f"{drop_id}-" if drop_id else "")]

    def queue(self) -> Queue:
        """The number of photos that wait, and since when the oldest does."""
        waiting, oldest = 0, None
        for name, since in self._tickets():
            waiting += 1
            if not name.startswith(RECOUNT):
                oldest = min(oldest or since, since)
        return Queue(waiting, oldest)

    def latest_drop(self, username: str) -> str | None:
        """The newest drop of this person that still has a photo waiting."""
        names = (name for name in self.names() if not name.startswith(RECOUNT))
        first_of_drop = {name.rpartition("-")[0]: name for name in names}
        for drop_id in sorted(first_of_drop, reverse=True):
            ticket = self._read(first_of_drop[drop_id])
            if ticket is not None and ticket.uploaded_by == username:
                return drop_id
        return None

    def claim(self, most: int, *, recount: str = "") -> list[Ticket]:
        """Claim up to `most` tickets, oldest drop first; nobody else then counts their photos.

        Photos over which a worker ended come last, when there are no others.
        recount: which photos to count again are taken too; those of another model are left for who has that one.
        """
        claimed: list[Ticket] = []
        names: Iterable[str] = self.names()
        left: list[str] = []
        for most_ends in (0, sys.maxsize):
            for name in names if not claimed else ():
                if len(claimed) == most:
                    break
                if name.startswith(RECOUNT) and (not recount or not name.startswith(f"{recount}-")):
                    continue
                if name in self._held or not self._lease(name, most_ends):
                    left.append(name)
                    continue
                ticket = self._read(name)
                if ticket is None:
                    self._release(name)
                else:
                    claimed.append(ticket)
            names, left = left, []
        return claimed

    def ends(self, ticket: Ticket) -> int:
        """The number of workers that ended without a word while they counted this photo, which we hold."""
        with self._lock:
            return self._begun.get(ticket.name, 0)

    def begin(self, ticket: Ticket) -> None:
        """Note durably that its count begins now: a worker that ends over it leaves the note behind.

        Raises Conflict where somebody has taken the photo over.
        """
        with self._lock:
            self._begins.add(ticket.name)
            self._write_lease(ticket.name)

    def finish(self, ticket: Ticket) -> None:
        """Note that its count has ended well, though its result may not be stored yet. Raises Conflict."""
        with self._lock:
            self._begun[ticket.name] = 0
            self._begins.discard(ticket.name)
            self._write_lease(ticket.name)

    def renew(self) -> None:
        """Hold all claimed tickets for another lease; those that somebody took over are let go."""
        for name in list(self._held):
            with self._lock:
                if name not in self._held:
                    continue
                try:
                    self._write_lease(name)
                except Conflict:
                    del self._held[name]

    def done(self, tickets: Iterable[Ticket]) -> list[Ticket]:
        """Remove the tickets of photos whose results are stored; one that got another site meanwhile waits again.

        Returns those that somebody else removed before.
        """
        gone = []
        for ticket in tickets:
            there = self._read(ticket.name)
            if there == ticket:
                self._blobs.delete(INBOX + ticket.name + TICKET)
            elif there is None:
                gone.append(ticket)
            self._release(ticket.name)
        return gone

    def rename_site(self, old: str, new: str, *, by: str) -> int:
        """Move the photos that wait from site `old` to site `new`; return how many.

        Of one that is being counted two rows will be stored: that with the new name is a correction.
        """
        return self.change(
            "", lambda ticket: replace(ticket, site=new, changed_by=by) if ticket.site == old else ticket
        )

    def change(self, drop_id: str, change: Callable[[Ticket], Ticket]) -> int:
        """Change the tickets of a drop, or with "" of all that are not to be counted again; return how many changed."""
        changed = 0
        for name in self.names(f"{drop_id}-" if drop_id else ""):
            ticket = None if name.startswith(RECOUNT) else self._read(name)
            if ticket is not None and (new := change(ticket)) != ticket:
                self._put(new)
                changed += 1
        return changed

    def first_ticket(self, drop_id: str) -> Ticket | None:
        """A photo of the drop that waits; None where none does."""
        return next(filter(None, map(self._read, self.names(f"{drop_id}-"))), None)

    def withdraw(self, drop_prefix: str) -> None:
        """Remove the tickets of drops whose id begins so; a photo that is being counted now is still stored."""
        for name in self.names(drop_prefix):
            self._blobs.delete(INBOX + name + TICKET)

    def erase(self, names: Iterable[str]) -> None:
        """Remove these tickets for good, with all older versions; also those that could not be read."""
        for name in names:
            self._blobs.erase(INBOX + name + TICKET)
            self._blobs.erase(UNREADABLE + name + TICKET)

    def give_back(self) -> None:
        """Let others count the photos that this worker holds and has not counted."""
        for name in list(self._held):
            self._release(name)

    def names(self, prefix: str = "") -> Iterator[str]:
        """The names of tickets that start so, older drops first."""
        return (name for name, _ in self._tickets(prefix))

    def _tickets(self, prefix: str = "") -> Iterator[tuple[str, datetime]]:
        """The tickets' names and since when they lie there, older drops first; a lease without ticket is swept away."""
        ticket = ""
        for blob in self._blobs.list(INBOX + prefix):
            name = blob.key.removeprefix(INBOX)
            if name.endswith(TICKET):
                ticket = name.removesuffix(TICKET)
                yield ticket, blob.modified_at
            elif name.endswith(LEASE) and name.removesuffix(LEASE) != ticket:
                self._blobs.delete(blob.key)

    def _put(self, ticket: Ticket, *, if_absent: bool = False) -> None:
        said = {name: value for name, value in asdict(ticket).items() if value is not None}
        text = json.dumps(said | {"uploaded_at": ticket.uploaded_at.isoformat()}, ensure_ascii=False)
        self._blobs.put(INBOX + ticket.name + TICKET, text.encode(), if_absent=if_absent)

    def _lease(self, name: str, most_ends: int) -> bool:
        """Take the lease of a ticket over which no more workers ended than this; True if the ticket is now ours."""
        key = INBOX + name + LEASE
        self._begun[name] = 0
        self._begins.discard(name)
        with suppress(Conflict):
            self._held[name] = self._blobs.put(key, self._lease_text(0), if_absent=True)
            return True
        with suppress(Conflict, MissingBlob):
            text, version = self._blobs.get_versioned(key)
            if self._expired(text) and (begun := _begun(text)) <= most_ends:
                self._begun[name] = begun
                self._held[name] = self._blobs.put(key, self._lease_text(begun), if_version=version)
                return True
        return False

    def _write_lease(self, name: str) -> None:
        """Write the lease of a ticket that we hold. Raises Conflict where somebody took it over."""
        key, version = INBOX + name + LEASE, self._held.get(name)
        if version is None:
            raise changed(key)
        text = self._lease_text(self._begun.get(name, 0) + (name in self._begins))
        self._held[name] = self._blobs.put(key, text, if_version=version)

    def _lease_text(self, begun: int) -> bytes:
        lease = {"worker": self._worker, "until": self._clock() + self._lease_s, "begun": begun}
        return json.dumps(lease).encode()

    def _expired(self, text: bytes) -> bool:
        """True if a lease has ended.

        A lease that cannot be read, or ends later than a lease lasts, was not written by a worker with our clock: it
        has ended too.
        """
        try:
            until = float(json.loads(text)["until"])
        except (ValueError, KeyError, TypeError):
            return True
        return not self._clock() <= until <= self._clock() + 10 * self._lease_s

    def _read(self, name: str) -> Ticket | None:
        """The ticket; None when it is gone, or cannot be read and is moved aside."""
        key = INBOX + name + TICKET
        try:
            text = self._blobs.get(key)
        except MissingBlob:
            return None
        try:
            return _ticket(text, name)
        except (ValueError, KeyError, TypeError):
            log.error("The ticket %s cannot be read; it is moved to %s. Its photo stays in photos/.", name, UNREADABLE)
            self._blobs.put(UNREADABLE + name + TICKET, text)
            self._blobs.delete(key)
            return None

    def _release(self, name: str) -> None:
        with self._lock:
            self._begun.pop(name, None)
            self._begins.discard(name)
            if self._held.pop(name, None) is not None:
                self._blobs.delete(INBOX + name + LEASE)


def _begun(lease: bytes) -> int:
    """The number of times that the photo of a lease that was left behind was begun; 0 where that cannot be read."""
    try:
        begun = json.loads(lease)["begun"]
    except (ValueError, KeyError, TypeError):
        return 0
    return begun if isinstance(begun, int) else 0


def _ticket(text: bytes, name: str) -> Ticket:
    row = json.loads(text)
    ticket = Ticket(**row | {"uploaded_at": datetime.fromisoformat(row["uploaded_at"])})
    if ticket.name != name:
        raise ValueError(f"{ticket.name} lies under {name}")
    return ticket
