"""Current observations of every photo, whatever came before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest

from core.recognition.flowers import NO_FLOWERS
from core.recognition.taxa import Label
from core.settings import Settings
from core.store.blobs import open_blobs
from core.store.library import Library
from core.store.records import Analysis, Observation, PhotoRecord
from core.store.selection import EVERYTHING, Attention, Selection
from core.store.tables import Tables
from core.survey.observed import observed

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
LABELS = (
    Label("rosa", "Rosa canina", "species", "Rosa", "Rosaceae", "dog rose", "hondsroos", "flower", "6-7", "wild"),
    Label(
        "papaver", "Papaver rhoeas", "species", "Papaver", "Papaveraceae", "poppy", "klaproos", "flower", "5-7", "wild"
    ),
)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    settings = Settings(store=str(tmp_path / "data"))
    return Library(open_blobs(settings), Tables(settings))


def _photo(name: str, **other: object) -> PhotoRecord:
    photo_id = sha256(name.encode()).hexdigest()
    plain = PhotoRecord(
        photo_id=photo_id,
        file=name,
        bytes=9,
        width=40,
        height=30,
        taken_at="2026-06-12T12:00:00",
        latitude=None,
        longitude=None,
        site="dunes",
        note="",
        drop_id="d1",
        uploaded_by="anna",
        uploaded_at=NOON,
    )
    return replace(plain, **other)  # type: ignore[arg-type]


def _count(
    library: Library,
    photo: PhotoRecord,
    taxa: dict[str, int],
    *,
    version: str = "1.0",
    hours: int = 0,
    flag: str = "",
    **other: object,
) -> None:
    """Record the photo with an analysis that found so many of each taxon."""
    at = NOON + timedelta(hours=hours)
    analysis = Analysis(photo.photo_id, "bloom", version, at, 0.5, flag, NO_FLOWERS)
    plain = Observation(photo.photo_id, "", 0, 0, 0, 0.95, "confident", "flower", "", at, analysis.analysis_id)
    rows = [
        replace(plain, taxon=taxon, count=count, count_low=count, count_high=count + 1, **other)  # type: ignore[arg-type]
        for taxon, count in taxa.items()
    ]
    library.record([photo], [analysis], rows)


def _counts(library: Library, which: Selection = EVERYTHING) -> list[tuple[str, str, int]]:
    rows = observed(library, LABELS, which)
    return list(zip(rows["file"], rows["taxon"], rows["count"].tolist(), strict=True))


def test_a_row_a_photo_and_taxon_and_one_for_a_photo_without_flowers(library: Library) -> None:
    _count(library, _photo("a"), {"papaver": 1, "rosa": 3})
    _count(library, _photo("b", uploaded_at=NOON + timedelta(minutes=1)), {})
    assert _counts(library) == [("a", "rosa", 3), ("a", "papaver", 1), ("b", "", 0)]


def test_photos_that_wait_or_cannot_be_read_were_not_looked_at(library: Library) -> None:
    library.record([_photo("waits"), _photo("broken", problem="broken cannot be read.")], [], [])
    assert observed(library, LABELS).empty


def test_the_newest_analysis_counts_even_where_it_found_nothing(library: Library) -> None:
    _count(library, _photo("a"), {"rosa": 3})
    _count(library, _photo("a"), {}, version="2.0", hours=1)
    assert _counts(library) == [("a", "", 0)]


def test_rows_recorded_twice_after_a_crash_count_once(library: Library) -> None:
    _count(library, _photo("a"), {"rosa": 3})
    _count(library, _photo("a"), {"rosa": 3}, hours=1)
    assert _counts(library) == [("a", "rosa", 3)]


def test_what_a_person_said_holds_whatever_models_say_later_until_it_is_taken_back(library: Library) -> None:
    _count(library, _photo("a"), {"rosa": 3, "papaver": 1})
    review = Observation(
        _photo("a").photo_id, "rosa", 5, 5, 5, 1.0, "confident", "flower", "anna", NOON + timedelta(hours=1), None, "r1"
    )
    library.record([], [], [review])
    assert _counts(library) == _counts(library, Selection(reviewed_only=True)) == [("a", "rosa", 5)]
    _count(library, _photo("a"), {"papaver": 2}, version="2.0", hours=2)
    assert _counts(library) == _counts(library, Selection(reviewed_only=True)) == [("a", "rosa", 5)]
    library.record([], [], [replace(review, taxon=None, count=0, at=NOON + timedelta(hours=3), review_id="r2")])
    assert _counts(library) == [("a", "papaver", 2)]
    assert _counts(library, Selection(reviewed_only=True)) == []


@pytest.mark.parametrize(
    ("which", "counts"),
    [
        pytest.param(Selection(sites=("dunes",)), [("a", "rosa", 3), ("a", "papaver", 1)], id="a site"),
        pytest.param(
            Selection(sites=("dunes", "wood")),
            [("a", "rosa", 3), ("a", "papaver", 1), ("b", "rosa", 2)],
            id="two sites",
        ),
        pytest.param(Selection(people=("o'ben",)), [("b", "rosa", 2)], id="a person"),
        pytest.param(
            Selection(taxa=("papaver",)), [("a", "papaver", 1), ("b", "", 0)], id="a taxon, looked for in all"
        ),
        pytest.param(Selection(min_confidence=0.96), [("a", "", 0), ("b", "rosa", 2)], id="sure names"),
        pytest.param(Selection(taken_from=date(2026, 6, 13)), [("b", "rosa", 2)], id="days"),
        pytest.param(Selection(reviewed_only=True), [], id="reviewed"),
        pytest.param(Selection(count_from=3), [("a", "rosa", 3), ("a", "papaver", 1)], id="flowers in the photo"),
        pytest.param(Selection(count_to=3), [("b", "rosa", 2)], id="no more flowers"),
        pytest.param(
            Selection(taxa=("papaver",), count_to=0), [("b", "", 0)], id="flowers of the taxon that is asked for"
        ),
    ],
)
def test_a_selection_holds(library: Library, which: Selection, counts: list[tuple[str, str, int]]) -> None:
    later = {"uploaded_at": NOON + timedelta(minutes=1), "taken_at": "2026-06-13T08:00:00+02:00"}
    _count(library, _photo("a"), {"rosa": 3, "papaver": 1})
    _count(library, _photo("b", site="wood", uploaded_by="o'ben", **later), {"rosa": 2}, confidence=0.99)
    assert _counts(library, which) == counts


@pytest.mark.parametrize(
    ("attention", "files"),
    [
        ("flagged", ["crowded"]),
        ("doubtful", ["unnamed"]),
        ("undated", ["undated"]),
        ("unplaced", ["unplaced", "half a position"]),
        ("failed", ["failed"]),
    ],
)
def test_photos_that_need_attention(library: Library, attention: Attention, files: list[str]) -> None:
    here = {"latitude": 52.4, "longitude": 4.6}
    photos = [
        _photo("sure"),
        _photo("crowded"),
        _photo("unnamed"),
        _photo("no flowers"),
        _photo("undated", taken_at=None),
        _photo("unplaced", site=""),
        _photo("half a position", site="", latitude=52.4),
        _photo("placed by the camera", site="", **here),
    ]
    flags, found = {"crowded": "crowded"}, {"no flowers": {}, "unnamed": {"unknown": 1}}
    for minute, photo in enumerate(photos):
        later = replace(photo, uploaded_at=NOON + timedelta(minutes=minute))
        _count(library, later, found.get(photo.file, {"rosa": 9}), flag=flags.get(photo.file, ""))
    library.record([_photo("failed", taken_at=None, site="", problem="failed cannot be read.")], [], [])
    chosen = library.export_results(Selection(attention=attention))
    assert [result.photo.file for batch in chosen for result in batch] == files
    assert {file for file, _, _ in _counts(library, Selection(attention=attention))} == set(files) - {"failed"}


@pytest.mark.parametrize(
    ("taxon", "names"),
    [
        ("rosa", ["Rosa canina", "species", "Rosaceae", "dog rose", "hondsroos"]),
        ("rosaceae", ["Rosaceae", "family", "Rosaceae", "Rosaceae (family)", "Rosaceae (familie)"]),
        ("unknown", ["", "", "", "unknown flower", "onbekende bloem"]),
        ("of-another-model", ["", "", "", "of-another-model", "of-another-model"]),
    ],
)
def test_taxa_carry_their_names(library: Library, taxon: str, names: Sequence[str]) -> None:
    _count(library, _photo("a"), {taxon: 1})
    row = observed(library, LABELS).iloc[0]
    assert [row[name] for name in ("scientific_name", "rank", "family", "english", "dutch")] == names
    assert row["day"] == pd.Timestamp(2026, 6, 12)


def test_an_empty_store_has_the_same_columns_as_a_full_one(library: Library) -> None:
    empty = observed(library, LABELS)
    _count(library, _photo("a"), {"rosa": 1})
    assert list(empty.columns) == list(observed(library, LABELS).columns)
