"""Flowering seasons: finds of taxa week by week, beside the months in which they are expected.

A find out of season is asked about, never dropped: it may be a mild autumn, a garden plant, or a wrong name.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from core.recognition.taxa import Label, Names
from core.survey.repeats import COUNTS

GRACE_DAYS = 14
"""Days around the expected months that are still in season: months are whole, seasons are not."""

MONTHS = range(1, 13)


def expected_months(labels: Names) -> dict[str, frozenset[int]]:
    """The months 1..12 in which each taxon is expected to flower; taxa of which nothing is known are left out."""
    return {
        label.taxon: months
        for label in labels
        if isinstance(label, Label) and (months := months_of(label.flowering_months))
    }


def months_of(words: str) -> frozenset[int]:
    """The months of "5-7", "3,9-11" or "11-2" (over the new year); empty for words that are none."""
    months: set[int] = set()
    for part in words.split(","):
        first, _, last = part.partition("-")
        try:
            start, end = int(first), int(last or first)
        except ValueError:
            return frozenset()
        if start not in MONTHS or end not in MONTHS:
            return frozenset()
        months |= {(start - 1 + i) % 12 + 1 for i in range((end - start) % 12 + 1)}
    return frozenset(months)


def calendar(visits: pd.DataFrame, expected: Mapping[str, frozenset[int]]) -> pd.DataFrame:
    """One row a taxon and week of the year in which it was found, all years together.

    week: 1..53 of these years (ISO 8601). count, count_low, count_high: flowers of all visits of that week. visits: how
    many showed it. out_of_season: visits that were (see GRACE_DAYS); 0 for taxa of which no season is known.
    """
    finds = _dated(visits, expected)
    finds[["year", "week"]] = finds["found_on"].dt.isocalendar()[["year", "week"]].astype("int64")
    groups = finds.groupby(["taxon", "week"], sort=True)
    table = groups[list(COUNTS)].sum()
    table["visits"] = groups["visit"].nunique()
    table["years"] = groups["year"].agg(lambda years: ", ".join(map(str, sorted(set(years)))))
    table["out_of_season"] = groups["out_of_season"].sum()
    return table.reset_index()


def out_of_season(visits: pd.DataFrame, expected: Mapping[str, frozenset[int]]) -> pd.DataFrame:
    """The rows of visits that lie outside the expected months of their taxon, newest first."""
    finds = _dated(visits, expected)
    return finds[finds["out_of_season"]].sort_values(["found_on", "site", "taxon"], ascending=[False, True, True])


def _dated(visits: pd.DataFrame, expected: Mapping[str, frozenset[int]]) -> pd.DataFrame:
    finds = visits[(visits["taxon"] != "") & visits["day"].notna()].copy()
    codes, taxa = pd.factorize(finds["taxon"])
    in_season = np.array([[month in expected.get(taxon, MONTHS) for month in MONTHS] for taxon in taxa], bool)
    near = [(finds["found_on"] + np.timedelta64(days, "D")).dt.month - 1 for days in (-GRACE_DAYS, 0, GRACE_DAYS)]
    finds["out_of_season"] = ~np.logical_or.reduce([in_season.reshape(-1, 12)[codes, month] for month in near])
    return finds
