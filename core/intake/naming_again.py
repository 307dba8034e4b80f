"""Photos that models named are named anew where another list of names holds now: from the stored scores, without the

networks. A list that was chosen and a photo that was moved to another site are the same to it: whatever was named by
another list than holds at its site comes up, some at a time, whenever a worker has nothing else to do.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from core.intake.pipeline import observations_of
from core.recognition.name_lists import NameLists
from core.recognition.package import PackageOf
from core.store.library import Library
from core.store.now import CurrentRows
from core.store.records import Observation

NAMED_TOGETHER = 500


class NamingAgain:
    """Names the photos of one store anew. For one thread; it may raise StoreError."""

    def __init__(self, library: Library, lists: Callable[[], NameLists | None], package_of: PackageOf) -> None:
        self._library = library
        self._lists = lists
        self._package_of = package_of
        self._done: tuple[CurrentRows, NameLists] | None = None

    def some(self) -> int:
        """Name the next photos anew, and return how many."""
        if (lists := self._lists()) is None:
            return 0
        rows = self._library.cache.current()
        if self._done and self._done[0] is rows and self._done[1] is lists:
            return 0
        photos = self._library.named_by_other_lists(lists.titles, most=NAMED_TOGETHER)
        now = datetime.now(UTC)
        observations: list[Observation] = []
        for photo in photos:
            analysis = photo.analysis
            assert analysis is not None
            package = self._package_of(analysis.model, analysis.model_version)
            observations += observations_of(analysis, package, photo.photo.site, at=now)
        self._library.record([], [], observations)
        if not photos:
            self._done = rows, lists
        return len(photos)
