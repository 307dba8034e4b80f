"""Markdown and JSON say the same."""

from __future__ import annotations

import json
import re

import pytest

from tests.core.counting_squares import PACKAGE
from tests.training.photos import DAISY, ROSE, counted, photo
from training.evaluate import Evaluation, measure
from training.figure import Figure
from training.report import as_json, figure_table, markdown

KEYS = [
    "species_top1_counted", "species_top1", "species_top5", "others_top1_counted", "others_top1", "others_top5",
    "none_counted", "eye_inside", "eye_within_one",
    "boxes_exact", "boxes_within_one", "boxes_error", "boxes_any_exact", "boxes_any_within_one", "boxes_any_error",
    "boxes_plain_exact", "boxes_plain_within_one", "boxes_plain_error",
    "ap50", "f1", "ap50_any", "f1_any", "bed_error", "empty_counted", "interval_holds",
    "interval_width", "interval_width_eye",
    "other_named", "known_named", "other_named_surely", "known_named_surely", "unsaid_named",
    "box_calibration", "name_calibration",
    "wild_top1_counted", "wild_names_right", "wild_none_counted",
    "strange_named", "strange_named_surely", "strange_misnamed", "strange_family_given", "strange_family_right",
    "wild_eye_inside", "wild_interval_holds", "wild_many_ratio", "wild_many_holds", "ap50_wild", "f1_wild",
]  # fmt: skip


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    answers = [
        *(counted(photo(n, name=f"d{n}", taxon=DAISY, source="a", eye=(n, n + 1, n + 2)), n) for n in (1, 2, 5, 12)),
        *(counted(photo(n, name=f"r{n}", taxon=ROSE, source="b"), n - 1) for n in (1, 4, 50)),
        counted(photo(0, source="c"), 1),
        counted(photo(2, genus="Trifolium"), 2),
    ]
    return measure(answers, PACKAGE, left_out=["x.jpg is empty (0 bytes)."])


def rows_of(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| ")]


def test_the_keys_of_the_figures_stay(evaluation):
    assert list(as_json(evaluation)["figures"]) == KEYS


def test_every_figure_in_markdown_is_the_one_in_json(evaluation):
    values = json.loads(json.dumps(as_json(evaluation), allow_nan=False))["figures"].values()
    lines = {what: cells for what, *cells in rows_of(figure_table(evaluation.figures))[2:]}
    assert set(lines) == {f["what"] for f in values if f["value"] is not None}
    for f in values:
        if f["value"] is not None:
            value, photos, to_reach, reached = lines[f["what"]]
            assert abs(float(value.removesuffix(" %")) - f["value"]) <= (0.0501 if f["unit"] == "%" else 0.00501)
            assert int(photos) == f["photos"]
            assert [float(n) for n in re.findall(r"[\d.]+", to_reach)] == [
                n for n in (f["at_least"], f["at_most"]) if n is not None
            ]
            assert {"yes": True, "**no**": False, "": None}[reached] == f["reached"]


def test_totals_of_the_tables_are_those_of_the_figures(evaluation):
    values = as_json(evaluation)
    assert sum(part["photos"] for part in values["sources"]) == values["photos"] == 9
    assert sum(part["kinds"] for part in values["taxa"]) == values["figures"]["species_top1"]["photos"] == 7
    wrong = sum(confusion["photos"] for confusion in values["confusions"])
    assert values["figures"]["species_top1_counted"]["value"] == pytest.approx(100 * (7 - wrong) / 7, abs=1e-4)
    text = markdown(evaluation)
    assert text.startswith("squares 1 on 9 photos; 1 could not be read.\n\nx.jpg is empty (0 bytes).\n")
    assert sum(int(row[2]) for row in rows_of(text.split("Worst confusions")[1])[2:]) == wrong == 3


@pytest.mark.parametrize(
    ("figure", "line"),
    [
        (Figure("k", "a", 91.26, "%", 7, at_least=90), "| a | 91.3 % | 7 | ≥ 90 % | yes |"),
        (Figure("k", "a", 99.75, "%", 7, at_least=99.8), "| a | 99.8 % | 7 | ≥ 99.8 % | **no** |"),
        (Figure("k", "a", 0.704, "flowers", 7, at_most=0.7), "| a | 0.70 | 7 | ≤ 0.70 | **no** |"),
        (Figure("k", "a", 0.0, "%", 7, at_most=2), "| a | 0.0 % | 7 | ≤ 2 % | yes |"),
        (Figure("k", "a", 0.5, "", 7), "| a | 0.50 | 7 |  |  |"),
    ],
)
def test_a_figure_as_a_line(figure, line):
    assert figure_table([figure]).splitlines()[2:] == [line]


def test_what_there_are_no_photos_for_is_left_out_of_the_table_and_none_in_json(evaluation):
    nothing = measure([], PACKAGE)
    assert figure_table(nothing.figures).count("\n") == 2
    assert {f["value"] for f in as_json(nothing)["figures"].values()} == {None}
    assert {f["reached"] for f in as_json(nothing)["figures"].values()} == {None}


def test_a_taxon_that_the_package_does_not_have_is_named():
    evaluation = measure([counted(photo(1, taxon="white-clover"), 1)], PACKAGE)
    assert re.search(
        r"photos\.csv names white-clover, which is not in the labels\.csv of squares", markdown(evaluation)
    )
    assert evaluation.taxa == ()
