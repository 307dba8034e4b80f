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
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import PurePath
from typing import Any, TypeVar

from core.errors import InvalidPhoto, NotAPhoto, NotTaken, StoreError
from core.formatting import day
from core.intake.inbox import Inbox, Ticket
from core.intake.sources import Source
from core.language import tr
from core.photo.file_kinds import PHOTO_KINDS, RAW, is_hidden, kind_of
from core.photo.reading import SUFFIXES, Photo, PhotoFacts, memory_needed, read_photo
from core.photo.thumbnail import thumbnail
from core.recognition.counting import TaxonCount, count_by_package
from core.recognition.package import ModelPackage
from core.recognition.recogniser import LONG_SIDE_PX, Recogniser
from core.settings import PhotoLimits
from core.store.library import Library
from core.store.records import FLIGHT, Analysis, Drop, Observation, PhotoRecord, PhotoResult, Upload
from core.watching.logs import about_photo
from core.watching.metrics import ARRIVED, COUNTED, COUNTED_AGAIN, DECODE, RECOGNISE, SECONDS, UNCOUNTED

log = logging.getLogger(__name__)

AT_ONCE = min(os.cpu_count() or 1, 8) + 1
"""Photos in hand at most, each on one thread; fewer where they are large. One more than cores, as one waits for the
store."""

AHEAD = 2 * AT_ONCE
"""Photos begun, waiting for a thread or for their turn: one that takes long must not leave the others idle."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A photo that was read, or the reason why it was not (photo None, problem filled). seconds: what that took."""

    photo: Photo | None
    problem: str
    seconds: float = 0.0

    @property
    def facts(self) -> PhotoFacts | None:
        """The facts of a photo; None where it could not be read."""
        return self.photo.facts if self.photo else None


@dataclass(frozen=True, slots=True)
class FinishedPhoto:
    """The rows that answer a ticket: its photo with the flowers found in it, or with the reason why it failed.

    result: without analysis where the photo failed, or was analysed before. observations: at the package's threshold.
    """

    ticket: Ticket
    result: PhotoResult
    observations: tuple[Observation, ...] = ()

    @property
    def outcome(self) -> str:
        """The outcome in the words of the metrics."""
        if self.ticket.again:
            return COUNTED_AGAIN if self.result.analysis else UNCOUNTED
        return UNCOUNTED if self.result.problem else COUNTED


def accept(library: Library, inbox: Inbox, data: bytes, *, file: str, drop: Drop) -> Ticket:
    """Store a photo durably, with a ticket so that it is counted; a broken one is kept too. Raises what `kept` does."""
    ticket = kept(library, data, file=file, drop=drop)
    waits = inbox.add(ticket)
    if (waits.site, waits.note) != (ticket.site, ticket.note):
        library.record([], [], [], [ticket.seen])
    ARRIVED.inc()
    with about_photo(ticket.photo_id):
        log.info("A photo arrived", extra={"drop": ticket.drop_id, "bytes": ticket.bytes})
    return ticket


def kept(library: Library, data: bytes, *, file: str, drop: Drop) -> Ticket:
    """Keep the bytes of a photo; return its ticket, which is not in the inbox yet.

    Raises NotAPhoto for what is none by content or name, NotTaken for one that was deleted for privacy, StoreError.
    """
    if not _may_be_photo(data, file):
        raise NotAPhoto(tr("{file} is no photo: it was left out.", file=file))
    if deleted := library.tombstones.of(sha256(data).hexdigest()):
        raise NotTaken(
            tr("{file} was deleted for privacy on {day}: it is not taken in again.", file=file, day=day(deleted.at))
        )
    return Ticket(
        drop_id=drop.drop_id,
        photo_id=library.pictures.add(data),
        file=_storable(file),
        bytes=len(data),
        site=_storable(drop.site),
        note=_storable(drop.note),
        uploaded_by=drop.uploaded_by,
        uploaded_at=datetime.now(UTC),
    )


def decode(data: bytes, *, name: str, limits: PhotoLimits) -> Decoded:
    """Decode a photo, no larger than the recogniser wants it; a file that cannot be read is a problem in words."""
    start = time.perf_counter()
    try:
        with SECONDS.labels(DECODE).time():
            photo = read_photo(data, name=name, limits=limits, long_side_px=LONG_SIDE_PX)
    except InvalidPhoto as problem:
        return Decoded(None, str(problem))
    except Exception as error:
        return Decoded(None, _unforeseen(name, error))
    return Decoded(photo, "", time.perf_counter() - start)


def analyse(decoded: Decoded, ticket: Ticket, recogniser: Recogniser) -> FinishedPhoto:
    """Find the flowers of a photo with the recogniser; where that fails, the result has the problem in words."""
    if decoded.photo is None:
        return without_analysis(ticket, None, decoded.problem)
    package, start = recogniser.package, time.perf_counter()
    try:
        with SECONDS.labels(RECOGNISE).time():
            flowers, flag = recogniser.recognise(decoded.photo)
        seconds = decoded.seconds + time.perf_counter() - start
        now = datetime.now(UTC)
        analysis = Analysis(ticket.photo_id, package.name, package.version, now, seconds, flag, flowers)
        observations = observations_of(analysis, package, ticket.site)
    except Exception as error:
        return without_analysis(ticket, decoded.facts, _unforeseen(ticket.file, error))
    return FinishedPhoto(ticket, PhotoResult(photo_record(ticket, decoded.facts, ""), analysis), observations)


def finish(
    library: Library, data: bytes, ticket: Ticket, recogniser: Recogniser | None, *, limits: PhotoLimits
) -> FinishedPhoto:
    """Decode a photo, keep its small picture and find its flowers; without recogniser none are looked for.

    Raises StoreError where the picture is not taken.
    """
    decoded = decode(data, name=ticket.file, limits=limits)
    thumb = None if ticket.again else thumb_of(decoded)
    if thumb is not None:
        library.pictures.put_thumb(ticket.photo_id, thumb)
    if recogniser is None:
        return without_analysis(ticket, decoded.facts, decoded.problem)
    return analyse(decoded, ticket, recogniser)


def without_analysis(ticket: Ticket, facts: PhotoFacts | None, problem: str) -> FinishedPhoto:
    """A photo that failed, or whose analysis is stored."""
    return FinishedPhoto(ticket, PhotoResult(photo_record(ticket, facts, problem), None))


def thumb_of(decoded: Decoded) -> bytes | None:
    """The small picture (WebP) of a photo that was read."""
    return thumbnail(decoded.photo) if decoded.photo is not None else None


def photo_record(upload: Upload, facts: PhotoFacts | None, problem: str) -> PhotoRecord:
    """The row of an uploaded photo."""
    flight: dict[str, Any] = {name: getattr(facts, name, None) for name in FLIGHT}
    return PhotoRecord(
        **upload.upload_fields(),
        width=facts.width_px if facts else 0,
        height=facts.height_px if facts else 0,
        taken_at=facts.taken_at if facts else None,
        latitude=facts.latitude if facts else None,
        longitude=facts.longitude if facts else None,
        problem=problem,
        **flight,
    )


def count_sources(sources: Iterable[Source], recogniser: Recogniser, *, limits: PhotoLimits) -> Iterator[PhotoResult]:
    """Count each file in order and store nothing: results are of nobody's drop, uploaded by nobody."""
    return in_order(partial(count_source, recogniser=recogniser, limits=limits), sources)


def count_source(source: Source, recogniser: Recogniser, *, limits: PhotoLimits) -> PhotoResult:
    """Count one file as count_sources does."""
    try:
        data = source.read()
    except (OSError, StoreError) as error:
        return uncounted(source, f"{source.file} cannot be read: {error}.")
    with room_for(data, name=source.file, limits=limits):
        decoded = decode(data, name=source.file, limits=limits)
        return analyse(decoded, _nobodys(source, data), recogniser).result


def uncounted(source: Source, problem: str) -> PhotoResult:
    """The result of a file that failed before it could be read."""
    return without_analysis(_nobodys(source, b""), None, problem).result


def _nobodys(source: Source, data: bytes) -> Ticket:
    return Ticket(
        drop_id="",
        photo_id=sha256(data).hexdigest(),
        file=source.file,
        bytes=len(data),
        site="",
        note="",
        uploaded_by="",
        uploaded_at=datetime.now(UTC),
    )


def in_order(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield the result of `work` for each item, in order; AT_ONCE threads work at once, each on one item.

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


class Room:
    """Memory for the photos in hand, in bytes: those that need more than is free wait. Threads share one."""

    def __init__(self) -> None:
        self._held_bytes = 0
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, needed_bytes: int, *, of_bytes: int) -> Iterator[None]:
        """Hold so many bytes of all there are; who needs more than all waits until nobody holds any."""
        with self._changed:
            self._changed.wait_for(lambda: self._held_bytes == 0 or self._held_bytes + needed_bytes <= of_bytes)
            self._held_bytes += needed_bytes
        try:
            yield
        finally:
            with self._changed:
                self._held_bytes -= needed_bytes
                self._changed.notify_all()


_room = Room()


def room_for(
    data: bytes, *, name: str, limits: PhotoLimits, long_side_px: int | None = None
) -> AbstractContextManager[None]:
    """Room in memory to hold while a photo is read at this size, or counted: photos that need much wait for others."""
    needed_bytes = memory_needed(data, name=name, limits=limits, long_side_px=long_side_px)
    return _room.hold(needed_bytes, of_bytes=limits.memory_bytes)


def room_alone(limits: PhotoLimits) -> AbstractContextManager[None]:
    """All room there is, for a photo that is counted while no other is."""
    return _room.hold(limits.memory_bytes, of_bytes=limits.memory_bytes)


def observations_of(
    analysis: Analysis, package: ModelPackage, site: str, *, at: datetime | None = None
) -> tuple[Observation, ...]:
    """The counted taxa of an analysis, named by the list of the site. at: None where it was just made."""
    counted, name_list = count_by_package(analysis.flowers, analysis.flag, package, site=site), package.name_list(site)
    by, title = f"{analysis.model} {analysis.model_version}", name_list.title if name_list else "" if at else None
    return tuple(
        observation(
            row, analysis.photo_id, by=by, at=at or analysis.analysed_at, of=analysis.analysis_id, name_list=title
        )
        for row in counted.taxa
    )


def observation(
    row: TaxonCount, photo_id: str, *, by: str, at: datetime, of: str, name_list: str | None = None
) -> Observation:
    """A counted taxon as it is stored. of: the id of the analysis. name_list: the title of the list that held."""
    return Observation(
        photo_id=photo_id,
        taxon=row.taxon.name,
        count=row.flowers.count,
        count_low=row.flowers.low,
        count_high=row.flowers.high,
        confidence=row.confidence,
        band=row.band,
        unit=row.unit,
        by=by,
        at=at,
        analysis_id=of,
        name_list=name_list,
    )


def _unforeseen(name: str, error: Exception) -> str:
    log.error("%s could not be counted", name, exc_info=error)
    return f"{name} could not be counted: {type(error).__name__}. The photo is kept; tell who runs Bloomcount."


def _may_be_photo(data: bytes, file: str) -> bool:
    """True for a photo, broken or not, by its content or its name; never for a hidden file in a folder."""
    name = PurePath(file).name.lower()
    if is_hidden(file) and "/" in file:
        return False
    return kind_of(data[:512], name) in (*PHOTO_KINDS, RAW) or (name.endswith(SUFFIXES) and not name.startswith("."))


def _storable(text: str) -> str:
    """Text that can be written as UTF-8; file names of old systems are not always."""
    return text.encode("utf-8", "replace").decode()
