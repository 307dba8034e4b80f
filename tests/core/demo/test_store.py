"""Demo photos look like a survey, agree with the rule that counts, and leave without a trace or a real photo."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from core.demo import MODEL
from core.demo.sites import SITES, months_of
from core.demo.store import demo_photos, fill, remove
from core.errors import StoreError
from core.photo.reading import read_photo
from core.recognition.counting import count_flowers
from core.recognition.package import load_package
from core.settings import SHIPPED_MODEL, PhotoLimits, Settings
from core.store.blobs import MissingBlob, open_blobs
from core.store.demo_mark import DEMO_PEOPLE
from core.store.library import Library
from core.store.records import Site
from core.store.selection import EVERYTHING
from core.store.tables import Tables
from core.survey.density import densities, samples
from core.survey.headline import periods
from core.survey.observed import newest_day, observed
from core.survey.repeats import visits
from core.survey.sampling import PROTOCOLS, protocols
from tests.core.store.racing import in_processes
from tests.survey import UPLOADED, count, library_of, person, photo

TODAY = date(2026, 11, 20)
PACKAGE = load_package(SHIPPED_MODEL)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Library:
    library = library_of(tmp_path_factory.mktemp("demo"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.demo.store.PICTURES", 20)
        fill(library, PACKAGE, 3000, today=TODAY)
    return library


def test_it_looks_like_a_survey(filled: Library) -> None:
    rows = observed(filled, PACKAGE.labels)
    assert set(rows["site"]) == {site.site for site in SITES}
    assert set(rows["uploaded_by"]) == set(DEMO_PEOPLE)
    assert set(rows["day"].dropna().dt.year) == {2024, 2025, 2026}
    assert rows["day"].max().date() < TODAY
    assert {"", "crowded", "blurred", "tiny"} == set(rows["flag"])
    assert {"species", "genus", "family", ""} <= set(rows["rank"])
    assert {"unknown", ""} < set(rows["taxon"])
    assert {"confident", "uncertain", "unknown", ""} == set(rows["band"])
    assert 0.01 < rows["reviewed"].mean() < 0.15


def test_the_overview_has_something_to_compare_in_any_season(filled: Library) -> None:
    compared = periods(EVERYTHING, newest_day(observed(filled, PACKAGE.labels)))
    assert compared
    assert filled.number_of_photos(compared.now) > 0
    assert filled.number_of_photos(compared.before) > 0


def test_it_has_plots_protocols_and_areas_and_mostly_wild_plants_in_the_wild(filled: Library) -> None:
    rows = observed(filled, PACKAGE.labels)
    seen = visits(rows)
    assert protocols(seen) == PROTOCOLS
    dense = densities(samples(rows, seen)).set_index("site")
    assert dense.loc["Kennemerduinen (demo)", ["protocol", "plots"]].tolist() == ["quadrats", 3]
    assert dense["mean"].notna().all()
    wild = {label.taxon for label in PACKAGE.labels if label.status_nl in ("native", "naturalised")}
    gardens = [site.site for site in SITES if site.garden]
    found = rows[rows["rank"].isin(["species", "cultivar"]) & ~rows["site"].isin(gardens)]
    assert found["taxon"].isin(wild).mean() > 0.8


def test_what_flowers_is_mostly_in_season(filled: Library) -> None:
    months = {label.taxon: months_of(label) for label in PACKAGE.labels}
    rows = observed(filled, PACKAGE.labels).dropna(subset="day")
    rows = rows[[bool(months.get(taxon)) for taxon in rows["taxon"]]]
    in_season = [day.month in months[taxon] for taxon, day in zip(rows["taxon"], rows["day"], strict=True)]
    assert 0.8 < sum(in_season) / len(in_season) < 1


def test_a_page_that_counts_the_flowers_again_agrees_with_the_stored_observations(filled: Library) -> None:
    ids = filled.tables.query("SELECT photo_id FROM photos WHERE problem = '' LIMIT 300", "photos")["photo_id"]
    results = {result.photo.photo_id: result.analysis for result in filled.results_for(ids.to_pylist())}
    rows = observed(filled, PACKAGE.labels)
    stored = rows[rows["photo_id"].isin(list(results)) & ~rows["reviewed"] & (rows["count"] > 0)]
    counted: Counter[tuple[str, str, int, int, int]] = Counter()
    for photo_id in set(rows.loc[~rows["reviewed"], "photo_id"]) & set(results):
        analysis = results[photo_id]
        assert analysis is not None
        assert analysis.model == MODEL
        for row in count_flowers(
            analysis.flowers,
            package_labels=PACKAGE.labels,
            threshold=PACKAGE.default_threshold,
            recall=PACKAGE.recall,
            widening=PACKAGE.widening,
            flag=analysis.flag,
        ).taxa:
            counted[photo_id, row.taxon.name, row.flowers.count, row.flowers.low, row.flowers.high] += 1
    columns = (stored[name] for name in ("photo_id", "taxon", "count", "count_low", "count_high"))
    assert counted == Counter(zip(*columns, strict=True))


def test_some_files_could_not_be_read(filled: Library) -> None:
    problems = filled.tables.query("SELECT problem, file FROM photos WHERE problem <> ''", "photos").to_pylist()
    assert 3 <= len(problems) <= 40
    assert all(row["file"] in row["problem"] for row in problems)


def test_the_newest_photos_have_a_picture_and_the_others_say_they_have_none(filled: Library) -> None:
    newest = [one.result for one in filled.gallery(order="newest", page=0, per_page=10).photos]
    for result in newest:
        if not result.problem:
            data = filled.pictures.photo(result.photo.photo_id)
            picture = read_photo(data, name="demo", limits=PhotoLimits(2))
            assert picture.picture.size == (result.photo.width, result.photo.height)
            assert result.photo.bytes == len(data)
    oldest = filled.tables.query("SELECT photo_id FROM photos ORDER BY uploaded_at LIMIT 1", "photos")
    assert filled.pictures.thumb(oldest["photo_id"][0].as_py()) is None
    with pytest.raises(MissingBlob):
        filled.pictures.photo(oldest["photo_id"][0].as_py())


def test_removing_takes_exactly_the_demo_photos(store: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.demo.store.PICTURES", 3)
    library = Library(open_blobs(store), Tables(store))
    count(library, photo("before"), {"rosa": 3})
    library.describe_sites([Site("dunes", 52.4, 4.6, "", 4.0, "lea", UPLOADED)], by=person("lea", "lead"))
    before = {name: _all(library, name) for name in ("photos", "analyses", "observations", "sites")}
    blobs = [blob.key for blob in library.blobs.list("")]
    fill(library, PACKAGE, 200, today=TODAY)
    assert demo_photos(library) == 200
    with pytest.raises(StoreError, match="200 demo photos already"):
        fill(library, PACKAGE, 10, today=TODAY)
    assert remove(library) == 200
    assert {name: _all(library, name) for name in before} == before
    assert [blob.key for blob in library.blobs.list("") if not blob.key.startswith("tables/")] == [
        key for key in blobs if not key.startswith("tables/")
    ]
    assert remove(library) == 0


def test_removing_while_others_append_and_compact_loses_and_doubles_nothing(tmp_path: Path) -> None:
    library = library_of(tmp_path)
    _work(tmp_path, "before")
    fill(library, PACKAGE, 200, today=TODAY)
    in_processes(_work, [(tmp_path, "anna"), (tmp_path, "ben"), (tmp_path, ""), (tmp_path, "remove")])
    files = library.tables.query("SELECT file FROM photos ORDER BY file", "photos")["file"].to_pylist()
    assert files == sorted(f"{name} {number}" for name in ("anna", "before", "ben") for number in range(26))


def _work(folder: Path, name: str) -> None:
    library = library_of(folder)
    if name == "remove":
        remove(library)
    elif not name:
        for _ in range(3):
            library.tables.compact()
    else:
        for number in range(26):
            count(library, photo(f"{name} {number}"), {"rosa": 3})


def _all(library: Library, table: str) -> list[dict[str, object]]:
    rows: pa.Table = library.tables.query(f"SELECT * FROM {table}", table)
    return sorted(rows.to_pylist(), key=str)
