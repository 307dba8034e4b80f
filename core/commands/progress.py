"""Sentences and progress that a command writes to standard error, beside its data."""

from __future__ import annotations

import sys
import time

QUIET_S, EVERY_S = 2.0, 5.0


class Progress:
    """Says how much is done, and of a known total the time left, when it takes long."""

    def __init__(self, total: int | None = None, nouns: str = "photos") -> None:
        self.total = total
        self._nouns = nouns
        self._start = time.monotonic()
        self._said_at = self._start + QUIET_S - EVERY_S

    def tell(self, done: int) -> None:
        """Say that so many are done, unless that was said a moment ago."""
        now = time.monotonic()
        if now - self._said_at < EVERY_S or done in (0, self.total):
            return
        self._said_at = now
        if self.total is None:
            say(f"{done} {self._nouns} so far")
        else:
            left_s = (now - self._start) / done * (self.total - done)
            say(f"{done} of {self.total} {self._nouns}, about {left_s:.0f} s left")


def say(sentence: str) -> None:
    """Write a line to standard error, at once."""
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
