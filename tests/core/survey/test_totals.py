"""Tables for charts: totals agree with the visits that they are made from, bounds stay around them."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings

from core.charts.form import with_doubt
from core.language import use_language
from core.survey.repeats import COUNTS, Repeats, visits
from core.survey.totals import added, by_family, by_site, by_site_and_taxon, by_taxon, display_names, over_time
from tests.core.survey.tables import seen, table
from tests.core.survey.test_repeats import PHOTOS

LAW = settings(deadline=None, max_examples=30)


@LAW
@given(PHOTOS)
def test_totals_by_anything_are_those_of_the_visits(photos):
    rows = visits(table(photos), Repeats())
    for name in COUNTS:
        total = rows[name].sum()
        assert by_taxon(rows)[name].sum() == total
        assert by_site_and_taxon(rows)[name].sum() == total
        assert over_time(rows, "month", rows["taxon"].unique())[name].sum() == rows.loc[rows["day"].notna(), name].sum()


@LAW
@given(PHOTOS)
def test_an_empty_store_has_the_same_columns_as_a_full_one(photos):
    none, rows = visits(table([])), visits(table(photos))
    for made in (by_taxon, by_family, by_site_and_taxon, lambda table: over_time(table, "week", ["poppy"])):
        assert list(made(none).columns) == list(made(rows).columns)


def test_most_abundant_first_and_unknown_last():
    rows = by_taxon(visits(table([seen("a", {"unknown": 90, "poppy": 2, "rose": 7})])))
    assert rows["taxon"].tolist() == ["rose", "poppy", "unknown"]


def test_a_lower_bound_stays_one():
    rows = added(
        visits(table([seen("a", {"poppy": 2}, flag="crowded"), seen("b", {"poppy": 1}, site="wood")])), "taxon"
    )
    assert rows[["count", "visits", "lower_bound"]].to_numpy().tolist() == [[3, 2, True]]


def test_a_mean_of_lower_bounds_is_one_and_that_of_other_times_is_not():
    photos = [seen("a", {"poppy": 2}, flag="crowded"), seen("b", {"poppy": 1}, day="2026-07-01")]
    rows = over_time(visits(table(photos)), "month", ["poppy"])
    assert with_doubt(rows, "per_visit", "low", "high") == ["≥ 2.0", "1.0 (0.0-2.0)"]


def test_the_last_visit_of_a_site_was_when_its_last_photo_was_taken():
    photos = [seen("a", {"poppy": 1}, day="2026-06-12"), seen("b", {}, day="2026-06-18"), seen("c", {}, day=None)]
    [row] = by_site(visits(table(photos), Repeats(window_days=7))).to_dict("records")
    assert (row["visits"], row["last_day"]) == (2, pd.Timestamp("2026-06-18"))


def test_shares_are_of_the_flowers_that_have_a_family():
    rows = by_family(visits(table([seen("a", {"poppy": 6, "opium": 1, "rose": 3, "unknown": 30})])))
    assert rows[["family", "share"]].to_numpy().tolist() == [["Papaveraceae", 0.7], ["Rosaceae", 0.3]]


def test_visits_without_a_taxon_count_in_its_mean():
    rows = over_time(visits(table([seen("a", {"poppy": 6}), seen("b", {}, site="wood")])), "week", ["poppy"])
    assert rows[["start", "per_visit", "low", "high"]].to_numpy().tolist() == [[pd.Timestamp(2026, 6, 8), 3, 2.5, 3.5]]
    assert by_site_and_taxon(visits(table([seen("a", {"poppy": 6}), seen("b", {}, day="2026-06-20")])))[
        "per_visit"
    ].tolist() == [3]


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ["Papaver rhoeas · corn poppy", "Rosa · rose", "Rosa (genus)", "unknown flower", "other-model"]),
        (
            "nl",
            ["Papaver rhoeas · gewone klaproos", "Rosa · roos", "Rosa (geslacht)", "onbekende bloem", "other-model"],
        ),
    ],
)
def test_taxa_are_called_in_the_language_in_use(language, names):
    rows = table([seen("a", dict.fromkeys(["poppy", "rose", "rosa", "unknown", "other-model"], 1))])
    use_language(language)
    try:
        assert display_names(rows).tolist() == names
    finally:
        use_language("en")
