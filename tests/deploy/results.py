"""Results in the store for photos on their way, whoever counts them."""

from __future__ import annotations

from core.bloomcount import Bloomcount


def counted(bloom: Bloomcount) -> set[str]:
    """photo_ids of the photos whose results are stored."""
    return {row["photo_id"] for row in bloom.library.tables.query("SELECT photo_id FROM photos", "photos").to_pylist()}


def arrived(bloom: Bloomcount) -> set[str]:
    """photo_ids of all photos that are stored, counted or not."""
    return set(bloom.inbox.waiting()) | counted(bloom)


def flowers_of_photos(bloom: Bloomcount) -> list[int]:
    """Number of flowers of each photo, by its newest analysis; fails for a photo that could not be read."""
    results = [result for batch in bloom.library.export_results() for result in batch]
    assert [result.photo.problem for result in results if result.analysis is None] == []
    return [len(result.analysis.flowers) for result in results if result.analysis]


def analyses(bloom: Bloomcount) -> int:
    """Number of analyses of all photos together."""
    rows = bloom.library.tables.query("SELECT count(*) AS times FROM analyses", "analyses")
    return int(rows["times"][0].as_py())
