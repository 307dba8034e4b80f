"""Names of plants that people of a store added to the flora: a list, and names that a reviewer wrote; one document."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict

from core.errors import StoreError
from core.flora.plants import Plant, PlantList
from core.store.blobs import Blobs
from core.store.documents import Document, change_document, read_document
from core.store.tables import Tables
from core.store.trail import Actor, Trail

NAMES = "names.json"
LIST, WRITTEN = "list", "written"
LOOK_EVERY_S = 5.0
"""Longest time until a process sees names that another added; each look costs a request on S3."""


class PlantNames:
    """The added names of one store. Threads may share one; those that write may raise StoreError."""

    def __init__(self, blobs: Blobs, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._blobs = blobs
        self._clock = clock
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._document: Document = {}
        self._plants: PlantList | None = None

    def all(self) -> PlantList | None:
        """The list and the written names, None where there are none: as they were five seconds ago at most, or when

        the store could last be read.
        """
        with self._lock:
            if self._clock() - self._looked_at > LOOK_EVERY_S:
                self._looked_at = self._clock()
                with suppress(StoreError):
                    document = read_document(self._blobs, NAMES)
                    if document != self._document:
                        self._document, self._plants = document, _plants(document)
            return self._plants

    def add(self, plant: Plant, *, by: Actor) -> None:
        """Add a name that a person wrote, for everybody; one that is there stays as it is."""

        def change(document: Document) -> None:
            kept = document.setdefault(WRITTEN, [])
            if plant.name not in {_plant(row).name for row in kept}:
                kept.append(asdict(plant))

        self._change(change)
        Trail(Tables(self._blobs)).add(
            "name written", plant.scientific_name, by=by, after=f"{plant.rank}, {plant.family}"
        )

    def put_list(self, plants: Sequence[Plant], *, by: Actor) -> None:
        """Put a list of names in the place of the one that was there."""
        before = len(read_document(self._blobs, NAMES).get(LIST, ()))

        def change(document: Document) -> None:
            document[LIST] = [asdict(plant) for plant in plants]

        self._change(change)
        Trail(Tables(self._blobs)).add(
            "list of names replaced", "", by=by, before=f"{before} names", after=f"{len(plants)} names"
        )

    def _change(self, change: Callable[[Document], None]) -> None:
        change_document(self._blobs, NAMES, change)
        with self._lock:
            self._looked_at = float("-inf")


def _plants(document: Document) -> PlantList | None:
    rows = [*document.get(LIST, ()), *document.get(WRITTEN, ())]
    return PlantList(tuple(map(_plant, rows))) if rows else None


def _plant(row: dict[str, object]) -> Plant:
    return Plant(**{**row, "synonyms": tuple(row["synonyms"])})  # type: ignore[arg-type]
