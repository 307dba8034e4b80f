"""What people say later of photos: another site or note, how many flowers there are. New rows; the old ones stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

from core.errors import BloomError
from core.intake.inbox import Inbox
from core.intake.pipeline import observation
from core.people import Person
from core.recognition.counting import count_said
from core.recognition.flowers import NO_FLOWERS
from core.recognition.package import Label
from core.store.library import Library
from core.store.records import Observation, PhotoRecord, Site
from core.store.selection import Selection


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


def review(
    library: Library, photo_id: str, counts: Mapping[str, int], *, labels: tuple[Label, ...], by: Person
) -> None:
    """Keep what a person counted in a photo: so many flowers of each taxon and no others, none where all are 0.

    It holds in every figure until a person says otherwise. labels: of the taxa. Raises StoreError.
    """
    at, review_id = _now(photo_id, by)
    seen = {taxon: count for taxon, count in counts.items() if count}
    rows = [
        observation(row, photo_id, by=by.username, at=at, of=review_id, review=True)
        for row in count_said(seen, NO_FLOWERS, package_labels=labels, threshold=1.0).taxa
    ]
    library.record([], [], rows or [_nothing(photo_id, by, taxon="")])


def take_back(library: Library, photo_id: str, *, by: Person) -> None:
    """What models say of the photo holds again. Raises StoreError."""
    library.record([], [], [_nothing(photo_id, by, taxon=None)])


def _nothing(photo_id: str, by: Person, *, taxon: str | None) -> Observation:
    """The row of a review without taxa: taxon "" where the person sees no flowers, None where they say no more."""
    at, review_id = _now(photo_id, by)
    return Observation(photo_id, taxon, 0, 0, 0, None, "", "", by.username, at, None, review_id)


def _now(photo_id: str, by: Person) -> tuple[datetime, str]:
    """This moment, and the id of what this person says of a photo now."""
    at = datetime.now(UTC)
    return at, sha256(f"{photo_id} {by.username} {at.isoformat()}".encode()).hexdigest()[:32]


def rename_site(library: Library, old: str, new: str, *, by: Person) -> int:
    """How many photos, stored or waiting, are now of the site `new` instead of `old`.

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
        library.describe_sites([*heir, replace(moved, removed=True)])
    return photos
