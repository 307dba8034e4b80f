"""The background counter of one process: claims tickets, counts their photos, stores the results, removes the tickets.

Several photos are counted at once, each on one thread, and another thread stores what is counted, so that the networks
wait for neither. Stopping anywhere, by force too, leaves either the ticket or the result. A store that fails for a
while is tried again, as is a file that cannot be read, after the others; a photo that fails becomes a problem in words.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial

from core.errors import BloomError, Conflict, StoreError
from core.intake.deletion import delete_again, end_deletions
from core.intake.inbox import Inbox, Ticket
from core.intake.keeper import Keeper
from core.intake.pipeline import (
    FinishedPhoto,
    finish,
    in_order,
    room_alone,
    room_for,
    without_analysis,
)
from core.intake.recount import Recount, recount_id
from core.recognition.package import ModelPackage
from core.recognition.recogniser import Recogniser
from core.settings import Settings
from core.store.blobs import MissingBlob
from core.store.library import Library
from core.store.records import analysis_id
from core.store.stored_photos import IS_MISSING
from core.watching.logs import about_photo
from core.watching.metrics import READ, SECONDS

log = logging.getLogger(__name__)

CLAIMED_TOGETHER = 16
SHORTEST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 5.0
"""Longest time until a ticket of another process is seen; each look costs a request on S3."""
LONGEST_PAUSE_AFTER_ERROR_S = 30.0
RECENT = 20
ENDS_TO_SET_ASIDE = 2
"""A photo over which one process ended is counted while no other is, so that the next end tells which photo it was."""

IS_SET_ASIDE = (
    " is set aside: twice Bloomcount ended while it was counted, which happens where a photo takes more memory than "
    "there is. Save it as an ordinary JPEG or make it smaller, and drop it again."
)
"""Behind the file's name: its problem."""


class Worker:
    """Counts the photos that wait in the inbox until it is stopped.

    recogniser: gives the recogniser, loading it at the first call; may raise InvalidModel, is then asked again. Asked
    before each claim: one with another package is then used. Where nothing waits, stored photos that somebody wants
    counted again are; where there are none either, name_again names stored photos anew and returns how many.
    recount_problem: why photos are not counted again, empty while they are or nobody wants it.
    """

    def __init__(
        self,
        library: Library,
        inbox: Inbox,
        recogniser: Callable[[], Recogniser],
        settings: Settings,
        name_again: Callable[[], int] = int,
    ) -> None:
        self._library = library
        self._inbox = inbox
        self._recogniser = recogniser
        self._recount = Recount(library, inbox)
        self._settings = settings
        self._name_again = name_again
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._claimed: deque[tuple[Ticket, bool]] = deque()
        self._recent_s: deque[float] = deque(maxlen=RECENT)
        self._keeper: Keeper | None = None
        self._problem = ""
        self.recount_problem = ""

    @property
    def problem(self) -> str:
        """The reason why photos wait that could be counted, in a sentence; empty while all goes well."""
        return self._problem or (self._keeper.problem if self._keeper else "")

    def start(self) -> None:
        """Begin to count in the background."""
        self._thread.start()

    def stop(self, timeout: float | None = None) -> None:
        """Finish the photos in hand, store what is counted, give the rest back; wait for it so many seconds at most."""
        self._stopping.set()
        self._inbox.arrived.set()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def seconds_left(self, waiting: int) -> float | None:
        """Estimated seconds for `waiting` photos; None before this process has counted one."""
        recent = list(self._recent_s)
        return waiting * sum(recent) / len(recent) if recent else None

    def count_all(self) -> int:
        """Count in this thread until no photo waits that others do not hold; return how many.

        Those that the store does not give or take stay held until the others are counted, then wait again. Ends early
        when the recogniser has changed. Raises BloomError, also where there were only such photos.
        """
        recogniser = self._recogniser()
        counted: set[str] = set()
        done = 0
        failure: StoreError | None = None
        try:
            if not self._claim(recogniser):
                return 0
            self._keeper = Keeper(self._library, self._inbox, lease_s=self._settings.lease_s, stopping=self._stopping)
            with self._keeper as keeper:
                start = time.monotonic()
                while self._claim(recogniser):
                    for finished in in_order(partial(self._count, recogniser), self._pass(recogniser, counted)):
                        if finished is None:
                            continue
                        if isinstance(finished, StoreError):
                            failure = finished
                            continue
                        if finished.result.analysis is not None:
                            counted.add(finished.ticket.photo_id)
                        keeper.add(finished)
                        done += 1
                        self._recent_s.append(time.monotonic() - start)
                        start = time.monotonic()
        finally:
            self._keeper = None
            self._claimed.clear()
            self._inbox.give_back()
        if failure and not done:
            raise failure
        return done

    def _run(self) -> None:
        pause_s, begun = SHORTEST_PAUSE_S, False
        while not self._stopping.is_set():
            self._inbox.arrived.clear()
            try:
                begun = begun or end_deletions(self._library, self._inbox) >= 0
                pause_s = (
                    SHORTEST_PAUSE_S if self.count_all() or self._name_again() else min(LONGEST_PAUSE_S, 2 * pause_s)
                )
                self._problem = ""
                if not self._stopping.is_set():
                    self._inbox.arrived.wait(pause_s)
            except Exception as error:
                pause_s = min(LONGEST_PAUSE_AFTER_ERROR_S, 2 * pause_s)
                known = isinstance(error, BloomError)
                self._problem = str(error) if known else f"Counting failed: {type(error).__name__}. It is tried again."
                log.error("Counting pauses for %.0f s: %s", pause_s, error, exc_info=None if known else error)
                # a store that took another photo is there
                (self._inbox.arrived if isinstance(error, StoreError) else self._stopping).wait(pause_s)

    def _claim(self, recogniser: Recogniser) -> bool:
        """True if there are claimed tickets to count; claims more when there are none. Raises StoreError."""
        if self._stopping.is_set():
            return False
        package = recogniser.package
        if not self._claimed and self._recogniser().package is package:
            again = recount_id(package.name, package.version)
            while not (tickets := self._inbox.claim(CLAIMED_TOGETHER, recount=again)):
                if not self._handed_out(package):
                    break
            stored = self._library.counted([t.photo_id for t in tickets], package.name, package.version)
            self._claimed.extend(
                (ticket, analysis_id(ticket.photo_id, package.name, package.version) in stored) for ticket in tickets
            )
        return bool(self._claimed)

    def _handed_out(self, package: ModelPackage) -> bool:
        """True if there are new tickets of photos to count again; new photos never wait for what goes wrong with it."""
        try:
            handed_out, problem = self._recount.hand_out(package.name, package.version) > 0, ""
        except StoreError as error:
            handed_out, problem = False, str(error)
            if problem != self.recount_problem:
                log.error("No stored photo is counted again: %s", error)
        self.recount_problem = problem
        return handed_out

    def _pass(self, recogniser: Recogniser, counted: set[str]) -> Iterator[tuple[Ticket, bool]]:
        """Claimed tickets, and whether their photo was counted before, until none waits or a photo comes again:

        whether that needs to be counted is known when its first has been.
        """
        begun: set[str] = set()
        while self._claim(recogniser) and self._claimed[0][0].photo_id not in begun:
            ticket, known = self._claimed.popleft()
            begun.add(ticket.photo_id)
            yield ticket, known or ticket.photo_id in counted

    def _count(self, recogniser: Recogniser, claimed: tuple[Ticket, bool]) -> FinishedPhoto | StoreError | None:
        """The finished photo, its small picture kept; without analysis where it was counted before.

        An error where the store does not give the photo or take its picture; None for a photo that was not begun when
        the worker was stopped, or that was deleted.
        """
        ticket, known = claimed
        if self._stopping.is_set():
            return None
        with about_photo(ticket.photo_id):
            try:
                if delete_again(self._library, self._inbox, [ticket.photo_id]):
                    return None
                finished = self._finished(ticket, known, recogniser)
            except Conflict:  # its lease had ended, and another worker counts it
                return None
            except StoreError as error:
                log.error("%s (photo %s) waits: %s", ticket.file, ticket.photo_id, error)
                return error
            if ticket.again and finished.result.problem:  # the photo keeps what was said of it before
                log.error("Not counted again: %s", finished.result.problem)
            return finished

    def _finished(self, ticket: Ticket, known: bool, recogniser: Recogniser) -> FinishedPhoto:
        try:
            with SECONDS.labels(READ).time():
                data = self._library.pictures.photo(ticket.photo_id)
        except MissingBlob:
            return without_analysis(ticket, None, ticket.file + IS_MISSING)
        limits, ends = self._settings.photo_limits, self._inbox.ends(ticket)
        if ends >= ENDS_TO_SET_ASIDE and not known:
            log.error("%s is set aside: %d processes ended over it", ticket.file, ends)
            return without_analysis(ticket, None, ticket.file + IS_SET_ASIDE)
        with room_alone(limits) if ends else room_for(data, name=ticket.file, limits=limits):
            self._inbox.begin(ticket)
            finished = finish(self._library, data, ticket, None if known else recogniser, limits=limits)
            if ends:
                self._inbox.finish(ticket)
            return finished
