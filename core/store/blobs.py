"""Named bytes with conditions: the one way to photos, thumbnails, tickets, accounts and models.

FolderBlobs keeps them in a folder, S3Blobs in a bucket; both pass the same tests. A condition is what makes
several processes safe on one store: put(if_absent=True) has exactly one winner, and put(if_version=...) never
overwrites what its caller has not seen. Everything that fails says so in a StoreError.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from core.settings import Settings
from core.store.folder import FolderBlobs
from core.store.keys import BlobInfo, MissingBlob
from core.store.s3 import Bucket, S3Blobs

__all__ = ["BlobInfo", "Blobs", "FolderBlobs", "MissingBlob", "S3Blobs", "open_blobs"]


class Blobs(Protocol):
    """Bytes under keys such as photos/ab/ab12. A key is never also the folder of another key."""

    @property
    def address(self) -> str:
        """The folder, or s3://bucket/prefix."""
        ...

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_version: str | None = None) -> str:
        """The version written; the bytes are durable and readers see the old or the new ones, never a part.

        Raises Conflict when if_absent is set and the key is taken, or when the blob is no longer at if_version.
        Equal bytes have equal versions: put in what tells two writers apart (their name, the time).
        """
        ...

    def get(self, key: str) -> bytes:
        """The bytes. Raises MissingBlob."""
        ...

    def get_versioned(self, key: str) -> tuple[bytes, str]:
        """The bytes and their version, for a later put(if_version=...). Raises MissingBlob."""
        ...

    def exists(self, key: str) -> bool:
        """Tell whether there is a blob under that key."""
        ...

    def list(self, prefix: str = "") -> Iterator[BlobInfo]:
        """The blobs whose keys start with these characters; `photos/a` is a start of `photos/ab/x`.

        The keys of one folder come in order; how subfolders lie between them is the endpoint's choice (Amazon and
        FolderBlobs: byte order of the whole key; seaweedfs: by folder name).
        """
        ...

    def delete(self, key: str) -> None:
        """Remove the blob; one that is not there is fine."""
        ...

    def erase(self, key: str) -> None:
        """Remove the blob with every older version of it that a bucket may keep, so that nobody can have it back."""
        ...

    def erase_history(self, prefix: str) -> None:
        """Remove every older version of the blobs whose keys start so, and all that is left of deleted ones."""
        ...


def open_blobs(settings: Settings) -> Blobs:
    """The blobs of BLOOM_STORE. Raises InvalidSettings for an address that cannot be one."""
    if settings.store_on_s3:
        return S3Blobs(Bucket(settings.store, settings.s3_endpoint))
    return FolderBlobs(Path(settings.store))
