"""A person's review of a photo, flower by flower: saved, undone and redone as new rows; old rows stay.

A review is a row of tables/reviews and the observations that follow from it, which are what makes it hold: the row is
written first, so that one whose observations never came was never said. To undo is to say again what held before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

from core.errors import BloomError
from core.intake.pipeline import observation
from core.language import tr
from core.people.person import Person
from core.recognition.counting import TaxonCount, without_doubt
from core.recognition.name_lists import EVERYWHERE
from core.recognition.naming import name_flowers
from core.recognition.package import ModelPackage
from core.store.library import Library
from core.store.records import Analysis, How, Observation, PhotoResult, ReviewedFlower, ReviewRecord
from core.store.trail import Action, Entry, photos_named
from core.survey.counted_photos import count_signed_names


class NothingToUndo(BloomError):
    """There is no review to undo or redo, or somebody said something since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """All that a person leaves of a photo. more: flowers of each taxon that nobody can box.

    at_least: there are more than these. signs_names, signs_numbers: what they put their name to. sample_id: of the
    blind recount that they did it for; they have then not seen what the model suggests. looked_at: places of the
    flowers whose names they sign, None for all.
    """

    flowers: tuple[ReviewedFlower, ...] = ()
    more: Mapping[str, int] = field(default_factory=dict)
    at_least: bool = False
    signs_names: bool = True
    signs_numbers: bool = True
    sample_id: str | None = None
    looked_at: tuple[int, ...] | None = None


def suggestion(analysis: Analysis | None, package: ModelPackage, site: str = EVERYWHERE) -> tuple[ReviewedFlower, ...]:
    """The flowers that the model counts, with the names it gives, the surest first. site: whose list of names holds."""
    if analysis is None:
        return ()
    found = analysis.flowers
    names = name_flowers(
        found,
        package_labels=package.labels,
        threshold=package.default_threshold,
        name_list=package.name_list(site),
    )
    return tuple(
        ReviewedFlower(_box(found.boxes_xyxy[place].tolist()), name.taxon.name, int(place))
        for place in (-found.probability).argsort(kind="stable")
        if (name := names[place]) is not None
    )


def standing(result: PhotoResult, package: ModelPackage) -> Said:
    """The flowers of a photo as they stand: those of its review, else those that the model suggests."""
    flowers = suggestion(result.analysis, package, result.photo.site)
    if result.review is None:
        return Said(flowers=flowers)
    if record := result.review.record:
        return Said(
            flowers=record.flowers,
            more=record.more,
            at_least=record.at_least,
            signs_numbers=bool(record.numbers),
            looked_at=record.looked_at,
        )
    return said_of_counts(result.review.counts, flowers)


def said_of_counts(counts: Mapping[str, int], flowers: Sequence[ReviewedFlower]) -> Said:
    """So many flowers of each taxon: of the boxes as many as were counted, the first of each, and no box for others."""
    left, kept = Counter(counts), []
    for flower in flowers:
        if left[flower.taxon] > 0:
            left[flower.taxon] -= 1
            kept.append(flower)
    return Said(flowers=tuple(kept), more={taxon: count for taxon, count in left.items() if count > 0})


def save_review(
    library: Library, photo_id: str, said: Said, *, package: ModelPackage, by: Person, review_id: str | None = None
) -> ReviewRecord:
    """Save what a person says of a photo; it holds in every figure until a person says otherwise.

    package: that which reads the newest analysis of the photo. review_id: made where the review was, if it was made
    elsewhere and may come twice. Raises StoreError.
    """
    [result] = library.results_for([photo_id])
    written = written_review(result, said, package=package, by=by, review_id=review_id)
    store_reviews(library, [written], by=by)
    return written.record


class Written(NamedTuple):
    """A review with the observations that follow from it and its entry in the trail, before all are stored."""

    record: ReviewRecord
    observations: list[Observation]
    entry: Entry


def written_review(
    result: PhotoResult, said: Said, *, package: ModelPackage, by: Person, review_id: str | None = None
) -> Written:
    """Write what a person says of a photo as a review; see save_review."""
    names, numbers = _signed(said, suggestion(result.analysis, package, result.photo.site))
    at, own_id = _now(result.photo.photo_id, by)
    record = ReviewRecord(
        review_id=review_id or own_id,
        photo_id=result.photo.photo_id,
        by=by.username,
        at=at,
        names=names,
        numbers=numbers,
        flowers=said.flowers,
        more={taxon: count for taxon, count in said.more.items() if count > 0},
        at_least=said.at_least or bool(not numbers and result.analysis and result.analysis.flag),
        analysis_id=result.analysis.analysis_id if result.analysis else None,
        sample_id=said.sample_id,
        looked_at=said.looked_at,
    )
    before = dict(result.review.counts) if result.review else ""
    entry = Entry("review saved", photos_named([record.photo_id]), before, record.counts)
    return Written(record, _observations(record, result.analysis, package, by=record.by), entry)


def store_reviews(library: Library, written: Sequence[Written], *, by: Person) -> None:
    """Store reviews of several photos, all in one commit of each table, and their entries. Raises StoreError."""
    if written:
        observations = [row for one in written for row in one.observations]
        library.record([], [], observations, reviews=[one.record for one in written])
        library.trail.add_all([one.entry for one in written], by=by)


@dataclass(frozen=True, slots=True)
class History:
    """The reviews of a photo that hold one upon the other, the newest last, and those undone that may come back.

    undone: each undoing with the review that it took away, the newest last.
    """

    holding: tuple[ReviewRecord, ...]
    undone: tuple[tuple[ReviewRecord, ReviewRecord], ...]


def history(library: Library, photo_id: str) -> History:
    """The reviews that are left of a photo after all that was undone and redone. Raises StoreError."""
    return history_of(library.review_records([photo_id]))


def history_of(records: Sequence[ReviewRecord]) -> History:
    """The same of the reviews of one photo, by time."""
    holding: list[ReviewRecord] = []
    undone: list[tuple[ReviewRecord, ReviewRecord]] = []
    for record in records:
        if record.undoes is None:
            holding.append(record)
            undone.clear()
        elif record.undoes in (ids := [one.review_id for one in holding]):
            place = ids.index(record.undoes)  # the last, unless somebody saved at the same moment
            undone.append((record, holding[place]))
            del holding[place:]
        elif undone and record.undoes == undone[-1][0].review_id:
            holding.append(undone.pop()[1])
    return History(tuple(holding), tuple(undone))


def undo_review(library: Library, photo_id: str, *, package: ModelPackage, by: Person, of: str | None = None) -> None:
    """Undo the newest review: what was said before it holds again, else the model's count.

    of: the review_id that the person wants to undo. Raises NothingToUndo where there is none or another is newer, and
    StoreError.
    """
    past = history(library, photo_id)
    if not past.holding or (of and past.holding[-1].review_id != of):
        raise NothingToUndo(_nothing(past.holding, tr("There is no review to undo.")))
    store_reviews(library, [undone_review(library, past, package=package, by=by)], by=by)


def undone_review(
    library: Library, past: History, *, package: ModelPackage, by: Person, newest: Analysis | None = None
) -> Written:
    """Write the undoing of the newest review of a photo. newest: its newest analysis, if at hand. Raises StoreError."""
    before = past.holding[-2] if len(past.holding) > 1 else None
    return _said_again(library, before, past.holding[-1], package, by, "review undone", newest)


def redone_review(
    library: Library, past: History, *, package: ModelPackage, by: Person, newest: Analysis | None = None
) -> Written:
    """Write the redoing of what was undone last of a photo; see undone_review. Raises StoreError."""
    undoing, record = past.undone[-1]
    return _said_again(library, record, undoing, package, by, "review redone", newest)


def _nothing(holding: Sequence[ReviewRecord], otherwise: str) -> str:
    if not holding:
        return otherwise
    return tr("{person} has reviewed this photo since. Look at it again first.", person=holding[-1].by)


def _said_again(
    library: Library,
    said: ReviewRecord | None,
    taken_back: ReviewRecord,
    package: ModelPackage,
    by: Person,
    action: Action,
    newest: Analysis | None,
) -> Written:
    """Write a row that takes another back, with what then holds: a review as its author said it, or the model's."""
    photo_id = taken_back.photo_id
    at, review_id = _now(photo_id, by)
    plain = ReviewRecord(review_id=review_id, photo_id=photo_id, by=by.username, at=at, names="", numbers="")
    again = plain if said is None else replace(said, review_id=review_id, by=by.username, at=at)
    near = [newest] if newest and newest.analysis_id == again.analysis_id else []
    analyses = near or (library.analyses_of(photo_id) if again.analysis_id else [])
    analysis = next((one for one in analyses if one.analysis_id == again.analysis_id), None)
    author = said.by if said else by.username
    record = replace(again, undoes=taken_back.review_id)
    entry = Entry(action, photos_named([photo_id]), after=again.counts)
    return Written(record, _observations(record, analysis, package, by=author), entry)


def _observations(
    record: ReviewRecord, analysis: Analysis | None, package: ModelPackage, *, by: str
) -> list[Observation]:
    """The observations that follow from a review. by: the person whose word it is; where they spoke of some flowers

    alone, the photo's count stays the model's word.
    """
    if analysis and not record.whole:
        by = f"{analysis.model} {analysis.model_version}"
    plain = Observation(record.photo_id, "", 0, 0, 0, None, "", "", by, record.at, None, record.review_id)
    plain = replace(plain, how=record.how, at_least=record.at_least)
    if not (record.names or record.numbers):
        return [replace(plain, taxon=None)]  # the model's count holds
    if record.numbers or analysis is None:
        count = without_doubt(record.counts, package.names, at_least=record.at_least)
    else:
        count = count_signed_names(record, analysis, package)
    return [_observation(row, plain) for row in count.taxa] or [plain]


def _observation(row: TaxonCount, plain: Observation) -> Observation:
    said = observation(row, plain.photo_id, by=plain.by, at=plain.at, of="")
    return replace(said, analysis_id=None, review_id=plain.review_id, how=plain.how, at_least=plain.at_least)


def _now(photo_id: str, by: Person) -> tuple[datetime, str]:
    """The current time, and the id of this person's review of a photo at that time."""
    at = datetime.now(UTC)
    return at, sha256(f"{photo_id} {by.username} {at.isoformat()}".encode()).hexdigest()[:32]


def _box(box_xyxy: Sequence[float]) -> tuple[float, float, float, float]:
    xmin, ymin, xmax, ymax = box_xyxy
    return xmin, ymin, xmax, ymax


def _signed(said: Said, suggested: Sequence[ReviewedFlower]) -> tuple[How, How]:
    """The ways in which the names and the numbers were come to, empty for what is not signed."""
    if said.sample_id:
        names: How = "blind"
        numbers: How = "blind"
    else:
        named = {flower.candidate: flower.taxon for flower in suggested}
        counted = {flower.candidate for flower in said.flowers}
        same = all(named.get(flower.candidate) == flower.taxon for flower in said.flowers)
        names = "accepted" if same and set(said.more) <= set(named.values()) else "chosen"
        numbers = "accepted" if counted == set(named) and not said.more else "chosen"
    return names if said.signs_names else "", numbers if said.signs_numbers else ""
