"""Progress of counting a drop."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.intake.corrections import may_correct
from core.intake.inbox import Inbox
from core.people.person import Person
from core.store.library import Library
from core.store.records import PhotoResult, SeenAgain

DropOrder = Literal["file", "taken"]
"""By file name, or first taken first."""


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


def in_order(results: Sequence[PhotoResult], order: DropOrder) -> list[PhotoResult]:
    """The photos by file name, in which IMG_2 comes before IMG_10, or by the time taken, undated ones last."""

    def name(result: PhotoResult) -> list[tuple[int, str]]:
        parts = re.split(r"(\d+)", result.photo.file.casefold())
        return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]

    if order == "file":
        return sorted(results, key=name)
    return sorted(results, key=lambda one: (one.photo.taken_at is None, (one.photo.taken_at or "")[:19], name(one)))


def movable_to(progress: DropProgress, *, by: Person) -> dict[str, int]:
    """The number of photos that were here already and could move to the site typed now, by site; for this person."""
    stored = {result.photo.photo_id: result.photo for result in progress.results}
    return dict(
        Counter(
            seen.site.strip()
            for seen in progress.again
            if seen.site.strip() not in ("", stored[seen.photo_id].site) and may_correct(by, stored[seen.photo_id])
        )
    )
