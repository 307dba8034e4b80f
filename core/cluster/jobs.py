"""The work of one worker: what it loads once, and what it does with each photo. Jobs are sent to other machines.

Both jobs are made of the app's own functions, so a photo has the same rows whoever counts it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from core import VERSION
from core.bloomcount import Bloomcount, assemble
from core.errors import NotAPhoto, NotTaken, StoreError
from core.intake.pipeline import FinishedPhoto, count_source, finish, kept, room_for, uncounted, without_analysis
from core.intake.sources import Source
from core.recognition.loading import load_model
from core.recognition.package import ModelPackage
from core.recognition.recogniser import Recogniser
from core.settings import PhotoLimits, Settings
from core.store.records import Drop, PhotoResult

Result_co = TypeVar("Result_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Ready(Generic[Result_co]):
    """A worker that has loaded its recogniser. says: version of Bloomcount and model, the same in all workers."""

    says: str
    work: Callable[[Source], Result_co]


class Job(Protocol[Result_co]):
    """The work of all workers. says: version of Bloomcount and model that they must have."""

    @property
    def says(self) -> str:
        """Version and model, as in Ready."""
        ...

    def start(self) -> Ready[Result_co]:
        """Load, in the worker. Raises BloomError."""
        ...

    def failed(self, source: Source, problem: str) -> Result_co:
        """The result of a photo that no worker could finish."""
        ...


@dataclass(frozen=True, slots=True)
class CountJob:
    """Counts photos and stores nothing. load: makes the recogniser of the package, on each machine."""

    says: str
    load: Callable[[], Recogniser]
    limits: PhotoLimits

    def start(self) -> Ready[PhotoResult]:
        """See Job."""
        recogniser = self.load()
        return Ready(said(recogniser.package), partial(count_source, recogniser=recogniser, limits=self.limits))

    def failed(self, source: Source, problem: str) -> PhotoResult:
        """See Job."""
        return uncounted(source, problem)


def count_job(folder: Path, package: ModelPackage, limits: PhotoLimits) -> CountJob:
    """Count with the package of this folder, which lies at the same place on every machine."""
    return CountJob(said(package), partial(load_model, folder.resolve()), limits)


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was to be taken in: its rows, or the reason why it has none. no_photo: it was left out."""

    file: str
    finished: FinishedPhoto | None = None
    problem: str = ""
    no_photo: bool = False


def model_in_use(bloom: Bloomcount) -> Recogniser:
    """Load the recogniser that the store has in use."""
    return bloom.models.recogniser()


@dataclass(frozen=True, slots=True)
class IngestJob:
    """Keeps photos and their small pictures in the store and counts them; their rows are stored by who asked.

    known: SHA-256 of the photos that are stored and counted by this model, sorted, S32.
    """

    says: str
    settings: Settings
    drop: Drop
    known: NDArray[np.bytes_]
    recogniser: Callable[[Bloomcount], Recogniser] = model_in_use

    def start(self) -> Ready[Taken]:
        """See Job."""
        bloom = assemble(self.settings)
        recogniser = self.recogniser(bloom)
        return Ready(said(recogniser.package), partial(self._take, bloom, recogniser))

    def failed(self, source: Source, problem: str) -> Taken:
        """See Job. Bytes that can be kept have a row with the problem, as in the app."""
        try:
            ticket = kept(assemble(self.settings).library, source.read(), file=source.file, drop=self.drop)
        except (OSError, StoreError, NotTaken):
            return Taken(source.file, problem=problem)
        return Taken(source.file, without_analysis(ticket, None, problem))

    def _take(self, bloom: Bloomcount, recogniser: Recogniser, source: Source) -> Taken:
        """Keep a photo and count it. Raises StoreError."""
        try:
            data = source.read()
        except OSError as error:
            return Taken(source.file, problem=f"{source.file} cannot be read: {error}.")
        try:
            ticket = kept(bloom.library, data, file=source.file, drop=self.drop)
        except NotAPhoto as refusal:
            return Taken(source.file, problem=str(refusal), no_photo=True)
        except NotTaken as refusal:
            return Taken(source.file, problem=str(refusal))
        if is_known(ticket.photo_id, self.known):
            return Taken(source.file, without_analysis(ticket, None, ""))
        limits = self.settings.photo_limits
        with room_for(data, name=source.file, limits=limits):
            return Taken(source.file, finish(bloom.library, data, ticket, recogniser, limits=limits))


def ingest_job(bloom: Bloomcount, drop: Drop) -> IngestJob:
    """Take photos into this drop and count them with the model in use, those that it has counted already excepted."""
    package = bloom.models.package()
    known = known_photos(bloom.library.counted_photos(package.name, package.version))
    return IngestJob(said(package), bloom.settings, drop, known)


def said(package: ModelPackage) -> str:
    """Version and model in words."""
    return f"Bloomcount {VERSION} with {package.name} {package.version}"


def known_photos(photo_ids: list[str]) -> NDArray[np.bytes_]:
    """Photo ids as 32 bytes each, sorted: of a million photos 32 MB."""
    return np.sort(np.array([bytes.fromhex(photo_id) for photo_id in photo_ids], "S32"))


def is_known(photo_id: str, known: NDArray[np.bytes_]) -> bool:
    """Tell whether a photo is one of known_photos."""
    asked = np.array(bytes.fromhex(photo_id), "S32")
    place = int(np.searchsorted(known, asked))
    return place < len(known) and bool(known[place] == asked)
