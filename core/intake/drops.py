"""Drops: the rows that their photos get, what became of each drop, and what is done to all its photos in one step.

A stored photo stays as it is. That it came again, when, by whom and with what site and note, is a row of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Literal

from core.intake.corrections import Changed, Correction, NotAllowed, correct_many, save
from core.intake.inbox import RECOUNT, Inbox, Ticket
from core.intake.pipeline import FinishedPhoto
from core.language import tr
from core.people.person import Person
from core.store.drops import StoredDrop
from core.store.library import Library
from core.store.now import CORRECTED
from core.store.records import Fieldwork, PhotoRecord, SeenAgain, Upload

State = Literal["sent", "counting", "done", "failed"]
"""No photo of a drop is counted yet; some wait; none waits; none waits and no photo could be read."""

MOST_LATELY = 1000
"""Photos that are remembered: those stored since the worker last claimed some, and had the current rows."""

READ_FROM_BYTES = tuple(
    field.name
    for field in fields(PhotoRecord)
    if field.name not in {one.name for one in fields(Upload)} | set(CORRECTED)
)


class Stored:
    """The photos that this process stored lately, for which the store need not be asked again each second."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lately: dict[str, PhotoRecord] = {}

    def record(self, finished: Sequence[FinishedPhoto]) -> int:
        """Add the rows of finished photos to the store; return how many of them were here already with another drop."""
        rows, seen = self._rows_of([one for one in finished if not one.ticket.again])
        self._library.record(
            rows,
            [one.result.analysis for one in finished if one.result.analysis is not None],
            [observation for one in finished for observation in one.observations],
            seen,
        )
        self._lately |= {row.photo_id: row for row in rows}
        self._lately = dict(list(self._lately.items())[-MOST_LATELY:])
        return len(seen)

    def _rows_of(self, finished: Sequence[FinishedPhoto]) -> tuple[list[PhotoRecord], list[SeenAgain]]:
        """The rows of finished photos; one that is stored stays as it is, whatever the clock of its upload said.

        It gets a row only where its bytes can be read now and could not before. One that another process stores at this
        moment may get a second one, of which the earlier upload holds: core/store/now.py.
        """
        stored = self._lately | self._library.photos_lately(one.ticket.photo_id for one in finished)
        rows, seen = [], []
        for one in finished:
            ticket, before = one.ticket, stored.get(one.ticket.photo_id)
            row = one.result.photo
            if (why := ticket.hidden_why) is not None:
                row = replace(row, hidden_by=ticket.changed_by, hidden_at=datetime.now(UTC), hidden_why=why)
            if before is not None:
                said_anew = (before.site, before.note) != (ticket.site, ticket.note)
                if before.drop_id != ticket.drop_id or (said_anew and before.uploaded_at != ticket.uploaded_at):
                    seen.append(ticket.seen)
                row = self._changed(before, row, ticket)
            if row != before:
                rows.append(row)
                stored[ticket.photo_id] = row
        return rows, seen

    def _changed(self, before: PhotoRecord, row: PhotoRecord, ticket: Ticket) -> PhotoRecord:
        """The stored photo with what is new: it can be read at last, or its drop was changed while it was counted."""
        same_drop = before.drop_id == ticket.drop_id
        if before.problem and not row.problem:
            read = True
        else:
            unread = same_drop and before.problem != row.problem
            read = unread and not self._library.analyses_of(ticket.photo_id)
        said = bool(ticket.changed_by) and same_drop
        if not read and not said:
            return before
        before = changed = self._library.photo(ticket.photo_id) or before
        if read:
            changed = replace(changed, **{name: getattr(row, name) for name in READ_FROM_BYTES})
        if said and before.changed_by is None:
            names = ("site", "note", "hidden_by", "hidden_at", "hidden_why")
            changed = replace(changed, changed_by=ticket.changed_by, **{name: getattr(row, name) for name in names})
        return before if changed == before else replace(changed, changed_at=datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class ListedDrop(StoredDrop):
    """A drop and what became of its photos.

    waiting: photos that are not counted yet. doubtful: of its own that are not hidden.
    """

    waiting: int
    doubtful: int

    @property
    def state(self) -> State:
        """The state of the drop."""
        stored = self.photos + self.again
        if self.waiting:
            return "counting" if stored else "sent"
        return "failed" if self.failed and self.failed == self.photos and not self.again else "done"

    @property
    def undone(self) -> bool:
        """True if all its own photos are hidden."""
        return self.hidden > 0 and self.hidden == self.photos


@dataclass(frozen=True, slots=True)
class DropsPage:
    """Some drops, the newest first. page: its number, from 0. total: how many drops there are altogether."""

    drops: tuple[ListedDrop, ...]
    page: int
    total: int


def list_drops(
    library: Library, inbox: Inbox, *, by: str | None = None, page: int = 0, per_page: int = 24
) -> DropsPage:
    """A page of the drops of a person, or of everybody. Beyond the last page it is the last one. Raises StoreError."""
    waiting = Counter(name.rpartition("-")[0] for name in inbox.names() if not name.startswith(RECOUNT))
    times, sent = library.drop_times(by), {}
    for drop_id in waiting.keys() - times.keys():
        ticket = inbox.first_ticket(drop_id)
        if ticket is not None and by in (None, ticket.uploaded_by):
            times[drop_id] = ticket.uploaded_at
            about = (ticket.uploaded_by, ticket.uploaded_at, (ticket.site,), (ticket.note,))
            sent[drop_id] = StoredDrop(drop_id, *about, photos=0, again=0, failed=0, hidden=0)
    newest = sorted(times, key=lambda drop_id: (times[drop_id], drop_id), reverse=True)
    page = min(page, max(0, len(newest) - 1) // per_page)
    shown = newest[page * per_page : (page + 1) * per_page]
    stored, doubtful = sent | library.stored_drops(shown), library.doubtful_of_drops(shown)
    drops = (
        ListedDrop(**asdict(stored[drop_id]), waiting=waiting[drop_id], doubtful=doubtful.get(drop_id, 0))
        for drop_id in shown
    )
    return DropsPage(tuple(drops), page, len(newest))


def correct_drop(library: Library, inbox: Inbox, drop_id: str, correction: Correction, *, by: Person) -> Changed:
    """Correct a drop's own photos, also those that wait; those that were here already stay.

    To undo a drop is to hide its photos. Raises StoreError, and NotAllowed, also for clock and position while photos
    wait.
    """
    ticket = inbox.first_ticket(drop_id)
    if ticket is not None:
        if ticket.uploaded_by != by.username and not by.may("lead"):
            raise NotAllowed(
                tr("This was uploaded by {person}: only they or a lead can change it.", person=ticket.uploaded_by)
            )
        if correction.shift or correction.position_of:
            raise NotAllowed(
                tr("Photos of this drop are still being counted. Correct clock and position when they are done.")
            )
        waiting = inbox.change(drop_id, lambda waiting: _corrected(waiting, correction, by))
        library.trail.add(correction.action, f"{waiting} photos that wait, drop {drop_id}", by=by)
    return correct_many(library, library.own_photos(drop_id), correction, by=by)


def _corrected(ticket: Ticket, correction: Correction, by: Person) -> Ticket:
    """The ticket of a photo that waits, with what is said anew."""
    return replace(
        ticket,
        site=ticket.site if correction.site is None else correction.site.strip(),
        note=ticket.note if correction.note is None else correction.note.strip(),
        hidden_why=None if correction.show else ticket.hidden_why if correction.hide is None else correction.hide,
        changed_by=by.username,
    )


def say_fieldwork(library: Library, inbox: Inbox, fieldwork: Fieldwork, *, by: Person) -> None:
    """Keep what a person says of the field work of a drop, also of one whose photos are still to come.

    Raises NotAllowed where the drop is another's and the person is no lead, StoreError.
    """
    ticket = inbox.first_ticket(fieldwork.drop_id)
    stored = library.stored_drops([fieldwork.drop_id]).get(fieldwork.drop_id)
    owner = ticket.uploaded_by if ticket else stored.by if stored else by.username
    if owner != by.username and not by.may("lead"):
        raise NotAllowed(tr("This was uploaded by {person}: only they or a lead can change it.", person=owner))
    if fieldwork != library.fieldwork().get(fieldwork.drop_id):
        library.describe_fieldwork(fieldwork, by=by)


def move_here(library: Library, drop_id: str, *, by: Person) -> Changed:
    """Move the photos that were here already when a drop came to the site that was typed with it.

    Only those that this person may correct; none where no site was typed. Raises NotAllowed, StoreError.
    """
    typed = {seen.photo_id: seen.site for seen in library.seen_again(drop_id) if seen.site.strip()}
    at = datetime.now(UTC)

    def moved(photo: PhotoRecord) -> PhotoRecord:
        return Correction(site=typed[photo.photo_id]).of(photo, by=by, at=at)

    return save(library, list(typed), moved, by=by, at=at, action="photos corrected")
