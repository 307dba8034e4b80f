"""Names and errors that folder and bucket share: allowed keys, a listed blob, the meaning of errors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.errors import Conflict, StoreError


class MissingBlob(StoreError):
    """There is nothing under that key."""


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """A blob as a list shows it. modified_at is UTC."""

    key: str
    bytes: int
    modified_at: datetime


def checked_key(key: str) -> str:
    """The key, if it stays inside the store and reads the same on folder and bucket; else StoreError."""
    parts = key.split("/")
    tidy = all(part and not part.startswith(".") and len(part.encode(errors="replace")) <= 255 for part in parts)
    if not tidy or len(key.encode(errors="replace")) > 800 or not key.isprintable() or "\\" in key:
        raise StoreError(f"{key!r} cannot name something in the store: names are parted by single slashes, no part "
                         "starts with a dot, and there are no backslashes or control characters.")  # fmt: skip
    return key


def changed(key: str) -> Conflict:
    """The error of a write that came second."""
    return Conflict(f"{key} was written by somebody else in the meantime.")
