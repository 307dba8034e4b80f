"""Corrections of photos and sites after the upload, as new rows: another site or note, a site's new name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from core.errors import BloomError
from core.intake.inbox import Inbox
from core.people.person import Person
from core.store.library import Library
from core.store.records import PhotoRecord, Site
from core.store.selection import Selection
from core.store.trail import photos_named


class NotAllowed(BloomError):
    """Something that this person may not do."""


def may_correct(person: Person, photo: PhotoRecord) -> bool:
    """True if this person may correct site and note: the person who uploaded the photo, and every lead."""
    return person.username == photo.uploaded_by or person.may("lead")


def correct(library: Library, photo: PhotoRecord, *, site: str, note: str, by: Person) -> PhotoRecord:
    """Save another site and note of a photo; every figure uses them from now on.

    Raises NotAllowed, StoreError.
    """
    if not may_correct(by, photo):
        raise NotAllowed(f"{photo.file} was uploaded by {photo.uploaded_by}: only they or a lead can correct it.")
    corrected = replace(
        photo, site=site.strip(), note=note.strip(), changed_by=by.username, changed_at=datetime.now(UTC)
    )
    if (corrected.site, corrected.note) == (photo.site, photo.note):
        return photo
    library.record([corrected], [], [])
    library.trail.add(
        "photos corrected",
        photos_named([photo.photo_id]),
        by=by,
        before={"site": photo.site},
        after={"site": corrected.site} | ({} if corrected.note == photo.note else {"note": "changed"}),
    )
    return corrected


def rename_site(library: Library, old: str, new: str, *, by: Person) -> int:
    """Move all photos, stored or waiting, from site `old` to site `new`; return how many.

    Where `new` is there already, the two are one. Its description goes along, unless `new` has its own. Raises
    NotAllowed, StoreError: what was renamed before that stays so, and doing it again renames the rest.
    """
    if not by.may("lead"):
        raise NotAllowed(f"{by.username} is {by.role}: only a lead can rename a site.")
    waiting = Inbox(library.blobs, lease_s=0)  # before the rows, as what is counted goes from here to there
    now, photos = datetime.now(UTC), waiting.rename_site(old, new)
    for batch in library.photo_records(Selection(sites=(old,))):
        library.record([replace(photo, site=new, changed_by=by.username, changed_at=now) for photo in batch], [], [])
        photos += len(batch)
    described = library.described_sites()
    if old in described:
        moved = replace(described[old], changed_by=by.username, changed_at=now)
        heir: list[Site] = [] if new in described else [replace(moved, site=new)]
        library.describe_sites([*heir, replace(moved, removed=True)], by=by)
    library.trail.add("site renamed", old, by=by, before=old, after=new)
    return photos
