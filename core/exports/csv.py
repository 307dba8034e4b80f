"""Counts as CSV: one row a photo and taxon; a photo without flowers and a file that failed have one row each.

Text that a spreadsheet would run as a formula is made harmless by an apostrophe before it; numbers stay numbers.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Any, TextIO

from core.recognition.counting import TaxonCount, count_flowers
from core.recognition.package import PackageOf
from core.store.records import PhotoResult

COLUMNS = (
    "photo_id", "file", "site", "taken_at", "latitude", "longitude", "uploaded_by", "uploaded_at",
    "taxon", "scientific_name", "rank", "family", "unit", "count", "count_low", "count_high", "confidence", "band",
    "reviewed", "flag", "model", "problem",
)  # fmt: skip
"""In the order of docs/data-dictionary.md."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet run a cell (OWASP, CSV injection)."""

Row = Mapping[str, Any]


def observation_rows(results: Iterable[PhotoResult], *, package_of: PackageOf, threshold: float) -> Iterator[Row]:
    """The rows of these photos, counted at `threshold`; photos that still wait have none."""
    for result in results:
        base = _photo_cells(result)
        if result.analysis is None:
            if result.photo.problem:
                yield base
            continue
        package = package_of(result.analysis.model, result.analysis.model_version)
        counted = count_flowers(
            result.analysis.flowers,
            package_labels=package.labels,
            threshold=threshold,
            recall=package.recall,
            flag=result.analysis.flag,
        )
        for taxon in counted.taxa:
            yield base | _taxon_cells(taxon)
        if not counted.taxa:
            yield base | {"count": 0, "count_low": counted.total.low, "count_high": counted.total.high}


def write_csv(rows: Iterable[Row], file: TextIO, columns: Sequence[str] = COLUMNS) -> None:
    """Write a header and the rows; missing cells are empty."""
    writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({column: _harmless(value) for column, value in row.items()})


def csv_text(rows: Iterable[Row]) -> str:
    """The whole CSV as one text."""
    file = StringIO(newline="")
    write_csv(rows, file)
    return file.getvalue()


def _photo_cells(result: PhotoResult) -> dict[str, Any]:
    photo, analysis = result.photo, result.analysis
    return {
        "photo_id": photo.photo_id,
        "file": photo.file,
        "site": photo.site,
        "taken_at": photo.taken_at,
        "latitude": photo.latitude,
        "longitude": photo.longitude,
        "uploaded_by": photo.uploaded_by,
        "uploaded_at": photo.uploaded_at.isoformat(timespec="seconds") if photo.uploaded_by else "",
        "reviewed": "false",
        "flag": analysis.flag if analysis else "",
        "model": f"{analysis.model} {analysis.model_version}" if analysis else "",
        "problem": photo.problem,
    }


def _taxon_cells(taxon: TaxonCount) -> dict[str, Any]:
    return {
        "taxon": taxon.taxon,
        "scientific_name": taxon.scientific_name,
        "rank": taxon.rank,
        "family": taxon.family,
        "unit": taxon.unit,
        "count": taxon.count,
        "count_low": taxon.low,
        "count_high": taxon.high,
        "confidence": round(taxon.confidence, 3),
        "band": taxon.band,
    }


def _harmless(cell: Any) -> Any:
    """Text as it was, but never a formula and never with a bare carriage return, which some readers take for a line."""
    if not isinstance(cell, str):
        return cell
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
