"""Groups of visits side by side, by site, year, habitat or protocol, and the differences between them.

A group's figure is the mean of its visits, so that many visits do not look rich. Its interval, and that of a
difference, joins two errors in a bootstrap: visits are drawn with replacement, one fewer than there are (Rao & Wu 1988,
JASA 83: 231-241), and counts move within their bounds, alike within a group and each group its own way. Groups that
were sampled by different protocols are not comparable, and get no difference. Why so: docs/decisions.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.store.records import Site
from core.store.selection import Selection
from core.survey.density import ROUNDS, SEED, Z90
from core.survey.observed import NAMES
from core.survey.repeats import COUNTS
from core.survey.sampling import plots_of, protocol_of, protocol_words, site_of_places, why_not_comparable

By = Literal["site", "year", "habitat", "protocol"]
BYS: tuple[By, ...] = get_args(By)
MOST_GROUPS, USUAL_GROUPS = 4, 3
MOST_TAXA = 12
MOST_DRAWN = 400
"""Visits of a group that are drawn one by one; the mean of more is as good as normal, and drawn as such."""
ALL = ""
"""In the place of a taxon: flowers of all taxa together."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The groups that are compared, the others with the first. by: None compares nothing."""

    by: By | None = None
    groups: tuple[str, ...] = ()

    def to_query(self) -> dict[str, list[str]]:
        """The comparison as words of an address."""
        return {"compare": [self.by], "group": list(self.groups)} if self.by else {}

    @classmethod
    def from_query(cls, query: Mapping[str, Sequence[str]]) -> Comparison:
        """Read the comparison from the words of an address; words that are none are left out."""
        asked = next(iter(query.get("compare", ())), "")
        by = next((one for one in BYS if one == asked), None)
        return cls(by, tuple(dict.fromkeys(query.get("group", ())))[:MOST_GROUPS] if by else ())


def group_of(rows: pd.DataFrame, by: By, sites: Mapping[str, Site]) -> pd.Series:
    """The group of each visit or observation, "" where it is in none. sites: as described."""
    if by == "year":
        years = rows["day"].dt.year
        return years.astype("Int64").astype("str").where(years.notna(), "")
    if by == "protocol":
        return pd.Series(protocol_of(rows), rows.index, dtype="str")
    names = rows["site"].astype("str")
    if by == "site":
        return site_of_places(names, plots_of(sites)).astype("str")
    habitats = {name: _habitat(site, sites) for name, site in sites.items()}
    return names.map(habitats).fillna("").astype("str")


def groups_there(visits: pd.DataFrame, by: By, sites: Mapping[str, Site]) -> list[str]:
    """The groups with visits: years from the newest on, others from the one with most visits on."""
    groups = group_of(visits, by, sites)[~visits["visit"].duplicated()]
    counted = groups[groups != ""].value_counts()
    return sorted(map(str, counted.index), key=lambda group: (-int(group) if by == "year" else -counted[group], group))


def photos_of_group(which: Selection, by: By, group: str, sites: Mapping[str, Site]) -> Selection:
    """The selection of a group's photos; of a protocol, which is none of a photo's own, all."""
    if by == "site":
        return replace(which, sites=(group,))
    if by == "habitat":
        others = {plot for plot in plots_of(sites) if _habitat(sites[plot], sites) != group}
        mixed = {sites[plot].parent for plot in others}  # asked for, they would bring plots of another habitat
        alike = (name for name, site in sites.items() if _habitat(site, sites) == group and name not in mixed)
        return replace(which, sites=tuple(sorted(alike)))
    if by == "year":
        first, last = date(int(group), 1, 1), date(int(group), 12, 31)
        chosen = max(first, which.taken_from or first), min(last, which.taken_to or last)
        return replace(which, taken_from=chosen[0], taken_to=chosen[1])
    return which


def of_groups(rows: pd.DataFrame, comparison: Comparison, sites: Mapping[str, Site]) -> pd.DataFrame:
    """The rows of the groups that are compared, with the group in place of the site."""
    assert comparison.by
    groups = group_of(rows, comparison.by, sites)
    there = groups.isin(comparison.groups)
    return rows[there].assign(site=pd.array(groups[there], "str"))


def group_words(by: By, group: str) -> str:
    """A group's name in the language in use."""
    words = {str(protocol): name for protocol, name in protocol_words().items()} if by == "protocol" else {}
    return words.get(group, group)


def why_no_difference(visits: pd.DataFrame, comparison: Comparison, sites: Mapping[str, Site]) -> str:
    """A sentence on why groups are not comparable; "" where they are."""
    rows = of_groups(visits, comparison, sites)
    return why_not_comparable(rows, rows["site"])


def compared(visits: pd.DataFrame, comparison: Comparison, sites: Mapping[str, Site]) -> pd.DataFrame:
    """One row a taxon and group, and one of ALL: taxon, NAMES, group, visits, and flowers per visit with its interval.

    per_visit, low, high; difference, difference_low, difference_high: to the first group, NaN in its own rows and where
    protocols differ; clear: the difference's interval leaves out 0; lower_bound: a count is. Only the MOST_TAXA taxa
    with most flowers in these groups, most first. Intervals: 90 %.
    """
    rows = of_groups(visits, comparison, sites)
    found = rows[rows["taxon"] != ""]
    taxa = list(found.groupby("taxon")["count"].sum().sort_values(ascending=False, kind="stable").index[:MOST_TAXA])
    names = found.drop_duplicates("taxon").set_index("taxon")[list(NAMES)].reindex(taxa).astype("str")
    random = np.random.default_rng(SEED)
    protocols = {str(group): set(protocol_of(of)) for group, of in rows.groupby("site")}
    table: list[dict[str, Any]] = []
    reference: tuple[Numbers, Numbers] | None = None
    first = ""
    for group in comparison.groups:
        of = rows[rows["site"] == group]
        if of.empty:
            continue
        mean, draws, first = *_drawn(of, taxa, random), first or group
        low, high = np.quantile(draws, [0.05, 0.95], axis=0)
        alike = len(protocols[group]) == 1 and protocols[group] == protocols[first]
        for place, taxon in enumerate((ALL, *taxa)):
            flagged = of["lower_bound"] & ((of["taxon"] == taxon) | (taxon == ALL))
            row: dict[str, Any] = {
                "taxon": taxon,
                "group": group,
                "visits": of["visit"].nunique(),
                "per_visit": mean[place],
                "low": min(low[place], mean[place]),
                "high": max(high[place], mean[place]),
                "lower_bound": bool(flagged.any()),
            }
            table.append(row | (_difference(place, mean, draws, *reference) if reference and alike else NO_DIFFERENCE))
        reference = reference or (mean, draws)
    columns = ["taxon", "group", "visits", "per_visit", "low", "high", "lower_bound", *NO_DIFFERENCE]
    result = pd.DataFrame(table, columns=columns).join(names, on="taxon")
    result[list(NAMES)] = result[list(NAMES)].fillna("")
    order = {taxon: place for place, taxon in enumerate((ALL, *taxa))}
    return result.sort_values("taxon", key=lambda column: column.map(order), kind="stable", ignore_index=True)


NO_DIFFERENCE = {"difference": np.nan, "difference_low": np.nan, "difference_high": np.nan, "clear": False}


def _difference(
    place: int, mean: Numbers, draws: Numbers, reference: Numbers, reference_draws: Numbers
) -> dict[str, Any]:
    value = mean[place] - reference[place]
    low, high = np.quantile(draws[:, place] - reference_draws[:, place], [0.05, 0.95])
    low, high = min(low, value), max(high, value)
    return {"difference": value, "difference_low": low, "difference_high": high, "clear": bool(low > 0 or high < 0)}


def _habitat(site: Site, sites: Mapping[str, Site]) -> str:
    """The habitat of a site, or of the site that a plot is of."""
    return site.habitat or (sites[site.parent].habitat if site.parent and site.parent in sites else "")


def _drawn(of: pd.DataFrame, taxa: Sequence[str], random: np.random.Generator) -> tuple[Numbers, Numbers]:
    """Means per visit of all flowers and of each taxon, (1 + taxa,), and as many as they may be, (ROUNDS, 1 + taxa)."""
    visit, every = pd.factorize(of["visit"])
    place = pd.Index(taxa, dtype="str").get_indexer(of["taxon"].astype("str"))
    parts = np.zeros((3, len(every), 1 + len(taxa)))
    values = np.stack([of[name].to_numpy(float) for name in COUNTS])
    count, low, high = values
    for layer, numbers in enumerate((count, count - low, high - count)):
        np.add.at(parts[layer], (visit, 0), numbers)
        known = place >= 0
        np.add.at(parts[layer], (visit[known], 1 + place[known]), numbers[known])
    n, mean = len(every), parts.mean(axis=1)
    if n == 1 or n > MOST_DRAWN:
        spread = parts[0].std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.zeros(1 + len(taxa))
        means = mean[0] + random.standard_normal((ROUNDS, 1 + len(taxa))) * spread
        below, above = mean[1], mean[2]
    else:
        weights = random.multinomial(n - 1, np.full(n, 1 / n), size=ROUNDS) / (n - 1)
        means, below, above = (weights @ layer for layer in parts)
    z = random.standard_normal((ROUNDS, 1)) / Z90
    return mean[0], np.maximum(means + np.where(z > 0, z * above, z * below), 0)
