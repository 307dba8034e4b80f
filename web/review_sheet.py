"""A photo as the page Review shows it: its flowers with their names, as a browser takes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.charts.colours import taxon_colours
from core.errors import BloomError
from core.formatting import count_with_doubt, noted_at, taken_when
from core.language import tr, vernacular
from core.recognition.naming import FlowerName
from core.recognition.taxa import Taxon, taxa_of, taxon_named
from core.review.reviews import Said, history, standing
from core.store.records import Analysis, PhotoRecord, PhotoResult, ReviewRecord
from core.survey.counted_photos import count_photo
from web.process import bloomcount


class NotForReview(BloomError):
    """A photo that nobody can review."""


def result_of(photo_id: str) -> tuple[PhotoResult, Analysis]:
    """The stored photo and its newest analysis. Raises NotForReview, StoreError."""
    results = bloomcount().library.results_for([photo_id])
    if not results or results[0].analysis is None:
        raise NotForReview(tr("This photo cannot be reviewed: it was deleted, could not be read or is not counted."))
    return results[0], results[0].analysis


def sheet_of(photo_id: str) -> dict[str, Any]:
    """The photo in the words of pages/parts/reviewer/sheet.js. Raises NotForReview, StoreError."""
    result, analysis = result_of(photo_id)
    package = bloomcount().models.package_of(analysis.model, analysis.model_version)
    count = count_photo(result, bloomcount().models.package_of, None)
    assert count is not None
    said, taxa = standing(result, package), taxa_of(package.names)
    flowers = _flowers(said, result, analysis, count.names)
    rows = [row.taxon.name for row in count.taxa]
    named = {*rows, *(flower["taxon"] for flower in flowers), *(taxon for one in flowers for taxon in one["best"])}
    return {
        "width": result.photo.width,
        "height": result.photo.height,
        "alt": result.photo.file,
        "facts": _facts(result.photo),
        "analysis": analysis.analysis_id,
        "flag": analysis.flag,
        "figure": count_with_doubt(count.total),
        **said_before(history(bloomcount().library, photo_id).holding, taxa),
        "taxa": {taxon: names_of(taxon_named(taxon, taxa)) for taxon in named},
        "colours": taxon_colours(rows),
        "sheet": {
            "flowers": flowers,
            "more": dict(said.more),
            "rows": rows,
            "atLeast": said.at_least if result.reviewed else None,
        },
    }


def said_before(reviews: Iterable[ReviewRecord], taxa: Mapping[str, Taxon]) -> dict[str, Any]:
    """The reviews that hold of a photo in words, the newest first, and the id of the newest."""
    newest_first = sorted(reviews, key=lambda review: review.at, reverse=True)
    return {
        "said": [f"{one.by}, {noted_at(one.at)}: {_counts(one, taxa)}" for one in newest_first],
        "seen": newest_first[0].review_id if newest_first else None,
    }


def names_of(taxon: Taxon) -> tuple[str, str]:
    """The scientific name and what the vernacular adds to it."""
    return taxon.scientific_name, vernacular(taxon).removeprefix(taxon.scientific_name).strip()


def _counts(review: ReviewRecord, taxa: Mapping[str, Taxon]) -> str:
    counts = (f"{count} {vernacular(taxon_named(taxon, taxa))}" for taxon, count in review.counts.items())
    return ", ".join(counts) or tr("no flowers")


def _flowers(
    said: Said, result: PhotoResult, analysis: Analysis, names: Sequence[FlowerName | None]
) -> list[dict[str, Any]]:
    """The flowers as they stand. Candidates of another analysis are boxes of a person now.

    names: of the flowers of the review, where it has some, else of the model's candidates.
    """
    record = result.review and result.review.record
    own = not (record and record.analysis_id != analysis.analysis_id)
    flowers = []
    for place, flower in enumerate(said.flowers):
        best = analysis.flowers.taxa[flower.candidate] if own and flower.candidate is not None else ()
        of_names = place if record else flower.candidate
        name = names[of_names] if of_names is not None else None
        flowers.append({
            "box": [round(side, 1) for side in flower.box_xyxy],
            "taxon": flower.taxon,
            "from": flower.candidate if own else None,
            "sure": f"{name.confidence:.2f}" if name and not name.by_person else None,
            "best": [one.taxon for one in best],
        })  # fmt: skip
    return flowers


def _facts(photo: PhotoRecord) -> str:
    """The place, time, file and note of the photo, as far as there are any."""
    taken = taken_when(photo.taken_at) if photo.taken_at else ""
    return " · ".join(filter(None, (photo.site, taken, photo.file, photo.note)))
