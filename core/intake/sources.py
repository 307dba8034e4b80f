"""Find the photos of a PATH on the command line: a file, a folder, s3://bucket/prefix, or a list of files.

They are found one by one, so that a million take no more memory than a few; a Source can be sent to another machine.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import BloomError
from core.photo.file_kinds import PHOTO_KINDS, is_hidden, kind_of
from core.photo.reading import SUFFIXES
from core.store.blobs import S3Blobs
from core.store.s3 import Bucket

LISTS = (".csv", ".parquet")
"""Endings of lists of files, which have a column `path`."""
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


@dataclass(slots=True)
class LeftOut:
    """Files that are no photos: their number, and the names of the first."""

    number: int = 0
    names: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        """Count one more."""
        self.number += 1
        if len(self.names) < MOST_NAMED:
            self.names.append(name)

    def __str__(self) -> str:
        return f"{self.number} ({', '.join(self.names)}{' …' if self.number > len(self.names) else ''})"


@dataclass(frozen=True, slots=True)
class InBucket:
    """Read an object of a bucket, on whatever machine."""

    bucket: str
    key: str
    endpoint: str | None

    def __call__(self) -> bytes:
        """Its bytes. Raises StoreError."""
        return _blobs(self.bucket, self.endpoint).get(self.key)


def find_photos(
    paths: Sequence[str], *, s3_endpoint: str | None, say: Callable[[str], object] = lambda _: None
) -> list[Source]:
    """The files of these paths in a fixed order: see each_photo."""
    return list(each_photo(paths, s3_endpoint=s3_endpoint, say=say))


def each_photo(
    paths: Sequence[str], *, s3_endpoint: str | None, say: Callable[[str], object] = lambda _: None
) -> Iterator[Source]:
    """The files of these paths one by one, in a fixed order. A file given itself, or in a list, is always one of them,

    whatever its name; in folders only photos, by the ending of their name or else by their first bytes. `say` is told
    what was left out. Raises NoPhotos for a path without any, and StoreError.
    """
    for path in paths:
        left_out, found = LeftOut(), False
        for source in _of_path(path, s3_endpoint, left_out):
            found = True
            yield source
        if left_out.number:
            say(f"Left out of {_readable(path)}, as they are no photos: {left_out}.")
        if not found:
            raise NoPhotos(f"There are no photos in {_readable(path)}; they end in {', '.join(SUFFIXES)}.")


def _of_path(path: str, s3_endpoint: str | None, left_out: LeftOut) -> Iterator[Source]:
    if path.lower().endswith(LISTS):
        return _listed(path, s3_endpoint)
    return _in_bucket(path, s3_endpoint, left_out) if path.startswith("s3://") else _on_disk(Path(path), left_out)


def _on_disk(path: Path, left_out: LeftOut) -> Iterator[Source]:
    if path.is_dir():
        for file in _below(path, left_out):
            yield Source(_readable(file.relative_to(path).as_posix()), file.absolute().read_bytes)
    elif path.exists():
        yield Source(_readable(path.name), path.absolute().read_bytes)
    else:
        raise NoPhotos(f"{_readable(str(path))} does not exist.")


def _listed(path: str, s3_endpoint: str | None) -> Iterator[Source]:
    """The files of a CSV or Parquet list, under the names that it gives; relative ones lie beside the list."""
    where = path.rpartition("/")[0]
    for name in _names(path, s3_endpoint):
        if name.startswith("s3://"):
            yield Source(name, _object(name, s3_endpoint))
        elif path.startswith("s3://"):
            yield Source(name, _object(f"{where}/{name}", s3_endpoint))
        else:
            yield Source(name, (Path(path).parent / name).absolute().read_bytes)


def _names(path: str, s3_endpoint: str | None) -> Iterator[str]:
    """The column `path` of a list, row by row; empty fields are left out."""
    try:
        data = _object(path, s3_endpoint)() if path.startswith("s3://") else Path(path).read_bytes()
    except FileNotFoundError as error:
        raise NoPhotos(f"{_readable(path)} does not exist.") from error
    no_column = NoPhotos(f"{_readable(path)} is no list of photos: it needs a column named path.")
    try:
        if path.lower().endswith(".csv"):
            rows = csv.DictReader(io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", newline=""))
            if "path" not in (rows.fieldnames or ()):
                raise no_column
            yield from (row["path"] for row in rows if row["path"])
        else:
            table = pq.ParquetFile(io.BytesIO(data))
            if "path" not in table.schema_arrow.names:
                raise no_column
            for batch in table.iter_batches(columns=["path"]):
                yield from filter(None, batch.column(0).cast(pa.string()).to_pylist())
    except (UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
        raise NoPhotos(f"{_readable(path)} cannot be read as a list of photos: {error}.") from error


def _below(folder: Path, left_out: LeftOut) -> Iterator[Path]:
    """Photos below a folder by name; hidden files, such as those that a Mac leaves beside each photo, are no photos.

    Then the folders that may not be looked into: whoever reads one hears why, and misses none of its photos unawares.
    """
    closed: list[str] = []
    for parent, folders, files in os.walk(folder, onerror=lambda error: closed.append(error.filename)):
        for name in sorted(folders):
            if is_hidden(name):
                left_out.add(f"{_readable(name)}/")
        folders[:] = sorted(name for name in folders if not is_hidden(name))
        for name in sorted(files):
            file = Path(parent, name)
            if is_photo(name, partial(_start, file)):
                yield file
            elif not is_hidden(name):
                left_out.add(_readable(file.relative_to(folder).as_posix()))
    yield from map(Path, closed)


def _start(file: Path) -> bytes:
    """The first bytes of a file; of one that cannot be read none."""
    try:
        with file.open("rb") as opened:
            return opened.read(START_BYTES)
    except OSError:
        return b""


def _in_bucket(path: str, s3_endpoint: str | None, left_out: LeftOut) -> Iterator[Source]:
    """Photos below a prefix of a bucket by key, as S3 lists them."""
    bucket, _, key = path.removeprefix("s3://").partition("/")
    if not bucket:
        raise NoPhotos(f"{path} names no bucket; write s3://bucket/prefix.")
    blobs = _blobs(bucket, s3_endpoint)
    if key and not key.endswith("/") and blobs.exists(key):
        yield Source(key.rpartition("/")[2], InBucket(bucket, key, s3_endpoint))
        return
    prefix = key if not key or key.endswith("/") else f"{key}/"
    for blob in blobs.list(prefix):
        name, read = blob.key.removeprefix(prefix), InBucket(bucket, blob.key, s3_endpoint)
        if is_photo(name, read):
            yield Source(name, read)
        elif not is_hidden(name):
            left_out.add(name)


def _object(address: str, s3_endpoint: str | None) -> InBucket:
    bucket, _, key = address.removeprefix("s3://").partition("/")
    return InBucket(bucket, key, s3_endpoint)


@lru_cache(maxsize=8)
def _blobs(bucket: str, endpoint: str | None) -> S3Blobs:
    """One client a bucket, however many objects are read."""
    return S3Blobs(Bucket(f"s3://{bucket}", endpoint))


def is_photo(path: str, start: Callable[[], bytes]) -> bool:
    """True for a photo by the ending of its name; a name without a usual ending is told by its first bytes."""
    if is_hidden(path):
        return False
    return path.lower().endswith(SUFFIXES) or kind_of(start()[:START_BYTES], path) in PHOTO_KINDS


def _readable(name: str) -> str:
    """The name as text; bytes that are no UTF-8 become question marks."""
    return os.fsencode(name).decode("utf-8", "replace")
