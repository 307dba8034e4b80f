"""Slows down the guessing of passwords: growing waits per name and address, per address over all names, and per name
over all addresses.

Kept in the store, so that processes share it and a restart forgets nothing. Every attempt counts before its password is
checked, so that guesses made at once count too. A failure is forgotten after a quarter of an hour, no wait is longer
than that, and an attempt made while waiting counts for nothing: nobody is locked out for good, and never by what
somebody does from another address, as long as they signed in from their own within a month. Names that do not exist
count like those that do. A damaged count is begun anew: it locks nobody out.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Callable
from hashlib import sha256
from math import ceil, isfinite

from core.errors import AccountProblem, Damaged
from core.language import tr
from core.store.blobs import Blobs
from core.store.documents import Document, change_document
from core.watching import metrics

log = logging.getLogger(__name__)

KEY = "accounts/attempts.json"

FREE_FOR_NAME = 5
"""Failures without a wait for one name from one address: a person's mistypings."""
FREE_FOR_ADDRESS = 20
"""Failures without a wait for one address over all names: an institute behind one address."""
FREE_FOR_NAME_ANYWHERE, FORGET_ONE_OF_NAME_S = 40, 60.0
"""Failures without a wait for one name over all addresses, and the seconds in which one is forgotten: 100 an hour."""
KNOWN_S = 30 * 86_400.0
FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 900.0
FORGET_ONE_S = 900.0
MOST_ENTRIES = 2_000
KNOWN, ANYWHERE = "known-", "name-"
"""Starts of the entries that say when a name signed in at an address, and that count its failures everywhere."""
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
        try:
            change_document(self._blobs, KEY, lambda failures: self._count(failures, username, address))
        except Damaged as problem:
            log.warning("Attempts to sign in are counted from 0: %s", problem)
            self._blobs.put(KEY, b"{}")
            change_document(self._blobs, KEY, lambda failures: self._count(failures, username, address))

    def forgive_attempt(self, username: str, address: str) -> None:
        """Take back an attempt whose password was right, and all earlier ones for this name from this address."""
        for_name, for_address, anywhere = _entries(username, address)

        def forgive(failures: Document) -> None:
            failures.pop(for_name, None)
            for entry in (for_address, anywhere):
                if entry in failures:
                    level, at = failures[entry]
                    failures[entry] = [max(0.0, level - 1), at]
            failures[_known(for_name)] = [0.0, self._clock()]

        change_document(self._blobs, KEY, forgive)

    def _count(self, failures: Document, username: str, address: str) -> None:
        now = self._clock()
        for entry in [entry for entry, failure in failures.items() if not _whole(failure)]:
            del failures[entry]
        for_name, for_address, anywhere = _entries(username, address)
        levels = {entry: _level(failures.get(entry), now) for entry in (for_name, for_address)}
        levels[anywhere] = _level(failures.get(anywhere), now, forget_s=FORGET_ONE_OF_NAME_S)
        wait_s = max(
            _wait_s(failures.get(for_name), FREE_FOR_NAME, now),
            _wait_s(failures.get(for_address), FREE_FOR_ADDRESS, now),
        )
        if _known(for_name) not in failures:  # a stranger to this name waits with all others who guess it
            wait_s = max(wait_s, (levels[anywhere] + 1 - FREE_FOR_NAME_ANYWHERE) * FORGET_ONE_OF_NAME_S)
        if wait_s > 0:
            metrics.refused_sign_in(metrics.SLOWED, address)
            raise AccountProblem(tr("Too many attempts from here. Try again in {time}.", time=_duration(wait_s)))
        for entry, level in levels.items():
            failures[entry] = [level + 1, now]
        _prune(failures, now)


def _entries(username: str, address: str) -> tuple[str, str, str]:
    """Names of the entries of a name at an address, of the address and of the name; hashed, as what is typed into the
    name field may be a password."""
    network = _network(address)
    return _hashed(f"{username}\n{network}"), _hashed(network), f"{ANYWHERE}{_hashed(username)}"


def _known(entry: str) -> str:
    """The name of the entry that says when a name last signed in at an address."""
    return f"{KNOWN}{entry}"


def _whole(failure: object) -> bool:
    """True if an entry is as this module writes it."""
    return (
        isinstance(failure, list)
        and len(failure) == 2
        and all(isinstance(n, int | float) and not isinstance(n, bool) and isfinite(n) for n in failure)
    )


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


def _level(entry: list[float] | None, now: float, *, forget_s: float = FORGET_ONE_S) -> float:
    """Failures not yet forgotten. An entry of a clock that ran far ahead is forgotten: its wait would never end."""
    level, at = entry or (0.0, now)
    return 0.0 if at > now + CLOCK_SKEW_S else max(0.0, level - max(0.0, now - at) / forget_s)


def _wait_s(entry: list[float] | None, free: int, now: float) -> float:
    """Seconds to wait from now: none below `free` failures, then doubling from FIRST_WAIT_S to LONGEST_WAIT_S."""
    if entry is None or _level(entry, now) == 0:
        return 0.0
    level, at = entry
    beyond = ceil(level) - free
    return 0.0 if beyond < 0 else at + min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(beyond, 10)) - now


def _prune(failures: Document, now: float) -> None:
    """Drop what is forgotten, and the mildest beyond MOST_ENTRIES: the document never outgrows some 200 kB."""
    for entry in [entry for entry, failure in failures.items() if _forgotten(entry, failure, now)]:
        del failures[entry]
    known = sorted((entry for entry in failures if entry.startswith(KNOWN)), key=lambda entry: failures[entry][1])
    mildest_first = sorted(failures.keys() - {*known}, key=lambda entry: _level(failures[entry], now))
    for entry in (*known[:-MOST_ENTRIES], *mildest_first[:-MOST_ENTRIES]):
        del failures[entry]


def _forgotten(entry: str, failure: list[float], now: float) -> bool:
    if entry.startswith(KNOWN):
        return not now - KNOWN_S < failure[1] <= now + CLOCK_SKEW_S
    forget_s = FORGET_ONE_OF_NAME_S if entry.startswith(ANYWHERE) else FORGET_ONE_S
    return _level(failure, now, forget_s=forget_s) == 0


def _duration(seconds: float) -> str:
    whole = ceil(seconds)
    if whole >= 90:
        return tr("{minutes} minutes", minutes=round(whole / 60))
    return tr("1 second") if whole <= 1 else tr("{seconds} seconds", seconds=whole)
