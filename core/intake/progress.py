"""Progress of counting a drop."""

from __future__ import annotations

from dataclasses import dataclass

from core.intake.inbox import Inbox
from core.store.library import Library
from core.store.records import PhotoResult, SeenAgain


@dataclass(frozen=True, slots=True)
class DropProgress:
    """Photos of a drop that are done, in upload order, and how many still wait.

    again: those among the results that were here already, and stay as they were; what was said of them in this drop.
    hidden: the same of photos that were here and hidden, and stay so.
    """

    results: list[PhotoResult]
    waiting: int
    again: list[SeenAgain]
    hidden: list[SeenAgain]

    @property
    def arrived(self) -> int:
        """All photos of the drop that are in the store."""
        return len(self.results) + len(self.hidden) + self.waiting


def drop_progress(library: Library, inbox: Inbox, drop_id: str) -> DropProgress:
    """The drop as the store knows it now.

    Tickets are read before results: a photo that is finished in between is then in both, and counts as done.
    """
    waiting = set(inbox.waiting(drop_id))
    results = library.drop_results(drop_id)
    shown = {result.photo.photo_id for result in results}
    seen = library.seen_again(drop_id)
    again = [one for one in seen if one.photo_id in shown]
    hidden = [one for one in seen if one.photo_id not in shown]
    return DropProgress(results, len(waiting - shown - {one.photo_id for one in hidden}), again, hidden)
