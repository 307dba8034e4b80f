"""A small store with one of everything, and the files that its exports are made of.

    python -m tests.core.exports.summer

writes tests/core/exports/snapshots anew; read the difference before it is committed.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import openpyxl

from core.exports.publication import Publication
from core.exports.stored import Stored
from core.people.person import Published
from core.recognition.flowers import NO_FLOWERS, Flowers, TaxonScore
from core.settings import Settings
from core.store.blobs import open_blobs
from core.store.library import Library
from core.store.records import Analysis, Observation
from core.store.selection import EVERYTHING, Selection
from core.store.tables import Tables
from tests.core.counting_squares import LABELS, PACKAGE
from tests.core.exports.reading import exported
from tests.survey import photo

SNAPSHOTS = Path(__file__).parent / "snapshots"
NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
PUBLICATION = Publication(
    title="Flowers of the dunes",
    publisher="Naturalis Biodiversity Center",
    contact="Lea Bos",
    email="lea@example.org",
    licence="CC BY 4.0",
    country="NL",
    description="Plots along the coast, photographed each week.",
)


PEOPLE = {"anna": Published("Anna Bos", "https://orcid.org/0000-0002-1825-0097"), "lea": Published("L. B.")}


def summer(folder: Path, which: Selection = EVERYTHING) -> Stored:
    """Two photos of one visit, one of them without flowers; a crowded one that lea reviewed, without place and day; an
    unknown flower that was hardly one; a file that could not be read; a photo that waits.
    """
    settings = Settings(store=str(folder))
    library = Library(open_blobs(settings), Tables(settings))
    plain = photo("meadow.jpg", latitude=52.4291, longitude=4.5771, note="after rain")
    meadow, mown, heap, doubt, broken, waits = (
        replace(photo(name), uploaded_at=NOON + timedelta(minutes=minute))
        for minute, name in enumerate(["meadow.jpg", "mown.jpg", "heap.jpg", "doubt.jpg", "broken.jpg", "waits.jpg"])
    )
    meadow = replace(plain, uploaded_at=NOON)
    heap = replace(heap, site="", taken_at=None, latitude=None, longitude=None)
    doubt = replace(doubt, site="=plot\t3", taken_at="2026-06-13T09:30:00+02:00", latitude=-0.5)
    broken = replace(broken, width=0, height=0, problem="broken.jpg is empty (0 bytes). Copy it again.")
    analyses, rows = [], []
    for record, found, flag in (
        (meadow, [("oxeye-daisy", 0.99), ("oxeye-daisy", 0.9), ("oxeye-daisy", 0.2), ("=cmd", 0.8)], ""),
        (mown, [], ""),
        (heap, [("oxeye-daisy", 0.95), ("oxeye-daisy", 0.9)], "crowded"),
        (doubt, [("somebody", 0.6)], ""),
    ):
        flowers = _flowers(found)
        analysis = Analysis(record.photo_id, PACKAGE.name, PACKAGE.version, record.uploaded_at, 0.5, flag, flowers)
        analyses.append(analysis)
    said = Observation(
        "", "oxeye-daisy", 2, 2, 3, 0.97, "confident", "flower head", "squares 1", NOON, analyses[0].analysis_id
    )
    rows = [
        replace(said, photo_id=meadow.photo_id),
        replace(said, photo_id=meadow.photo_id, taxon="=cmd", count=1, count_low=1, count_high=1, confidence=0.61234,
                band="uncertain", unit="flower"),
        replace(said, photo_id=heap.photo_id, analysis_id=analyses[2].analysis_id),
        replace(said, photo_id=heap.photo_id, analysis_id=None, review_id="r1", count=5, count_low=5, count_high=5,
                confidence=1.0, by="lea", at=NOON + timedelta(days=1)),
        replace(said, photo_id=doubt.photo_id, analysis_id=analyses[3].analysis_id, taxon="unknown", count=1,
                count_low=0,
                count_high=1, confidence=0.1, band="unknown", unit="flower"),
    ]  # fmt: skip
    library.record([meadow, mown, heap, doubt, broken, waits], analyses, rows)
    moment = NOON + timedelta(days=2)
    return Stored(library, LABELS, lambda *_: PACKAGE, which, PUBLICATION, PEOPLE, at=moment)


def _flowers(found: list[tuple[str, float]]) -> Flowers:
    if not found:
        return NO_FLOWERS
    corner = np.arange(len(found), dtype=np.float32)[:, None] * np.ones((1, 2), np.float32)
    return Flowers(
        np.hstack([corner, corner + 2.5]),
        np.array([probability for _, probability in found], np.float32),
        tuple((TaxonScore(taxon, 0.97),) for taxon, _ in found),
    )


def files(stored: Stored) -> dict[str, str]:
    """Every file of every export as text, by its name."""
    made = {
        "observations.csv": exported(stored, "csv").decode(),
        "observations.geojson": exported(stored, "geojson").decode(),
        "coco.json": exported(stored, "coco").decode(),
    }
    with ZipFile(BytesIO(exported(stored, "dwca"))) as archive:
        made |= {name: archive.read(name).decode() for name in archive.namelist()}
    with ZipFile(BytesIO(exported(stored, "package"))) as archive:
        kept = ("datapackage.json", "visits.csv", "site_taxon_counts.csv")
        made |= {f"package-{name}": archive.read(name).decode() for name in kept}
    workbook = openpyxl.load_workbook(BytesIO(exported(stored, "xlsx")))
    for sheet in workbook.worksheets:
        lines = ("\t".join(map(repr, row)) for row in sheet.iter_rows(values_only=True))
        made[f"excel-{sheet.title.lower()}.txt"] = "\n".join(lines) + "\n"
    return made


if __name__ == "__main__":
    SNAPSHOTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files(summer(Path(folder))).items():
            (SNAPSHOTS / name).write_text(text, encoding="utf-8", newline="")
