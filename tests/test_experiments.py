"""docs/experiments: each page of experiments has a CSV beside it with the same figures."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "docs" / "experiments"
THEMES = sorted(path.stem for path in FOLDER.glob("*.md"))
COLUMNS = ["what", "split", "figure", "before", "after", "kept"]


def csv_rows(theme: str) -> list[list[str]]:
    """One row a figure, below the names of the columns."""
    with (FOLDER / f"{theme}.csv").open(encoding="utf-8", newline="") as file:
        columns, *rows = csv.reader(file)
    assert columns == COLUMNS
    return rows


def page_rows(theme: str) -> list[list[str]]:
    """The page's table: one row an experiment, its cells as they are written."""
    lines = (FOLDER / f"{theme}.md").read_text(encoding="utf-8").splitlines()
    columns, _, *rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("|")]
    assert columns == COLUMNS
    return rows


def figures(what: str, split: str, figure: str, before: str, after: str, kept: str) -> list[list[str]]:
    """The rows of the CSV that one row of the page stands for; it names a split once that all its figures share."""
    names = figure.split("<br>")
    splits = split.split("<br>") if "<br>" in split else [split] * len(names)
    columns = zip(splits, names, before.replace("–", "").split("<br>"), after.split("<br>"), strict=True)
    return [[what, *row, kept] for row in columns]


def test_every_csv_has_its_page():
    assert sorted(path.stem for path in FOLDER.glob("*.csv")) == THEMES
    assert {"detector", "names", "counting", "training", "speed"} <= set(THEMES)


@pytest.mark.parametrize("theme", THEMES)
def test_the_page_and_the_csv_have_the_same_figures(theme):
    assert [row for experiment in page_rows(theme) for row in figures(*experiment)] == csv_rows(theme)


@pytest.mark.parametrize("theme", THEMES)
def test_every_experiment_is_one_row_and_says_whether_it_was_kept(theme):
    experiments = [row[0] for row in page_rows(theme)]
    assert len(set(experiments)) == len(experiments)
    assert [row for row in csv_rows(theme) if not (row[0] and row[1] and row[2] and row[4] and row[5])] == []


@pytest.mark.parametrize("theme", THEMES)
def test_how_flowers_are_recognised_leads_to_every_theme(theme):
    assert f"(experiments/{theme}.md)" in (FOLDER.parent / "recognition.md").read_text(encoding="utf-8")
