"""Photos brought together at places, so that a map of any number of photos stays drawable; and what sites yield.

A place is a site, or a spot: a square of the ground, as small as leaves at most MOST_SPOTS of them. What is counted at
a place follows the rule for repeated photos in core/survey/repeats.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from core.store.records import Site
from core.survey.coordinates import DECIMALS
from core.survey.diversity import countable
from core.survey.observed import NAMES
from core.survey.positions import positioned
from core.survey.repeats import COUNTS, Repeats, visits

Kind = Literal["sites", "spots"]
KINDS: tuple[Kind, ...] = get_args(Kind)

MOST_SPOTS = 1_500
SPOTS_M = (25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 2_000_000)
METRES_A_DEGREE = 111_195.0
"""Of latitude, on a sphere of the earth's mean radius (6371 km)."""

PER_M2 = ("flowers_per_m2", "flowers_per_m2_low", "flowers_per_m2_high")
EFFORT = ("photos", "visits", "days", "first_day", "last_day")


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted at places.

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

    table: a row a place, as in Tally, with key, place (its name, "" of a spot), site, latitude, longitude and position:
    "typed" of a site, or "photos" for the middle of its photos. Sites that were never photographed have 0 photos.
    taxa: as in Tally, with key in place of place. photos: the key of each photo's place, by its number `photo`.
    nowhere: how many photos have no place, by their site. spot_m: the side of a spot's square, in metres.
    """

    table: pd.DataFrame
    taxa: pd.DataFrame
    photos: pd.Series
    nowhere: pd.Series
    spot_m: int


def tally_sites(observations: pd.DataFrame, names: Sequence[str], sites: Mapping[str, Site], repeats: Repeats) -> Tally:
    """What was counted at each of these sites, in their order, also where nothing was. sites: as in places()."""
    rows = observations[observations["site"].isin(names)]
    return _tally(rows, rows["site"], _areas(sites), repeats, index=names, alone=rows["site"].isna())


def places(observations: pd.DataFrame, sites: Mapping[str, Site], kind: Kind, repeats: Repeats) -> Places:
    """Where what was found. observations: as observed() returns them. sites: described_sites() of the library.

    As sites: photos of a site are at its typed position, else amid those of its photos that know theirs; photos without
    a site are at their spot. As spots: each photo is where core/survey/positions.py says.
    """
    rows = positioned(observations, sites)
    once = rows.loc[~rows["photo"].duplicated(), ["photo", "site", "latitude", "longitude", "position"]]
    photos = once.set_index("photo")
    photos["site"] = photos["site"].astype(str)
    of_site = (photos["site"] != "") & (kind == "sites")
    spots, spot_m = _spots(photos[~of_site])
    photos["key"] = ("site " + photos["site"]).where(of_site, spots)
    where = _where(photos, sites, kind)
    placed = photos["key"].isin(where.index)
    rows = rows[rows["photo"].isin(photos.index[placed])]
    areas = {f"site {site}": area for site, area in _areas(sites).items()}
    alone = (rows["site"] == "") & (kind == "sites")
    tally = _tally(rows, rows["photo"].map(photos["key"]), areas, repeats, index=where.index, alone=alone)
    return Places(
        where.join(tally.table).reset_index(names="key"),
        tally.taxa.rename(columns={"place": "key"}),
        photos.loc[placed, "key"],
        photos.loc[~placed, "site"].value_counts(),
        spot_m,
    )


def _areas(sites: Mapping[str, Site]) -> dict[str, float]:
    return {name: site.area_m2 for name, site in sites.items() if site.area_m2 is not None}


def _tally(
    rows: pd.DataFrame,
    place: pd.Series,
    areas: Mapping[str, float],
    repeats: Repeats,
    *,
    index: object,
    alone: pd.Series,
) -> Tally:
    """The tally of rows that have a place each. index: the places, with those that have no photo.

    alone: rows of photos that cannot be told to repeat another, so that each is a visit of its own.
    """
    photos = rows[["day"]].assign(place=place)[~rows["photo"].duplicated()]
    seen = visits(rows.assign(site=place, day=rows["day"].mask(alone)), repeats).rename(columns={"site": "place"})
    days = photos.groupby("place")["day"]
    by_visit = seen.groupby(["place", "visit"])[list(COUNTS)].sum()
    found = seen[seen["taxon"] != ""]
    taxa = found.groupby(["place", "taxon"])[[*NAMES, *COUNTS, "lower_bound"]].agg(
        dict.fromkeys(NAMES, "first") | dict.fromkeys(COUNTS, "sum") | {"lower_bound": "any"}
    )
    taxa = taxa.reset_index().sort_values(["count", "taxon"], ascending=[False, True], kind="stable", ignore_index=True)
    table = pd.DataFrame(index=pd.Index(index))
    table["photos"] = photos.groupby("place").size()
    table["visits"] = by_visit.groupby("place").size()
    table[["days", "first_day", "last_day"]] = days.agg(["nunique", "min", "max"])
    table["taxa"] = countable(seen).of(seen).groupby("place")["taxon"].nunique()
    table = table.join(taxa.groupby("place")[["taxon", *NAMES]].first())
    table[list(COUNTS)] = by_visit.groupby("place").sum()
    table["lower_bound"] = seen.groupby("place")["lower_bound"].any()
    table["area_m2"] = pd.Series(areas, dtype=float)
    table[list(PER_M2)] = by_visit.groupby("place").mean().div(table["area_m2"], axis=0)
    numbers, texts = ["photos", "visits", "days", "taxa", *COUNTS], ["taxon", *NAMES]
    table[numbers] = table[numbers].fillna(0).astype("int64")
    table[texts] = table[texts].fillna("")
    table["lower_bound"] = table["lower_bound"].eq(True)
    return Tally(table, taxa)


def _spots(photos: pd.DataFrame) -> tuple[pd.Series, int]:
    """The key of each photo's spot (NaN for those without a position) and the side of a spot in metres."""
    known = photos[photos["position"] != ""]
    middle = np.radians((known["latitude"].min() + known["latitude"].max()) / 2) if len(known) else 0.0
    north_m = known["latitude"] * METRES_A_DEGREE
    east_m = known["longitude"] * METRES_A_DEGREE * np.cos(middle)
    for side_m in SPOTS_M:
        squares = pd.DataFrame({"north": north_m // side_m, "east": east_m // side_m})
        if len(squares.drop_duplicates()) <= MOST_SPOTS:
            break
    named = f"spot {side_m} " + squares["north"].astype(str) + " " + squares["east"].astype(str)
    return named.reindex(photos.index).astype(object), side_m


def _where(photos: pd.DataFrame, sites: Mapping[str, Site], kind: Kind) -> pd.DataFrame:
    """The position of each place: place, site, latitude, longitude, position, indexed by key."""
    by_gps = photos[photos["position"] != ""].groupby("key")
    where = by_gps[["latitude", "longitude"]].median().round(DECIMALS).assign(position="photos")
    named = photos.loc[(photos["position"] != "") & (photos["site"] != ""), ["key", "site"]].drop_duplicates()
    names = named.sort_values("site").groupby("key")["site"].agg(", ".join)
    where["site"] = names.reindex(where.index, fill_value="").astype(object)
    if kind == "sites":
        for name, site in sites.items():
            if site.latitude is not None:
                where.loc[f"site {name}", ["latitude", "longitude", "position", "site"]] = [
                    site.latitude,
                    site.longitude,
                    "typed",
                    name,
                ]
    where["place"] = where["site"].where(where.index.str.startswith("site "), "")
    return where.sort_index()[["place", "site", "latitude", "longitude", "position"]]
