"""The background counter of one process: claims tickets, counts their photos, stores the results, removes the tickets.

One thread counts; others read and decode the next photos and store what is counted, so that the networks wait for
neither. Stopping anywhere, by force too, leaves either the ticket or the result. A store that fails for a while is
tried again; a photo that fails becomes a problem in words.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from core.errors import BloomError
from core.intake.inbox import Inbox, Ticket
from core.intake.keeper import Counted, Keeper
from core.intake.pipeline import (
    CountsFlowers,
    Decoded,
    analyse,
    decode,
    photo_record,
    read_ahead,
    thumb_of,
)
from core.intake.recount import Recount, recount_id
from core.settings import Settings
from core.store.blobs import MissingBlob
from core.store.library import Library
from core.store.records import PhotoRecord, analysis_id

log = logging.getLogger(__name__)

CLAIMED_TOGETHER = 16
SHORTEST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 5.0
"""So long at most until a ticket of another process is seen; looking costs a request on S3."""
LONGEST_PAUSE_AFTER_ERROR_S = 30.0
RECENT = 20


@dataclass(frozen=True, slots=True)
class _Read:
    """A claimed photo, decoded. known: this model version's analysis of it is stored."""

    ticket: Ticket
    known: bool
    decoded: Decoded


class Worker:
    """Counts what waits in the inbox until it is stopped.

    recogniser: gives the recogniser, loading it at the first call; may raise InvalidModel, is then asked again. Asked
    before each claim: one with another package is then used. Where nothing waits, stored photos that somebody wants
    counted again are.
    """

    def __init__(
        self, library: Library, inbox: Inbox, recogniser: Callable[[], CountsFlowers], settings: Settings
    ) -> None:
        self._library = library
        self._inbox = inbox
        self._recogniser = recogniser
        self._recount = Recount(library, inbox)
        self._settings = settings
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._claimed: deque[tuple[Ticket, bool]] = deque()
        self._recent_s: deque[float] = deque(maxlen=RECENT)

    def start(self) -> None:
        """Begin to count in the background."""
        self._thread.start()

    def stop(self, timeout: float | None = None) -> None:
        """Finish the photo in hand, store what is counted, give the rest back; wait for it so many seconds at most."""
        self._stopping.set()
        self._inbox.arrived.set()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def seconds_left(self, waiting: int) -> float | None:
        """About how long this process needs for so many photos; None before it has counted one."""
        recent = list(self._recent_s)
        return waiting * sum(recent) / len(recent) if recent else None

    def count_all(self) -> int:
        """Count in this thread until nothing waits that others do not hold; how many photos. Raises BloomError.

        Ends early when the recogniser has changed.
        """
        recogniser = self._recogniser()
        counted: set[str] = set()
        done = 0
        try:
            if not self._claim(recogniser):
                return 0
            keeper = Keeper(self._library, self._inbox, lease_s=self._settings.lease_s, stopping=self._stopping)
            with keeper:
                start = time.monotonic()
                for read in read_ahead(lambda: self._read_next(recogniser)):
                    keeper.add(self._count(read, recogniser, counted))
                    done += 1
                    self._recent_s.append(time.monotonic() - start)
                    start = time.monotonic()
                    if self._stopping.is_set():
                        break
        finally:
            self._claimed.clear()
            self._inbox.give_back()
        return done

    def _run(self) -> None:
        pause_s = SHORTEST_PAUSE_S
        while not self._stopping.is_set():
            self._inbox.arrived.clear()
            try:
                pause_s = SHORTEST_PAUSE_S if self.count_all() else min(LONGEST_PAUSE_S, 2 * pause_s)
                if not self._stopping.is_set():
                    self._inbox.arrived.wait(pause_s)
            except Exception as error:
                pause_s = min(LONGEST_PAUSE_AFTER_ERROR_S, 2 * pause_s)
                known = isinstance(error, BloomError)
                log.error("Counting pauses for %.0f s: %s", pause_s, error, exc_info=None if known else error)
                self._stopping.wait(pause_s)

    def _claim(self, recogniser: CountsFlowers) -> bool:
        """Whether there are claimed tickets; claims more when there are none."""
        package = recogniser.package
        if not self._claimed and not self._stopping.is_set() and self._recogniser().package is package:
            again = recount_id(package.name, package.version)
            while not (tickets := self._inbox.claim(CLAIMED_TOGETHER, recount=again)):
                if not self._recount.hand_out(package.name, package.version):
                    break
            stored = self._library.counted([t.photo_id for t in tickets], package.name, package.version)
            self._claimed.extend(
                (ticket, analysis_id(ticket.photo_id, package.name, package.version) in stored) for ticket in tickets
            )
        return bool(self._claimed)

    def _read_next(self, recogniser: CountsFlowers) -> _Read | None:
        """The next claimed photo, decoded, its small picture kept; None when nothing waits. Raises StoreError."""
        if not self._claim(recogniser):
            return None
        ticket, known = self._claimed.popleft()
        try:
            data = self._library.photo_bytes(ticket.photo_id)
        except MissingBlob:
            return _Read(ticket, known, Decoded(None, f"{ticket.file} is missing from the store. Upload it again."))
        decoded = decode(data, name=ticket.file, max_megapixels=self._settings.max_megapixels)
        thumb = None if ticket.again else thumb_of(decoded)
        if thumb is not None:
            self._library.put_thumb(ticket.photo_id, thumb)
        return _Read(ticket, known, decoded)

    def _count(self, read: _Read, recogniser: CountsFlowers, counted: set[str]) -> Counted:
        """The rows of a photo. One that was counted before, now or ever, gets its photo row alone.

        One that is counted again keeps its photo row, and where that fails what was said of it before.
        """
        ticket, decoded = read.ticket, read.decoded
        if read.known or ticket.photo_id in counted:
            return Counted(_photo_row(ticket, decoded, decoded.problem), ticket)
        analysed = analyse(decoded, name=ticket.file, photo_id=ticket.photo_id, recogniser=recogniser)
        if analysed.analysis is not None:
            counted.add(ticket.photo_id)
        if ticket.again and analysed.problem:
            log.error("Not counted again: %s", analysed.problem)
        photo = _photo_row(ticket, decoded, analysed.problem)
        return Counted(photo, ticket, analysed.analysis, analysed.observations)


def _photo_row(ticket: Ticket, decoded: Decoded, problem: str) -> PhotoRecord | None:
    return None if ticket.again else photo_record(ticket, decoded.facts, problem)
