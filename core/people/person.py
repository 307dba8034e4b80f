"""A person with an account, and how the people of a store are written as JSON rows and read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from core.errors import AccountProblem
from core.language import tr, translated

ROLES = ("researcher", "lead", "admin")
"""Roles by their English words, least first: each includes those before it. The one table of roles."""


@dataclass(frozen=True, slots=True)
class Person:
    """One account. changed_at: when password, role or state last changed, or the person signed out everywhere (UTC).

    sign_ins: of each open sign-in the moment it expires, seconds since 1970. language: the one that the person chose, a
    key of LANGUAGES; empty while they chose none. address: where they act from at this moment; it is not stored.
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
    address: str = field(default="", compare=False)

    def may(self, role: str) -> bool:
        """True if this person has `role` or a higher one."""
        return ROLES.index(self.role) >= ROLES.index(role)


def people_of(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Person]:
    """People by user name. Raises AccountProblem for a row that cannot be read."""
    return {username: _person(username, row) for username, row in rows.items()}


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
        return Person(**{**row, "username": username, "changed_at": changed_at, "sign_ins": tuple(row["sign_ins"])})
    except (KeyError, TypeError, ValueError) as error:
        raise AccountProblem(
            tr(
                "The account {username} is damaged ({error}). Restore an older accounts file.",
                username=username,
                error=error,
            )
        ) from error


def _row(person: Person) -> dict[str, Any]:
    row = asdict(person) | {"changed_at": person.changed_at.isoformat()}
    del row["username"], row["address"]
    return row
