"""Photos that were deleted for privacy: who did it and when; the same bytes are then not taken in again.

A tombstone lies in deleted/ under the SHA-256 of the bytes. What is to be done still for a deletion lies in deleting/.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from secrets import token_hex

from core.store.blobs import Blobs, MissingBlob
from core.store.pictures import PHOTO_ID

NEWEST = "deleted/newest"
"""Another text after each deletion: files that were exported before it are not handed out any more."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """A photo that was or is to be deleted. tickets: names of tickets that it may have had, until they are gone."""

    photo_id: str
    by: str
    at: datetime
    counts_kept: bool
    tickets: tuple[str, ...] = ()


class Tombstones:
    """The deleted photos of one store. Threads may share one; every method may raise StoreError."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def of(self, photo_id: str) -> Deletion | None:
        """The deletion of a photo, None where it was not deleted."""
        return self._read(_key(photo_id)) if PHOTO_ID.fullmatch(photo_id) else None

    def ids(self) -> set[str]:
        """The photo_ids of all deleted photos."""
        return {blob.key.rpartition("/")[2].removesuffix(".json") for blob in self._blobs.list("deleted/")} - {"newest"}

    def newest(self) -> str:
        """Another text after each deletion, empty where nothing was ever deleted."""
        with suppress(MissingBlob):
            return self._blobs.get(NEWEST).decode()
        return ""

    def begin(self, deletion: Deletion) -> None:
        """Note that a photo is to be deleted; what is not done then, by whatever crash, is done later."""
        self._write(f"deleting/{deletion.photo_id}.json", deletion)

    def begun(self) -> Iterator[Deletion]:
        """Deletions that were begun and not ended."""
        for blob in list(self._blobs.list("deleting/")):
            if deletion := self._read(blob.key):
                yield deletion

    def put(self, deletion: Deletion) -> None:
        """Set the tombstone of a photo; from here on its bytes are not taken in."""
        self._write(_key(deletion.photo_id), Deletion(**{**asdict(deletion), "tickets": ()}))
        self._blobs.put(NEWEST, token_hex().encode())

    def end(self, deletion: Deletion) -> None:
        """Note that nothing is left of a photo but its tombstone."""
        self._blobs.put(NEWEST, token_hex().encode())
        self._blobs.erase(f"deleting/{deletion.photo_id}.json")

    def _write(self, key: str, deletion: Deletion) -> None:
        self._blobs.put(key, json.dumps(asdict(deletion) | {"at": deletion.at.isoformat()}).encode())

    def _read(self, key: str) -> Deletion | None:
        try:
            told = json.loads(self._blobs.get(key))
        except MissingBlob:
            return None
        return Deletion(**told | {"at": datetime.fromisoformat(told["at"]), "tickets": tuple(told["tickets"])})


def _key(photo_id: str) -> str:
    return f"deleted/{photo_id[:2]}/{photo_id}.json"
