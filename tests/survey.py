"""Photos with known counts, put into a store as the pipeline would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from core.people.person import Person
from core.recognition.flowers import NO_FLOWERS
from core.settings import Settings
from core.store.blobs import open_blobs
from core.store.library import Library
from core.store.records import Analysis, Observation, PhotoRecord
from core.store.tables import Tables

UPLOADED = datetime(2026, 6, 12, 12, tzinfo=UTC)


def library_of(folder: Path) -> Library:
    """The library of a store in a folder."""
    settings = Settings(store=str(folder))
    return Library(open_blobs(settings), Tables(settings))


def person(username: str, role: str = "researcher") -> Person:
    """Somebody with an account that nobody can sign in to."""
    return Person(username, username, role, UPLOADED, "")


def photo(name: str, **other: object) -> PhotoRecord:
    """A photo of the dunes by anna, uploaded when it was taken, in a drop of that day."""
    taken_at = other.get("taken_at", "2026-06-12T12:00:00")
    uploaded_at = datetime.fromisoformat(str(taken_at)[:19]).replace(tzinfo=UTC) if taken_at else UPLOADED
    plain = PhotoRecord(
        photo_id=sha256(name.encode()).hexdigest(), file=name, bytes=9, width=40, height=30,
        taken_at="2026-06-12T12:00:00", latitude=52.4, longitude=4.6, site="dunes", note="",
        drop_id=f"d{uploaded_at:%Y%m%d}", uploaded_by="anna", uploaded_at=uploaded_at,
    )  # fmt: skip
    return replace(plain, **other)  # type: ignore[arg-type]


def count(
    library: Library,
    photo: PhotoRecord,
    taxa: Mapping[str, int],
    *,
    flag: str = "",
    reviewed: bool = False,
    **other: object,
) -> None:
    """Record the photo with so many flowers of each taxon, one more being possible; reviewed: by lea, as it is."""
    at = photo.uploaded_at
    analysis = Analysis(photo.photo_id, "bloom", "1.0", at, 0.5, flag, NO_FLOWERS)
    plain = Observation(photo.photo_id, "", 0, 0, 0, 0.95, "confident", "flower", "", at, analysis.analysis_id)
    said = {"by": "lea", "analysis_id": None, "review_id": f"review of {photo.file}"} if reviewed else {}
    rows = [
        replace(plain, taxon=taxon, count=n, count_low=n, count_high=n + 1, **{**said, **other})  # type: ignore[arg-type]
        for taxon, n in taxa.items()
    ]
    library.record([photo], [analysis], rows)
