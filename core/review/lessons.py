"""The photos of a store that people reviewed, as a recogniser learns from them.

A flower that a person named teaches its name; a find that they took away teaches "not a flower". Photos of one visit
(a site on a day; where no day is known, photos uploaded together) show the same flowers: they teach or they measure,
all of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from core.flora.plants import short_name
from core.recognition.package import ModelPackage, PackageOf
from core.recognition.taxa import UNKNOWN_TAXON, Taxon, taxa_of
from core.review.reviews import suggestion
from core.store.library import Library
from core.store.records import Analysis, PhotoResult, ReviewRecord
from core.store.selection import Selection

FOLDS = 4
"""Parts of the visits of a store: each is measured by what the three others taught."""


@dataclass(frozen=True, slots=True)
class ReviewedPhoto:
    """A photo and what a person left of it.

    boxes_xyxy: float32 (n, 4) with a name each; rejected_xyxy: (m, 4) that the person took away; pixels of the photo.
    counts: flowers of each taxon, the boxed ones and others. number: how many flowers there are, None where nobody
    signed that. drawn: every flower has a box. whole: the person answered for the whole photo, and not for these
    flowers alone.
    """

    photo_id: str
    file: str
    review_id: str
    visit: str
    boxes_xyxy: NDArray[np.float32]
    names: tuple[str, ...]
    rejected_xyxy: NDArray[np.float32]
    counts: Mapping[str, int]
    number: int | None
    drawn: bool
    whole: bool = True

    @property
    def kind(self) -> str:
        """The taxon of which people counted most, empty where there is none or it has no name."""
        named = {taxon: many for taxon, many in self.counts.items() if taxon != UNKNOWN_TAXON}
        return min(named, key=lambda taxon: (-named[taxon], taxon), default="")

    @property
    def one_kind(self) -> str:
        """The taxon of all its flowers, empty where there are several, or where nobody said so."""
        return self.kind if self.whole and len(self.counts) == 1 else ""


def folds(photos: Sequence[ReviewedPhoto], taught: Collection[str]) -> dict[str, int]:
    """The part of each visit, 0 to FOLDS - 1: the visits of a taxon are spread over all, by the hash of their names.

    taught: ids of photos that taught the package before; their visits are in no part, and teach alone.
    """
    of_visit = defaultdict[str, list[ReviewedPhoto]](list)
    for photo in photos:
        of_visit[photo.visit].append(photo)
    kind_of = dict[str, str]()
    for visit, its in of_visit.items():
        if not any(photo.photo_id in taught for photo in its):
            kinds = Counter(photo.kind for photo in its)
            kind_of[visit] = min(kinds, key=lambda kind: (-kinds[kind], kind))
    order = sorted(kind_of, key=lambda visit: (kind_of[visit], sha256(visit.encode()).digest()))
    return {visit: number % FOLDS for number, visit in enumerate(order)}


def reviewed_photos(library: Library, package_of: PackageOf, taxa: Mapping[str, Taxon]) -> list[ReviewedPhoto]:
    """The photos of which a person signed names, all or some, by photo_id.

    taxa: the names that the package to learn gives, and others by which it knows its taxa
    (core.recognition.taxa.taxa_of). Raises StoreError.
    """
    whole = chain.from_iterable(library.export_results(Selection(reviewed_only=True)))
    results = chain(whole, library.each_result(library.photos_reviewed_in_part()))
    photos = [photo for result in results if (photo := _reviewed(result, package_of, taxa))]
    return sorted(photos, key=lambda photo: photo.photo_id)


def _reviewed(result: PhotoResult, package_of: PackageOf, taxa: Mapping[str, Taxon]) -> ReviewedPhoto | None:
    review, photo, analysis = result.review, result.photo, result.analysis
    if review is None or analysis is None or (review.record and not review.record.names):
        return None
    record, package = review.record, package_of(analysis.model, analysis.model_version)
    flowers = record.flowers if record else ()
    if record and record.looked_at is not None:
        flowers = tuple(flowers[place] for place in record.looked_at)
    said = review.counts if review.whole else Counter(flower.taxon for flower in flowers)
    counts = Counter[str]()
    for name, many in said.items():
        counts[_name(name, package, taxa)] += many
    boxed, numbers = len(flowers), not record or bool(record.numbers)
    known = numbers and not review.at_least and review.whole
    day = (photo.taken_at or "")[:10]
    return ReviewedPhoto(
        photo_id=photo.photo_id,
        file=photo.file,
        review_id=review.review_id,
        visit=f"{photo.site} {day}" if day else photo.drop_id,
        boxes_xyxy=_boxes([flower.box_xyxy for flower in flowers]),
        names=tuple(_name(flower.taxon, package, taxa) for flower in flowers),
        rejected_xyxy=_boxes(_rejected(record, analysis, package) if record else []),
        counts=counts,
        number=sum(review.counts.values()) if known else None,
        drawn=known and record is not None and boxed == sum(review.counts.values()),
        whole=review.whole,
    )


def _name(name: str, package: ModelPackage, taxa: Mapping[str, Taxon]) -> str:
    """The name of a taxon in these taxa; another package may call it otherwise. package: in whose words it is."""
    if name in taxa:
        return taxa[name].name
    theirs = taxa_of(package.names).get(name)
    ours = taxa.get(short_name(theirs.scientific_name)) if theirs else None
    return ours.name if ours else name


def _rejected(
    record: ReviewRecord, analysis: Analysis, package: ModelPackage
) -> list[tuple[float, float, float, float]]:
    """The boxes that the model suggested and the person took away; none where they did not see these."""
    if record.names == "blind" or record.analysis_id != analysis.analysis_id:
        return []
    kept = {flower.candidate for flower in record.flowers}
    return [flower.box_xyxy for flower in suggestion(analysis, package) if flower.candidate not in kept]


def _boxes(boxes: list[tuple[float, float, float, float]]) -> NDArray[np.float32]:
    return np.array(boxes, np.float32).reshape(-1, 4)
