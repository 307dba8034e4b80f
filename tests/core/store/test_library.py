"""Promises of the library to pages and commands."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from core.recognition.flowers import Flowers, TaxonScore
from core.settings import Settings
from core.store import library as library_module
from core.store.blobs import MissingBlob, open_blobs
from core.store.gallery import GalleryPage
from core.store.library import Library
from core.store.records import Analysis, Observation, PhotoRecord, Site
from core.store.schemas import analysis_rows
from core.store.selection import Selection
from core.store.tables import Tables
from tests.people import ADMIN

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
NO_FLOWERS = Flowers(np.empty((0, 4), np.float32), np.empty(0, np.float32), ())


def _library(settings: Settings) -> Library:
    return Library(open_blobs(settings), Tables(settings))


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return _library(Settings(store=str(tmp_path / "data")))


def _photo(name: str, *, minute: int = 0, drop_id: str = "d1", **other: object) -> PhotoRecord:
    plain = PhotoRecord(
        photo_id=sha256(name.encode()).hexdigest(),
        file=f"{name}.jpg",
        bytes=9,
        width=40,
        height=30,
        taken_at=None,
        latitude=52.4,
        longitude=None,
        site="dunes",
        note="",
        drop_id=drop_id,
        uploaded_by="anna",
        uploaded_at=NOON + timedelta(minutes=minute),
    )
    return replace(plain, **other)  # type: ignore[arg-type]


def _analysis(photo: PhotoRecord, *, version: str = "1.0", minute: int = 5, flag: str = "") -> Analysis:
    flowers = Flowers(np.float32([[1, 2, 3, 4.5]]), np.float32([0.3]), ((TaxonScore("rosa", 0.1),),))
    return Analysis(photo.photo_id, "bloom", version, NOON + timedelta(minutes=minute), 0.5, flag, flowers)


def test_the_same_bytes_are_one_photo(store: Settings) -> None:
    library = _library(store)
    first = library.pictures.add(b"petals")
    assert library.pictures.add(b"petals") == first == sha256(b"petals").hexdigest()
    assert library.pictures.photo(first) == b"petals"
    assert [blob.key for blob in library.blobs.list()] == [f"photos/{first[:2]}/{first}"]


def test_thumbnails(store: Settings) -> None:
    library = _library(store)
    assert library.pictures.thumb("ab12") is None
    library.pictures.put_thumb("ab12", b"webp")
    assert library.pictures.thumb("ab12") == b"webp"
    with pytest.raises(MissingBlob):
        library.pictures.photo("ab12")


def test_an_empty_store_answers_everything(store: Settings) -> None:
    library = _library(store)
    assert library.gallery(order="newest", page=0, per_page=24) == GalleryPage((), 0, 0)
    assert library.drop_results("d1") == library.results_for(["x"]) == library.results_for([]) == []
    assert library.latest_drop("anna") is None
    assert library.counted(["x"], "bloom", "1.0") == set()
    assert library.counted([], "bloom", "1.0") == set()
    assert library.analyses_of("x") == []
    assert list(library.export_results()) == []


def test_a_drop_comes_back_in_upload_order_with_its_analyses(store: Settings) -> None:
    library = _library(store)
    b, a, broken = (
        _photo("b"),
        _photo("a", minute=1),
        _photo("c", minute=2, problem="c.jpg is empty.", width=0, height=0),
    )
    other = _photo("other", drop_id="d2")
    library.record([broken, a, other, b], [_analysis(a), _analysis(b, flag="crowded"), _analysis(other)], [])
    results = library.drop_results("d1")
    assert [result.photo for result in results] == [b, a, broken]
    assert [result.analysis and result.analysis.flag for result in results] == ["crowded", "", None]
    analysis = results[0].analysis
    assert analysis is not None
    assert (analysis.analysis_id, analysis.analysed_at) == (_analysis(b).analysis_id, _analysis(b).analysed_at)
    assert analysis.flowers.taxa == ((TaxonScore("rosa", 0.1),),)


def test_features_are_kept_of_each_flower_and_older_rows_have_none(library: Library) -> None:
    a, b = _photo("a"), _photo("b")
    library.tables.append("analyses", analysis_rows([_analysis(a)]).drop_columns(["features"]))
    seen = _analysis(b)
    features = np.arange(-64, 64, dtype=np.int8).reshape(1, 128)
    library.record([a, b], [replace(seen, flowers=replace(seen.flowers, features=features))], [])
    assert {key: kept.tolist() for key, kept in library.features_of([a.photo_id, b.photo_id]).items()} == {
        seen.analysis_id: features.tolist()
    }
    assert [result.analysis.flowers.taxa for result in library.results_for([a.photo_id, b.photo_id])] == [
        ((TaxonScore("rosa", 0.1),),)
    ] * 2


def test_rows_recorded_twice_count_once(library: Library) -> None:
    a = _photo("a")
    for _ in range(3):
        library.record([a], [_analysis(a)], [])
    assert len(library.drop_results("d1")) == 1
    assert library.number_of_photos() == 1
    assert [len(batch) for batch in library.export_results()] == [1]


def test_the_newest_analysis_wins(library: Library) -> None:
    a = _photo("a")
    library.record([a], [_analysis(a, version="2.0", minute=9)], [])
    library.record([], [_analysis(a, version="1.0", minute=5)], [])
    [result] = library.results_for([a.photo_id])
    assert result.analysis is not None
    assert result.analysis.model_version == "2.0"
    assert [analysis.model_version for analysis in library.analyses_of(a.photo_id)] == ["2.0", "1.0"]


def test_a_photo_without_flowers_is_a_result(library: Library) -> None:
    a = _photo("a")
    library.record([a], [replace(_analysis(a), flowers=NO_FLOWERS)], [])
    [result] = library.drop_results("d1")
    assert result.analysis is not None
    assert len(result.analysis.flowers) == 0


def test_what_is_counted_is_known_by_model_version(library: Library) -> None:
    a, b = _photo("a"), _photo("b")
    library.record([], [_analysis(a)], [])
    ids = [a.photo_id, b.photo_id]
    assert library.counted(ids, "bloom", "1.0") == {_analysis(a).analysis_id}
    assert library.counted(ids, "bloom", "2.0") == set()
    assert [analysis.analysis_id for analysis in library.analyses_of(a.photo_id)] == [_analysis(a).analysis_id]


def test_a_photo_in_two_drops_is_in_both_as_its_first_said_in_whatever_order_they_are_recorded(
    library: Library,
) -> None:
    first = _photo("a", site="dunes")
    again = _photo("a", site="garden", drop_id="d2", minute=7)
    library.record([again], [_analysis(first)], [])
    library.record([first], [], [])
    page = library.gallery(order="newest", page=0, per_page=9)
    assert ([one.result.photo for one in page.photos], page.total) == ([first], 1)
    assert [result.photo for result in library.drop_results("d1")] == [first]
    assert [result.photo for result in library.drop_results("d2")] == [first]


def test_pages_go_from_the_newest_upload_back(library: Library) -> None:
    photos = [_photo(str(i), minute=i) for i in range(5)]
    library.record(photos, [], [])
    pages = [library.gallery(order="newest", page=page, per_page=2) for page in range(3)]
    assert [[one.result.photo.file for one in page.photos] for page in pages] == [
        ["4.jpg", "3.jpg"],
        ["2.jpg", "1.jpg"],
        ["0.jpg"],
    ]
    assert {page.total for page in pages} == {5}


def test_results_come_in_the_order_asked(library: Library) -> None:
    photos = [_photo(str(i), minute=i) for i in range(3)]
    library.record(photos, [], [])
    asked = [photos[2].photo_id, "unknown", photos[0].photo_id, photos[2].photo_id]
    assert [result.photo for result in library.results_for(asked)] == [photos[2], photos[0]]


def test_the_latest_drop_is_the_persons_own(library: Library) -> None:
    library.record([_photo("a"), _photo("b", drop_id="d2", minute=1)], [], [])
    library.record([_photo("c", drop_id="d3", minute=2, uploaded_by="o'ben")], [], [])
    assert [library.latest_drop(name) for name in ("anna", "o'ben", "cleo")] == ["d2", "d3", None]


@pytest.mark.parametrize(
    ("which", "files"),
    [
        pytest.param(Selection(), ["a", "b", "c"], id="everything"),
        pytest.param(Selection(sites=("it's",)), ["b"], id="site with a quote"),
        pytest.param(Selection(sites=("",)), ["c"], id="without site"),
        pytest.param(Selection(drop_id="d2"), ["c"], id="drop"),
        pytest.param(Selection(people=("ben",)), ["c"], id="person"),
        pytest.param(Selection(taken_from=date(2026, 6, 2)), ["b"], id="taken from; photos without date are out"),
        pytest.param(Selection(taken_to=date(2026, 6, 1)), ["a"], id="taken to, the whole day"),
        pytest.param(Selection(uploaded_from=date(2026, 6, 13)), ["b", "c"], id="uploaded from"),
        pytest.param(Selection(uploaded_to=date(2026, 6, 13)), ["a", "b"], id="uploaded to, the whole day"),
        pytest.param(Selection(sites=("dunes",), taken_from=date(2026, 6, 2)), [], id="all of them together"),
    ],
)
def test_filters(library: Library, which: Selection, files: list[str]) -> None:
    day = 24 * 60
    a = _photo("a", taken_at="2026-06-01T23:59:59+02:00")
    b = _photo("b", taken_at="2026-06-02T00:00:00", site="it's", minute=day)
    c = _photo("c", site="", drop_id="d2", uploaded_by="ben", minute=2 * day)
    library.record([c, b, a], [], [])
    found = [result.photo.file for batch in library.export_results(which) for result in batch]
    assert found == [f"{file}.jpg" for file in files]


def test_an_export_comes_in_batches(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_module, "EXPORT_BATCH", 2)
    photos = [_photo(str(i), minute=i) for i in range(5)]
    library.record(photos, [_analysis(photo) for photo in photos], [])
    batches = list(library.export_results())
    assert [len(batch) for batch in batches] == [2, 2, 1]
    assert [result.photo for batch in batches for result in batch] == photos
    assert all(result.analysis for batch in batches for result in batch)


def test_an_analysis_has_its_counts_and_a_photo_its_row_only_after_its_results(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the process dies, the ticket (removed after record) or all the rows are there."""
    order: list[str] = []
    append = library.tables.append

    def watched(table: str, rows: pa.Table) -> None:
        order.append(table)
        append(table, rows)

    monkeypatch.setattr(library.tables, "append", watched)
    a = _photo("a")
    observation = Observation(a.photo_id, "rosa", 1, 1, 2, 0.9, "confident", "flower", "m", NOON, "x")
    library.record([a], [_analysis(a)], [observation])
    assert order == ["observations", "analyses", "photos"]


def test_a_photo_is_known_by_its_id_alone(library: Library) -> None:
    photo_id = library.pictures.add(b"petals")
    ids = [photo_id, "0" * 64, photo_id.upper(), "", "../../accounts/accounts.json"]
    assert [library.pictures.has(one) for one in ids] == [True, False, False, False, False]


def test_sites_are_the_names_in_use(library: Library) -> None:
    library.record([_photo("a"), _photo("b", site=""), _photo("c", site="a garden"), _photo("d")], [], [])
    assert library.sites() == ["a garden", "dunes"]


def _site(name: str, *, minute: int = 0, **other: object) -> Site:
    plain = Site(name, 52.4, 4.5, "dry dune", 25.0, "lea", NOON + timedelta(minutes=minute))
    return replace(plain, **other)  # type: ignore[arg-type]


def test_of_a_site_holds_what_was_said_last(store: Settings) -> None:
    library = _library(store)
    assert (library.described_sites(), library.sites()) == ({}, [])
    wood = _site("it's a wood", latitude=None, longitude=None, area_m2=None, habitat="")
    library.describe_sites([_site("dunes", minute=2, habitat="wet slack"), wood], by=ADMIN)
    library.describe_sites([_site("dunes")], by=ADMIN)
    library.describe_sites([], by=ADMIN)
    assert library.described_sites() == {"dunes": _site("dunes", minute=2, habitat="wet slack"), "it's a wood": wood}
    history = library.tables.query("SELECT habitat FROM sites WHERE site = 'dunes' ORDER BY changed_at", "sites")
    assert history["habitat"].to_pylist() == ["dry dune", "wet slack"]


def test_sites_are_those_of_photos_and_those_described_each_once(store: Settings) -> None:
    library = _library(store)
    library.record([_photo("a"), _photo("b", site="")], [], [])
    library.describe_sites([_site("dunes"), _site("a garden"), _site("pond 1", parent="pond")], by=ADMIN)
    assert library.sites() == ["a garden", "dunes", "pond", "pond 1"]


def test_a_site_taken_off_the_list_is_there_while_photos_name_it_and_can_come_back(library: Library) -> None:
    library.record([_photo("a")], [], [])
    library.describe_sites([_site("dunes"), _site("typo")], by=ADMIN)
    library.describe_sites([_site("dunes", minute=1, removed=True), _site("typo", minute=1, removed=True)], by=ADMIN)
    assert (library.described_sites(), library.sites()) == ({}, ["dunes"])
    library.describe_sites([_site("typo", minute=2)], by=ADMIN)
    assert list(library.described_sites()) == ["typo"]
