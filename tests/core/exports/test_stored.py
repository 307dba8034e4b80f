"""Exports come from stored rows: nothing is counted again, every taxon has its name, and progress is told."""

from __future__ import annotations

import json
from dataclasses import replace

from core.exports.contents import contents
from core.exports.darwin_core_terms import DWC
from core.recognition.taxa import Label
from core.store.records import Site
from core.store.selection import Selection
from core.survey.observed import observed
from tests.core.counting_squares import LABELS, PACKAGE
from tests.core.exports.reading import archive, csv_rows, exported
from tests.core.exports.summer import NOON, summer
from tests.people import ADMIN
from tests.survey import count, photo

OTHER = Label("oxeye-daisy", "Bellis magna", "species", "Bellis", "Compositae", "big daisy", "groot", "flower", "", "")


def test_a_taxon_of_another_model_is_called_as_that_model_calls_it(tmp_path):
    asked = []

    def package_of(model, version):
        asked.append((model, version))
        return PACKAGE

    stored = replace(summer(tmp_path), labels=(replace(OTHER, taxon="bellis-magna"),), package_of=package_of)
    names = {row["taxon"]: row["scientific_name"] for row in stored.rows()}
    assert names == {"oxeye-daisy": "Leucanthemum vulgare", "=cmd": "Rosa rugosa", "": "", "unknown": ""}
    assert set(asked) == {("squares", "1")}


def test_the_model_in_use_has_the_first_word_on_names(tmp_path):
    stored = replace(summer(tmp_path), labels=(OTHER,))
    assert next(stored.rows())["scientific_name"] == "Bellis magna"


def test_progress_is_told(tmp_path):
    told = []
    exported(replace(summer(tmp_path), progress=told.append), "csv")
    assert told == [5]


def test_files_that_could_not_be_read_are_said_where_counts_are_not_asked_for(tmp_path):
    stored = summer(tmp_path)
    problems = [row["problem"] for row in csv_rows(exported(stored, "csv"))]
    assert problems == [""] * 5 + ["broken.jpg is empty (0 bytes). Copy it again."]
    for which in (Selection(reviewed_only=True), Selection(count_from=1), Selection(sites=("wood",))):
        assert {row["problem"] for row in csv_rows(exported(replace(stored, which=which), "csv"))} <= {""}


def test_a_selection_is_said_in_words(tmp_path):
    stored = summer(tmp_path)
    assert stored.selection == "everything"
    which = Selection(sites=("dunes", ""), reviewed_only=True)
    assert replace(stored, which=which).selection == "site: dunes; site: none; reviewed: only"


def test_a_photo_without_gps_is_where_its_site_is_in_every_export(tmp_path):
    stored = summer(tmp_path)
    unplaced = contents(observed(stored.library, LABELS), stored.library.described_sites()).unplaced
    count(stored.library, photo("lost.jpg", site="wood", latitude=None, longitude=None), {"oxeye-daisy": 1})
    stored.library.describe_sites([Site("wood", 52.125, 4.875, "", None, "lea", NOON)], by=ADMIN)
    (row,) = [row for row in stored.rows() if row["site"] == "wood"]
    assert (row["latitude"], row["longitude"], row["position"]) == (52.125, 4.875, "site")
    (event,) = [row for row in archive(exported(stored, "dwca")).events if row[DWC + "eventType"] == "Photo"
                and row[DWC + "locality"] == "wood"]  # fmt: skip
    assert [event[DWC + term] for term in ("decimalLatitude", "decimalLongitude", "georeferenceRemarks")] == [
        "52.125",
        "4.875",
        "position of the site, as people typed it",
    ]
    features = json.loads(exported(stored, "geojson"))["features"]
    (point,) = [one["geometry"] for one in features if one["properties"]["site"] == "wood"]
    assert point == {"type": "Point", "coordinates": [4.875, 52.125]}
    assert contents(observed(stored.library, LABELS), stored.library.described_sites()).unplaced == unplaced == 1
