"""The CSV that leaves Bloomcount: read back, it says what was counted."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.csv_files import CSV_FORMS, csv_bytes
from core.exports.columns import COLUMNS
from core.exports.csv import observation_rows
from core.recognition.counting import count_flowers
from core.recognition.flowers import Flowers, TaxonScore
from core.store.records import Analysis, PhotoRecord, PhotoResult, Review, Site
from tests.core.counting_squares import PACKAGE

UPLOADED_AT = datetime(2026, 5, 1, 10, 20, 30, tzinfo=UTC)


def photo(**changes: object) -> PhotoRecord:
    fields = {
        "photo_id": "ab" * 32,
        "file": "IMG 1.jpg",
        "bytes": 12,
        "width": 40,
        "height": 30,
        "taken_at": "2026-05-01T10:00:00+02:00",
        "latitude": -52.5,
        "longitude": -4.25,
        "site": "plot 3",
        "note": "",
        "drop_id": "d",
        "uploaded_by": "anna",
        "uploaded_at": UPLOADED_AT,
        "problem": "",
    }
    return PhotoRecord(**fields | changes)


def flowers(*taxa: str, probability: float = 0.99) -> Flowers:
    n = len(taxa)
    scores = tuple((TaxonScore(taxon, 0.97),) for taxon in taxa)
    return Flowers(np.zeros((n, 4), np.float32), np.full(n, probability, np.float32), scores)


def result(found: Flowers | None, *, flag: str = "", **changes: object) -> PhotoResult:
    record = photo(**changes)
    if found is None:
        return PhotoResult(record, None)
    return PhotoResult(record, Analysis(record.photo_id, "bloom", "1", UPLOADED_AT, 0.5, flag, found))


def read_back(*results: PhotoResult, threshold: float = 0.5) -> list[dict[str, str]]:
    rows = observation_rows(results, package_of=lambda *_: PACKAGE, threshold=threshold)
    text = csv_bytes(rows, tuple(COLUMNS)).decode()
    return list(csv.DictReader(StringIO(text, newline="")))


def test_one_row_a_photo_and_taxon_in_the_columns_of_the_data_dictionary():
    rows = read_back(result(flowers("oxeye-daisy", "oxeye-daisy", "=cmd"), note="after rain"))
    assert list(rows[0]) == list(COLUMNS)
    assert rows[0] == {
        "photo_id": "ab" * 32,
        "file": "IMG 1.jpg",
        "site": "plot 3",
        "taken_at": "2026-05-01T10:00:00+02:00",
        "latitude": "-52.5",
        "longitude": "-4.25",
        "uploaded_by": "anna",
        "uploaded_at": "2026-05-01T10:20:30+00:00",
        "taxon": "oxeye-daisy",
        "scientific_name": "Leucanthemum vulgare",
        "rank": "species",
        "family": "Asteraceae",
        "unit": "flower head",
        "count": "2",
        "count_low": "2",
        "count_high": "2",
        "confidence": rows[0]["confidence"],
        "band": "confident",
        "reviewed": "false",
        "flag": "",
        "model": "bloom 1",
        "problem": "",
        "note": "after rain",
        "reviewed_by": "",
        "how": "",
        "area_m2": "",
        "habitat": "",
        "gbif_key": "",
        "year": "2026",
        "plot": "",
        "protocol": "views",
        "minutes": "",
        "observer": "",
        "weather": "",
        "name_list": "",
    }
    assert [(row["scientific_name"], row["count"]) for row in rows] == [
        ("Leucanthemum vulgare", "2"),
        ("Rosa rugosa", "1"),
    ]


def test_a_photo_without_flowers_is_one_row_that_counts_none():
    (row,) = read_back(result(flowers()))
    assert (row["taxon"], row["count"], row["count_low"], row["count_high"]) == ("", "0", "0", "0")
    assert row["model"] == "bloom 1"


def test_a_file_that_failed_is_one_row_that_says_why_and_counts_nothing():
    (row,) = read_back(result(None, problem="IMG 1.jpg is empty.", latitude=None, longitude=None, taken_at=None))
    assert row["problem"] == "IMG 1.jpg is empty."
    assert [row[c] for c in ("taken_at", "latitude", "taxon", "count", "count_low", "band", "model")] == [""] * 7


def test_a_photo_that_waits_is_no_row():
    assert read_back(result(None)) == []


def test_the_flag_says_that_a_count_is_a_lower_bound():
    (row,) = read_back(result(flowers("oxeye-daisy"), flag="crowded"))
    assert row["flag"] == "crowded"


def test_what_a_person_counted_is_told_apart():
    said = replace(result(flowers("oxeye-daisy")), review=Review("lea", UPLOADED_AT, {"oxeye-daisy": 4}))
    (row,) = read_back(said)
    assert [row[c] for c in ("taxon", "count", "count_low", "count_high", "reviewed")] == [
        "oxeye-daisy",
        *"444",
        "true",
    ]
    (row,) = read_back(replace(said, review=Review("lea", UPLOADED_AT, {})))
    assert (row["taxon"], row["count"], row["reviewed"]) == ("", "0", "true")


def test_another_threshold_counts_again():
    doubtful = result(flowers("oxeye-daisy", probability=0.4))
    assert [row["count"] for row in read_back(doubtful, threshold=0.3)] == ["1"]
    assert [row["count"] for row in read_back(doubtful, threshold=0.5)] == ["0"]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+31 6 1234", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", '=HYPERLINK("http://x")'],
)
def test_text_that_a_spreadsheet_would_run_is_made_harmless(text):
    rows = read_back(result(flowers("oxeye-daisy"), file=text, site=text, uploaded_by=text), result(None, problem=text))
    harmless = "'" + text.replace("\r", "\n")
    assert [rows[0][c] for c in ("file", "site", "uploaded_by")] == [harmless] * 3
    assert rows[1]["problem"] == harmless


def test_names_from_a_model_package_are_made_harmless_too():
    (row,) = read_back(result(flowers("=cmd")))
    assert row["taxon"] == "'=cmd"


def test_negative_numbers_stay_numbers():
    (row,) = read_back(result(flowers("oxeye-daisy"), latitude=-0.5, longitude=-179.25))
    assert (float(row["latitude"]), float(row["longitude"])) == (-0.5, -179.25)


def test_a_row_has_the_plot_of_its_site_and_who_reviewed_it():
    dunes = Site("plot 3", 52.4, 4.6, "dry dune", 12.5, "lea", UPLOADED_AT)
    said = replace(result(flowers("oxeye-daisy")), review=Review("lea", UPLOADED_AT, {"oxeye-daisy": 4}))
    (row,) = observation_rows([said], package_of=lambda *_: PACKAGE, threshold=0.5, sites={"plot 3": dunes})
    assert [row[c] for c in ("reviewed_by", "area_m2", "habitat", "year")] == ["lea", 12.5, "dry dune", 2026]


def test_a_dutch_excel_opens_the_other_form_as_a_table():
    rows = observation_rows(
        [result(flowers("oxeye-daisy"), site="Café; 2")], package_of=lambda *_: PACKAGE, threshold=0.5
    )
    data = csv_bytes(rows, tuple(COLUMNS), form=CSV_FORMS["semicolon"])
    assert data.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";")
    assert [row[c] for c in ("site", "latitude", "longitude", "count")] == ["Café; 2", "-52,5", "-4,25", "1"]


def test_no_number_of_a_csv_looks_like_thousands():
    (row,) = read_back(result(flowers("oxeye-daisy"), latitude=52.429, longitude=4.57))
    assert (row["latitude"], row["longitude"]) == ("52.4290", "4.57")


@pytest.mark.parametrize("text", ["a,b", 'say "yes"', "two\nlines", "æ ø 雛菊", "100 % = all", " - "])
def test_honest_text_comes_back_as_it_was(text):
    (row,) = read_back(result(flowers("oxeye-daisy"), site=text))
    assert row["site"] == text


PROBABILITIES = st.floats(0.0625, 1, width=32)


@given(
    photos=st.lists(
        st.lists(st.tuples(st.sampled_from(["oxeye-daisy", "=cmd", "no-such"]), PROBABILITIES), max_size=8), max_size=6
    ),
    threshold=st.floats(0.05, 0.95),
)
@settings(max_examples=60, deadline=None)
def test_totals_of_the_csv_are_the_totals_of_the_count(photos, threshold):
    found = [
        Flowers(
            np.zeros((len(boxes), 4), np.float32),
            np.array([p for _, p in boxes], np.float32),
            tuple((TaxonScore(taxon, 0.97),) for taxon, _ in boxes),
        )
        for boxes in photos
    ]
    rows = read_back(*(result(f, photo_id=f"{n:064x}") for n, f in enumerate(found)), threshold=threshold)
    counted = [count_flowers(f, package_labels=PACKAGE.labels, threshold=threshold, recall=1.0) for f in found]
    for n, photo_count in enumerate(counted):
        mine = [row for row in rows if row["photo_id"] == f"{n:064x}"]
        assert sum(int(row["count"]) for row in mine) == photo_count.total.count
        assert len(mine) == max(1, len(photo_count.taxa))
        assert all(int(r["count_low"]) <= int(r["count"]) <= int(r["count_high"]) for r in mine)
