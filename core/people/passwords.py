"""Passwords: what they may be, how they are kept (bcrypt only), how they are compared."""

from __future__ import annotations

import secrets
import unicodedata

import bcrypt

from core.errors import AccountProblem
from core.language import tr

BCRYPT_COST = 12
"""A quarter of a second a password on the machines of 2026."""
SHORTEST_BYTES = 12
LONGEST_BYTES = 72
"""The most bytes that bcrypt reads."""
ONE_TIME_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""No letters and digits that look alike: these passwords are read out and copied by hand."""


def hash_password(password: str) -> str:
    """The bcrypt hash to keep of a password that check_password let pass."""
    return bcrypt.hashpw(_as_bytes(password), bcrypt.gensalt(BCRYPT_COST)).decode()


def matches(password: str, password_hash: str | None) -> bool:
    """True if the password belongs to the hash. None, of nobody, takes the same work and matches nothing."""
    typed = _as_bytes(password)
    if password_hash is None:
        bcrypt.hashpw(typed[:LONGEST_BYTES], bcrypt.gensalt(BCRYPT_COST))
        return False
    return bcrypt.checkpw(typed[:LONGEST_BYTES], password_hash.encode()) and len(typed) <= LONGEST_BYTES


def check_password(password: str) -> None:
    """Check a new password. Raises AccountProblem for one that is too short, too long or too easy to guess."""
    length = len(_as_bytes(password))
    if length < SHORTEST_BYTES:
        raise AccountProblem(
            tr("The password has {length} characters; it needs {least} or more.", length=length, least=SHORTEST_BYTES)
        )
    if length > LONGEST_BYTES:
        raise AccountProblem(
            tr(
                "The password has {length} bytes; the limit is {most} (letters beyond plain a to z count for two "
                "to four).",
                length=length,
                most=LONGEST_BYTES,
            )
        )
    if len(set(password)) < 4:
        raise AccountProblem(tr("The password repeats too few characters. Choose one that is harder to guess."))


def make_one_time_password() -> str:
    """A password for one sign-in: 16 random characters (79 bits) in groups of four."""
    characters = [secrets.choice(ONE_TIME_ALPHABET) for _ in range(16)]
    return "-".join("".join(characters[start : start + 4]) for start in range(0, 16, 4))


def _as_bytes(password: str) -> bytes:
    """UTF-8 of the composed form, so that an accent typed on another keyboard is the same accent."""
    return unicodedata.normalize("NFC", password).encode(errors="surrogatepass")
