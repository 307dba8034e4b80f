"""Results that a worker has not stored yet, and the leases it holds meanwhile: kept by a thread of its own.

Networks and store so never wait for each other. Rows go to the store together, a commit a second at most, and their
tickets after them; a store that fails is tried again until it takes them. Leases are renewed while a photo takes long.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from core.errors import StoreError
from core.intake.deletion import delete_again
from core.intake.drops import Stored
from core.intake.inbox import Inbox
from core.intake.pipeline import FinishedPhoto
from core.store.library import Library
from core.watching.logs import about_photo
from core.watching.metrics import FINISHED, SECONDS, STORE

log = logging.getLogger(__name__)

COMMIT_EVERY_S = 1.0
LONGEST_PAUSE_S = 30.0
TIDY_EVERY_S = 60.0
MOST_UNSTORED = 200
"""The most results that wait for a store that fails; then counting waits too."""


class Keeper:
    """Stores finished photos. Leaving its context stores the rest, however long the store is away.

    stopping: when it is set the rest is tried once more; leaving the context then may raise StoreError. problem: why
    results wait, in a sentence; empty while the store takes them.
    """

    def __init__(self, library: Library, inbox: Inbox, *, lease_s: float, stopping: threading.Event) -> None:
        self._library = library
        self._inbox = inbox
        self._stopping = stopping
        self._renew_every_s = lease_s / 3
        self._room = threading.Condition()
        self._stored = Stored(library)
        self._unstored: list[FinishedPhoto] = []
        self._storing = threading.Lock()
        self._closing = threading.Event()
        self._pause_s = COMMIT_EVERY_S
        self.problem = ""
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def __enter__(self) -> Keeper:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._patiently(self._store)
        while self._unstored and not self._stopping.wait(self._pause_s):
            self._patiently(self._store)
        self._closing.set()
        self._thread.join()
        self._store()

    def add(self, finished: FinishedPhoto) -> None:
        """Store this photo soon; wait while too many results wait for a failing store."""
        with self._room:
            self._unstored.append(finished)
            while len(self._unstored) > MOST_UNSTORED and not self._stopping.is_set():
                self._room.wait(1.0)

    def _run(self) -> None:
        stored_at = tidied_at = time.monotonic()
        renew_at = stored_at + self._renew_every_s
        while not self._closing.wait(min(COMMIT_EVERY_S, max(renew_at - time.monotonic(), 0))):
            if time.monotonic() >= renew_at:
                renew_at = time.monotonic() + self._renew_every_s
                self._patiently(self._inbox.renew)
            if time.monotonic() - stored_at >= self._pause_s:
                stored_at = time.monotonic()
                self._patiently(self._store)
            if time.monotonic() - tidied_at >= TIDY_EVERY_S:
                tidied_at = time.monotonic()
                self._patiently(self._library.tidy)

    def _store(self) -> None:
        """Store rows, then remove their tickets. Raises StoreError and keeps the photos."""
        with self._storing:
            self._store_all(list(self._unstored))

    def _store_all(self, photos: list[FinishedPhoto]) -> None:
        if not photos:
            return
        with SECONDS.labels(STORE).time():
            self._stored.record(photos)
            gone = self._inbox.done(one.ticket for one in photos)
        if gone:  # it may have been deleted while it was counted
            delete_again(self._library, self._inbox, [ticket.photo_id for ticket in gone])
        for one in photos:
            FINISHED.labels(one.outcome).inc()
            with about_photo(one.ticket.photo_id):
                log.info("A photo is finished: %s", one.outcome, extra={"drop": one.ticket.drop_id})
        with self._room:
            del self._unstored[: len(photos)]
            self._room.notify_all()

    def _patiently(self, task: Callable[[], object]) -> None:
        """Run a task; after a failure wait longer before the next try, as the store may be away for a while."""
        try:
            task()
            self._pause_s, self.problem = COMMIT_EVERY_S, ""
        except Exception as error:
            self._pause_s = min(LONGEST_PAUSE_S, 2 * self._pause_s)
            known = isinstance(error, StoreError)
            self.problem = str(error) if known else f"Results could not be stored: {type(error).__name__}."
            log.error("Results wait %.0f s for the store: %s", self._pause_s, error, exc_info=None if known else error)
