"""Diversity site by site: the communities of the sites with most flowers, their curves, how unlike they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import pandas as pd

from core.language import tr
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
