"""A photo far from its site needs a look, until a person says whose position holds; everything published follows."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.intake.corrections import Correction, correct_many, count_changes, undo
from core.store.distances import FAR_M, metres_from
from core.store.library import Library
from core.store.records import PhotoRecord, Site
from core.store.selection import Selection
from core.store.trail import Part
from core.survey.observed import observed
from core.survey.position_words import photo_position
from core.survey.positions import positioned
from tests.survey import count, library_of, person, photo

LEA = person("lea", "lead")
FAR = Selection(attention="far")
DUNES = Site("dunes", 52.4, 4.6, "", None, "lea", datetime(2026, 6, 1, tzinfo=UTC))


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = library_of(tmp_path)
    library.describe_sites([DUNES], by=LEA)
    return library


def far(library: Library, which: Selection = FAR) -> list[str]:
    return sorted(one.file for batch in library.photo_records(which) for one in batch)


def published(library: Library) -> dict[str, tuple[float, str]]:
    rows = positioned(observed(library, ()), library.described_sites())
    return dict(zip(rows["file"], zip(rows["latitude"], rows["position"], strict=True), strict=True))


@pytest.mark.parametrize(
    ("one", "metres"),
    [
        pytest.param(photo("a", latitude=52.408), 889.56, id="near"),
        pytest.param(photo("a", latitude=52.41), 1111.95, id="far to the north"),
        pytest.param(photo("a", longitude=4.62), 1356.9, id="far to the east"),
        pytest.param(photo("a", latitude=0.0, longitude=0.0), None, id="no position, as cameras write it"),
        pytest.param(photo("a", latitude=None, longitude=None), None, id="no position"),
        pytest.param(photo("a", latitude=None), None, id="half a position"),
        pytest.param(photo("a", latitude=12.0, site=""), None, id="no site"),
        pytest.param(photo("a", latitude=12.0, site="heath"), None, id="a site without position"),
    ],
)
def test_a_photo_farther_than_the_bound_needs_a_look(library: Library, one: PhotoRecord, metres: float | None) -> None:
    assert metres_from(DUNES, one) == (pytest.approx(metres, abs=0.1) if metres else None)
    count(library, one, {"rosa": 1})
    assert far(library) == (["a"] if metres and metres > FAR_M else [])
    assert library.number_of_photos(FAR) == len(far(library))


def test_a_photo_is_near_a_site_on_the_other_side_of_the_antimeridian(library: Library) -> None:
    island = Site("island", -16.8, 179.999, "", None, "lea", DUNES.changed_at)
    assert metres_from(island, photo("a", site="island", latitude=-16.8, longitude=-179.999)) < 300


@pytest.mark.parametrize(
    ("says", "latitude", "position"), [("site", 52.4, "site"), ("photo", 53.4, "photo")], ids=["the site", "the camera"]
)
def test_a_person_says_whose_position_holds_of_many_at_once(
    library: Library, says: str, latitude: float, position: str
) -> None:
    for name in ("a", "b"):
        count(library, photo(name, latitude=53.4), {"rosa": 1})
    count(library, photo("near"), {"rosa": 1})
    count(library, photo("nowhere", latitude=None, longitude=None), {"rosa": 1})
    before = published(library)
    holds = Correction(position_of=says)
    assert count_changes(library, FAR, holds, by=LEA).photos == 2
    made = correct_many(library, FAR, holds, by=LEA)
    assert (made.photos, far(library)) == (2, [])
    assert published(library) == before | dict.fromkeys("ab", (latitude, position))
    newest = library.trail.entries(Part(), most=1)
    assert (newest["action"][0], newest["after"][0]) == ("photos corrected", f'{{"position": "{says}"}}')
    assert undo(library, made, by=LEA).photos == 2
    assert (far(library), published(library)) == (["a", "b"], before)


def test_photos_without_site_or_position_of_their_own_stay_as_they_are(library: Library) -> None:
    for one in (photo("siteless", site=""), photo("nowhere", latitude=None, longitude=None)):
        count(library, one, {"rosa": 1})
    assert correct_many(library, Selection(), Correction(position_of="site"), by=LEA).photos == 0


def test_a_store_from_before_is_read_and_can_be_corrected(library: Library, tmp_path: Path) -> None:
    count(library, photo("a", latitude=53.4), {"rosa": 1})
    old = library.tables.query("SELECT * FROM photos", "photos").drop(["position_of"])
    older = library_of(tmp_path / "older")
    older.tables.append("photos", old)
    older.describe_sites([DUNES], by=LEA)
    assert far(older) == ["a"]
    correct_many(older, FAR, Correction(position_of="site"), by=LEA)
    assert far(older) == []


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (None, "53.4000 N 4.6000 E, 111 km from the site"),
        ("photo", "53.4000 N 4.6000 E, 111 km from the site"),
        ("site", "52.4000 N 4.6000 E (of the site; the camera wrote 53.4000 N 4.6000 E)"),
    ],
)
def test_a_photo_tells_both_positions_where_they_differ(says: str | None, words: str) -> None:
    assert photo_position(photo("a", latitude=53.4, position_of=says), DUNES) == words
