"""The season of one taxon, year by year: when it was first seen, at its peak and last seen, and how sure that is.

First and last are what somebody saw, so their doubt is what nobody saw: the first flower came after the last visit
without any, and surely before the first find that is not within doubt. The peak is the day by which half of the year's
flowers were seen; its interval is that of days drawn anew (a bootstrap, 90 %).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from core.survey.density import ROUNDS, SEED

MOMENTS = ("first", "peak", "last")
COLUMNS = ("year", "visits", "finds", *(f"{moment}{end}" for moment in MOMENTS for end in ("", "_from", "_to")))


def seasons(visits: pd.DataFrame) -> pd.DataFrame:
    """One row a year with finds, newest first: COLUMNS. visits: of one taxon, with those in which it was not found.

    visits: to the sites where it was ever found. first_from: NaT where no visit of the year came before the first find;
    first_to: NaT where each find is in doubt (its lower bound is 0). last the same, the other way round.
    """
    dated = visits[visits["day"].notna() & visits["site"].isin(visits.loc[visits["count"] > 0, "site"])]
    rows = [_season(int(year), of) for year, of in dated.groupby(dated["day"].dt.year) if (of["count"] > 0).any()]
    table = pd.DataFrame(rows[::-1], columns=list(COLUMNS))
    return table.astype(dict.fromkeys(COLUMNS[3:], "datetime64[s]"))


def _season(year: int, of: pd.DataFrame) -> dict[str, Any]:
    days = of.groupby("day")[["count", "count_low"]].sum()
    found, sure = days.index[days["count"] > 0], days.index[days["count_low"] > 0]
    first, last = found.min(), found.max()
    before, after = days.index[days.index < first], days.index[days.index > last]
    peak, peak_from, peak_to = _peak(days)
    one = pd.Timedelta(days=1)
    return {
        "year": year,
        "visits": of["visit"].nunique(),
        "finds": of.loc[of["count"] > 0, "visit"].nunique(),
        "first": first,
        "first_from": before.max() + one if len(before) else pd.NaT,
        "first_to": sure.min() if len(sure) else pd.NaT,
        "peak": peak,
        "peak_from": peak_from,
        "peak_to": peak_to,
        "last": last,
        "last_from": sure.max() if len(sure) else pd.NaT,
        "last_to": after.min() - one if len(after) else pd.NaT,
    }


def _peak(days: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp, pd.Timestamp]:
    """The day by which half of the flowers were seen, and its interval."""
    counts, n = days["count"].to_numpy(float), len(days)
    drawn = np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), size=ROUNDS) * counts
    drawn = drawn[drawn.sum(axis=1) > 0]
    middle = _half(counts[None, :])[0]
    low, high = np.quantile(_half(drawn), [0.05, 0.95], method="nearest") if len(drawn) else (middle, middle)
    return days.index[middle], days.index[min(int(low), middle)], days.index[max(int(high), middle)]


def _half(counts: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.intp]]:
    """The place of the day by which half of each row's flowers were seen."""
    sums = counts.cumsum(axis=1)
    place: np.ndarray[Any, np.dtype[np.intp]] = (sums >= sums[:, -1:] / 2).argmax(axis=1)
    return place
