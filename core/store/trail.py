"""The trail: who changed what, when and from where, as rows of tables/trail that are only ever added to.

Whoever changes the state of a store adds an entry once the change is made. An entry names a photo by its photo_id and
nothing else: neither its file name, position nor note, so that none of them is left when the photo is deleted. A trail
that cannot be written stops nobody: the entry then goes into the log.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, Protocol, get_args

import polars as pl
import pyarrow as pa

from core.errors import StoreError
from core.language import DUTCH_TIME
from core.store.schemas import TRAIL
from core.store.tables import Tables, quoted, quoted_list

log = logging.getLogger(__name__)

Action = Literal[
    "signed in",
    "sign-in refused",
    "signed out",
    "signed out everywhere",
    "account added",
    "role changed",
    "password changed",
    "published name changed",
    "one-time password made",
    "account disabled",
    "account enabled",
    "site described",
    "site description removed",
    "site renamed",
    "field work described",
    "photos corrected",
    "photos hidden",
    "photos shown",
    "correction undone",
    "photos deleted",
    "review saved",
    "review undone",
    "review redone",
    "blind recount drawn",
    "name written",
    "list of names replaced",
    "list of names chosen",
    "model chosen",
    "recount started",
    "recount stopped",
    "publication changed",
    "store repaired",
    "demo photos added",
    "demo photos removed",
]
"""All that a trail tells of; the page Trail filters by these words."""

ACTIONS: tuple[Action, ...] = get_args(Action)


class Actor(Protocol):
    """The person who acts, and the address or machine that they act from."""

    @property
    def username(self) -> str:
        """Their user name."""
        ...

    @property
    def address(self) -> str:
        """Their IP address, or another place in words."""
        ...


@dataclass(frozen=True, slots=True)
class Named:
    """An actor who has no account at hand: somebody at a terminal, or the server itself."""

    username: str
    address: str


SERVER = Named("bloomcount", "server")
"""The actor of what the server does by itself."""


Told = str | Mapping[str, object]
"""A state in words, or as fields; of fields before and after only those that differ are told."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A change: action, the thing that was changed, and its state before and after."""

    action: Action
    what: str
    before: Told = ""
    after: Told = ""


@dataclass(frozen=True, slots=True)
class Part:
    """The entries that a person asks for; an empty part is all of them. until: that day included (UTC)."""

    people: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None


class Trail:
    """The trail of one store. Threads may share one."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(self, action: Action, what: str, *, by: Actor, before: Told = "", after: Told = "") -> None:
        """Add an entry: this person did this to that."""
        self.add_all([Entry(action, what, before, after)], by=by)

    def add_all(self, entries: Sequence[Entry], *, by: Actor) -> None:
        """Add the entries of one step together."""
        at, rows = datetime.now(UTC), []
        for entry in entries:
            before, after = _differences(entry.before, entry.after)
            told = {"action": entry.action, "what": entry.what, "before": before, "after": after}
            rows.append({"at": at, "by": by.username, "from": by.address, **told})
        try:
            self._tables.append("trail", pa.Table.from_pylist(rows, TRAIL))
        except StoreError as problem:  # the change is made: an error now would say that it was not
            log.error("The trail cannot be written: %s", problem, extra={"trail": [*map(str, rows)]})

    def entries(self, part: Part, *, most: int | None = None) -> pl.DataFrame:
        """The entries of a part, newest first, with the columns of tables/trail. Raises StoreError."""
        limit = "" if most is None else f" LIMIT {most}"
        sql = f'SELECT * FROM trail WHERE {_condition(part)} ORDER BY "at" DESC{limit}'
        frame = pl.from_arrow(self._tables.query(sql, "trail").select(TRAIL.names).cast(TRAIL))
        assert isinstance(frame, pl.DataFrame)
        return frame

    def number(self, part: Part) -> int:
        """Count the entries of a part. Raises StoreError."""
        return int(
            self._tables.query(f"SELECT count(*) AS n FROM trail WHERE {_condition(part)}", "trail")["n"][0].as_py()
        )

    def people(self) -> list[str]:
        """The user names in the trail, by alphabet. Raises StoreError."""
        names: list[str] = self._tables.query('SELECT DISTINCT "by" FROM trail ORDER BY "by"', "trail")[
            "by"
        ].to_pylist()
        return names


def photos_named(photo_ids: Sequence[str]) -> str:
    """The photos of an entry: their ids and nothing else of them."""
    return photo_ids[0] if len(photo_ids) == 1 else f"{len(photo_ids)} photos: {' '.join(photo_ids)}"


def _condition(part: Part) -> str:
    conditions = ["true"]
    if part.people:
        conditions.append(f'"by" IN {quoted_list(part.people)}')
    if part.actions:
        conditions.append(f"action IN {quoted_list(part.actions)}")
    if part.since:
        conditions.append(f'"at" >= {_moment(part.since)}')
    if part.until:
        conditions.append(f'"at" < {_moment(part.until + timedelta(days=1))}')
    return " AND ".join(conditions)


def _moment(day: date) -> str:
    began_at = datetime.combine(day, time.min, DUTCH_TIME).astimezone(UTC).replace(tzinfo=None)
    return f"arrow_cast({quoted(began_at.isoformat())}, 'Timestamp(Microsecond, Some(\"UTC\"))')"


def _differences(before: Told, after: Told) -> tuple[str, str]:
    """Both as texts; of fields only those that differ, of fields alone those that hold something."""
    one, other = ({} if isinstance(told, str) else told for told in (before, after))
    names = [name for name in {**one, **other} if (one.get(name) or None) != (other.get(name) or None)]
    return _text(before, names), _text(after, names)


def _text(told: Told, names: Sequence[str]) -> str:
    if isinstance(told, str):
        return told
    fields = {name: told[name] for name in names if name in told}
    return json.dumps(fields, ensure_ascii=False, default=str) if fields else ""
