"""The output of a command: standard output, or a file that is there whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO

from core.errors import BloomError


class CannotWrite(BloomError):
    """A file that cannot be written."""


@contextmanager
def output(path: Path | None) -> Iterator[TextIO]:
    """The same as output_bytes for text, in UTF-8."""
    with output_bytes(path) as file:
        text = TextIOWrapper(file, encoding="utf-8", newline="")
        try:
            yield text
        finally:
            text.detach()


@contextmanager
def output_bytes(path: Path | None) -> Iterator[BinaryIO]:
    """A file to write to; it takes its name when all is written. None: standard output.

    Raises CannotWrite before anything is computed, so that a wrong path does not cost an hour.
    """
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.flush()
        return
    special = path.exists() and not path.is_file()
    part = path if special else path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        file = part.open("wb")
    except OSError as error:
        raise CannotWrite(f"{path} cannot be written: {error.strerror}.") from error
    try:
        with file:
            yield file
        if not special:
            part.replace(path)
    finally:
        if not special:
            part.unlink(missing_ok=True)
