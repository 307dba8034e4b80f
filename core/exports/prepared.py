"""Export files that wait on this machine's disk to be fetched by the person who had them made.

A file may take minutes and a gigabyte: it is made once, on disk, and sent from there, so that neither memory nor a
proxy's patience is used up. Only its maker may fetch it; the oldest go when somebody makes more, all with the process.
"""

from __future__ import annotations

import secrets
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.exports.files import CannotWrite

KEPT_A_PERSON = 3


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that is complete. token: what its address tells it apart by. name: what it is saved as.

    after_deletion: the newest deletion of photos when it was begun.
    """

    token: str
    username: str
    name: str
    media_type: str
    path: Path
    after_deletion: str

    @property
    def size_bytes(self) -> int:
        """The size of the whole file."""
        return self.path.stat().st_size


class PreparedFiles:
    """The files of one process. Threads may share one.

    newest_deletion: gives another text after each deletion of photos for privacy.
    """

    def __init__(self, newest_deletion: Callable[[], str] = str) -> None:
        self._newest_deletion = newest_deletion
        self._folder = tempfile.TemporaryDirectory(prefix="bloomcount-exports-")
        self._files: dict[str, Prepared] = {}
        self._lock = threading.Lock()

    def prepare(self, username: str, name: str, media_type: str, write: Callable[[BinaryIO], None]) -> Prepared:
        """The file that `write` wrote, for this person. What write raises is passed on; then nothing is kept."""
        token = secrets.token_urlsafe(16)
        prepared = Prepared(token, username, name, media_type, Path(self._folder.name) / token, self._newest_deletion())
        try:
            with prepared.path.open("wb") as file:
                write(file)
        except BaseException as error:
            prepared.path.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise CannotWrite(f"{name} could not be written: {error.strerror}. Make room and try again.") from error
            raise
        with self._lock:
            self._files[token] = prepared
            mine = [file for file in self._files.values() if file.username == username]
            for old in mine[:-KEPT_A_PERSON]:
                self._files.pop(old.token).path.unlink(missing_ok=True)
        return prepared

    def find(self, token: str, username: str) -> Prepared | None:
        """This person's file; None where it is another's or is no longer there. Raises StoreError."""
        self.sweep()
        with self._lock:
            file = self._files.get(token)
        return file if file is not None and file.username == username else None

    def sweep(self) -> None:
        """Remove files from before the newest deletion of photos: they may tell of these. Raises StoreError."""
        newest = self._newest_deletion() if self._files else ""
        with self._lock:
            for old in [file for file in self._files.values() if file.after_deletion != newest]:
                self._files.pop(old.token).path.unlink(missing_ok=True)
