"""A store with as many photos as asked, filled with generated rows: what questions cost does not depend on pixels."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import numpy as np

from core.bloomcount import Bloomcount, assemble
from core.recognition.flowers import Flowers, TaxonScore
from core.recognition.package import ModelPackage
from core.settings import Settings
from core.store.records import Analysis, Observation, PhotoRecord

ROWS_A_COMMIT = 5000
SITES, PEOPLE = 40, 12
FIRST_DAY = datetime(2024, 3, 1, 9, tzinfo=UTC)
WIDTH, HEIGHT = 4000, 3000


def filled_store(folder: str, photos: int) -> Bloomcount:
    """A Bloomcount on this folder with so many photos: several sites, people, taxa, flags; some cannot be read."""
    bloom = assemble(Settings(store=folder))
    for start in range(0, photos, ROWS_A_COMMIT):
        record_photos(bloom, range(start, min(start + ROWS_A_COMMIT, photos)))
    bloom.library.tables.compact()
    return bloom


def record_photos(bloom: Bloomcount, numbers: range) -> None:
    """Record the photos of these numbers with what was found in them."""
    package, chance = bloom.models.package(), np.random.default_rng(numbers.start)
    made = [_photo(number, package, chance) for number in numbers]
    bloom.library.record(
        [photo for photo, _, _ in made],
        [analysis for _, analysis, _ in made if analysis],
        [row for _, _, rows in made for row in rows],
    )


def _photo(
    number: int, package: ModelPackage, chance: np.random.Generator
) -> tuple[PhotoRecord, Analysis | None, list[Observation]]:
    uploaded = FIRST_DAY + timedelta(minutes=9 * number)
    failed = chance.random() < 0.01
    record = PhotoRecord(
        photo_id=sha256(f"photo {number}".encode()).hexdigest(),
        file=f"IMG_{number:06}.jpg",
        bytes=4_000_000,
        width=0 if failed else WIDTH,
        height=0 if failed else HEIGHT,
        taken_at=None if chance.random() < 0.02 else (uploaded - timedelta(days=1)).isoformat()[:19],
        latitude=52 + chance.random() if chance.random() < 0.7 else None,
        longitude=5.0,
        site=f"plot {number % SITES}" if chance.random() < 0.95 else "",
        note="",
        drop_id=f"drop-{number // 100:06}",
        uploaded_by=f"person {number % PEOPLE}",
        uploaded_at=uploaded,
        problem="The file is damaged or incomplete." if failed else "",
    )
    if failed:
        return record, None, []
    flag = str(chance.choice(["", "", "", "", "", "", "", "", "", "crowded"]))
    taxa = [package.labels[index].taxon for index in chance.zipf(1.4, int(chance.integers(0, 3))) % len(package.labels)]
    counts = {taxon: int(chance.geometric(0.3)) for taxon in taxa}
    analysis = Analysis(
        record.photo_id, package.name, package.version, uploaded, 0.5, flag, _flowers(counts, package, chance)
    )
    return record, analysis, list(_observations(analysis, counts, package, chance))


def _flowers(counts: dict[str, int], package: ModelPackage, chance: np.random.Generator) -> Flowers:
    names = [taxon for taxon, count in counts.items() for _ in range(count)]
    corner = chance.random((len(names), 2), np.float32) * (WIDTH - 400, HEIGHT - 400)
    others = [label.taxon for label in package.labels[:4]]
    return Flowers(
        np.hstack([corner, corner + 300]).astype(np.float32).reshape(len(names), 4),
        chance.uniform(0.5, 1, len(names)).astype(np.float32),
        tuple((TaxonScore(name, 0.9), *(TaxonScore(other, 0.02) for other in others)) for name in names),
        np.random.default_rng(corner.view(np.uint32).ravel()).integers(-127, 128, (len(names), 64), np.int8),
    )


def _observations(
    analysis: Analysis, counts: dict[str, int], package: ModelPackage, chance: np.random.Generator
) -> Iterator[Observation]:
    for taxon, count in counts.items():
        confidence = float(chance.uniform(0.3, 1))
        yield Observation(
            photo_id=analysis.photo_id,
            taxon=taxon,
            count=count,
            count_low=max(1, count - 1),
            count_high=count + int(chance.integers(0, 3)),
            confidence=confidence,
            band="confident" if confidence > 0.9 else "uncertain",
            unit="flower",
            by=f"{package.name} {package.version}",
            at=analysis.analysed_at,
            analysis_id=analysis.analysis_id,
        )
