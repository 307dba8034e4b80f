"""A person with an account, and how the people of a store are written as JSON rows and read back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, NamedTuple

from core.errors import AccountProblem
from core.language import tr, translated

ROLES = ("researcher", "lead", "admin")
"""Roles by their English words, least first: each includes those before it. The one table of roles."""


ORCID_ADDRESS = "https://orcid.org/"


class Published(NamedTuple):
    """A person as published data name them. orcid: the address of their ORCID iD, or ""."""

    name: str
    orcid: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """One account. changed_at: when password, role or state last changed, or the person signed out everywhere (UTC).

    sign_ins: of each open sign-in the moment it expires, seconds since 1970. language: the one that the person chose, a
    key of LANGUAGES; empty while they chose none. pseudonym: their name in published data, empty for `name`; orcid:
    checked, as 0000-0002-1825-0097, or empty. csv: the form of CSV that they chose, a key of CSV_FORMS, or empty.
    address: where they act from at this moment; it is not stored.
    """

    username: str
    name: str
    role: str
    changed_at: datetime
    password_hash: str = field(repr=False)
    disabled: bool = False
    must_change_password: bool = False
    sign_ins: tuple[float, ...] = field(default=(), repr=False)
    language: str = ""
    pseudonym: str = ""
    orcid: str = ""
    csv: str = ""
    address: str = field(default="", compare=False)

    def may(self, role: str) -> bool:
        """True if this person has `role` or a higher one."""
        return ROLES.index(self.role) >= ROLES.index(role)

    @property
    def published(self) -> Published:
        """The person as published data name them."""
        return Published(self.pseudonym or self.name, f"{ORCID_ADDRESS}{self.orcid}" if self.orcid else "")


def orcid_of(text: str) -> str:
    """The ORCID iD that a text or a link names, "" for none. Raises AccountProblem where its last digit is not right.

    https://support.orcid.org, "Structure of the ORCID Identifier": ISO 7064, MOD 11-2.
    """
    plain = text.strip().rstrip("/").rsplit("/", 1)[-1].replace("-", "").upper()
    if not plain:
        return ""
    total = 0
    for digit in plain[:-1]:
        total = (total + int(digit)) * 2 if digit.isascii() and digit.isdigit() else 0
    last = (12 - total % 11) % 11
    if not re.fullmatch(r"[0-9]{15}[0-9X]", plain) or plain[-1] != ("X" if last == 10 else str(last)):
        raise AccountProblem(
            tr(
                "{text} is not an ORCID iD. Copy it from your page at orcid.org, as 0000-0002-1825-0097.",
                text=repr(text),
            )
        )
    return "-".join(plain[start : start + 4] for start in range(0, 16, 4))


def people_of(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Person]:
    """People by user name, without rows that cannot be read: one damaged row locks nobody else out."""
    people = {}
    for username, row in rows.items():
        with suppress(AccountProblem):
            people[username] = _person(username, row)
    return people


def damaged_rows(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """For each row that cannot be read a sentence that says why."""
    sentences = []
    for username, row in rows.items():
        try:
            _person(username, row)
        except AccountProblem as problem:
            sentences.append(str(problem))
    return sentences


def rows_of(people: Mapping[str, Person]) -> dict[str, dict[str, Any]]:
    """People as JSON rows for people_of."""
    return {username: _row(person) for username, person in people.items()}


def role_word(role: str) -> str:
    """The word for a role in the language in use."""
    return translated(role)


def check_role(role: str) -> None:
    """Check a role. Raises AccountProblem for anything that is not in ROLES."""
    if role not in ROLES:
        raise AccountProblem(
            tr("{role} is not a role. Choose one of {roles}.", role=repr(role), roles=", ".join(ROLES))
        )


def _person(username: str, row: Mapping[str, Any]) -> Person:
    try:
        check_role(row["role"])
        changed_at = datetime.fromisoformat(row["changed_at"])
        _check_kinds(row)
        return Person(**{**row, "username": username, "changed_at": changed_at, "sign_ins": tuple(row["sign_ins"])})
    except (AccountProblem, KeyError, TypeError, ValueError) as error:
        raise AccountProblem(
            tr(
                "The account {username} is damaged ({error}). Restore an older accounts file.",
                username=username,
                error=error,
            )
        ) from error


def _check_kinds(row: Mapping[str, Any]) -> None:
    """Check that each value is of its kind. Raises TypeError naming the first that is not."""
    for known in fields(Person):
        value = row.get(known.name)
        kind = (float, int) if known.name == "sign_ins" else bool if isinstance(known.default, bool) else str
        values = value if known.name == "sign_ins" else [value] if known.name in row else []
        if wrong := [one for one in values or () if not isinstance(one, kind)]:
            raise TypeError(f"{known.name} is {wrong[0]!r}")


def _row(person: Person) -> dict[str, Any]:
    row = asdict(person) | {"changed_at": person.changed_at.isoformat()}
    del row["username"], row["address"]
    return row
