"""Diversity site by site, or group by group: their communities, their curves, how unlike they are, and differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import pandas as pd

from core.language import tr
from core.store.records import Site
from core.survey.comparison import Comparison, group_words, of_groups
from core.survey.diversity import Community, Countable, community, photos_with_each, rarefaction, unlikeness
from core.survey.repeats import COUNTS

Unit = Literal["flower", "photo"]
MOST_SITES, MOST_CURVES = 30, 7


def communities_by_site(visits: pd.DataFrame, taxa: Countable) -> dict[str, Community]:
    """All flowers that count together, under "", then those of each of the MOST_SITES sites that have most."""
    counted = taxa.of(visits)
    most = counted[counted["site"] != ""].groupby("site")["count"].sum().nlargest(MOST_SITES).index
    sites = {str(site): community(counted[counted["site"] == site]) for site in most}
    return {"": community(counted), **sites}


def curves_by_site(
    observations: pd.DataFrame, taxa: Countable, communities: Mapping[str, Community], unit: Unit
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The curve of all together, and those of the MOST_CURVES sites with most flowers; communities: as above."""
    sites = list(communities)[1 : MOST_CURVES + 1]
    if unit == "flower":
        drawn = {name: (communities[name].count, communities[name].flowers) for name in ("", *sites)}
    else:
        rows = taxa.with_effort(observations[["photo", "site", "taxon", *COUNTS]])
        drawn = {name: photos_with_each(rows[rows["site"] == name] if name else rows) for name in ("", *sites)}
    curves = [rarefaction(*of).assign(community=name or tr("All sites together")) for name, of in drawn.items()]
    return curves[0], pd.concat(curves[1:] or [curves[0].head(0)])


def unlikeness_of_sites(visits: pd.DataFrame, taxa: Countable, sites: Sequence[str]) -> pd.DataFrame:
    """Bray-Curtis between these sites, with the visits on which nothing was found."""
    rows = taxa.with_effort(visits)
    return unlikeness(rows[rows["site"].isin(sites)])


def in_groups(rows: pd.DataFrame, comparison: Comparison, sites: Mapping[str, Site]) -> pd.DataFrame:
    """Visits or observations with the name of their group in place of the site, those of the comparison's groups."""
    assert comparison.by
    names = {group: group_words(comparison.by, group) for group in comparison.groups}
    groups = of_groups(rows, comparison, sites)
    return groups.assign(site=groups["site"].map(names).astype("str"))


def communities_by_group(
    visits: pd.DataFrame, taxa: Countable, comparison: Comparison, sites: Mapping[str, Site]
) -> dict[str, Community]:
    """As communities_by_site, of groups, in the order of the comparison."""
    found = communities_by_site(in_groups(visits, comparison, sites), taxa)
    assert comparison.by
    names = ("", *(group_words(comparison.by, group) for group in comparison.groups))
    return {name: found[name] for name in names if name in found}


def curves_by_group(
    observations: pd.DataFrame,
    taxa: Countable,
    communities: Mapping[str, Community],
    unit: Unit,
    comparison: Comparison,
    sites: Mapping[str, Site],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """As curves_by_site, of groups."""
    return curves_by_site(in_groups(observations, comparison, sites), taxa, communities, unit)


def unlikeness_of_groups(
    visits: pd.DataFrame, taxa: Countable, names: Sequence[str], comparison: Comparison, sites: Mapping[str, Site]
) -> pd.DataFrame:
    """As unlikeness_of_sites, of groups."""
    return unlikeness_of_sites(in_groups(visits, comparison, sites), taxa, names)


def index_differences(table: pd.DataFrame) -> pd.DataFrame:
    """The difference of each community's index to that of the first: community, difference, low, high.

    table: one index of diversity.index_table. The bounds are those of both subtracted, as wide as they may be.
    """
    rows = table.dropna(subset=["value"])
    if rows.empty or rows.index[0] != table.index[0]:
        return pd.DataFrame(columns=["community", "difference", "low", "high"])
    first, others = rows.iloc[0], rows.iloc[1:]
    return pd.DataFrame(
        {
            "community": others["community"],
            "difference": others["value"] - first["value"],
            "low": others["low"] - first["high"],
            "high": others["high"] - first["low"],
        }
    )
