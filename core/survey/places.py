"""Photos grouped at places, so that a map of any number of photos stays drawable; and the counts of sites.

A place is a site with its plots, a plot, or a spot: a square of the ground, as small as leaves at most MOST_SPOTS of
them. What is counted at a place follows the rule for repeated photos in core/survey/repeats.py; photos of two plots
never repeat each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.store.distances import METRES_A_DEGREE
from core.store.records import Site
from core.survey.coordinates import DECIMALS
from core.survey.density import sizes
from core.survey.diversity import countable
from core.survey.observed import NAMES
from core.survey.positions import positioned
from core.survey.repeats import COUNTS, Repeats, visits
from core.survey.sampling import plots_of, protocol_of, site_of_places

Kind = Literal["sites", "plots", "spots"]
KINDS: tuple[Kind, ...] = get_args(Kind)

MOST_SPOTS = 1_500
SPOTS_M = (25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 2_000_000)
"""Sides of a spot's square in metres, each a multiple of the first."""
FINEST_ROUND_THE_EARTH = 2_000_000
"""More squares of the first size than there are on any circle of latitude."""

PER_M2 = ("flowers_per_m2", "flowers_per_m2_low", "flowers_per_m2_high")
EFFORT = ("photos", "visits", "days", "first_day", "last_day")


@dataclass(frozen=True, slots=True)
class PlaceCounts:
    """The counts at places.

    table: indexed by place: EFFORT (days: when photos were taken), taxa (how many, as core/survey/diversity.py counts
    them), taxon with NAMES (the most abundant, "" where none was found), COUNTS over all visits, lower_bound, and
    area_m2 with PER_M2, the mean of the visits, where the plot's area is known.
    taxa: one row a place and taxon, the most abundant first: place, taxon, NAMES, COUNTS, lower_bound.
    """

    table: pd.DataFrame
    taxa: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Places:
    """Places on a map, each with a key of its own.

    table: a row a place, as in PlaceCounts, with key, place (its name, "" of a spot), site, latitude, longitude and
    position: "typed" of a site, or "photos" for the middle of its photos. Sites that were never photographed have 0
    photos. taxa: as in PlaceCounts, with key in place of place. nowhere: how many photos have no place, by their site.
    spot_m: the side of a spot's square, in metres.
    """

    table: pd.DataFrame
    taxa: pd.DataFrame
    nowhere: pd.Series
    spot_m: int


def count_sites(
    observations: pd.DataFrame, seen: pd.DataFrame, names: Sequence[str], sites: Mapping[str, Site]
) -> PlaceCounts:
    """The counts at each of these sites and plots, in their order, also at those without any.

    seen: the visits of the observations. sites: as in places(). Counts of a site hold those of its plots, so that the
    counts of sites and plots do not add up.
    """
    plots, areas = plots_of(sites), _areas(sites)
    whole = [name for name in names if name in plots.values()]
    single = [name for name in names if name not in whole]
    parted = [*whole, *(plot for plot in plots if plots[plot] in whole)]
    counts = []
    for index, held, site_of in ((single, single, {}), (whole, parted, plots)):
        if index or not names:
            tables = [table[table["site"].isin(held)] for table in (observations, seen)]
            rows, visited = (table.assign(place=site_of_places(table["site"], site_of)) for table in tables)
            counts.append(_counts(rows, visited, areas, pd.Series(areas, dtype=float).reindex(index)))
    table, taxa = (pd.concat([getattr(one, part) for one in counts]) for part in ("table", "taxa"))
    return PlaceCounts(table.loc[list(names)], taxa)


def places(
    observations: pd.DataFrame, seen: pd.DataFrame, sites: Mapping[str, Site], kind: Kind, repeats: Repeats
) -> Places:
    """Group observations at places.

    observations: as observed() returns them. seen: their visits by the rule. sites: described_sites() of the library.

    As sites: photos of a site and its plots are at its typed position, else amid those of its photos that know theirs;
    photos without a site are at their spot. As plots: the same of each plot; photos of no plot are left out. As spots:
    each photo is where core/survey/positions.py says, and photos of one spot repeat each other.
    """
    observations = _of_kind(observations, sites, kind)
    photos, spot_m = _photos_with_keys(observations, sites, kind)
    where = _where(photos, sites, kind)
    photos["key"] = photos["key"].cat.set_categories(where.index)
    nowhere = photos.loc[photos["key"].isna(), "site"].astype(str).value_counts()
    rows = _at(photos, observations)
    if kind == "spots":
        seen = visits(rows.assign(site=rows["place"]), repeats)
    areas = _areas(sites)
    counts = _counts(rows, _at(photos, _of_kind(seen, sites, kind)), areas, where["place"].map(areas).astype(float))
    table = where.join(counts.table).reset_index(names="key")
    return Places(table, counts.taxa.rename(columns={"place": "key"}), nowhere, spot_m)


def _at(photos: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows whose photo has a place, with its key as `place`."""
    key = photos["key"].array[photos.index.get_indexer(rows["photo"])]
    return rows.assign(place=key)[key.codes >= 0]


def place_of_photos(observations: pd.DataFrame, sites: Mapping[str, Site], kind: Kind) -> pd.Series:
    """The key of each photo's place as in places(), by its number `photo`; photos without a place are left out."""
    photos, _ = _photos_with_keys(_of_kind(observations, sites, kind), sites, kind)
    placed = photos["key"].isin(_where(photos, sites, kind).index)
    return photos.loc[placed, "key"].astype(str)


def _of_kind(observations: pd.DataFrame, sites: Mapping[str, Site], kind: Kind) -> pd.DataFrame:
    return observations[observations["site"].isin(list(plots_of(sites)))] if kind == "plots" else observations


def _photos_with_keys(observations: pd.DataFrame, sites: Mapping[str, Site], kind: Kind) -> tuple[pd.DataFrame, int]:
    """One row per photo: site, latitude, longitude, position, key (a site's also without a position); and spot_m."""
    once = observations.loc[
        ~observations["photo"].duplicated(), ["photo", "site", "latitude", "longitude", "position_of"]
    ]
    photos = positioned(once, sites).set_index("photo")
    of_site = (photos["site"] != "").to_numpy() & (kind != "spots")
    spot, names, spot_m = _spots(photos[~of_site])
    if kind == "sites":
        photos["site"] = site_of_places(photos["site"], plots_of(sites))
    site = pd.Categorical(photos["site"])
    code = site.codes.astype(np.int64)
    code[~of_site] = np.where(spot < 0, -1, spot + len(site.categories))
    photos["key"] = pd.Categorical.from_codes(code, [*(f"site {name}" for name in site.categories), *names])
    return photos, spot_m


def _areas(sites: Mapping[str, Site]) -> dict[str, float]:
    return {name: site.area_m2 for name, site in sites.items() if site.area_m2 is not None}


def _counts(rows: pd.DataFrame, seen: pd.DataFrame, areas: Mapping[str, float], area_m2: pd.Series) -> PlaceCounts:
    """The counts of rows, and of their visits, which have a place each.

    areas: of sites and plots. area_m2: of each place, also of those that have no photo.
    """
    photos = rows.loc[~rows["photo"].duplicated(), ["place", "day"]]
    days = photos.groupby("place")["day"]
    by_visit = seen.groupby(["place", "visit"])[list(COUNTS)].sum()
    finds = seen[seen["taxon"] != ""]
    taxa = finds.groupby(["place", "taxon"])[[*NAMES, *COUNTS, "lower_bound"]].agg(
        dict.fromkeys(NAMES, "first") | dict.fromkeys(COUNTS, "sum") | {"lower_bound": "any"}
    )
    taxa = taxa.reset_index().astype({"place": "str"})
    taxa = taxa.sort_values(["count", "taxon"], ascending=[False, True], kind="stable", ignore_index=True)
    sums, most = by_visit.groupby("place"), taxa.drop_duplicates("place").set_index("place")
    numbers = {
        "photos": days.size(),
        "visits": sums.size(),
        "days": days.nunique(),
        "taxa": countable(seen).of(seen).groupby("place")["taxon"].nunique(),
        **sums.sum(),
    }
    table = pd.DataFrame(numbers, area_m2.index).fillna(0).astype("int64")
    texts = pd.DataFrame(dict(most[["taxon", *NAMES]]), area_m2.index).fillna("")
    others = {
        "first_day": days.min(),
        "last_day": days.max(),
        "lower_bound": seen.groupby("place")["lower_bound"].any(),
        "area_m2": area_m2,
        **_per_m2(seen, by_visit, areas).set_axis(PER_M2, axis=1),
    }
    table = pd.concat([table, texts, pd.DataFrame(others, area_m2.index)], axis=1)
    table["lower_bound"] = table["lower_bound"].eq(True)
    return PlaceCounts(table, taxa)


def _per_m2(seen: pd.DataFrame, by_visit: pd.DataFrame, areas: Mapping[str, float]) -> pd.DataFrame:
    """The mean of the visits' densities at each place; none where several protocols were followed, or no area is known.

    by_visit: COUNTS by place and visit. areas: of sites and plots, for views of one plot.
    """
    once = seen[~seen["visit"].duplicated()].set_index(["place", "visit"])
    ways = pd.Series(protocol_of(once), once.index)
    of_plot = once["site"].map(areas).astype(float)
    size = of_plot.where(ways == "views", sizes(once).area_m2)
    density = by_visit.div(size, axis=0).groupby("place").mean()
    return density[ways.groupby("place").nunique().reindex(density.index) == 1]


def _spots(photos: pd.DataFrame) -> tuple[NDArray[np.int64], list[str], int]:
    """The number of each photo's spot (-1 without a position), the keys of the spots, and their side in metres."""
    known = (photos["position"] != "").to_numpy()
    latitude, longitude = (photos.loc[known, name].to_numpy() for name in ("latitude", "longitude"))
    middle = np.radians((latitude.min() + latitude.max()) / 2) if len(latitude) else 0.0
    metres = np.column_stack([latitude, longitude * np.cos(middle)]) * METRES_A_DEGREE
    finest = (metres // SPOTS_M[0]).astype(np.int64)
    number, _ = pd.factorize(finest[:, 0] * FINEST_ROUND_THE_EARTH + finest[:, 1])
    example = np.zeros(number.max() + 1 if len(number) else 0, np.int64)
    example[number] = np.arange(len(number))
    for side_m in SPOTS_M:
        squares, of_finest = np.unique(finest[example] // (side_m // SPOTS_M[0]), axis=0, return_inverse=True)
        if len(squares) <= MOST_SPOTS:
            break
    spot = np.full(len(photos), -1, np.int64)
    spot[known] = of_finest.ravel()[number]
    return spot, [f"spot {side_m} {north} {east}" for north, east in squares], side_m


def _where(photos: pd.DataFrame, sites: Mapping[str, Site], kind: Kind) -> pd.DataFrame:
    """The position of each place: place, site, latitude, longitude, position, indexed by key."""
    placed = photos[photos["position"] != ""]
    east = placed["longitude"] - placed.groupby("key")["longitude"].transform("first")
    beyond = (east + 180) // 360 * 360  # the antimeridian, on whose other side a place's first photo lies
    where = placed.assign(longitude=placed["longitude"] - beyond).groupby("key")[["latitude", "longitude"]].median()
    where["longitude"] -= (where["longitude"] + 180) // 360 * 360
    where = where.round(DECIMALS).assign(position="photos")
    where.index = where.index.astype(str)
    named = photos.loc[(photos["position"] != "") & (photos["site"] != ""), ["key", "site"]].drop_duplicates()
    names = named.sort_values("site").groupby("key")["site"].agg(", ".join)
    where["site"] = names.rename(str).reindex(where.index, fill_value="").astype(object)
    typed = {
        f"site {name}": (site.latitude, site.longitude, "typed", name)
        for name, site in sites.items()
        if site.latitude is not None and kind == ("plots" if site.parent else "sites")
    }
    known = pd.DataFrame.from_dict(typed, orient="index", columns=["latitude", "longitude", "position", "site"])
    where = pd.concat([where.drop(known.index, errors="ignore"), known]) if typed else where
    where["place"] = where["site"].where(where.index.str.startswith("site "), "")
    return where.sort_index()[["place", "site", "latitude", "longitude", "position"]]
