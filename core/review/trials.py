"""A model that somebody brings, beside the one that counts: on the same photos, and against what people counted."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from core.errors import InvalidModel
from core.recognition.brought.draft import write_draft, write_sums
from core.recognition.brought.unpacking import network_in, unpack
from core.recognition.package import PackageOf
from core.recognition.taxa import Label
from core.recognition.trial import Trial, Tried, try_package
from core.store.blobs import MissingBlob
from core.store.library import Library
from core.store.records import PhotoResult
from core.store.selection import EVERYTHING, Selection
from core.survey.counted_photos import count_photo

WITHIN = 1
"""Counts this far from a person's agree with it."""

_LINE = "#E69F00"


@dataclass(frozen=True, slots=True)
class Compared:
    """One photo: the count of the model in use, what the new one found, and what a person counted; None where none."""

    photo_id: str
    file: str
    old: int | None
    new: Tried | None
    person: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of a trial, photo by photo."""

    trial: Trial
    photos: tuple[Compared, ...]

    @property
    def agreement(self) -> tuple[int, int, int]:
        """Photos that a person, the old and the new model counted, and those in which the old and the new one agree."""
        all_three = [
            (photo.old, photo.new.count, photo.person)
            for photo in self.photos
            if photo.old is not None and photo.new is not None and photo.person is not None
        ]
        old = sum(abs(old - person) <= WITHIN for old, _, person in all_three)
        return len(all_three), old, sum(abs(new - person) <= WITHIN for _, new, person in all_three)

    @property
    def seconds(self) -> float:
        """Mean seconds a photo of the new one; 0 where it was tried on none."""
        tried = [photo.new.seconds for photo in self.photos if photo.new is not None]
        return sum(tried) / len(tried) if tried else 0.0


def receive(data: bytes, *, name: str, known: Sequence[Label]) -> tempfile.TemporaryDirectory[str]:
    """Put an uploaded model into a folder of its own, with a draft where it has no model.toml. Raises InvalidModel.

    Sums are made here, of what arrived: nobody is asked for them. The folder goes when nobody holds it any more.
    """
    place = tempfile.TemporaryDirectory(prefix="bloomcount-brought-", ignore_cleanup_errors=True)
    folder = Path(place.name)
    try:
        unpack(data, name=name, into=folder)
        if (folder / "model.toml").is_file():
            write_sums(folder)
        else:
            write_draft(network_in(folder), known=known)
    except InvalidModel as problem:
        place.cleanup()
        raise InvalidModel(str(problem).replace(f"{folder}/", "")) from problem
    return place


def photos_to_try(
    library: Library, among: Selection = EVERYTHING, *, most: int, reviewed_only: bool = False
) -> list[PhotoResult]:
    """The photos to try a model on: those that people reviewed first, the newest of each first. Raises StoreError."""
    selections = [replace(among, reviewed_only=True), *([] if reviewed_only else [among])]
    newest: dict[str, PhotoResult] = {}
    for which in selections:
        if len(newest) < most:
            page = library.gallery(which, order="newest", page=0, per_page=most)
            newest |= {one.result.photo.photo_id: one.result for one in page.photos if one.result.analysis}
    return list(newest.values())[:most]


def compare(folder: Path, results: Sequence[PhotoResult], library: Library, *, package_of: PackageOf) -> Comparison:
    """Try a package on these photos, in a process of its own. Raises InvalidModel or StoreError."""
    with tempfile.TemporaryDirectory(prefix="bloomcount-trial-") as place:
        files = []
        for number, result in enumerate(results):
            files.append(Path(place) / str(number))
            try:
                files[-1].write_bytes(library.pictures.photo(result.photo.photo_id))
            except MissingBlob:
                files[-1].write_bytes(b"")
        trial = try_package(folder, files)
    rows = []
    for result, new in zip(results, trial.photos, strict=True):
        old = count_photo(replace(result, review=None), package_of, None)
        person = sum(result.review.counts.values()) if result.review and result.reviewed else None
        rows.append(Compared(result.photo.photo_id, result.photo.file, old.total.count if old else None, new, person))
    return Comparison(trial, tuple(rows))


def picture(library: Library, photo: Compared) -> bytes | None:
    """The small picture of a photo with the boxes of the new model, WebP; None where there is none."""
    thumb = library.pictures.thumb(photo.photo_id)
    if thumb is None or photo.new is None:
        return None
    with Image.open(BytesIO(thumb)) as small:
        drawn = small.convert("RGB")
    width, height = drawn.size
    draw = ImageDraw.Draw(drawn)
    for left, top, right, bottom in photo.new.boxes_xyxy:
        box = left * width, top * height, right * width, bottom * height
        if right > left and bottom > top:
            draw.rectangle(box, outline=_LINE, width=2)
        else:
            draw.ellipse((box[0] - 3, box[1] - 3, box[0] + 3, box[1] + 3), outline=_LINE, width=2)
    file = BytesIO()
    drawn.save(file, "WEBP")
    return file.getvalue()
