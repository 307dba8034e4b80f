"""Log lines for the operator: one line an event on standard output, JSON unless a person reads it in a terminal.

Each line has the request and the photo that it is about, where there is one. Passwords and cookies are never told; the
one-time password of the first start is, once. Ids of browser sessions are taken out of whatever Streamlit says.
"""

from __future__ import annotations

import io
import logging
import re
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The request, or the browser tab, that this thread or task works for."""
_photo: ContextVar[str] = ContextVar("photo", default="")

JSON = JsonFormatter(
    ["levelname", "name", "message"],
    rename_fields={"levelname": "level", "name": "logger", "exc_info": "exception"},
    timestamp="at",
    reserved_attrs=[*RESERVED_ATTRS, "color_message"],
    json_ensure_ascii=False,
)
TEXT = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")
SESSION_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOST_PROBLEMS = 50
QUIET = ("botocore", "boto3", "urllib3")
"""Loggers that would write at level INFO what they do, and with it where credentials came from."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A warning or an error that this process logged. at: UTC. photo: the photo_id it was about, or empty."""

    at: datetime
    level: str
    message: str
    photo: str


class _LastProblems(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.addFilter(_without_session_ids)
        self.problems: deque[Problem] = deque(maxlen=MOST_PROBLEMS)

    def emit(self, record: logging.LogRecord) -> None:
        at = datetime.fromtimestamp(record.created, UTC)
        self.problems.append(Problem(at, record.levelname, record.getMessage(), _photo.get()))


@contextmanager
def about_photo(photo_id: str) -> Iterator[None]:
    """Add this photo to all log lines written inside."""
    before = _photo.set(photo_id)
    try:
        yield
    finally:
        _photo.reset(before)


def last_problems() -> list[Problem]:
    """The last warnings and errors that this process logged, newest first."""
    return list(_last_problems.problems)[::-1]


def tell(out: TextIO) -> None:
    """Send every log line of this process to `out`, also printed lines and errors that end a thread."""
    as_json = not out.isatty()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JSON if as_json else TEXT)
    handler.addFilter(_with_ids)
    handler.addFilter(_without_session_ids)
    root = logging.getLogger()
    root.handlers[:] = [handler, _last_problems]
    root.setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    threading.excepthook = lambda died: root.critical(
        "A thread died: %s", died.exc_value, exc_info=died.exc_value or True
    )
    if as_json:
        sys.stdout = _PrintedLines()


def _with_ids(record: logging.LogRecord) -> bool:
    """Add request and photo to a record; always True, so that no record is dropped."""
    for name, value in (("request", REQUEST.get()), ("photo", _photo.get())):
        if value:
            setattr(record, name, value)
    return True


def _without_session_ids(record: logging.LogRecord) -> bool:
    """Take the ids of browser sessions out of a record; always True, so that no record is dropped."""
    record.msg, record.args = SESSION_ID.sub("…", record.getMessage()), ()
    if record.exc_info:
        record.exc_text = SESSION_ID.sub("…", TEXT.formatException(record.exc_info))
        record.exc_info = None
    return True


_last_problems = _LastProblems()


class _PrintedLines(io.TextIOBase):
    """A standard output whose lines become log lines."""

    def __init__(self) -> None:
        self._begun = threading.local()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, rest = (getattr(self._begun, "line", "") + text).split("\n")
        self._begun.line = rest
        for line in filter(str.strip, lines):
            logging.getLogger("printed").info(line.strip())
        return len(text)
