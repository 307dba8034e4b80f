"""Groups side by side: means of visits, intervals that join both errors, and differences only where protocols agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.store.records import Site
from core.store.selection import Selection
from core.survey.comparison import (
    ALL,
    BYS,
    MOST_DRAWN,
    MOST_TAXA,
    Comparison,
    compared,
    group_of,
    groups_there,
    photos_of_group,
    why_no_difference,
)
from core.survey.observed import NAMES
from core.survey.sampling import sampling

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
PLAIN = Site("", None, None, "", None, "lea", NOON)
SITES = {
    "dunes": replace(PLAIN, site="dunes", habitat="dune grassland"),
    "plot 1": replace(PLAIN, site="plot 1", parent="dunes"),
    "wood": replace(PLAIN, site="wood", habitat="forest"),
    "verge": replace(PLAIN, site="verge", protocol="quadrats"),
}


def _visits(*of: tuple[str, str, Mapping[str, int]], doubt: int = 0, sites: Mapping[str, Site] = SITES) -> pd.DataFrame:
    """Visits to sites on days, with so many flowers of each taxon, each count more or less by `doubt`."""
    rows = [
        {"visit": visit, "site": site, "day": day, "taxon": taxon, "count": n}
        for visit, (site, day, flowers) in enumerate(of)
        for taxon, n in (flowers or {"": 0}).items()
    ]
    table = pd.DataFrame(rows).assign(lower_bound=False)
    table["day"] = pd.to_datetime(table["day"]).astype("datetime64[s]")
    doubts = np.where(table["taxon"] == "", 0, doubt)
    table["count_low"], table["count_high"] = (table["count"] - doubts).clip(lower=0), table["count"] + doubts
    for name in NAMES:
        table[name] = table["taxon"]
    every = {site: sampling(site, sites) for site in table["site"].unique()}
    table["sampling"] = pd.Categorical([every[site] for site in table["site"]], categories=list(every.values()))
    return table


def _row(table: pd.DataFrame, taxon: str, group: str) -> pd.Series:
    [row] = [row for _, row in table[(table["taxon"] == taxon) & (table["group"] == group)].iterrows()]
    return row


SUMMER = _visits(
    ("dunes", "2025-06-01", {"rosa": 4, "papaver": 1}),
    ("dunes", "2026-06-01", {"rosa": 8}),
    ("wood", "2026-06-02", {"rosa": 2}),
    ("wood", "2026-06-09", {}),
    ("plot 1", "2026-06-03", {"rosa": 9}),
    ("verge", "2026-06-03", {"rosa": 9}),
    ("", None, {"rosa": 99}),  # type: ignore[arg-type]
)


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("site", ["dunes", "wood", "verge"]),
        ("year", ["2026", "2025"]),
        ("habitat", ["dune grassland", "forest"]),
        ("protocol", ["views", "quadrats"]),
    ],
)
def test_groups_are_those_with_visits_and_a_plot_belongs_to_its_site(by, groups):
    assert groups_there(SUMMER, by, SITES) == groups


def test_a_visit_is_in_one_group_or_in_none():
    assert list(group_of(SUMMER, "year", SITES))[-1] == ""
    assert list(group_of(SUMMER, "habitat", SITES))[-2:] == ["", ""]


def test_a_group_is_the_mean_of_its_visits_also_those_in_which_nothing_was_found():
    table = compared(SUMMER, Comparison("site", ("dunes", "wood")), SITES)
    assert _row(table, "rosa", "dunes")["per_visit"] == (4 + 8 + 9) / 3
    assert _row(table, "rosa", "wood")["per_visit"] == 1
    assert _row(table, ALL, "dunes")["per_visit"] == (5 + 8 + 9) / 3
    assert _row(table, "papaver", "wood")["per_visit"] == 0
    assert _row(table, "rosa", "wood")["visits"] == 2
    assert _row(table, "rosa", "wood")["difference"] == 1 - 7
    assert np.isnan(_row(table, "rosa", "dunes")["difference"])


def test_groups_of_different_protocols_are_side_by_side_without_a_difference():
    comparison = Comparison("site", ("dunes", "verge", "wood"))
    table = compared(SUMMER, comparison, SITES)
    assert table[table["group"] == "verge"]["difference"].isna().all()
    assert table[table["group"] == "wood"]["difference"].notna().all()
    assert why_no_difference(SUMMER, comparison, SITES).startswith("Not comparable, as the protocols differ")
    assert why_no_difference(SUMMER, Comparison("site", ("dunes", "wood")), SITES) == ""


COUNTS = st.lists(st.integers(0, 60), min_size=1, max_size=9)


@settings(deadline=None, max_examples=40)
@given(COUNTS, COUNTS, st.integers(0, 9))
def test_every_interval_holds_its_figure_and_a_clear_difference_leaves_out_nothing(here, there, doubt):
    days = pd.date_range("2026-06-01", periods=20).strftime("%Y-%m-%d")
    of = [("dunes", day, {"rosa": n} if n else {}) for day, n in zip(days, here, strict=False)]
    of += [("wood", day, {"rosa": n} if n else {}) for day, n in zip(days, there, strict=False)]
    table = compared(_visits(*of, doubt=doubt), Comparison("site", ("dunes", "wood")), SITES)
    assert ((table["low"] <= table["per_visit"]) & (table["per_visit"] <= table["high"])).all()
    differing = table[table["difference"].notna()]
    assert (differing["difference_low"] <= differing["difference"]).all()
    assert (differing["difference"] <= differing["difference_high"]).all()
    assert (differing["clear"] == ((differing["difference_low"] > 0) | (differing["difference_high"] < 0))).all()


def test_the_same_figures_come_out_each_time():
    comparison = Comparison("year", ("2026", "2025"))
    pd.testing.assert_frame_equal(compared(SUMMER, comparison, SITES), compared(SUMMER, comparison, SITES))


def test_doubt_of_counting_widens_an_interval_and_one_visit_has_that_alone():
    one = [("dunes", "2026-06-01", {"rosa": 20})], [("dunes", "2026-06-01", {"rosa": 20})]
    sure, unsure = (
        _row(compared(_visits(*of, doubt=doubt), Comparison("site", ("dunes",)), SITES), "rosa", "dunes")
        for of, doubt in zip(one, (0, 5), strict=True)
    )
    assert (sure["low"], sure["high"]) == (20, 20)
    assert (unsure["low"], unsure["high"]) == pytest.approx((15, 25), abs=0.8)


@pytest.mark.parametrize("visits_of_each", [8, MOST_DRAWN + 100])
def test_of_a_hundred_surveys_about_ninety_intervals_hold_the_true_difference(visits_of_each):
    random, held = np.random.default_rng(7), 0
    days = pd.date_range("2020-01-01", periods=visits_of_each).strftime("%Y-%m-%d")
    for _ in range(100):
        of = [
            (site, day, {"rosa": int(n)} if n else {})
            for site, mean in (("dunes", 20), ("wood", 26))
            for day, n in zip(days, random.poisson(mean, visits_of_each), strict=True)
        ]
        row = _row(compared(_visits(*of), Comparison("site", ("dunes", "wood")), SITES), "rosa", "wood")
        held += bool(row["difference_low"] <= 6 <= row["difference_high"])
    assert 82 <= held <= 97


def test_only_the_most_abundant_taxa_are_listed():
    many = {f"taxon {n:02}": 100 - n for n in range(MOST_TAXA + 5)}
    of = [("dunes", "2026-06-01", many), ("wood", "2026-06-01", many)]
    table = compared(_visits(*of), Comparison("site", ("dunes", "wood")), SITES)
    assert list(dict.fromkeys(table["taxon"])) == [ALL, *list(many)[:MOST_TAXA]]


@pytest.mark.parametrize("comparison", [Comparison(), *(Comparison(by, ("a", "b c")) for by in BYS)])
def test_an_address_says_the_comparison(comparison):
    assert Comparison.from_query(comparison.to_query()) == comparison


def test_words_that_are_no_comparison_are_left_out():
    assert Comparison.from_query({"compare": ["colour"], "group": ["red"]}) == Comparison()
    assert Comparison.from_query({"compare": ["site"], "group": list("abcdef")}).groups == ("a", "b", "c", "d")


def test_photos_of_a_group_are_those_of_the_filter_too():
    which = Selection(people=("anna",), taken_from=date(2026, 5, 1))
    assert photos_of_group(which, "site", "wood", SITES) == replace(which, sites=("wood",))
    assert photos_of_group(which, "habitat", "dune grassland", SITES) == replace(which, sites=("dunes", "plot 1"))
    slack = SITES | {"plot 2": replace(PLAIN, site="plot 2", parent="dunes", habitat="dune slack")}
    assert photos_of_group(which, "habitat", "dune grassland", slack) == replace(which, sites=("plot 1",))
    year = photos_of_group(which, "year", "2026", SITES)
    assert (year.taken_from, year.taken_to) == (date(2026, 5, 1), date(2026, 12, 31))
    assert photos_of_group(which, "protocol", "views", SITES) == which
