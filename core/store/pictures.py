"""Photos as they were uploaded, and their small pictures.

Bytes lie under their SHA-256, so the same photo twice is one photo.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256

from core.errors import Conflict
from core.store.blobs import BlobInfo, Blobs, MissingBlob

PHOTO_ID = re.compile(r"[0-9a-f]{64}")


class Pictures:
    """The pictures of one store. Threads may share one; every method may raise StoreError."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def add(self, data: bytes) -> str:
        """Keep the bytes of a photo; its photo_id (SHA-256, hex). Those that were there already stay."""
        photo_id = sha256(data).hexdigest()
        with suppress(Conflict):
            self._blobs.put(photo_key(photo_id), data, if_absent=True)
        return photo_id

    def photo(self, photo_id: str) -> bytes:
        """The bytes as uploaded. Raises MissingBlob."""
        return self._blobs.get(photo_key(photo_id))

    def has(self, photo_id: str) -> bool:
        """Tell whether the bytes of such a photo are kept. False for what cannot be a photo_id."""
        return PHOTO_ID.fullmatch(photo_id) is not None and self._blobs.exists(photo_key(photo_id))

    def photos(self) -> Iterator[BlobInfo]:
        """All photos whose bytes are kept, by key (photo_key), with or without rows."""
        return self._blobs.list("photos/")

    def thumb(self, photo_id: str) -> bytes | None:
        """The small picture (WebP), None where there is none."""
        with suppress(MissingBlob):
            return self._blobs.get(_thumb_key(photo_id))
        return None

    def put_thumb(self, photo_id: str, webp: bytes) -> None:
        """Keep the small picture of a photo."""
        self._blobs.put(_thumb_key(photo_id), webp)

    def erase(self, photo_id: str) -> None:
        """Remove the bytes and the small picture of a photo for good."""
        self._blobs.erase(photo_key(photo_id))
        self._blobs.erase(_thumb_key(photo_id))

    def put_demo(self, photo_id: str, data: bytes, webp: bytes) -> None:
        """Keep bytes and small picture of a demo photo, whose id is not made from its bytes."""
        self._blobs.put(photo_key(photo_id), data)
        self.put_thumb(photo_id, webp)


def photo_key(photo_id: str) -> str:
    """The key under which the bytes of a photo lie in the store."""
    return f"photos/{photo_id[:2]}/{photo_id}"


def _thumb_key(photo_id: str) -> str:
    return f"thumbs/{photo_id[:2]}/{photo_id}.webp"
