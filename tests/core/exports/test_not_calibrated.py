"""Counts of a model that nobody calibrated leave without an interval, and every file says whose they are."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from core.exports.darwin_core_terms import DWC
from core.exports.stored import Stored
from core.recognition.package import NOT_CALIBRATED
from tests.core.counting_squares import PACKAGE
from tests.core.exports import summer as made
from tests.core.exports.reading import archive, csv_rows, excel_rows, exported, package_tables

MODEL = f"squares 1{NOT_CALIBRATED}"
ENDS = ("count_low", "count_high")


@pytest.fixture(scope="module")
def stored(tmp_path_factory) -> Stored:
    """Four counted photos, of which a person reviewed one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(made, "PACKAGE", replace(PACKAGE, version=f"1{NOT_CALIBRATED}"))
        return made.summer(tmp_path_factory.mktemp("store"))


ROWS = {
    "csv": csv_rows,
    "xlsx": excel_rows,
    "geojson": lambda data: [feature["properties"] for feature in json.loads(data)["features"]],
    "package": lambda data: package_tables(data)["observations"],
}


@pytest.mark.parametrize("name", ROWS)
def test_the_ends_of_a_count_are_blank_and_its_model_is_said_to_be_uncalibrated(stored, name):
    rows = [row for row in ROWS[name](exported(stored, name)) if row["model"]]
    alone = [row for row in rows if row["file"] != "heap.jpg"]
    assert len(alone) == 4
    assert {row["model"] for row in rows} == {MODEL}
    assert {row[end] for row in alone for end in ENDS} <= {None, ""}
    assert {int(row[end]) for row in rows if row["file"] == "heap.jpg" for end in ENDS} == {5}


def test_a_darwin_core_archive_has_no_ends_of_such_counts(stored):
    measured = archive(exported(stored, "dwca")).extensions["ExtendedMeasurementOrFact"]
    kinds = [row[DWC + "measurementType"] for _, row in measured]
    assert kinds.count("lower end of the count") == kinds.count("upper end of the count") == 1


def test_visits_of_such_photos_have_no_ends_either(stored):
    ends = {
        row["site"] or "": [row[end] for end in ENDS] for row in package_tables(exported(stored, "package"))["visits"]
    }
    assert ends == {"dunes": [None, None], "'=plot\t3": [None, None], "": [5, 5]}


def test_the_report_says_how_many_photos_have_no_interval(stored):
    assert (
        "3 photos counted by a model that is not calibrated: no interval is known"
        in exported(stored, "report").decode()
    )
