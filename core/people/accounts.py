"""People, their roles, password hashes and open sign-ins: one document in the store, written under a condition.

Passwords are kept as bcrypt only. A sign-in is known by the moment it expires, which the signed cookie carries; it
holds as long as it is listed with its person, so a new password, a disabled account or a sign-out ends it everywhere
at once, whatever the clocks of the processes say. Refusals to strangers never tell whether a name exists.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from core.csv_files import CSV_FORMS
from core.errors import AccountProblem
from core.language import LANGUAGES, tr
from core.people.passwords import check_password, hash_password, make_one_time_password, matches
from core.people.person import Person, Published, check_role, damaged_rows, orcid_of, people_of, rows_of
from core.people.signin_limits import SignInLimits
from core.store.blobs import Blobs
from core.store.documents import Document, change_document, read_document
from core.store.tables import Tables
from core.store.trail import SERVER, Actor, Named, Trail
from core.watching import metrics

KEY = "accounts/accounts.json"
SCHEMA = 1
SHORTEST_COOKIE_KEY = 32
MOST_SIGN_INS = 50
"""Open sign-ins of one person; the oldest beyond these end."""

USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")

LONGEST_NAME = 80

Result = TypeVar("Result")


class Accounts:
    """The accounts in a store. clock: seconds since 1970.

    Every question reads the store, so that a change made by another process holds at once.
    """

    def __init__(self, blobs: Blobs, *, clock: Callable[[], float] = time.time) -> None:
        self._blobs = blobs
        self._clock = clock
        self._limits = SignInLimits(blobs, clock=clock)
        self._trail = Trail(Tables(blobs))

    def first_start(self) -> str | None:
        """The one-time password of the new account `admin`; None where accounts exist already.

        Of several processes that start at once one makes the account, the others get None.
        Raises AccountProblem when the accounts that exist cannot be used safely.
        """
        if read_document(self._blobs, KEY):
            self.cookie_key()
            return None
        password = make_one_time_password()
        admin = self._new("admin", "Administrator", "admin", password)

        def make(document: Document) -> str | None:
            if document:
                return None
            document.update(schema=SCHEMA, cookie_key=secrets.token_urlsafe(48), people=rows_of({"admin": admin}))
            return password

        if made := change_document(self._blobs, KEY, make):
            self._trail.add("account added", "admin", by=SERVER, after="admin")
        return made

    def cookie_key(self) -> str:
        """The secret that signs cookies. Raises AccountProblem when it is missing, short or widely known."""
        key = self._document().get("cookie_key")
        if not isinstance(key, str) or len(key) < SHORTEST_COOKIE_KEY or key.startswith("some_"):
            raise AccountProblem(
                tr(
                    "The cookie key in {file} is missing, too short or a default that anyone knows, so anyone could "
                    "sign in. Write {least} or more random characters there as cookie_key.",
                    file=KEY,
                    least=SHORTEST_COOKIE_KEY,
                )
            )
        return key

    def credentials(self) -> dict[str, Any]:
        """The people for streamlit-authenticator, without hashes: it must never check passwords."""
        return {
            "usernames": {
                person.username: {"name": person.name, "email": "", "roles": [person.role]}
                for person in self.people()
                if not person.disabled
            }
        }

    def people(self) -> list[Person]:
        """All people, by user name."""
        people = people_of(self._document()["people"])
        return [people[username] for username in sorted(people)]

    def damaged(self) -> list[str]:
        """For each account that cannot be read a sentence that says why; all others can sign in."""
        return damaged_rows(self._document()["people"])

    def find(self, username: str) -> Person | None:
        """The person as the store has them at this moment, None where there is none."""
        return people_of(self._document()["people"]).get(username)

    def add(self, username: str, name: str, role: str, *, by: Actor) -> str:
        """Add an account and return its one-time password. Raises AccountProblem for a wrong name or role."""
        if not USERNAME.fullmatch(username):
            raise AccountProblem(
                tr(
                    "{username} cannot be a user name. Use 2 to 32 of a-z, 0-9, '.', '_' and '-', starting with a "
                    "letter.",
                    username=repr(username),
                )
            )
        name = " ".join(name.split())
        if not 1 <= len(name) <= LONGEST_NAME:
            raise AccountProblem(tr("Give the person's name, up to {limit} characters.", limit=LONGEST_NAME))
        check_role(role)
        password = make_one_time_password()
        person = self._new(username, name, role, password)

        def add(people: dict[str, Person]) -> str:
            if username in people:
                raise AccountProblem(tr("There is already an account {username}.", username=username))
            people[username] = person
            return password

        self._change(add)
        self._trail.add("account added", username, by=by, after=role)
        return password

    def set_role(self, username: str, role: str, *, by: Actor) -> None:
        """Give a person another role; open tabs have it at the next click. Raises AccountProblem."""
        check_role(role)
        before = self._known(username).role
        self._change_person(username, lambda person: replace(person, role=role, changed_at=self._now()))
        self._trail.add("role changed", username, by=by, before=before, after=role)

    def set_language(self, username: str, language: str) -> None:
        """Save the language that a person reads, a key of LANGUAGES. Raises AccountProblem for any other."""
        if language not in LANGUAGES:
            raise AccountProblem(
                tr(
                    "The language {language} is not available. Choose one of {languages}.",
                    language=repr(language),
                    languages=", ".join(LANGUAGES.values()),
                )
            )
        self._change_person(username, lambda person: replace(person, language=language))

    def set_csv(self, username: str, form: str) -> None:
        """Save the form of CSV that a person's spreadsheet opens. Raises AccountProblem for an unknown one."""
        if form not in CSV_FORMS:
            raise AccountProblem(
                tr("{form} is no form of CSV. Choose one of {forms}.", form=repr(form), forms=", ".join(CSV_FORMS))
            )
        self._change_person(username, lambda person: replace(person, csv=form))

    def publish_as(self, person: Person, *, pseudonym: str, orcid: str) -> None:
        """Save the name and ORCID iD that published data give this person. Raises AccountProblem."""
        pseudonym, orcid = " ".join(pseudonym.split()), orcid_of(orcid)
        if len(pseudonym) > LONGEST_NAME:
            raise AccountProblem(tr("A name has up to {limit} characters.", limit=LONGEST_NAME))
        pseudonym = "" if pseudonym == person.name else pseudonym
        before = self._known(person.username)
        after = self._change_person(person.username, lambda now: replace(now, pseudonym=pseudonym, orcid=orcid))
        if before.published != after.published:
            self._trail.add(
                "published name changed",
                person.username,
                by=person,
                before=before.published._asdict(),
                after=after.published._asdict(),
            )

    def published(self) -> dict[str, Published]:
        """All people as published data name them, by user name; nobody in a store without accounts."""
        people = read_document(self._blobs, KEY).get("people")
        return {name: person.published for name, person in people_of(people).items()} if people else {}

    def set_password(self, username: str, password: str, *, address: str) -> Person:
        """Set a person's own password and end all their sign-ins. Raises AccountProblem."""
        person = self._known(username)
        check_password(password)
        if matches(password, person.password_hash):
            raise AccountProblem(tr("That is the current password. Choose another one."))
        hashed = hash_password(password)
        changed = self._change_person(username, lambda person: self._renewed(person, hashed, one_time=False))
        self._trail.add("password changed", username, by=Named(username, address))
        return replace(changed, address=address)

    def change_password(self, username: str, present: str, new: str, *, address: str) -> Person:
        """Set a new password for a person who gives the current one; wrong guesses count as in sign_in."""
        self.sign_in(username, present, address=address)
        return self.set_password(username, new, address=address)

    def one_time_password(self, username: str, *, by: Actor) -> str:
        """Make a new one-time password and end all sign-ins of this person."""
        self._known(username)
        password = make_one_time_password()
        hashed = hash_password(password)
        self._change_person(username, lambda person: self._renewed(person, hashed, one_time=True))
        self._trail.add("one-time password made", username, by=by)
        return password

    def disable(self, username: str, *, by: Actor) -> None:
        """Disable an account and end all its sign-ins. Raises AccountProblem."""
        self._change_person(username, lambda person: self._signed_out(person, disabled=True))
        self._trail.add("account disabled", username, by=by)

    def enable(self, username: str, *, by: Actor) -> None:
        """Let a disabled account sign in again, with its password of before."""
        self._change_person(username, lambda person: self._signed_out(person, disabled=False))
        self._trail.add("account enabled", username, by=by)

    def sign_out_everywhere(self, username: str, *, by: Actor) -> None:
        """End every sign-in of this person, on every device."""
        self._change_person(username, lambda person: self._signed_out(person, disabled=person.disabled))
        self._trail.add("signed out everywhere", username, by=by)

    def sign_in(self, username: str, password: str, *, address: str) -> Person:
        """Check name and password and return the person.

        address: where the attempt comes from; wrong attempts are slowed per name and address.
        Raises AccountProblem with the same sentence and after the same work whether or not the name exists.
        """
        username = username.strip().lower()
        if not username or not password:
            raise AccountProblem(tr("Fill in both name and password."))
        self._limits.count_attempt(username, address)
        person = self.find(username)
        if not matches(password, person.password_hash if person else None) or person is None:
            metrics.refused_sign_in(metrics.WRONG, address)
            self._refused(person, address, "wrong password" if person else "no such account")
            raise AccountProblem(_wrong())
        self._limits.forgive_attempt(username, address)
        if person.disabled:
            metrics.refused_sign_in(metrics.DISABLED, address)
            self._refused(person, address, "disabled")
            raise AccountProblem(tr("This account is disabled. An administrator can enable it."))
        return replace(person, address=address)

    def open_sign_in(self, person: Person, expires_at: float) -> None:
        """List a sign-in of somebody who proved their password, until that moment (seconds since 1970).

        Raises AccountProblem when the account changed after it was proven.
        """

        def open_(now: Person) -> Person:
            if now.disabled or now.password_hash != person.password_hash:
                raise AccountProblem(_wrong())
            still_open = sorted(moment for moment in now.sign_ins if moment > self._clock())
            return replace(now, sign_ins=(*still_open, expires_at)[-MOST_SIGN_INS:])

        self._change_person(person.username, open_)
        self._trail.add("signed in", person.username, by=person)

    def signed_in(self, username: str, expires_at: float) -> Person | None:
        """The person of this sign-in as the store has them at this moment, None when it has ended."""
        person = self.find(username)
        if person is None or person.disabled or expires_at not in person.sign_ins or expires_at <= self._clock():
            return None
        return person

    def sign_out(self, username: str, expires_at: float, *, address: str) -> None:
        """End one sign-in: its cookie and every tab that came from it are a stranger's from now on."""

        def close(people: dict[str, Person]) -> None:
            if person := people.get(username):
                others = tuple(moment for moment in person.sign_ins if moment != expires_at)
                people[username] = replace(person, sign_ins=others)

        self._change(close)
        self._trail.add("signed out", username, by=Named(username, address))

    def _refused(self, person: Person | None, address: str, why: str) -> None:
        """Add an attempt to the trail, but not a name without account: it may be a password in the wrong field."""
        username = person.username if person else ""
        self._trail.add("sign-in refused", username, by=Named(username, address), after=why)

    def _new(self, username: str, name: str, role: str, one_time_password: str) -> Person:
        hashed = hash_password(one_time_password)
        return Person(username, name, role, self._now(), hashed, must_change_password=True)

    def _renewed(self, person: Person, password_hash: str, *, one_time: bool) -> Person:
        ended = self._signed_out(person, disabled=person.disabled)
        return replace(ended, password_hash=password_hash, must_change_password=one_time)

    def _signed_out(self, person: Person, *, disabled: bool) -> Person:
        return replace(person, disabled=disabled, sign_ins=(), changed_at=self._now())

    def _known(self, username: str) -> Person:
        person = self.find(username)
        if person is None:
            raise AccountProblem(tr("There is no account {username}.", username=username))
        return person

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    def _document(self) -> Document:
        return _checked(read_document(self._blobs, KEY))

    def _change_person(self, username: str, change: Callable[[Person], Person]) -> Person:
        def change_one(people: dict[str, Person]) -> Person:
            if username not in people:
                raise AccountProblem(tr("There is no account {username}.", username=username))
            people[username] = change(people[username])
            return people[username]

        return self._change(change_one)

    def _change(self, change: Callable[[dict[str, Person]], Result]) -> Result:
        def change_all(document: Document) -> Result:
            rows = _checked(document)["people"]
            people = people_of(rows)
            damaged, had_admin = {name: rows[name] for name in rows.keys() - people.keys()}, _has_admin(people)
            result = change(people)
            if had_admin and not _has_admin(people):
                raise AccountProblem(tr("This is the only administrator. Make somebody else one first."))
            if there := sorted(damaged.keys() & people.keys()):
                raise AccountProblem(tr("There is already an account {username}.", username=there[0]))
            document["people"] = damaged | rows_of(people)
            return result

        return change_document(self._blobs, KEY, change_all)


def _has_admin(people: Mapping[str, Person]) -> bool:
    return any(person.role == "admin" and not person.disabled for person in people.values())


def _wrong() -> str:
    return tr("Name or password is wrong.")


def _checked(document: Document) -> Document:
    if not document:
        raise AccountProblem(tr("There are no accounts yet. Start Bloomcount once: it creates the first one."))
    if document.get("schema") != SCHEMA or not isinstance(document.get("people"), dict):
        raise AccountProblem(
            tr(
                "{file} has schema {schema} or is damaged; this Bloomcount reads schema {known}. Start the version "
                "that wrote it, or restore an older copy.",
                file=KEY,
                schema=repr(document.get("schema")),
                known=SCHEMA,
            )
        )
    return document
