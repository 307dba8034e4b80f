"""Find the photos of a PATH on the command line: a file, a folder with all below it, or s3://bucket/prefix."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from core.errors import BloomError
from core.photo.reading import SUFFIXES
from core.store.blobs import S3Blobs
from core.store.s3 import Bucket


class NoPhotos(BloomError):
    """A PATH that holds nothing to count."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be read as a photo. file: its path inside the folder given, its name where it was given itself.

    read: its bytes; raises OSError or StoreError.
    """

    file: str
    read: Callable[[], bytes]


def find_photos(paths: Sequence[str], *, s3_endpoint: str | None) -> list[Source]:
    """The files of these paths in a fixed order. A file given itself is always one of them, whatever its name;

    in folders only those whose name ends as a photo's does. Raises NoPhotos for a path without any, and StoreError.
    """
    return [source for path in paths for source in _of_path(path, s3_endpoint)]


def _of_path(path: str, s3_endpoint: str | None) -> list[Source]:
    sources = _in_bucket(path, s3_endpoint) if path.startswith("s3://") else _on_disk(Path(path))
    if not sources:
        raise NoPhotos(f"There are no photos in {_readable(path)}; they end in {', '.join(SUFFIXES)}.")
    return sources


def _on_disk(path: Path) -> list[Source]:
    if path.is_dir():
        return [Source(_readable(file.relative_to(path).as_posix()), file.read_bytes) for file in _below(path)]
    if not path.exists():
        raise NoPhotos(f"{_readable(str(path))} does not exist.")
    return [Source(_readable(path.name), path.read_bytes)]


def _below(folder: Path) -> Iterator[Path]:
    """Photos below a folder by name; hidden files, such as those that a Mac leaves beside each photo, are no photos.

    Then the folders that may not be looked into: whoever reads one hears why, and misses none of its photos unawares.
    """
    closed: list[str] = []
    for parent, folders, files in os.walk(folder, onerror=lambda error: closed.append(error.filename)):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in sorted(files) if _is_photo(name))
    yield from map(Path, closed)


def _in_bucket(path: str, s3_endpoint: str | None) -> list[Source]:
    bucket, _, key = path.removeprefix("s3://").partition("/")
    if not bucket:
        raise NoPhotos(f"{path} names no bucket; write s3://bucket/prefix.")
    blobs = S3Blobs(Bucket(f"s3://{bucket}", s3_endpoint))
    if key and not key.endswith("/") and blobs.exists(key):
        return [Source(key.rpartition("/")[2], partial(blobs.get, key))]
    prefix = key if not key or key.endswith("/") else f"{key}/"
    keys = sorted(blob.key for blob in blobs.list(prefix) if _is_photo(blob.key.rpartition("/")[2]))
    return [Source(key.removeprefix(prefix), partial(blobs.get, key)) for key in keys]


def _is_photo(name: str) -> bool:
    return name.lower().endswith(SUFFIXES) and not name.startswith(".")


def _readable(name: str) -> str:
    """The name as text; bytes that are no UTF-8 become question marks."""
    return os.fsencode(name).decode("utf-8", "replace")
