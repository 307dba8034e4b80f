"""Slows down the guessing of passwords: growing waits per name and address, and per address over all names.

Kept in the store, so that processes share it and a restart forgets nothing. Every attempt counts before its password is
checked, so that guesses made at once count too. A failure is forgotten after a quarter of an hour, no wait is longer
than that, and an attempt made while waiting counts for nothing: nobody is locked out for good, and never by what
somebody does from another address. Names that do not exist count like those that do.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from hashlib import sha256
from math import ceil

from core.errors import AccountProblem
from core.language import tr
from core.store.blobs import Blobs
from core.store.documents import Document, change_document
from core.watching import metrics

KEY = "accounts/attempts.json"

FREE_FOR_NAME = 5
"""Failures without a wait for one name from one address: a person's mistypings."""
FREE_FOR_ADDRESS = 20
"""Failures without a wait for one address over all names: an institute behind one address."""
FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 900.0
FORGET_ONE_S = 900.0
MOST_ENTRIES = 2_000
CLOCK_SKEW_S = 60.0


class SignInLimits:
    """Counts attempts to sign in. clock: seconds since 1970."""

    def __init__(self, blobs: Blobs, *, clock: Callable[[], float] = time.time) -> None:
        self._blobs = blobs
        self._clock = clock

    def count_attempt(self, username: str, address: str) -> None:
        """Count an attempt that is about to be checked.

        Raises AccountProblem, saying for how long, when this name or address has to wait.
        """
        change_document(self._blobs, KEY, lambda failures: self._count(failures, username, address))

    def forgive_attempt(self, username: str, address: str) -> None:
        """Take back an attempt whose password was right, and all earlier ones for this name from this address."""
        for_name, for_address = _entries(username, address)

        def forgive(failures: Document) -> None:
            failures.pop(for_name, None)
            if for_address in failures:
                level, at = failures[for_address]
                failures[for_address] = [max(0.0, level - 1), at]

        change_document(self._blobs, KEY, forgive)

    def _count(self, failures: Document, username: str, address: str) -> None:
        now = self._clock()
        levels = {entry: _level(failures.get(entry), now) for entry in _entries(username, address)}
        wait_s = max(
            _wait_s(failures.get(entry), free, now)
            for entry, free in zip(levels, (FREE_FOR_NAME, FREE_FOR_ADDRESS), strict=True)
        )
        if wait_s > 0:
            metrics.refused_sign_in(metrics.SLOWED, address)
            raise AccountProblem(tr("Too many attempts from here. Try again in {time}.", time=_duration(wait_s)))
        for entry, level in levels.items():
            failures[entry] = [level + 1, now]
        _prune(failures, now)


def _entries(username: str, address: str) -> tuple[str, str]:
    """Names of the two entries; hashed, as what is typed into the name field may be a password."""
    network = _network(address)
    return _hashed(f"{username}\n{network}"), _hashed(network)


def _hashed(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()[:24]


def _network(address: str) -> str:
    """The address; for IPv6 its /64, of which one household has all addresses."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped or ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


def _level(entry: list[float] | None, now: float) -> float:
    """Failures not yet forgotten. An entry of a clock that ran far ahead is forgotten: its wait would never end."""
    level, at = entry or (0.0, now)
    return 0.0 if at > now + CLOCK_SKEW_S else max(0.0, level - max(0.0, now - at) / FORGET_ONE_S)


def _wait_s(entry: list[float] | None, free: int, now: float) -> float:
    """Seconds to wait from now: none below `free` failures, then doubling from FIRST_WAIT_S to LONGEST_WAIT_S."""
    if entry is None or _level(entry, now) == 0:
        return 0.0
    level, at = entry
    beyond = ceil(level) - free
    return 0.0 if beyond < 0 else at + min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(beyond, 10)) - now


def _prune(failures: Document, now: float) -> None:
    """Drop what is forgotten, and the mildest beyond MOST_ENTRIES: the document never outgrows some 100 kB."""
    for entry in [entry for entry, failure in failures.items() if _level(failure, now) == 0]:
        del failures[entry]
    mildest_first = sorted(failures, key=lambda entry: _level(failures[entry], now))
    for entry in mildest_first[: max(0, len(failures) - MOST_ENTRIES)]:
        del failures[entry]


def _duration(seconds: float) -> str:
    whole = ceil(seconds)
    if whole >= 90:
        return tr("{minutes} minutes", minutes=round(whole / 60))
    return tr("1 second") if whole <= 1 else tr("{seconds} seconds", seconds=whole)
