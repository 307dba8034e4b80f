"""Find the photos of a PATH on the command line: a file, a folder with all below it, or s3://bucket/prefix."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from core.errors import BloomError
from core.photo.file_kinds import PHOTO_KINDS, is_hidden, kind_of
from core.photo.reading import SUFFIXES
from core.store.blobs import S3Blobs
from core.store.s3 import Bucket

MOST_NAMED = 5
START_BYTES = 512


class NoPhotos(BloomError):
    """A PATH that holds nothing to count."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be read as a photo. file: its path inside the folder given, its name where it was given itself.

    read: its bytes; raises OSError or StoreError.
    """

    file: str
    read: Callable[[], bytes]


def find_photos(
    paths: Sequence[str], *, s3_endpoint: str | None, say: Callable[[str], object] = lambda _: None
) -> list[Source]:
    """The files of these paths in a fixed order. A file given itself is always one of them, whatever its name;

    in folders only photos, by the ending of their name or else by their first bytes. `say` is told what was left out.
    Raises NoPhotos for a path without any, and StoreError.
    """
    return [source for path in paths for source in _of_path(path, s3_endpoint, say)]


def _of_path(path: str, s3_endpoint: str | None, say: Callable[[str], object]) -> list[Source]:
    skipped: list[str] = []
    sources = _in_bucket(path, s3_endpoint, skipped) if path.startswith("s3://") else _on_disk(Path(path), skipped)
    if skipped:
        names = ", ".join(skipped[:MOST_NAMED]) + (" …" if len(skipped) > MOST_NAMED else "")
        say(f"Left out of {_readable(path)}, as they are no photos: {len(skipped)} ({names}).")
    if not sources:
        raise NoPhotos(f"There are no photos in {_readable(path)}; they end in {', '.join(SUFFIXES)}.")
    return sources


def _on_disk(path: Path, skipped: list[str]) -> list[Source]:
    if path.is_dir():
        files = _below(path, skipped)
        return [Source(_readable(file.relative_to(path).as_posix()), file.read_bytes) for file in files]
    if not path.exists():
        raise NoPhotos(f"{_readable(str(path))} does not exist.")
    return [Source(_readable(path.name), path.read_bytes)]


def _below(folder: Path, skipped: list[str]) -> Iterator[Path]:
    """Photos below a folder by name; hidden files, such as those that a Mac leaves beside each photo, are no photos.

    Then the folders that may not be looked into: whoever reads one hears why, and misses none of its photos unawares.
    """
    closed: list[str] = []
    for parent, folders, files in os.walk(folder, onerror=lambda error: closed.append(error.filename)):
        skipped += [f"{_readable(name)}/" for name in sorted(folders) if is_hidden(name)]
        folders[:] = sorted(name for name in folders if not is_hidden(name))
        for name in sorted(files):
            file = Path(parent, name)
            if is_photo(name, partial(_start, file)):
                yield file
            elif not is_hidden(name):
                skipped.append(_readable(file.relative_to(folder).as_posix()))
    yield from map(Path, closed)


def _start(file: Path) -> bytes:
    """The first bytes of a file; of one that cannot be read none."""
    try:
        with file.open("rb") as opened:
            return opened.read(START_BYTES)
    except OSError:
        return b""


def _in_bucket(path: str, s3_endpoint: str | None, skipped: list[str]) -> list[Source]:
    bucket, _, key = path.removeprefix("s3://").partition("/")
    if not bucket:
        raise NoPhotos(f"{path} names no bucket; write s3://bucket/prefix.")
    blobs = S3Blobs(Bucket(f"s3://{bucket}", s3_endpoint))
    if key and not key.endswith("/") and blobs.exists(key):
        return [Source(key.rpartition("/")[2], partial(blobs.get, key))]
    prefix = key if not key or key.endswith("/") else f"{key}/"
    sources = []
    for key in sorted(blob.key for blob in blobs.list(prefix)):
        name, read = key.removeprefix(prefix), partial(blobs.get, key)
        if is_photo(name, read):
            sources.append(Source(name, read))
        elif not is_hidden(name):
            skipped.append(name)
    return sources


def is_photo(path: str, start: Callable[[], bytes]) -> bool:
    """True for a photo by the ending of its name; a name without a usual ending is told by its first bytes."""
    if is_hidden(path):
        return False
    return path.lower().endswith(SUFFIXES) or kind_of(start()[:START_BYTES], path) in PHOTO_KINDS


def _readable(name: str) -> str:
    """The name as text; bytes that are no UTF-8 become question marks."""
    return os.fsencode(name).decode("utf-8", "replace")
