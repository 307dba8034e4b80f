"""The season of a taxon: first, peak and last of each year, and between which days each may be."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.survey.taxon_season import MOMENTS, seasons


def _visits(flowers: Mapping[str, int], doubt: int = 0, site: str = "dunes") -> pd.DataFrame:
    """Visits to a site on days, with so many flowers of the taxon."""
    table = pd.DataFrame({"day": list(flowers), "count": list(flowers.values())})
    table["day"] = pd.to_datetime(table["day"]).astype("datetime64[s]")
    table["count_low"] = (table["count"] - doubt).clip(lower=0)
    return table.assign(visit=range(len(table)), site=site)


def _days(table: pd.DataFrame, year: int) -> dict[str, str]:
    [row] = table[table["year"] == year].to_dict("records")
    names = (f"{moment}{end}" for moment in MOMENTS for end in ("", "_from", "_to"))
    return {name: "" if pd.isna(row[name]) else f"{row[name]:%m-%d}" for name in names}


SUMMER = {
    "2026-05-01": 0, "2026-05-11": 2, "2026-06-01": 10, "2026-06-11": 10, "2026-06-21": 2, "2026-07-01": 0,
}  # fmt: skip


def test_first_and_last_lie_between_the_visits_without_it():
    found = _days(seasons(_visits(SUMMER)), 2026)
    assert (found["first_from"], found["first"], found["first_to"]) == ("05-02", "05-11", "05-11")
    assert (found["last_from"], found["last"], found["last_to"]) == ("06-21", "06-21", "06-30")


def test_a_doubtful_find_may_not_be_the_first():
    found = _days(seasons(_visits(SUMMER, doubt=3)), 2026)
    assert (found["first"], found["first_to"]) == ("05-11", "06-01")
    assert (found["last_from"], found["last"]) == ("06-11", "06-21")


def test_where_nobody_looked_before_or_after_an_end_is_open():
    found = _days(seasons(_visits({"2026-06-01": 4, "2026-06-11": 9})), 2026)
    assert (found["first_from"], found["last_to"]) == ("", "")
    assert _days(seasons(_visits({"2026-06-01": 4}, doubt=9)), 2026)["first_to"] == ""


def test_the_peak_is_the_day_by_which_half_was_seen():
    found = _days(seasons(_visits(SUMMER)), 2026)
    assert found["peak"] == "06-01"
    assert found["peak_from"] <= found["peak"] <= found["peak_to"]


def test_years_without_a_find_have_no_row_and_sites_without_it_say_nothing():
    rows = [_visits(SUMMER), _visits({"2025-06-01": 0}), _visits({"2026-05-09": 0}, site="wood")]
    table = seasons(pd.concat(rows, ignore_index=True).assign(visit=lambda all_of: range(len(all_of))))
    assert list(table["year"]) == [2026]
    assert _days(table, 2026)["first_from"] == "05-02"
    assert table["visits"].iloc[0] == len(SUMMER)


@settings(deadline=None, max_examples=40)
@given(st.dictionaries(st.integers(0, 364), st.integers(0, 50), min_size=1, max_size=12), st.integers(0, 9))
def test_each_moment_lies_in_its_interval_and_in_order(flowers, doubt):
    start = pd.Timestamp("2026-01-01")
    days = {f"{start + pd.Timedelta(days=day):%Y-%m-%d}": n for day, n in sorted(flowers.items())}
    table = seasons(_visits(days, doubt))
    assert len(table) == any(flowers.values())
    for row in table.to_dict("records"):
        assert row["first"] <= row["peak"] <= row["last"]
        assert row["peak_from"] <= row["peak"] <= row["peak_to"]
        assert pd.isna(row["first_from"]) or row["first_from"] <= row["first"]
        assert pd.isna(row["first_to"]) or row["first"] <= row["first_to"]
        assert pd.isna(row["last_to"]) or row["last"] <= row["last_to"]


@pytest.mark.parametrize("flowers", [{}, {"2026-06-01": 0}])
def test_no_find_is_no_season(flowers):
    assert seasons(_visits(flowers)).empty
