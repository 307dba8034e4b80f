"""Blobs in a folder, as durable as its disk and safe between processes.

Bytes are written aside, synced, then linked or renamed into place, so that a reader or a power cut sees the old or the
new bytes and never a part. A lock file orders the renames; a full or read-only folder is a StoreError that names it.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from core.errors import StoreError
from core.store.keys import BlobInfo, MissingBlob, changed, checked_key

WORK_FOLDER = ".writing"
"""Unfinished files and the lock; no key can name it, no list shows it."""

ABANDONED_S = 24 * 3600
"""An unfinished file this old was left by a process that died."""


class FolderBlobs:
    """Blobs as files under root; the methods are those of Blobs."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        with suppress(OSError):
            for left in (self.root / WORK_FOLDER).iterdir():
                if left.name != "lock" and left.stat().st_mtime < time.time() - ABANDONED_S:
                    left.unlink()

    @property
    def address(self) -> str:
        """The folder; see Blobs."""
        return str(self.root)

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_version: str | None = None) -> str:
        """The SHA-256 of the bytes, which is their version; see Blobs."""
        path = self._path(key)
        with self._sentences(), self._written_aside(data) as aside:
            _make_folder(path.parent)
            if if_absent:
                written = _linked(aside, path)
            else:
                with self._locked():
                    written = if_version is None or self._version(path) == if_version
                    if written:
                        os.replace(aside, path)
            _sync_folder(path.parent)
        if not written:
            raise changed(key)
        return sha256(data).hexdigest()

    def get(self, key: str) -> bytes:
        """The bytes; see Blobs."""
        path = self._path(key)
        with self._sentences():
            try:
                return path.read_bytes()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
                raise MissingBlob(f"There is no {key} in {self.root}.") from error

    def get_versioned(self, key: str) -> tuple[bytes, str]:
        """Bytes and version; see Blobs."""
        data = self.get(key)
        return data, sha256(data).hexdigest()

    def exists(self, key: str) -> bool:
        """Tell whether there is such a file."""
        with self._sentences():
            return self._path(key).is_file()

    def list(self, prefix: str = "") -> Iterator[BlobInfo]:
        """Blobs by key, folder after folder; see Blobs."""
        folder = prefix.rpartition("/")[0]
        if folder:
            checked_key(folder)
        return self._walk(folder, prefix)

    def delete(self, key: str) -> None:
        """Remove the file; see Blobs."""
        path = self._path(key)
        with self._sentences(), suppress(FileNotFoundError, NotADirectoryError):
            path.lstat()
            with self._locked():
                path.unlink()
            _sync_folder(path.parent)

    def erase(self, key: str) -> None:
        """Remove the file: a folder keeps no versions; see Blobs."""
        self.delete(key)

    def erase_history(self, prefix: str) -> None:
        """Do nothing: a folder keeps no versions; see Blobs."""

    def _path(self, key: str) -> Path:
        return self.root / checked_key(key)

    def _walk(self, folder: str, prefix: str) -> Iterator[BlobInfo]:
        """Depth first; a folder sorts with its slash, so that keys come in the order S3 gives them."""
        with self._sentences():
            try:
                entries = [(e, e.is_dir()) for e in os.scandir(self.root / folder) if not e.name.startswith(".")]
            except (FileNotFoundError, NotADirectoryError):
                return
        for entry, is_folder in sorted(entries, key=lambda e: e[0].name + "/" * e[1]):
            key = f"{folder}/{entry.name}" if folder else entry.name
            if is_folder and (f"{key}/".startswith(prefix) or prefix.startswith(f"{key}/")):
                yield from self._walk(key, prefix)
            elif not is_folder and key.startswith(prefix):
                with suppress(FileNotFoundError):
                    stat = entry.stat()
                    yield BlobInfo(key, stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC))

    def _version(self, path: Path) -> str | None:
        try:
            return sha256(path.read_bytes()).hexdigest()
        except (FileNotFoundError, NotADirectoryError):
            return None

    @contextmanager
    def _written_aside(self, data: bytes) -> Iterator[Path]:
        """A synced file with the data outside every list, gone afterwards whatever happens."""
        _make_folder(self.root / WORK_FOLDER)
        aside = self.root / WORK_FOLDER / uuid4().hex
        try:
            with aside.open("xb", buffering=0) as file:
                view = memoryview(data)
                while view:
                    view = view[file.write(view) :]
                os.fsync(file.fileno())
            yield aside
        finally:
            aside.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One rename at a time among all threads and processes of this store; the system frees a dead one's lock."""
        _make_folder(self.root / WORK_FOLDER)
        with (self.root / WORK_FOLDER / "lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise folder_problem(self.root, error) from error


def folder_problem(root: Path, error: OSError) -> StoreError:
    """The sentence for a folder that is full, read-only or no folder."""
    return StoreError(
        f"The store folder {root} cannot be used: {error.strerror or error}. "
        "Check its disk space and permissions, or set BLOOM_STORE to another folder."
    )


def _linked(source: Path, target: Path) -> bool:
    """Give the file its second name, and tell whether that was free; the system gives a name once, without any lock."""
    try:
        os.link(source, target)
    except FileExistsError:
        return False
    return True


def _make_folder(folder: Path) -> None:
    """The folder and those above it, each made durable in the one that holds it."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)  # it holds password hashes and the cookie key
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """A rename or a new name survives a power cut once the folder itself is synced."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
