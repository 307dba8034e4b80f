"""The one process that writes the rows of a cluster: results arrive from all machines and are stored in batches.

A batch that is stored may be stored again: its rows count once. So whoever stops anywhere starts the same command
again, and what is stored is not counted again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from core.bloomcount import Bloomcount
from core.cluster.jobs import Taken
from core.errors import StoreError
from core.intake.deletion import delete_again
from core.intake.drops import Stored
from core.intake.pipeline import FinishedPhoto
from core.intake.sources import LeftOut
from core.watching.metrics import FINISHED, SECONDS, STORE

BATCH = 200
BATCH_S = 10.0
TIDY_EVERY_S = 300.0
TRIES, LONGEST_PAUSE_S = 8, 30.0
"""Tries of a batch, with pauses that double: a store that is away for two minutes is waited for."""


@dataclass(slots=True)
class Outcome:
    """Numbers of files so far. failed: files that were not taken in or not counted. no_photos: left out."""

    photos: int = 0
    again: int = 0
    failed: int = 0
    no_photos: LeftOut = field(default_factory=LeftOut)


class Storing:
    """Stores what workers found. Leaving its context stores the rest. `say` hears each problem, as it comes."""

    def __init__(
        self, bloom: Bloomcount, *, say: Callable[[str], object], pause: Callable[[float], object] = time.sleep
    ) -> None:
        self._library = bloom.library
        self._inbox = bloom.inbox
        self._say = say
        self._pause = pause
        self._stored = Stored(bloom.library)
        self._waiting: list[FinishedPhoto] = []
        self._stored_at = self._tidied_at = time.monotonic()
        self._deletions = bloom.library.tombstones.newest()
        self.outcome = Outcome()

    def __enter__(self) -> Storing:
        return self

    def __exit__(self, *_: object) -> None:
        self._store()

    def add(self, taken: Taken) -> None:
        """Store the rows of a file soon. Raises StoreError where the store stays away."""
        if taken.no_photo:
            self.outcome.no_photos.add(taken.file)
            return
        problem = taken.problem or (taken.finished.result.problem if taken.finished else "")
        if problem:
            self._say(problem)
            self.outcome.failed += 1
        if taken.finished is not None:
            self._waiting.append(taken.finished)
        if len(self._waiting) >= BATCH or time.monotonic() - self._stored_at >= BATCH_S:
            self._store()

    def _store(self) -> None:
        photos, self._waiting = self._waiting, []
        for number in range(TRIES if photos else 0):
            try:
                self._store_once(photos)
                break
            except StoreError as error:
                if number == TRIES - 1:
                    raise
                self._say(f"{len(photos)} results wait for the store: {error}")
                self._pause(min(LONGEST_PAUSE_S, 2.0**number))
        self._stored_at = time.monotonic()
        if self._stored_at - self._tidied_at >= TIDY_EVERY_S:
            self._tidied_at = self._stored_at
            self._library.tidy()

    def _store_once(self, photos: Sequence[FinishedPhoto]) -> None:
        with SECONDS.labels(STORE).time():
            again = self._stored.record(photos)
            self._delete_again([one.ticket.photo_id for one in photos])
        for one in photos:
            FINISHED.labels(one.outcome).inc()
        self.outcome.photos += len(photos)
        self.outcome.again += again

    def _delete_again(self, photo_ids: Sequence[str]) -> None:
        """Erase those of these photos that somebody deleted while they were counted."""
        newest = self._library.tombstones.newest()
        if newest != self._deletions:
            delete_again(self._library, self._inbox, photo_ids)
            self._deletions = newest
