"""Diversity of a community of flowers: taxa that count, indices with their doubt, curves, unlikeness of sites.

The indices are scikit-bio's, which takes four seconds to import and so is imported when one is asked for. A community
without flowers has no index, and no error.

Which taxa count. An unknown flower has no name and is left out. A flower named only to its genus or family may be of a
species that is there by name: beside one it is left out as well, else richness would count the same taxon twice
("remove parents, keep children": Cuffney, Bilger and Haigler 2007, J. N. Am. Benthol. Soc. 26:286-307). Where nothing
finer is there it counts as one taxon.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import lgamma

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.language import tr
from core.recognition.taxa import UNKNOWN_TAXON
from core.survey.repeats import COUNTS

Counts = NDArray[np.int64]

FEW_FLOWERS = 50
"""With fewer flowers an index tells more of chance than of the place: a rule of thumb, said on the page."""

GOOD_COVERAGE = 0.9
"""Good's estimate of the share of the community whose taxa were seen; below this, richness is clearly too low."""

DRAWS = 200
SEED = 1
CURVE_POINTS = 50
Z_95 = 1.96


@dataclass(frozen=True, slots=True)
class Index:
    """One number that tells how diverse a community is. of: counts above 0, one a taxon, at least one of them."""

    key: str
    of: Callable[[Counts], float]
    least_taxa: int = 1

    def __call__(self, counts: Counts) -> float | None:
        """The index of these counts; None where there are too few taxa for it."""
        there = counts[counts > 0]
        return float(self.of(there)) if len(there) >= self.least_taxa else None


def _alpha(name: str, **options: object) -> Callable[[Counts], float]:
    def of(counts: Counts) -> float:
        from skbio.diversity import alpha

        return float(getattr(alpha, name)(counts, **options))

    return of


INDICES = (
    Index("richness", _alpha("sobs")),
    Index("shannon", _alpha("shannon")),
    Index("simpson", _alpha("simpson")),
    Index("pielou", _alpha("pielou_e"), least_taxa=2),
    Index("hill0", _alpha("hill", order=0)),
    Index("hill1", _alpha("hill", order=1)),
    Index("hill2", _alpha("hill", order=2)),
    Index("chao1", _alpha("chao1")),
)
KEYS = tuple(index.key for index in INDICES)


@dataclass(frozen=True, slots=True)
class Countable:
    """The taxa that count, and those that are left out.

    counts_as: for each taxon that counts the one it counts as (a genus may come under two ids). coarse: scientific
    names left out because something finer is there.
    """

    counts_as: Mapping[str, str]
    coarse: tuple[str, ...]

    def of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows with flowers of taxa that count, under the one taxon that they count as."""
        kept = rows[rows["taxon"].isin(list(self.counts_as)) & (rows["count"] > 0)].copy()
        kept["taxon"] = kept["taxon"].map(self.counts_as)
        return kept

    def with_effort(self, rows: pd.DataFrame) -> pd.DataFrame:
        """All rows, those of taxa that do not count as zeros: their photos and visits were looked at all the same."""
        every = rows.copy()
        every["taxon"] = every["taxon"].map(self.counts_as).fillna("")
        every.loc[every["taxon"] == "", list(COUNTS)] = 0
        return every


def countable(rows: pd.DataFrame) -> Countable:
    """The taxa of these rows (of visits, or of photos) that count. Other models' taxa, of unknown rank, all do."""
    once = ~rows["taxon"].duplicated() & ~rows["taxon"].isin(["", UNKNOWN_TAXON])
    taxa = rows.loc[once, ["taxon", "scientific_name", "rank", "family"]].sort_values("taxon")
    name, rank = taxa["scientific_name"], taxa["rank"]
    genera = set(name[~rank.isin(["genus", "family", ""])].str.split().str[0])
    families = set(taxa.loc[rank != "family", "family"])
    coarse = (rank == "genus") & name.isin(genera) | (rank == "family") & name.isin(families)
    kept = taxa[~coarse]
    first = kept.drop_duplicates("scientific_name")
    one_of = dict(zip(first["scientific_name"], first["taxon"], strict=True))
    counts_as = {
        taxon: one_of[name] if name else taxon
        for taxon, name in zip(kept["taxon"], kept["scientific_name"], strict=True)
    }
    return Countable(counts_as, tuple(sorted(set(name[coarse]))))


@dataclass(frozen=True, slots=True)
class Community:
    """Flowers by taxon, (taxa,) each, with the bounds of each count."""

    taxa: tuple[str, ...]
    count: Counts
    low: Counts
    high: Counts

    @property
    def flowers(self) -> int:
        """All flowers that count."""
        return int(self.count.sum())


def community(visits: pd.DataFrame) -> Community:
    """The flowers of all these visits together, by taxon; taxa without a flower are left out."""
    table = visits[visits["count"] > 0].groupby("taxon", sort=True)[list(COUNTS)].sum()
    count, low, high = (table[name].to_numpy(np.int64) for name in COUNTS)
    return Community(tuple(table.index), count, low, high)


def index_table(communities: Mapping[str, Community], keys: Sequence[str] = KEYS) -> pd.DataFrame:
    """One row a community and index: community, index, value, low, high (None where there is none), flowers, taxa.

    keys: of the indices in the table.
    low, high: 90 % of what the index is where each count is any number between its bounds, all equally likely (200
    draws, the same each time). They hold the doubt of counting, not that of having looked at these places and days.
    """
    rows, indices = [], [index for index in INDICES if index.key in keys]
    for name, of in communities.items():
        draws = _draws(of)
        for index in indices:
            value = index(of.count)
            low = high = value
            if value is not None:
                drawn = [each for draw in draws if (each := index(draw)) is not None] or [value]
                low, high = (float(bound) for bound in np.quantile(drawn, [0.05, 0.95]))
                low, high = min(low, value), max(high, value)
            rows.append((name, index.key, value, low, high, of.flowers, len(of.taxa)))
    return pd.DataFrame(rows, columns=["community", "index", "value", "low", "high", "flowers", "taxa"])


def _draws(of: Community) -> Counts:
    """Communities as they may be, (DRAWS, taxa)."""
    if not of.taxa or (of.low == of.high).all():
        return of.count[None, :]
    return np.random.default_rng(SEED).integers(of.low, of.high, (DRAWS, len(of.taxa)), endpoint=True)


def rarefaction(frequencies: Counts, units: int) -> pd.DataFrame:
    """Taxa expected among 1 … `units` flowers (or photos) drawn at random: columns units, taxa, low, high (95 %).

    frequencies: (taxa,), in how many of the units each is: of flowers its count, of photos those that show it. Exact
    expectation (Hurlbert 1971, Ecology 52:577-586; for samples Mao Tau: Colwell, Mao and Chang 2004, Ecology
    85:2717-2727); bands from the variance of Colwell et al. 2012 (J. Plant Ecol. 5:3-21, equation 5), for a community
    as rich as Chao's estimate, and so not closing at the end. Nothing drawn: no rows.
    """
    above_0 = frequencies[frequencies > 0]
    if not units or not len(above_0):
        return pd.DataFrame({"units": [], "taxa": [], "low": [], "high": []})
    steps = np.concatenate([np.linspace(1, units, CURVE_POINTS), np.geomspace(1, units, CURVE_POINTS)])
    at = np.unique(steps.round().astype(np.int64))
    rest = units - above_0
    drawn = at[:, None]
    missed = np.where(
        drawn <= rest,
        np.exp(
            _log_factorial(rest)
            - _log_factorial(np.maximum(rest - drawn, 0))
            - _log_factorial(units)
            + _log_factorial(units - drawn)
        ),
        0.0,
    )
    taxa = (1 - missed).sum(axis=1)
    richness = len(above_0) + (units - 1) / units * (_alpha("chao1")(above_0) - len(above_0))
    deviation = np.sqrt(np.maximum(((1 - missed) ** 2).sum(axis=1) - taxa**2 / richness, 0))
    low, high = np.maximum(taxa - Z_95 * deviation, 0), taxa + Z_95 * deviation
    return pd.DataFrame({"units": at, "taxa": taxa, "low": low, "high": high})


def _log_factorial(of: Counts | int) -> NDArray[np.float64]:
    logs: NDArray[np.float64] = np.vectorize(lgamma, otypes=[np.float64])(np.asarray(of) + 1)
    return logs


def photos_with_each(observations: pd.DataFrame) -> tuple[Counts, int]:
    """Count the photos with each taxon, and all photos.

    observations: rows of the taxa that count (Countable), and those of photos without any.
    """
    with_flowers = observations[observations["count"] > 0].drop_duplicates(["photo", "taxon"])
    return with_flowers["taxon"].value_counts().to_numpy(np.int64), observations["photo"].nunique()


def unlikeness(visits: pd.DataFrame) -> pd.DataFrame:
    """Bray-Curtis between sites, 0 (the same flowers) to 1 (none in common), square, by site.

    Of flowers a visit, so that a site that was visited more is not another site for it. Sites where nothing was found
    are unlike nothing and left out. Bray and Curtis 1957, Ecol. Monogr. 27:325-349.
    """
    sites = visits.groupby("site")["visit"].nunique()
    with_flowers = visits[(visits["count"] > 0) & (visits["site"] != "")]
    matrix = with_flowers.pivot_table(index="site", columns="taxon", values="count", aggfunc="sum", fill_value=0)
    if matrix.empty:
        return pd.DataFrame()
    from skbio.diversity import beta_diversity

    per_visit = matrix.div(sites.loc[matrix.index], axis=0)
    distances = beta_diversity("braycurtis", per_visit.to_numpy(), list(matrix.index))
    return pd.DataFrame(distances.data, index=matrix.index, columns=list(matrix.index))


def coverage(of: Community) -> float | None:
    """Share of the community, 0..1, that belongs to taxa seen, after Good (1953); None where nothing was found."""
    return _alpha("goods_coverage")(of.count) if of.flowers else None


def cautions(of: Community) -> list[str]:
    """Reasons why the numbers of this community may mislead, a sentence each."""
    sentences = []
    share = coverage(of)
    if 0 < of.flowers < FEW_FLOWERS:
        sentences.append(
            tr(
                "Only {flowers} flowers: below {few}, an index depends more on chance than on the place.",
                flowers=of.flowers,
                few=FEW_FLOWERS,
            )
        )
    if share is not None and share < GOOD_COVERAGE:
        sentences.append(
            tr(
                "About {percent}% of the flowers here belong to taxa that are not found yet, so richness is too "
                "low. Compare sites at the same number of flowers, on the curves.",
                percent=round(100 * (1 - share)),
            )
        )
    if of.flowers and len(of.taxa) == 1:
        sentences.append(tr("Only one taxon, so there is no diversity or evenness to measure."))
    return sentences
