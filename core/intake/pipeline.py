"""Bytes -> result: the one path that worker, `ingest` and `count` share.

A file that cannot be read, or that nobody foresaw, becomes a problem in words for that file and never stops others.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Protocol, TypeVar

from core.errors import InvalidPhoto, StoreError
from core.intake.inbox import Inbox, Ticket
from core.intake.sources import Source
from core.photo.reading import Photo, PhotoFacts, read_photo, thumbnail
from core.recognition.counting import TaxonCount, count_flowers
from core.recognition.package import ModelPackage
from core.recognition.recogniser import LONG_SIDE_PX, Recognition
from core.store.library import Library
from core.store.records import Analysis, Observation, PhotoRecord, PhotoResult
from core.watching.logs import about_photo
from core.watching.metrics import ARRIVED, DECODE, RECOGNISE, SECONDS

log = logging.getLogger(__name__)

AT_ONCE = min(os.cpu_count() or 1, 8) + 1
"""Photos in hand, each on one thread: they are what memory holds. One more than cores, as one waits for the store."""

AHEAD = 2 * AT_ONCE
"""Photos begun, waiting for a thread or for their turn: one that takes long must not leave the others idle."""

LARGE_BYTES = 16_000_000
"""Files over this may be 100 megapixels and more; such photos are taken one at a time."""

Item = TypeVar("Item")
Result = TypeVar("Result")
_large = threading.Lock()


class CountsFlowers(Protocol):
    """The part of a recogniser that the pipeline uses."""

    @property
    def package(self) -> ModelPackage:
        """Name, version, labels, default threshold and recall."""
        ...

    def recognise(self, photo: Photo) -> Recognition:
        """The candidate flowers of a photo."""
        ...


@dataclass(frozen=True, slots=True)
class Decoded:
    """A photo that was read, or the reason why it was not (photo None, problem filled). seconds: what that took."""

    photo: Photo | None
    problem: str
    seconds: float = 0.0

    @property
    def facts(self) -> PhotoFacts | None:
        """What is known of a photo that was read."""
        return self.photo.facts if self.photo else None


@dataclass(frozen=True, slots=True)
class Analysed:
    """What was found in a photo and its counts at the package's own threshold, or the reason why nothing was."""

    analysis: Analysis | None
    observations: tuple[Observation, ...]
    problem: str


def accept(
    library: Library, inbox: Inbox, *, data: bytes, file: str, site: str, note: str, drop_id: str, uploaded_by: str
) -> Ticket:
    """The ticket of a photo that is now durable and will be counted. Nothing is refused: a broken file is kept too."""
    photo_id = library.pictures.add(data)
    file, site, note = (_storable(text) for text in (file, site, note))
    ticket = Ticket(drop_id, photo_id, file, len(data), site, note, uploaded_by, datetime.now(UTC))
    inbox.add(ticket)
    ARRIVED.inc()
    with about_photo(photo_id):
        log.info("A photo arrived", extra={"drop": drop_id, "bytes": len(data)})
    return ticket


def decode(data: bytes, *, name: str, max_megapixels: int) -> Decoded:
    """The photo no larger than the recogniser wants it; a file that cannot be read is a problem in words."""
    start = time.perf_counter()
    try:
        with SECONDS.labels(DECODE).time():
            photo = read_photo(data, name=name, max_megapixels=max_megapixels, long_side_px=LONG_SIDE_PX)
    except InvalidPhoto as problem:
        return Decoded(None, str(problem))
    except Exception as error:
        return Decoded(None, _unforeseen(name, error))
    return Decoded(photo, "", time.perf_counter() - start)


def analyse(decoded: Decoded, *, name: str, photo_id: str, recogniser: CountsFlowers) -> Analysed:
    """What the recogniser says of a photo; where it says nothing, the problem in words."""
    if decoded.photo is None:
        return Analysed(None, (), decoded.problem)
    package, start = recogniser.package, time.perf_counter()
    try:
        with SECONDS.labels(RECOGNISE).time():
            found = recogniser.recognise(decoded.photo)
        seconds = decoded.seconds + time.perf_counter() - start
        now = datetime.now(UTC)
        analysis = Analysis(photo_id, package.name, package.version, now, seconds, found.flag, found.flowers)
        return Analysed(analysis, _observations_of(analysis, package), "")
    except Exception as error:
        return Analysed(None, (), _unforeseen(name, error))


def thumb_of(decoded: Decoded) -> bytes | None:
    """The small picture (WebP) of a photo that was read."""
    return thumbnail(decoded.photo) if decoded.photo is not None else None


def photo_record(ticket: Ticket, facts: PhotoFacts | None, problem: str) -> PhotoRecord:
    """The row of an uploaded photo."""
    return PhotoRecord(
        photo_id=ticket.photo_id,
        file=ticket.file,
        bytes=ticket.bytes,
        width=facts.width_px if facts else 0,
        height=facts.height_px if facts else 0,
        taken_at=facts.taken_at if facts else None,
        latitude=facts.latitude if facts else None,
        longitude=facts.longitude if facts else None,
        site=ticket.site,
        note=ticket.note,
        drop_id=ticket.drop_id,
        uploaded_by=ticket.uploaded_by,
        uploaded_at=ticket.uploaded_at,
        problem=problem,
    )


def count_sources(
    sources: Iterable[Source], recogniser: CountsFlowers, *, max_megapixels: int
) -> Iterator[PhotoResult]:
    """The result of each file in order, stored nowhere: of nobody's drop, uploaded by nobody."""

    def count(source: Source) -> PhotoResult:
        try:
            data, problem = source.read(), ""
        except (OSError, StoreError) as error:
            data, problem = b"", f"{source.file} cannot be read: {error}."
        ticket = Ticket("", sha256(data).hexdigest(), source.file, len(data), "", "", "", datetime.now(UTC))
        if problem:
            return PhotoResult(photo_record(ticket, None, problem), None)
        with room_for(data):
            decoded = decode(data, name=source.file, max_megapixels=max_megapixels)
            analysed = analyse(decoded, name=ticket.file, photo_id=ticket.photo_id, recogniser=recogniser)
        return PhotoResult(photo_record(ticket, decoded.facts, analysed.problem), analysed.analysis)

    return in_order(count, sources)


def in_order(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """What work returns for each item, in their order; so many threads work at once, each on one item.

    An error of work is raised in its turn. Leaving early waits for what is in hand and cancels the rest.
    """
    threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="count")
    try:
        ahead: deque[Future[Result]] = deque()
        for item in items:
            ahead.append(threads.submit(work, item))
            if len(ahead) == AHEAD:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        threads.shutdown(wait=True, cancel_futures=True)


def room_for(data: bytes) -> AbstractContextManager[object]:
    """To be held while a photo's pixels are in memory: large ones wait for each other."""
    return _large if len(data) > LARGE_BYTES else nullcontext()


def _observations_of(analysis: Analysis, package: ModelPackage) -> tuple[Observation, ...]:
    counted = count_flowers(
        analysis.flowers,
        package_labels=package.labels,
        threshold=package.default_threshold,
        recall=package.recall,
        flag=analysis.flag,
    )
    by, at = f"{analysis.model} {analysis.model_version}", analysis.analysed_at
    return tuple(observation(row, analysis.photo_id, by=by, at=at, of=analysis.analysis_id) for row in counted.taxa)


def observation(row: TaxonCount, photo_id: str, *, by: str, at: datetime, of: str, review: bool = False) -> Observation:
    """A counted taxon as it is stored. of: the id of the analysis, or of the review."""
    return Observation(
        photo_id=photo_id,
        taxon=row.taxon,
        count=row.count,
        count_low=row.low,
        count_high=row.high,
        confidence=row.confidence,
        band=row.band,
        unit=row.unit,
        by=by,
        at=at,
        analysis_id=None if review else of,
        review_id=of if review else None,
    )


def _unforeseen(name: str, error: Exception) -> str:
    log.error("%s could not be counted", name, exc_info=error)
    return f"{name} could not be counted: {type(error).__name__}. The photo is kept; tell who runs Bloomcount."


def _storable(text: str) -> str:
    """Text that can be written as UTF-8; file names of old systems are not always."""
    return text.encode("utf-8", "replace").decode()
