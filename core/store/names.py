"""Names of plants of one store, in one document: those that people added to the flora, as a list and as a reviewer

wrote them; and the lists of names that the recogniser may give, for the whole store and for single sites.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

from core.errors import StoreError
from core.flora.plants import Plant, PlantList
from core.recognition.name_lists import FLORA_TITLE, NameList, NameLists, flora_list
from core.store.blobs import Blobs
from core.store.documents import Document, change_document, read_document
from core.store.tables import Tables
from core.store.trail import Actor, Trail

NAMES = "names.json"
LIST, WRITTEN, LISTS = "list", "written", "may be given"
LOOK_EVERY_S = 5.0
"""Longest time until a process sees names that another added; each look costs a request on S3."""


@dataclass(frozen=True, eq=False)
class NamesOfStore:
    """plants: those that people added to the flora, None where there are none. lists: of the names that the recogniser
    may give, None where nobody chose any."""

    plants: PlantList | None
    lists: NameLists | None


class PlantNames:
    """The added names of one store. Threads may share one; those that write may raise StoreError."""

    def __init__(self, blobs: Blobs, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._blobs = blobs
        self._clock = clock
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._document: Document = {}
        self._names = NamesOfStore(None, None)

    def all(self) -> NamesOfStore:
        """The names as they were five seconds ago at most, or when the store could last be read."""
        with self._lock:
            if self._clock() - self._looked_at > LOOK_EVERY_S:
                self._looked_at = self._clock()
                with suppress(StoreError):
                    document = read_document(self._blobs, NAMES)
                    if document != self._document:
                        self._document, self._names = document, NamesOfStore(_plants(document), _lists(document))
            return self._names

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

    def let(self, name_list: NameList | None, sites: Sequence[str], *, by: Actor) -> None:
        """Let the recogniser give the names of this list alone at these sites, "" for all that have no list of
        their own; None for all names."""
        rows = name_list and {
            "title": name_list.title,
            "plants": [] if name_list.title == FLORA_TITLE else [asdict(plant) for plant in name_list.plants],
        }

        def change(document: Document) -> str:
            lists = document.setdefault(LISTS, {})
            before = lists.get(sites[0])
            lists.update(dict.fromkeys(sites, rows))
            return before["title"] if before else ""

        before = change_document(self._blobs, NAMES, change)
        with self._lock:
            self._looked_at = float("-inf")
        Trail(Tables(self._blobs)).add(
            "list of names chosen",
            ", ".join(sites),
            by=by,
            before=before,
            after=name_list.title if name_list else "",
        )

    def _change(self, change: Callable[[Document], None]) -> None:
        change_document(self._blobs, NAMES, change)
        with self._lock:
            self._looked_at = float("-inf")


def _plants(document: Document) -> PlantList | None:
    rows = [*document.get(LIST, ()), *document.get(WRITTEN, ())]
    return PlantList(tuple(map(_plant, rows))) if rows else None


def _lists(document: Document) -> NameLists | None:
    rows = document.get(LISTS, {})
    return NameLists({site: row and _list(row) for site, row in rows.items()}) if rows else None


def _list(row: Document) -> NameList:
    return flora_list() if row["title"] == FLORA_TITLE else NameList(row["title"], tuple(map(_plant, row["plants"])))


def _plant(row: dict[str, object]) -> Plant:
    return Plant(**{**row, "synonyms": tuple(row["synonyms"])})  # type: ignore[arg-type]
