"""What people say later of a photo that was uploaded with a wrong site or note: a new row, the old one stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from core.errors import BloomError
from core.people import Person
from core.store.library import Library
from core.store.records import PhotoRecord


class NotAllowed(BloomError):
    """Something that this person may not do."""


def may_correct(person: Person, photo: PhotoRecord) -> bool:
    """Whether this person may correct site and note: who uploaded the photo, and every lead."""
    return person.username == photo.uploaded_by or person.may("lead")


def correct(library: Library, photo: PhotoRecord, *, site: str, note: str, by: Person) -> PhotoRecord:
    """The photo as it is now: with this site and note, which count from here on in every figure.

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
    return corrected
