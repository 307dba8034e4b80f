"""Stored photos counted again with the model in use, in the background and after new photos.

That it is wanted, and how far the photos are handed out as tickets, is a small document in the store: whichever worker
has nothing else to do hands out the next ones, so a restart goes on by itself. Results are new rows: what other
models said stays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256

from core.intake.inbox import RECOUNT, Inbox, ticket_of
from core.store.documents import Document, change_document, read_document
from core.store.library import Library
from core.store.trail import Actor

WANTED = "models/recount.json"
HANDED_OUT_TOGETHER = 64


@dataclass(frozen=True, slots=True)
class RecountProgress:
    """Photos whose newest count is by the model in use, of all that could be read.

    going: more are counted by themselves. tried: all were handed out; those that are missing could not be counted.
    """

    counted: int
    total: int
    going: bool
    tried: bool


def recount_id(model: str, model_version: str) -> str:
    """The drop_id of tickets that this model version, and no other, is to count again."""
    return RECOUNT + sha256(f"{model} {model_version}".encode()).hexdigest()[:12]


class Recount:
    """Recounting of the photos of one store. Threads may share one; every method may raise StoreError."""

    def __init__(self, library: Library, inbox: Inbox) -> None:
        self._library = library
        self._inbox = inbox

    def start(self, model: str, model_version: str, *, by: Actor) -> None:
        """Start counting again every photo whose newest count is by another model."""
        self._inbox.withdraw(RECOUNT)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        self._write(
            {"recount": recount_id(model, model_version), "by": by.username, "at": at, "after": "", "tried": False}
        )
        self._inbox.arrived.set()
        self._library.trail.add("recount started", f"{model} {model_version}", by=by)

    def stop(self, *, by: Actor) -> None:
        """Stop counting again; new counts stay."""
        self._write({})
        self._inbox.withdraw(RECOUNT)
        self._library.trail.add("recount stopped", "", by=by)

    def progress(self, model: str, model_version: str) -> RecountProgress:
        """Progress of counting again with this model version."""
        wanted = self._wanted(model, model_version)
        tried = bool(wanted.get("tried"))
        going = bool(wanted) and not (tried and not self._inbox.waiting(recount_id(model, model_version)))
        return RecountProgress(*self._library.recounted(model, model_version), going, tried)

    def hand_out(self, model: str, model_version: str) -> int:
        """Make tickets for the next photos to count again with this model version; return how many."""
        wanted = self._wanted(model, model_version)
        if not wanted or wanted["tried"]:
            return 0
        photos = self._library.to_recount(model, model_version, after=wanted["after"], most=HANDED_OUT_TOGETHER)
        for photo in photos:
            self._inbox.add(replace(ticket_of(photo), drop_id=recount_id(model, model_version)))

        def hand_on(document: Document) -> None:
            if document == wanted:  # else another worker handed these out, or somebody stopped
                document.update({"after": photos[-1].photo_id} if photos else {"tried": True})

        change_document(self._library.blobs, WANTED, hand_on)
        return len(photos)

    def _wanted(self, model: str, model_version: str) -> Document:
        document = read_document(self._library.blobs, WANTED)
        return document if document.get("recount") == recount_id(model, model_version) else {}

    def _write(self, wanted: Document) -> None:
        def replace(document: Document) -> None:
            document.clear()
            document.update(wanted)

        change_document(self._library.blobs, WANTED, replace)
