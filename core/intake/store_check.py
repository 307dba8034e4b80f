"""Check that a store is whole: every photo has its row or its ticket, every row and every ticket has its photo.

What follows from what is there is repaired, through the inbox as an upload would; the rest is named. It may run beside
the app: what arrives meanwhile is not taken for lost, and a photo that gets a second ticket is counted once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from typing import Literal

from core.intake.deletion import delete_again, end_deletions
from core.intake.inbox import Inbox, Ticket, new_drop_id, ticket_of
from core.store.blobs import BlobInfo
from core.store.demo_mark import DEMO_MARK
from core.store.library import Library
from core.store.records import PhotoRecord
from core.store.trail import Actor


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be. problem and answer: what it is and what was or can be done, in words."""

    photo_id: str
    file: str
    problem: str
    answer: str
    repaired: bool


def check(
    library: Library, inbox: Inbox, *, by: Actor, restore: Literal["first", "last"] | None = None
) -> Iterator[Finding]:
    """Yield all findings, each repaired first where that is possible. by: the person for photos of which nothing
    is known but their bytes. restore: of photos whose uploads say different sites or notes, the upload whose hold from
    now on. Raises StoreError.
    """
    end_deletions(library, inbox)
    deleted = library.tombstones.ids()
    photos = {photo.key.rpartition("/")[2]: photo for photo in library.pictures.photos()}
    tickets = list(inbox.names())
    waiting = {_photo_of(name) for name in tickets}
    stored, back = set[str](), deleted & photos.keys()
    lost: list[PhotoRecord] = []  # of a million rows few are kept
    for batch in library.every_photo():
        stored.update(photo.photo_id for photo in batch)
        back |= {photo.photo_id for photo in batch if photo.photo_id in deleted and photo.uploaded_by}
        lost += (photo for photo in batch if photo.photo_id not in photos and photo.photo_id not in deleted)
    for finding in chain(
        _deleted(library, inbox, sorted(back)),
        _without_row(photos, waiting | stored | deleted, inbox, by.username),
        _uncounted(library, photos, waiting, inbox),
        _without_photo(library, lost),
        _tickets_without_photo(library, inbox, tickets, photos, stored),
        _uploaded_differently(library, by, restore),
    ):
        if finding.repaired:
            library.trail.add("store repaired", finding.photo_id, by=by, before=finding.problem, after=finding.answer)
        yield finding


def _deleted(library: Library, inbox: Inbox, back: Sequence[str]) -> Iterator[Finding]:
    if delete_again(library, inbox, back):
        for photo_id in back:
            yield Finding(photo_id, "", "a deleted photo that came back", "it is deleted again", repaired=True)


def _uploaded_differently(library: Library, by: Actor, restore: Literal["first", "last"] | None) -> Iterator[Finding]:
    """Photos that version 1.0 took over from each upload, and of which nobody has said since what holds."""
    for first, last in library.uploaded_differently():
        said = {"first": f"{_said(first)}, by {first.uploaded_by}", "last": f"{_said(last)}, by {last.uploaded_by}"}
        problem = f"a photo that was uploaded with {said['first']}, and again with {said['last']}"
        if restore is None:
            answer = "the first holds; let the first or the last hold for good with --restore"
            yield Finding(first.photo_id, first.file, problem, answer, repaired=False)
            continue
        site, note = (
            (first.site, first.note) if restore == "first" else (last.site or first.site, last.note or first.note)
        )
        now = library.photos([first.photo_id])[first.photo_id]
        kept = replace(now, site=site, note=note, changed_by=by.username, changed_at=datetime.now(UTC))
        library.record([kept], [], [])
        yield Finding(first.photo_id, first.file, problem, f"{_said(kept)} holds", repaired=True)


def _said(photo: PhotoRecord) -> str:
    return f"site {photo.site!r} and note {photo.note!r}"


def _without_row(photos: dict[str, BlobInfo], known: set[str], inbox: Inbox, by: str) -> Iterator[Finding]:
    drop_id = new_drop_id()
    for photo_id in sorted(photos.keys() - known):
        if photo_id.startswith(DEMO_MARK):
            continue
        photo = photos[photo_id]
        file = f"{photo_id[:12]} (name lost)"
        inbox.add(
            Ticket(
                drop_id=drop_id,
                photo_id=photo_id,
                file=file,
                bytes=photo.bytes,
                site="",
                note="",
                uploaded_by=by,
                uploaded_at=photo.modified_at,
            )
        )
        yield Finding(photo_id, file, "a photo without a row and without a ticket", f"waits to be counted, in drop "
                      f"{drop_id} of {by}; its name, site and note are lost", repaired=True)  # fmt: skip


def _uncounted(library: Library, photos: dict[str, BlobInfo], waiting: set[str], inbox: Inbox) -> Iterator[Finding]:
    for photo in library.uncounted():
        if photo.photo_id in photos and photo.photo_id not in waiting:
            inbox.add(ticket_of(photo))
            yield Finding(
                photo.photo_id, photo.file, "a photo without its counts", "waits to be counted", repaired=True
            )


def _without_photo(library: Library, lost: list[PhotoRecord]) -> Iterator[Finding]:
    for photo in lost:
        if not photo.photo_id.startswith(DEMO_MARK) and not library.pictures.has(photo.photo_id):
            yield Finding(photo.photo_id, photo.file, f"a row without its photo, of {photo.uploaded_by}, drop "
                          f"{photo.drop_id}", "its counts stay; upload the same file again, or fetch "
                          "it from a backup", repaired=False)  # fmt: skip


def _tickets_without_photo(
    library: Library, inbox: Inbox, tickets: list[str], photos: dict[str, BlobInfo], stored: set[str]
) -> Iterator[Finding]:
    for name in tickets:
        photo_id = _photo_of(name)
        if photo_id in photos or library.pictures.has(photo_id):
            continue
        counted = photo_id in stored and bool(library.analyses_of(photo_id))
        if counted:
            inbox.withdraw(name)
        answer = "it was counted before: the ticket is gone" if counted else "upload the photo again"
        yield Finding(photo_id, name, "a ticket without its photo", answer, repaired=counted)


def _photo_of(ticket: str) -> str:
    return ticket.rpartition("-")[2]
