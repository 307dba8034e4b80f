"""The season of all flowers together, week by week, and the pulse of a survey: its figures through time."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from core.survey.repeats import COUNTS

Step = Literal["day", "week", "month", "year"]
PERIOD = {"day": "D", "week": "W-SUN", "month": "M", "year": "Y"}
LONGEST_DAYS: dict[Step, int] = {"day": 21, "week": 200, "month": 5 * 366}
"""The longest span, in days, that is still shown in such steps; a longer one is in years."""


def usual_step(first: pd.Timestamp, last: pd.Timestamp) -> Step:
    """The step that suits a span of days."""
    days = (last - first).days + 1
    return next((step for step, longest in LONGEST_DAYS.items() if days <= longest), "year")


def by_week(visits: pd.DataFrame) -> pd.DataFrame:
    """One row a week with visits: year, week (ISO 8601), start (its Monday), visits, flowers per visit with low, high.

    lower_bound: one of the counts is. Visits without a date are left out.
    """
    dated = visits[visits["day"].notna()]
    start = dated["day"].dt.to_period(PERIOD["week"]).dt.start_time.rename("start")
    groups = dated.groupby(start)
    table = groups[list(COUNTS)].sum()
    table["visits"] = groups["visit"].nunique()
    table["lower_bound"] = groups["lower_bound"].any()
    for name, count in (("per_visit", "count"), ("low", "count_low"), ("high", "count_high")):
        table[name] = table[count] / table["visits"]
    table = table.reset_index()
    table[["year", "week"]] = table["start"].dt.isocalendar()[["year", "week"]].astype("int64")
    return table[["year", "week", "start", "visits", "per_visit", "low", "high", "lower_bound"]]


def pulse(visits: pd.DataFrame) -> pd.DataFrame:
    """Flowers, photos, taxa and visits in each step of the usual length, 0 where there was none; indexed by its start.

    Empty where no visit has a date.
    """
    dated = visits[visits["day"].notna()]
    if dated.empty:
        return pd.DataFrame(columns=["flowers", "photos", "taxa", "visits"])
    period = dated["day"].dt.to_period(PERIOD[usual_step(dated["day"].min(), dated["day"].max())])
    every = pd.period_range(period.min(), period.max(), freq=period.dt.freq)
    once = ~dated["visit"].duplicated()
    table = pd.DataFrame(
        {
            "flowers": dated.groupby(period)["count"].sum(),
            "photos": dated[once].groupby(period[once])["photos"].sum(),
            "taxa": dated[dated["taxon"] != ""].groupby(period)["taxon"].nunique(),
            "visits": dated[once].groupby(period[once]).size(),
        }
    )
    return table.reindex(every, fill_value=0).fillna(0).astype("int64")
