"""Reviews that tests save as numbers alone, as version 1.0 did, and redo."""

from __future__ import annotations

from collections.abc import Mapping

from core.people.person import Person
from core.recognition.package import ModelPackage
from core.review.reviews import (
    NothingToUndo,
    history,
    redone_review,
    said_of_counts,
    save_review,
    store_reviews,
    suggestion,
)
from core.store.library import Library
from core.store.records import ReviewRecord


def save_counts(
    library: Library, photo_id: str, counts: Mapping[str, int], *, package: ModelPackage, by: Person
) -> ReviewRecord:
    """Save a person's count of a photo, the flowers of each taxon; no flowers if all are 0."""
    [result] = library.results_for([photo_id])
    said = said_of_counts(counts, suggestion(result.analysis, package))
    return save_review(library, photo_id, said, package=package, by=by)


def redo_review(library: Library, photo_id: str, *, package: ModelPackage, by: Person) -> None:
    """Redo what was undone last. Raises NothingToUndo where nothing was undone since the last review."""
    past = history(library, photo_id)
    if not past.undone:
        raise NothingToUndo("There is nothing to redo.")
    store_reviews(library, [redone_review(library, past, package=package, by=by)], by=by)
