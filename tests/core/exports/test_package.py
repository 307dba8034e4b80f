"""The data package: as frictionless, pandas and R read it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZipFile

import openpyxl
import pytest

from core.exports.stored import Stored
from core.store.records import Fieldwork, Site
from core.store.selection import EVERYTHING, Selection
from core.survey.observed import observed
from core.survey.repeats import Repeats, visits
from tests.core.counting_squares import LABELS, PACKAGE
from tests.core.exports.reading import exported, package_tables
from tests.core.exports.summer import PUBLICATION, summer
from tests.people import ADMIN
from tests.survey import count, library_of, photo

NOON = datetime(2026, 6, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def stored(tmp_path_factory) -> Stored:
    """Two plots of the dunes with quadrats, a transect on the heath, and a visit that found nothing."""
    library = library_of(tmp_path_factory.mktemp("plots"))
    for name, site, drop, taxa in (
        ("a1", "D1", "q", {"oxeye-daisy": 2}),
        ("a2", "D1", "q", {"oxeye-daisy": 4, "=cmd": 1}),
        ("b1", "D2", "q", {}),
        ("t1", "heath", "t", {"=cmd": 3}),
        ("t2", "heath", "t", {"=cmd": 5}),
    ):
        count(library, photo(name, site=site, drop_id=drop), taxa)
    library.describe_sites(
        [
            Site("dunes", 52.4, 4.6, "dry dune", None, "lea", NOON, protocol="quadrats", quadrat_m2=0.5),
            Site("D1", None, None, "", 25.0, "lea", NOON, parent="dunes"),
            Site("D2", None, None, "", 25.0, "lea", NOON, parent="dunes"),
        ],
        by=ADMIN,
    )
    walk = Fieldwork("t", "anna", NOON, protocol="transect", length_m=50, width_m=2, observer="Anna", weather="dry")
    library.describe_fieldwork(walk, by=ADMIN)
    return Stored(library, LABELS, lambda *_: PACKAGE, EVERYTHING, PUBLICATION, at=NOON)


@pytest.fixture(scope="module")
def tables(stored):
    return package_tables(exported(stored, "package"))


def test_a_visit_says_its_plot_ground_and_flowers_also_where_there_are_none(tables):
    columns = ("site", "plot", "protocol", "photos", "samples", "count", "observer")
    assert [tuple(row[column] for column in columns) for row in tables["visits"]] == [
        ("dunes", "D1", "quadrats", 2, 2, 7, None),
        ("dunes", "D2", "quadrats", 1, 1, 0, None),
        ("heath", None, "transect", 2, 1, 8, "Anna"),
    ]
    assert [float(row["area_m2"]) for row in tables["visits"]] == [1.0, 0.5, 100.0]
    assert [float(row["flowers_per_m2"]) for row in tables["visits"]] == [7.0, 0.0, 0.08]


def test_matrices_have_counts_densities_and_presences(tables):
    taxa = ("oxeye-daisy", "=cmd")
    kinds = [name for name in tables if name.endswith(("counts", "density", "presence"))]
    cells = {name: [[float(row[taxon]) for taxon in taxa] for row in tables[name]] for name in kinds}
    assert cells == {
        "visit-taxon-counts": [[6, 1], [0, 0], [0, 8]],
        "visit-taxon-density": [[6, 1], [0, 0], [0, 0.08]],
        "visit-taxon-presence": [[1, 1], [0, 0], [0, 1]],
        "site-taxon-counts": [[6, 1], [0, 0], [0, 8]],
        "site-taxon-density": [[6, 1], [0, 0], [0, 0.08]],
        "site-taxon-presence": [[1, 1], [0, 0], [0, 1]],
    }
    shares = [[row[taxon] for taxon in taxa] for row in tables["site-taxon-frequency"]]
    assert [[share and float(share) for share in row] for row in shares] == [[1.0, 0.5], [0, 0], [None, None]]


def test_densities_of_sites_have_their_error_over_plots(tables):
    dunes, heath = tables["densities"]
    assert [dunes[name] for name in ("site", "protocol", "plots", "samples")] == ["dunes", "quadrats", 2, 3]
    assert [float(dunes[name]) for name in ("mean", "se", "frequency")] == pytest.approx([3.5, 3.5, 2 / 3])
    assert (float(heath["mean"]), heath["se"]) == (0.08, None)


def test_a_workbook_has_the_same_tables(stored, tables):
    data = ZipFile(BytesIO(exported(stored, "package"))).read("tables.xlsx")
    sheet = openpyxl.load_workbook(BytesIO(data))["visits"]
    header, *rows = sheet.iter_rows(values_only=True)
    at = header.index("count")
    assert [row[at] for row in rows] == [row["count"] for row in tables["visits"]]


def test_the_package_says_its_rule_licence_and_publisher(stored):
    package = ZipFile(BytesIO(exported(stored, "package"))).read("datapackage.json").decode()
    for words in (Repeats().in_words(), '"CC-BY-4.0"', "Naturalis Biodiversity Center", "media.mediaID"):
        assert words in package


def test_an_empty_selection_is_a_package_without_rows(tmp_path):
    nowhere = replace(summer(tmp_path), which=Selection(sites=("nowhere",)))
    assert {name: rows for name, rows in package_tables(exported(nowhere, "package")).items() if rows} == {}


@pytest.mark.parametrize("tool", [sys.executable, "Rscript"])
def test_the_snippets_read_the_package_and_say_its_totals(stored, tool, tmp_path):
    if shutil.which(tool) is None:
        pytest.skip("Rscript is not installed on this machine; read.R is run where it is.")
    ZipFile(BytesIO(exported(stored, "package"))).extractall(tmp_path)
    snippet = "read.R" if tool == "Rscript" else "read.py"
    said = subprocess.run([tool, snippet], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert said.split() == ["visits", "3", "flowers", "15", "in", "the", "matrix", "15"]


def test_the_sums_of_the_package_are_those_on_screen(stored, tables):
    shown = visits(observed(stored.library, stored.labels))
    assert sum(row["count"] for row in tables["visits"]) == shown["count"].sum()
