"""Tables that charts are drawn from, made from visits: flowers by taxon, family, site and time, with their bounds."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from core.language import current_language
from core.recognition.taxa import UNKNOWN_TAXON
from core.survey.diversity import countable
from core.survey.observed import NAMES
from core.survey.repeats import COUNTS
from core.survey.season import PERIOD, Step

LONGEST_DAYS: dict[Step, int] = {"day": 21, "week": 120, "month": 5 * 366}
"""The longest span of curves over time, in days, that is at first in such steps; a longer one is in years."""


def added(visits: pd.DataFrame, *by: str) -> pd.DataFrame:
    """One row for each value of `by`, columns of core/survey/repeats.py: counts and bounds added up over visits.

    visits: how many showed any. lower_bound: one of the counts is. Visits without flowers have no row.

    Bounds are plain sums: what the recogniser misses in one photo it tends to miss in the next, so that errors do not
    cancel.
    """
    rows = visits[visits["taxon"] != ""]
    groups = rows.groupby(list(by), sort=True)
    table = groups[list(COUNTS)].sum()
    table["visits"] = groups["visit"].nunique()
    table["lower_bound"] = groups["lower_bound"].any()
    return table.reset_index()


def by_taxon(visits: pd.DataFrame) -> pd.DataFrame:
    """`added` by taxon, with its names and `name`, most abundant first; an unknown flower is last."""
    table = _named(added(visits, "taxon"), visits)
    order = pd.DataFrame({"unknown": table["taxon"] == UNKNOWN_TAXON, "count": -table["count"], "name": table["name"]})
    return table.loc[order.sort_values(["unknown", "count", "name"]).index].reset_index(drop=True)


def first_and_last_day(visits: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The days of the first and the last visit, NaT where no photo tells when it was taken."""
    return visits["day"].min(), visits["day"].max()


def by_family(visits: pd.DataFrame) -> pd.DataFrame:
    """`added` by family with `share`, 0..1 of the flowers that have one, most abundant first.

    share_low, share_high: where the family is as few as it may be and all others as many, and the other way round.
    """
    table = added(visits[visits["family"] != ""], "family")
    count, low, high = (table[name] for name in COUNTS)
    table["share"] = count / count.sum()
    table["share_low"] = low / (low + high.sum() - high)
    table["share_high"] = high / (high + low.sum() - low)
    return table.sort_values(["count", "family"], ascending=[False, True], ignore_index=True)


def by_site_and_taxon(visits: pd.DataFrame) -> pd.DataFrame:
    """`added` by site and taxon with names, and `per_visit`: flowers a visit to the site."""
    table = _named(added(visits, "site", "taxon"), visits)
    table["visits_to_site"] = visits.groupby("site")["visit"].nunique().reindex(table["site"]).to_numpy()
    table["per_visit"] = table["count"] / table["visits_to_site"]
    return table


def by_site(visits: pd.DataFrame) -> pd.DataFrame:
    """One row a site, by name: visits, photos, counts and bounds of its flowers, how many taxa have a name, last_day.

    last_day: when its last photo was taken. taxa: those that count as one, see core/survey/diversity.py.
    """
    once = visits.drop_duplicates("visit").groupby("site", sort=True)
    table = once.agg(visits=("visit", "size"), photos=("photos", "sum"), last_day=("last_day", "max"))
    table = table.join(visits.groupby("site")[list(COUNTS)].sum())
    table = table.join(visits.groupby("site")["lower_bound"].any())
    taxa = countable(visits).of(visits).groupby("site")["taxon"].nunique()
    table["taxa"] = taxa.reindex(table.index, fill_value=0)
    return table.reset_index()


def step_of_curves(first: pd.Timestamp, last: pd.Timestamp) -> Step:
    """The step that suits curves over a span of days."""
    return next((step for step, longest in LONGEST_DAYS.items() if (last - first).days <= longest), "year")


def over_time(visits: pd.DataFrame, step: Step, taxa: Sequence[str]) -> pd.DataFrame:
    """Flowers a visit of each of these taxa in each day, week, month or year with visits; `low`, `high`; 0 where none.

    start: its first day. A mean over the visits of that time, so that busy weeks do not look rich; lower_bound: of one
    of its counts. Visits without a date are left out.
    """
    dated = visits[visits["day"].notna()].copy()
    dated["start"] = dated["day"].dt.to_period(PERIOD[step]).dt.start_time
    effort = dated.groupby("start")["visit"].nunique()
    sums = added(dated, "start", "taxon").set_index(["start", "taxon"])
    there = set(visits["taxon"].unique())
    known = [taxon for taxon in taxa if taxon in there]
    every = pd.MultiIndex.from_product([known, effort.index], names=["taxon", "start"])
    sums = sums.reorder_levels(["taxon", "start"]).reindex(every)
    table = sums[list(COUNTS)].fillna(0)
    table["lower_bound"] = sums["lower_bound"].eq(True)
    table["visits"] = effort.reindex(every.get_level_values("start")).to_numpy()
    for name, count in (("per_visit", "count"), ("low", "count_low"), ("high", "count_high")):
        table[name] = table[count] / table["visits"]
    return _named(table.reset_index(), visits)


def display_names(rows: pd.DataFrame) -> pd.Series:
    """The name of each row's taxon in the language in use, `Papaver rhoeas · corn poppy`, without markup."""
    pairs = zip(rows["scientific_name"], rows["dutch" if current_language() == "nl" else "english"], strict=True)
    return pd.Series([_name(scientific, vernacular) for scientific, vernacular in pairs], rows.index, dtype="str")


def _name(scientific: str, vernacular: str) -> str:
    if scientific.casefold() == vernacular.casefold():
        return scientific
    return vernacular if vernacular.startswith(scientific) else f"{scientific} · {vernacular}"


def _named(table: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    names = visits.loc[~visits["taxon"].duplicated(), ["taxon", *NAMES]].set_index("taxon")
    table = table.join(names, on="taxon")
    table["name"] = display_names(table)
    return table
