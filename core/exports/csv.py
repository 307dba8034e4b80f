"""Counts as CSV: one row a photo and taxon; a photo without flowers and a file that failed have one row each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from io import TextIOWrapper
from typing import Any, BinaryIO

from core.csv_files import write_csv
from core.exports.columns import COLUMNS
from core.exports.stored import Row, Stored, place_cells
from core.recognition.counting import TaxonCount
from core.recognition.package import PackageOf
from core.store.records import Fieldwork, PhotoResult, Site
from core.survey.counted_photos import count_photo, no_interval
from core.survey.sampling import sampling

NO_SITES: Mapping[str, Site] = {}
NO_FIELDWORK: Mapping[str, Fieldwork] = {}


def export_csv(stored: Stored, file: BinaryIO) -> None:
    """Write the stored observations of the selection, then its files that could not be read."""
    text = TextIOWrapper(file, encoding="utf-8", newline="")
    write_csv(stored_rows(stored), text, tuple(COLUMNS), form=stored.csv_form)
    text.detach()


def stored_rows(stored: Stored) -> Iterator[Row]:
    """The rows of COLUMNS: every stored observation, then the files that could not be read."""
    for row in stored.rows():
        yield {column: row.get(column) for column in COLUMNS} | {
            "uploaded_at": row["uploaded_at"].isoformat(timespec="seconds"),
            "confidence": None if row["confidence"] is None else round(row["confidence"], 3),
        }
    sites, fieldwork = stored.library.described_sites(), stored.library.fieldwork()
    for photo in stored.library.unread(stored.which):
        yield _photo_cells(PhotoResult(photo, None), sites, fieldwork)


def observation_rows(
    results: Iterable[PhotoResult],
    *,
    package_of: PackageOf,
    threshold: float,
    sites: Mapping[str, Site] = NO_SITES,
    fieldwork: Mapping[str, Fieldwork] = NO_FIELDWORK,
) -> Iterator[Row]:
    """The rows of these photos, what a person said or counted again at `threshold`; those that still wait have none."""
    for result in results:
        base = _photo_cells(result, sites, fieldwork)
        counted = count_photo(result, package_of, threshold)
        if counted is None:
            if result.photo.problem:
                yield base
            continue
        if result.analysis and not result.review:
            name_list = package_of(result.analysis.model, result.analysis.model_version).name_list(result.photo.site)
            base["name_list"] = name_list.title if name_list else ""
        unknown = dict.fromkeys(("count_low", "count_high")) if no_interval(result) else {}
        for row in counted.taxa:
            yield base | _taxon_cells(row) | unknown
        if not counted.taxa:
            yield base | {"count": 0, "count_low": counted.total.low, "count_high": counted.total.high} | unknown


def _photo_cells(result: PhotoResult, sites: Mapping[str, Site], fieldwork: Mapping[str, Fieldwork]) -> dict[str, Any]:
    photo, analysis = result.photo, result.analysis
    return {
        "photo_id": photo.photo_id,
        "file": photo.file,
        "taken_at": photo.taken_at,
        "latitude": photo.latitude,
        "longitude": photo.longitude,
        "uploaded_by": photo.uploaded_by,
        "uploaded_at": photo.uploaded_at.isoformat(timespec="seconds") if photo.uploaded_by else "",
        "reviewed": result.reviewed,
        "flag": result.flag,
        "model": f"{analysis.model} {analysis.model_version}" if analysis else "",
        "problem": photo.problem,
        "note": photo.note,
        "reviewed_by": result.review.by if result.review and result.reviewed else "",
        "how": result.review.how if result.review else "",
        "year": int(photo.taken_at[:4]) if photo.taken_at else None,
        **place_cells(sampling(photo.site, sites, fieldwork.get(photo.drop_id)), sites),
    }


def _taxon_cells(row: TaxonCount) -> dict[str, Any]:
    return {
        "taxon": row.taxon.name,
        "scientific_name": row.taxon.scientific_name,
        "rank": row.taxon.rank,
        "family": row.taxon.family,
        "gbif_key": row.taxon.gbif_key,
        "unit": row.unit,
        "count": row.flowers.count,
        "count_low": row.flowers.low,
        "count_high": row.flowers.high,
        "confidence": round(row.confidence, 3),
        "band": row.band,
    }
