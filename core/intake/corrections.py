"""Corrections of photos and sites after the upload, as new rows: site, note, clock, position, hidden; a site renamed.

Each is one step for any number of photos, and can be taken back. People correct their own photos, leads all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain

from core.errors import BloomError
from core.intake.inbox import Inbox
from core.language import tr
from core.people.person import Person
from core.store.library import Library
from core.store.records import PhotoRecord, PositionOf, Site
from core.store.selection import Selection
from core.store.trail import Action, photos_named

Which = Selection | Sequence[str]
"""Photos: those that the gallery of a selection shows, or these photo_ids, hidden or not."""


class NotAllowed(BloomError):
    """Something that this person may not do."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A new site, note, clock or position for photos, or their hiding. None leaves as it is, "" erases.

    shift: added to the time at which each was taken. position_of: the position that holds of those that have a site and
    a position of their own. hide: why they are taken out of every count, chart and export.
    show: hidden ones come back.
    """

    site: str | None = None
    note: str | None = None
    shift: timedelta | None = None
    position_of: PositionOf | None = None
    hide: str | None = None
    show: bool = False

    @property
    def action(self) -> Action:
        """The word of the trail for it."""
        return "photos hidden" if self.hide is not None else "photos shown" if self.show else "photos corrected"

    def of(self, photo: PhotoRecord, *, by: Person, at: datetime) -> PhotoRecord:
        """The photo as it is then said to be. A time that cannot be read stays, as does the first reason to hide."""
        said = replace(
            photo,
            site=photo.site if self.site is None else self.site.strip(),
            note=photo.note if self.note is None else self.note.strip(),
            taken_at=shifted(photo.taken_at, self.shift) if self.shift else photo.taken_at,
        )
        if self.position_of and photo.site and photo.latitude is not None and photo.longitude is not None:
            said = replace(said, position_of=self.position_of)
        if self.show:
            said = replace(said, hidden_by=None, hidden_at=None, hidden_why=None)
        if self.hide is not None and said.hidden_at is None:
            said = replace(said, hidden_by=by.username, hidden_at=at, hidden_why=self.hide.strip())
        return photo if said == photo else replace(said, changed_by=by.username, changed_at=at)


@dataclass(frozen=True, slots=True)
class Changed:
    """A change that was made in one step; undo() takes it back. photos: how many it changed."""

    by: str
    at: datetime
    photos: int


@dataclass(frozen=True, slots=True)
class Changes:
    """Numbers of photos before a change: those that it would change, and those that this person may not change."""

    photos: int
    of_others: int


def may_correct(person: Person, photo: PhotoRecord) -> bool:
    """True if this person may correct and hide the photo: the person who uploaded it, and every lead."""
    return person.username == photo.uploaded_by or person.may("lead")


def correct(library: Library, photo: PhotoRecord, *, site: str, note: str, by: Person) -> PhotoRecord:
    """Save another site and note of a photo; every figure uses them from now on.

    Raises NotAllowed, StoreError.
    """
    correct_many(library, [photo.photo_id], Correction(site=site, note=note), by=by)
    return library.photos([photo.photo_id])[photo.photo_id]


def correct_many(library: Library, which: Which, correction: Correction, *, by: Person) -> Changed:
    """Correct those of the photos that this person may; the others stay.

    Raises NotAllowed where that is none of them, StoreError.
    """
    at = datetime.now(UTC)
    return save(
        library, which, lambda photo: correction.of(photo, by=by, at=at), by=by, at=at, action=correction.action
    )


def count_changes(library: Library, which: Which, correction: Correction, *, by: Person) -> Changes:
    """Count the photos that a correction would change. Raises StoreError."""
    at, photos, of_others = datetime.now(UTC), 0, 0
    for photo in chain.from_iterable(library.records_of(which)):
        if correction.of(photo, by=by, at=at) != photo:
            photos += may_correct(by, photo)
            of_others += not may_correct(by, photo)
    return Changes(photos, of_others)


def undo(library: Library, change: Changed, *, by: Person) -> Changed:
    """Make photos what they were before a change; those that were changed again since stay as they are.

    Raises NotAllowed, StoreError.
    """
    before = library.photos_before(change.at, by=change.by)
    at = datetime.now(UTC)

    def restored(photo: PhotoRecord) -> PhotoRecord:
        return replace(before[photo.photo_id], changed_by=by.username, changed_at=at)

    return save(library, list(before), restored, by=by, at=at, action="correction undone")


def shifted(taken_at: str | None, shift: timedelta) -> str | None:
    """A time as the camera wrote it, so much later, in the same form; what is no time stays."""
    try:
        later = datetime.fromisoformat(taken_at or "") + shift
    except (ValueError, OverflowError):
        return taken_at
    return later.isoformat()


def rename_site(library: Library, old: str, new: str, *, by: Person) -> int:
    """Move all photos, stored or waiting, hidden or not, from site `old` to site `new`; return how many.

    Where `new` is there already, the two are one. Its description goes along, unless `new` has its own. Raises
    NotAllowed, StoreError: what was renamed before that stays so, and doing it again renames the rest.
    """
    if not by.may("lead"):
        raise NotAllowed(f"{by.username} is {by.role}: only a lead can rename a site.")
    waiting = Inbox(library.blobs, lease_s=0)  # before the rows, as what is counted goes from here to there
    photos = waiting.rename_site(old, new, by=by.username)
    for hidden in (False, True):
        there, renamed, at = Selection(sites=(old,), hidden=hidden), Correction(site=new), datetime.now(UTC)
        ids = [photo.photo_id for batch in library.photo_records(there) for photo in batch if photo.site == old]
        photos += len(_saved(library, ids, lambda photo: renamed.of(photo, by=by, at=at), by=by))  # noqa: B023
    described = library.described_sites()
    if old in described:
        moved = replace(described[old], changed_by=by.username, changed_at=datetime.now(UTC))
        heir: list[Site] = [] if new in described else [replace(moved, site=new)]
        library.describe_sites([*heir, replace(moved, removed=True)], by=by)
    plots = [site for site in library.described_sites().values() if site.parent == old]
    said = {"changed_by": by.username, "changed_at": datetime.now(UTC)}
    library.describe_sites(
        [replace(plot, parent=None if plot.site == new else new, **said) for plot in plots],  # type: ignore[arg-type]
        by=by,
    )
    library.trail.add("site renamed", old, by=by, before=old, after=new)
    return photos


def save(
    library: Library,
    which: Which,
    change: Callable[[PhotoRecord], PhotoRecord],
    *,
    by: Person,
    at: datetime,
    action: Action,
) -> Changed:
    """Save what `change` makes of those of the photos that this person may correct, and tell the trail.

    Raises NotAllowed, StoreError.
    """
    changed = _saved(library, which, change, by=by)
    if changed:
        before = {"site": ", ".join(sorted({old.site for old, _ in changed}))}
        after = {"site": ", ".join(sorted({new.site for _, new in changed}))}
        after |= {"note": "changed"} if any(old.note != new.note for old, new in changed) else {}
        after |= {"taken": "changed"} if any(old.taken_at != new.taken_at for old, new in changed) else {}
        holds = {new.position_of or "" for old, new in changed if old.position_of != new.position_of}
        after |= {"position": ", ".join(sorted(holds))} if holds else {}
        ids = photos_named([photo.photo_id for photo, _ in changed])
        library.trail.add(action, ids, by=by, before=before, after=after)
    return Changed(by.username, at, len(changed))


def _saved(
    library: Library, which: Which, change: Callable[[PhotoRecord], PhotoRecord], *, by: Person
) -> list[tuple[PhotoRecord, PhotoRecord]]:
    """Photos before and after, those that changed."""
    changed: list[tuple[PhotoRecord, PhotoRecord]] = []
    mine, others = 0, ""
    for batch in library.records_of(which):
        allowed = [photo for photo in batch if may_correct(by, photo)]
        new = [(photo, row) for photo in allowed if (row := change(photo)) != photo]
        library.record([row for _, row in new], [], [])
        changed, mine = changed + new, mine + len(allowed)
        others = others or next((photo.uploaded_by for photo in batch if not may_correct(by, photo)), "")
    if others and not mine:
        raise NotAllowed(tr("This was uploaded by {person}: only they or a lead can change it.", person=others))
    return changed
