"""Progress of counting a drop."""

from __future__ import annotations

from dataclasses import dataclass

from core.intake.inbox import Inbox
from core.store.library import Library
from core.store.records import PhotoResult, SeenAgain


@dataclass(frozen=True, slots=True)
class DropProgress:
    """Photos of a drop that are done, in upload order, and how many still wait.

    again: those that were here already, and stay as they were, also hidden ones, which are no results; with what was
    said of them in this drop.
    """

    results: list[PhotoResult]
    waiting: int
    again: list[SeenAgain]

    @property
    def arrived(self) -> int:
        """All photos of the drop that are in the store."""
        hidden = {seen.photo_id for seen in self.again} - {result.photo.photo_id for result in self.results}
        return len(self.results) + len(hidden) + self.waiting


def drop_progress(library: Library, inbox: Inbox, drop_id: str) -> DropProgress:
    """The drop as the store knows it now.

    Tickets are read before results: a photo that is finished in between is then in both, and counts as done.
    """
    waiting = set(inbox.waiting(drop_id))
    results = library.drop_results(drop_id)
    again = library.seen_again(drop_id)
    done = {result.photo.photo_id for result in results} | {seen.photo_id for seen in again}
    return DropProgress(results, len(waiting - done), again)
