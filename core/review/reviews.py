"""A person's count of a photo, saved and undone as new rows of tables/observations; old rows stay."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

from core.intake.pipeline import observation
from core.people.person import Person
from core.recognition.counting import count_by_person
from core.recognition.flowers import NO_FLOWERS
from core.recognition.taxa import Label
from core.store.library import Library
from core.store.records import Observation
from core.store.trail import photos_named


def save_review(
    library: Library, photo_id: str, counts: Mapping[str, int], *, labels: tuple[Label, ...], by: Person
) -> None:
    """Save a person's count of a photo, the flowers of each taxon; no flowers if all are 0.

    It holds in every figure until a person says otherwise. labels: of the taxa. Raises StoreError.
    """
    at, review_id = _now(photo_id, by)
    seen = {taxon: count for taxon, count in counts.items() if count}
    rows = [
        observation(row, photo_id, by=by.username, at=at, of=review_id, review=True)
        for row in count_by_person(seen, NO_FLOWERS, package_labels=labels, threshold=1.0).taxa
    ]
    before = library.reviews_of([photo_id])
    library.record([], [], rows or [_nothing(photo_id, by, taxon="")])
    library.trail.add(
        "review saved",
        photos_named([photo_id]),
        by=by,
        before=dict(before[photo_id].counts) if photo_id in before else "",
        after=seen,
    )


def undo_review(library: Library, photo_id: str, *, by: Person) -> None:
    """Undo the review: the models' counts of the photo are used again. Raises StoreError."""
    library.record([], [], [_nothing(photo_id, by, taxon=None)])
    library.trail.add("review undone", photos_named([photo_id]), by=by)


def _nothing(photo_id: str, by: Person, *, taxon: str | None) -> Observation:
    """The row of a review without taxa: taxon "" where the person sees no flowers, None where they say no more."""
    at, review_id = _now(photo_id, by)
    return Observation(photo_id, taxon, 0, 0, 0, None, "", "", by.username, at, None, review_id)


def _now(photo_id: str, by: Person) -> tuple[datetime, str]:
    """The current time, and the id of this person's review of a photo at that time."""
    at = datetime.now(UTC)
    return at, sha256(f"{photo_id} {by.username} {at.isoformat()}".encode()).hexdigest()[:32]
