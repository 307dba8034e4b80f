"""A calendar that asks about flowers out of season and drops none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.recognition.package import load_package
from core.settings import SHIPPED_MODEL
from core.survey.phenology import calendar, expected_months, months_of, out_of_season
from core.survey.repeats import Repeats, visits
from tests.core.survey.tables import seen, table

SUMMER = {"poppy": frozenset({5, 6, 7, 8})}


@pytest.mark.parametrize(
    ("words", "months"),
    [
        ("5-7", {5, 6, 7}),
        ("11-2", {11, 12, 1, 2}),
        ("4", {4}),
        ("3,9-10", {3, 9, 10}),
        ("1-12", set(range(1, 13))),
        ("", set()),
        ("spring", set()),
        ("0-13", set()),
        ("5-", {5}),
    ],
)
def test_months_as_labels_write_them(words, months):
    assert months_of(words) == months


def test_every_season_of_the_shipped_labels_is_understood():
    labels = load_package(SHIPPED_MODEL).labels
    assert set(expected_months(labels)) == {label.taxon for label in labels if label.flowering_months}


@pytest.mark.parametrize(
    ("day", "asked"),
    [
        pytest.param("2026-06-12", False, id="in season"),
        pytest.param("2026-04-20", False, id="two weeks early at most"),
        pytest.param("2026-04-10", True, id="three weeks early"),
        pytest.param("2026-09-14", False, id="two weeks late at most"),
        pytest.param("2026-09-15", True, id="later"),
        pytest.param("2026-12-24", True, id="in winter"),
    ],
)
def test_what_is_out_of_season(day, asked):
    rows = visits(table([seen("a", {"poppy": 3}, day=day)]))
    assert len(out_of_season(rows, SUMMER)) == asked
    assert calendar(rows, SUMMER)["out_of_season"].tolist() == [int(asked)]


def test_a_taxon_is_found_in_the_week_of_its_photo_however_long_before_the_visit_began():
    photos = [seen("a", {"rose": 1}, day="2026-04-10"), seen("b", {"poppy": 3}, day="2026-05-06"), seen("c", {})]
    rows = visits(table(photos), Repeats(window_days=366))
    assert rows["visit"].nunique() == 1
    assert out_of_season(rows, SUMMER).empty
    assert dict(calendar(rows, SUMMER)[["taxon", "week"]].to_numpy()) == {"rose": 15, "poppy": 19}


def test_a_taxon_of_which_no_season_is_known_is_never_out_of_it():
    rows = visits(table([seen("a", {"rose": 3, "unknown": 1}, day="2026-12-24")]))
    assert out_of_season(rows, SUMMER).empty


def test_the_same_week_of_two_years_is_one_cell():
    rows = visits(table([seen("a", {"poppy": 3}, day="2025-06-11"), seen("b", {"poppy": 4}, day="2026-06-10")]))
    (cell,) = calendar(rows, SUMMER).to_dict("records")
    assert (cell["week"], cell["count"], cell["visits"], cell["years"]) == (24, 7, 2, "2025, 2026")


@pytest.mark.parametrize(
    ("day", "week", "years"), [("2027-01-01", 53, "2026"), ("2024-12-30", 1, "2025"), ("2026-12-31", 53, "2026")]
)
def test_a_week_over_the_new_year_is_of_the_year_that_counts_it(day, week, years):
    (cell,) = calendar(visits(table([seen("a", {"poppy": 3}, day=day)])), SUMMER).to_dict("records")
    assert (cell["week"], cell["years"]) == (week, years)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.dates(), st.integers(1, 9)), max_size=8))
def test_every_flower_is_in_the_calendar_in_season_or_not(finds):
    photos = [seen(f"p{i}", {"poppy": n}, day=day.isoformat()) for i, (day, n) in enumerate(finds) if day.year > 1700]
    rows = visits(table(photos))
    assert calendar(rows, SUMMER)["count"].sum() == rows["count"].sum()


def test_finds_without_a_date_have_no_week():
    assert calendar(visits(table([seen("a", {"poppy": 3}, day=None)])), SUMMER).empty
