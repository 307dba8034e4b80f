"""What exports are made from: nothing is counted again, every taxon has its name, and progress is told."""

from __future__ import annotations

from dataclasses import replace

from core.recognition.package import Label
from core.store.selection import Selection
from tests.core.counting_squares import PACKAGE
from tests.core.exports.reading import csv_rows, exported
from tests.core.exports.summer import summer

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
    exported(replace(summer(tmp_path), told=told.append), "csv")
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
