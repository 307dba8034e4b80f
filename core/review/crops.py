"""Flowers of one name beside each other, cut from their photos: a person marks those that are something else.

Flowers wait until a person signs their names. What is said of some flowers is a review of each photo that they are in:
the names of these are signed, all else stays as it was. One press is one step, saved and undone as a whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import NamedTuple

import numpy as np

from core.people.person import Person
from core.recognition.flowers import MOST_FEATURES
from core.recognition.likeness import directions, heaps, most_different
from core.recognition.naming import name_flowers
from core.recognition.package import ModelPackage, PackageOf
from core.recognition.taxa import UNKNOWN_TAXON, taxa_of, taxon_named
from core.review.reviews import (
    Said,
    Written,
    history_of,
    redone_review,
    standing,
    store_reviews,
    undone_review,
    written_review,
)
from core.store.library import Library
from core.store.records import PhotoResult, ReviewedFlower, ReviewRecord
from core.store.selection import Selection

PHOTOS, OF_A_PHOTO, CROPS = 300, 20, 600
"""Photos that are looked through at a time, flowers of each, and flowers that are shown: ten pages."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Crop:
    """A flower that waits. box_xyxy: pixels of the upright photo. sure: of its name, 0..1. best: its best taxa.

    heap: number of the flowers that it looks like, from 0; None where there are no heaps.
    """

    photo_id: str
    box_xyxy: Box
    taxon: str
    sure: float
    best: tuple[str, ...]
    heap: int | None = None


class Mark(NamedTuple):
    """A word on a flower that was called `was`: its name, None for what is no flower."""

    photo_id: str
    box_xyxy: Box
    was: str
    taxon: str | None


def crops(library: Library, which: Selection, taxon: str, *, package_of: PackageOf) -> list[Crop]:
    """The flowers of a taxon that wait, at most CROPS: the doubtful and different first; unknown ones in heaps.

    Raises StoreError.
    """
    photo_ids = library.photos_waiting(which, taxon, most=PHOTOS)
    features, every = library.features_of(photo_ids), list[Crop]()
    looks, models = list[np.ndarray](), list[str]()
    for result in library.each_result(photo_ids):
        if (analysis := result.analysis) is None:
            continue
        package = package_of(analysis.model, analysis.model_version)
        seen = features.get(analysis.analysis_id)
        for crop, candidate in _waiting(result, taxon, package):
            every.append(crop)
            row = np.zeros(MOST_FEATURES, np.int8)
            if seen is not None and candidate is not None:
                row[: seen.shape[1]] = seen[candidate]
            looks.append(row)
            models.append(f"{analysis.model} {analysis.model_version}")
    if not every:
        return []
    known = directions(np.stack(looks))
    usual = max(sorted(set(models)), key=models.count)
    known[[model != usual for model in models]] = 0  # features of two models are not compared
    doubt = np.array([1 - crop.sure for crop in every])
    if taxon == UNKNOWN_TAXON:
        first = most_different(doubt, known, most=CROPS)
        piles = enumerate(heaps(known[first]))
        return [replace(every[first[place]], heap=number) for number, pile in piles for place in pile]
    return [every[place] for place in most_different(doubt, known, most=CROPS)]


def _waiting(result: PhotoResult, taxon: str, package: ModelPackage) -> Iterable[tuple[Crop, int | None]]:
    """The flowers of a taxon in a photo that wait, each with its candidate, the least sure of at most OF_A_PHOTO."""
    analysis, said, taxa = result.analysis, standing(result, package), taxa_of(package.names)
    assert analysis is not None
    own = not (result.review and result.review.record and result.review.record.analysis_id != analysis.analysis_id)
    names = name_flowers(
        analysis.flowers,
        package_labels=package.labels,
        threshold=package.default_threshold,
        name_list=package.name_list(result.photo.site),
    )
    waiting = []
    for place in unsigned(result, said):
        flower = said.flowers[place]
        if taxon_named(flower.taxon, taxa) != taxon_named(taxon, taxa):
            continue
        candidate = flower.candidate if own else None
        name = names[candidate] if candidate is not None else None
        sure = name.confidence * float(analysis.flowers.probability[candidate]) if name else 0.0
        best = [one.taxon for one in analysis.flowers.taxa[candidate]] if candidate is not None else []
        crop = Crop(result.photo.photo_id, flower.box_xyxy, flower.taxon, sure, tuple(best))
        waiting.append((crop, candidate))
    return sorted(waiting, key=lambda one: one[0].sure)[:OF_A_PHOTO]


def unsigned(result: PhotoResult, said: Said) -> Sequence[int]:
    """The places of the flowers whose names nobody signed. said: what stands."""
    if result.review is None:
        return range(len(said.flowers))
    if said.looked_at is None:
        return ()
    return sorted(set(range(len(said.flowers))) - set(said.looked_at))


def save_marks(library: Library, marks: Sequence[Mark], *, step_id: str, package_of: PackageOf, by: Person) -> int:
    """Save one step; the number of flowers that are called otherwise by now, which stay as they are.

    The same step twice is saved once. Raises StoreError.
    """
    of_photo = defaultdict[str, list[Mark]](list)
    for mark in marks:
        of_photo[mark.photo_id].append(mark)
    saved = {record.review_id for record in library.review_records(list(of_photo))}
    written, left_out = list[Written](), 0
    for result in library.results_for(list(of_photo)):
        photo_id = result.photo.photo_id
        if result.analysis is None or review_id_of(step_id, photo_id) in saved:
            continue
        package = package_of(result.analysis.model, result.analysis.model_version)
        said, out = _with_marks(result, standing(result, package), of_photo[photo_id])
        left_out += out
        if out < len(of_photo[photo_id]):
            own_id = review_id_of(step_id, photo_id)
            written.append(written_review(result, said, package=package, by=by, review_id=own_id))
    store_reviews(library, written, by=by)
    return left_out


def undo_marks(library: Library, photo_ids: Sequence[str], *, step_id: str, package_of: PackageOf, by: Person) -> int:
    """Undo a step in these photos; the number of photos that somebody reviewed since, which stay as they are."""
    return _reversed(library, photo_ids, step_id=step_id, package_of=package_of, by=by, undo=True)


def redo_marks(library: Library, photo_ids: Sequence[str], *, step_id: str, package_of: PackageOf, by: Person) -> int:
    """Redo a step that was undone; the number of photos that somebody reviewed since."""
    return _reversed(library, photo_ids, step_id=step_id, package_of=package_of, by=by, undo=False)


def review_id_of(step_id: str, photo_id: str) -> str:
    """The id of the review of a photo that belongs to a step."""
    return sha256(f"{step_id} {photo_id}".encode()).hexdigest()[:32]


def _reversed(
    library: Library, photo_ids: Sequence[str], *, step_id: str, package_of: PackageOf, by: Person, undo: bool
) -> int:
    past = defaultdict[str, list[ReviewRecord]](list)
    for record in library.review_records(photo_ids):
        past[record.photo_id].append(record)
    written, since = list[Written](), 0
    for result in library.results_for(list(past)):
        photo_id, analysis, of = result.photo.photo_id, result.analysis, history_of(past[result.photo.photo_id])
        holding, undone = list(of.holding), [record for _, record in of.undone]
        here, gone = (holding, undone) if undo else (undone, holding)
        own_id = review_id_of(step_id, photo_id)
        if analysis and here and here[-1].review_id == own_id:
            package = package_of(analysis.model, analysis.model_version)
            again = undone_review if undo else redone_review
            written.append(again(library, of, package=package, by=by, newest=analysis))
        else:
            said = {record.review_id for record in past[photo_id]}
            since += own_id in said - {record.review_id for record in gone}
    store_reviews(library, written, by=by)
    return since


def _with_marks(result: PhotoResult, said: Said, marks: Sequence[Mark]) -> tuple[Said, int]:
    """Change what stands of a photo by these marks; and how many of them are of flowers that stand no more."""
    waiting = set(unsigned(result, said))
    of_place = {
        next((place for place in waiting if _is(said.flowers[place], mark)), None): mark.taxon for mark in marks
    }
    left_out = len(marks) - len(of_place.keys() - {None})
    signed = set(range(len(said.flowers))) - waiting
    record = result.review and result.review.record
    own = not (record and result.analysis and record.analysis_id != result.analysis.analysis_id)
    flowers, looked_at = list[ReviewedFlower](), list[int]()
    for place, flower in enumerate(said.flowers):
        taxon = of_place.get(place, flower.taxon)
        if taxon is None:
            continue
        if place in signed or place in of_place:
            looked_at.append(len(flowers))
        flowers.append(flower._replace(taxon=taxon, candidate=flower.candidate if own else None))
    numbers = result.review is not None and said.signs_numbers
    return replace(said, flowers=tuple(flowers), looked_at=tuple(looked_at), signs_numbers=numbers), left_out


def _is(flower: ReviewedFlower, mark: Mark) -> bool:
    near = all(abs(one - other) < 0.1 for one, other in zip(flower.box_xyxy, mark.box_xyxy, strict=True))
    return near and flower.taxon == mark.was
