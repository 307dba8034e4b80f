"""Samples of photos that people count again without the machine's word: drawn by chance, kept with their seed.

The same sample may be recounted by several people; each sees neither the model's count nor the others'.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from secrets import randbelow, token_hex

from core.errors import BloomError
from core.formatting import photos as photos_in_words
from core.language import tr
from core.people.person import Person
from core.review.reviews import history_of
from core.store.documents import Document, change_document, read_document
from core.store.library import Library
from core.store.records import ReviewRecord
from core.store.selection import Selection

SAMPLES = "samples.json"


class NoSample(BloomError):
    """A sample that cannot be drawn."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Photos to be recounted. which: the selection they were drawn from, as the query of an address, and `asked` the

    number that was asked for. at: ISO 8601, UTC. The same seed draws the same photos from the same selection.
    """

    sample_id: str
    by: str
    at: str
    which: dict[str, list[str]]
    asked: int
    seed: int
    photo_ids: tuple[str, ...]


def draw_sample(library: Library, which: Selection, number: int, *, by: Person, seed: int | None = None) -> Sample:
    """Draw so many photos of a selection by chance and keep them as a sample; all of them where there are fewer.

    which: a season by its days, sites, or a stratum by the flowers counted. Raises NoSample where it has no counted
    photo, StoreError.
    """
    counted = library.observed_table(which, ("photo_id",))["photo_id"].unique().sort().to_list()
    if not counted or number < 1:
        raise NoSample(
            tr("No counted photo matches this, so there is nothing to draw from. Choose other days or sites.")
        )
    seed = randbelow(2**31) if seed is None else seed
    chosen = random.Random(seed).sample(counted, min(number, len(counted)))
    at = datetime.now(UTC).isoformat(timespec="seconds")
    sample = Sample(token_hex(6), by.username, at, which.to_query(), number, seed, tuple(chosen))

    def keep(document: Document) -> None:
        document[sample.sample_id] = asdict(sample)

    change_document(library.blobs, SAMPLES, keep)
    what = f"{photos_in_words(len(chosen))}, seed {seed}"
    library.trail.add("blind recount drawn", sample.sample_id, by=by, after=what)
    return sample


def samples(library: Library) -> list[Sample]:
    """Every sample that was drawn, the newest first. Raises StoreError."""
    drawn = [_sample(row) for row in read_document(library.blobs, SAMPLES).values()]
    return sorted(drawn, key=lambda sample: (sample.at, sample.sample_id), reverse=True)


def sample_of(library: Library, sample_id: str) -> Sample | None:
    """The sample with this id, None where there is none. Raises StoreError."""
    row = read_document(library.blobs, SAMPLES).get(sample_id)
    return _sample(row) if row else None


def recounts(library: Library, sample: Sample) -> dict[str, dict[str, ReviewRecord]]:
    """The newest blind recount of each photo of a sample by each person, those undone left out, by photo and person.

    Photos that nobody recounted yet are empty; those that are hidden or deleted now are left out. Raises StoreError.
    """
    here = [photo_id for photo_id, photo in library.photos(sample.photo_ids).items() if not photo.hidden_at]
    said: dict[str, dict[str, ReviewRecord]] = {photo_id: {} for photo_id in here}
    for photo_id, records in _of_photos(library, here):
        for record in history_of(records).holding:
            if record.sample_id == sample.sample_id:
                said[photo_id][record.by] = record
    return said


def left_to(library: Library, sample: Sample, person: Person) -> list[str]:
    """The photos of a sample that this person has not recounted yet, in the order in which they were drawn."""
    said = recounts(library, sample)
    return [photo_id for photo_id in sample.photo_ids if photo_id in said and person.username not in said[photo_id]]


def _of_photos(library: Library, photo_ids: Sequence[str]) -> Iterator[tuple[str, list[ReviewRecord]]]:
    of: dict[str, list[ReviewRecord]] = {photo_id: [] for photo_id in photo_ids}
    for record in library.review_records(photo_ids):
        of[record.photo_id].append(record)
    yield from of.items()


def _sample(row: Document) -> Sample:
    return Sample(**{**row, "photo_ids": tuple(row["photo_ids"])})
