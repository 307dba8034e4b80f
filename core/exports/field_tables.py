"""Tables as ecologists use them: visits, and matrices of sites or visits by taxa, from the visits that pages show.

Counts are added up by the rule that the export was asked for, so that every sum over a table is the sum on screen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import pandas as pd

from core.exports.stored import Stored, place_cells
from core.recognition.taxa import taxa_of
from core.store.records import Site
from core.survey.density import densities, samples, sizes
from core.survey.diversity import countable
from core.survey.observed import CHARTED, NAMES, not_calibrated, observed
from core.survey.repeats import COUNTS, visit_of, visits
from core.survey.sampling import protocol_of

VISIT_COLUMNS = {
    "visit_id": "the same for the same place, day, and drop with a protocol of its own, in every export",
    "site": "the site; empty where none was typed",
    "plot": "the plot of the site, where the site has plots",
    "day": "day of the first photo; empty where no photo tells",
    "last_day": "day of the last photo",
    "protocol": "views, quadrats, transect or timed: see `protocol` of the observations",
    "photos": "photos of the visit, also those without flowers",
    "reviewed": "photos of the visit that a person reviewed",
    "samples": "quadrats, or 1",
    "area_m2": "the ground that was looked at: of the plot, of all quadrats together, of the transect",
    "minutes": "minutes that a timed count took",
    "length_m": "length of the transect",
    "width_m": "width of the transect",
    "observer": "who observed, as said of the drop",
    "weather": "the weather, as said of the drop",
    "habitat": "habitat, as described for the plot or its site",
    "latitude": "degrees north, WGS 84, of the plot or the site as described",
    "longitude": "degrees east, likewise",
    "taxa": "taxa found, as on *Diversity*: a genus counts where none of its species was found",
    "count": "flowers of all taxa, by the rule for repeated photos; 0 is a visit that found none",
    "count_low": "lower end of the 90 % interval, bounds added up; empty with a photo counted by a model that is not "
    "calibrated",
    "count_high": "upper end of the 90 % interval, likewise",
    "lower_bound": "`true` where a photo was too crowded or blurred to count fully",
    "flowers_per_m2": "count divided by area_m2",
    "flowers_per_minute": "count divided by minutes",
}
DENSITY_COLUMNS = {
    "site": "the site",
    "protocol": "of all its visits; empty where they followed several, which are not comparable",
    "per": "m2 or minute",
    "samples": "quadrats, or visits to plots and transects, or timed counts",
    "plots": "plots with a visit, or 1",
    "visits": "visits with a known area or time",
    "mean": "flowers per m² or minute, mean of the visits",
    "se": "standard error of the mean: between plots, or between quadrats within visits; empty where neither is",
    "low": "lower end of the 90 % interval that joins sampling and counting error (bootstrap); empty likewise",
    "high": "upper end of it",
    "frequency": "share of the quadrats in which any flower was found",
    "low_independent": "lower end where each count errs its own way; `low` has all counts err the same way",
    "high_independent": "upper end of it",
}
TAXON_COLUMNS = {
    "taxon": "the column of the matrices",
    "scientific_name": "scientific name",
    "rank": "species, cultivar, genus or family; empty of an unknown flower",
    "family": "family",
    "english": "English name",
    "dutch": "Dutch name",
    "gbif_key": "key in the GBIF backbone, where one is known",
}
OF_VISIT, OF_SITE = ("visit_id", "site", "plot", "day"), ("place", "site", "plot")
NO_SITE = "(no site)"
PLACE_HOLDS = f"the plot, else the site; `{NO_SITE}` for photos without one"


@dataclass(frozen=True, slots=True)
class FieldTables:
    """The tables by their names. visit_ids: the id of each photo's visit, by photo_id."""

    tables: dict[str, pd.DataFrame]
    visit_ids: Mapping[str, str]


def field_tables(stored: Stored) -> FieldTables:
    """visits, densities, taxa, and counts, density and presence of visits and of sites by taxa."""
    sites = stored.library.described_sites()
    observations = observed(stored.library, stored.labels, stored.which, (*CHARTED, "photo_id"))
    stored.progress(len(observations))
    seen = visits(observations, stored.repeats)
    number = visit_of(observations, stored.repeats)
    first = observations.assign(visit=number).drop_duplicates("photo_id").groupby("visit")["photo_id"].min()
    table = _visits(seen, first, sites)
    raw = not_calibrated(observations)
    table.loc[number[raw].unique(), ["count_low", "count_high"]] = pd.NA
    ids = dict(zip(observations["photo_id"], table["visit_id"].reindex(number), strict=True))
    taxa = [taxon for taxon in sorted(seen["taxon"].unique()) if taxon]
    counts = seen[seen["taxon"] != ""].pivot_table(index="visit", columns="taxon", values="count", aggfunc="sum")
    counts = counts.reindex(index=table.index, columns=taxa).fillna(0).astype("int64")
    area = table["area_m2"].astype(float)
    per_m2 = counts.div(area, axis=0).where(area.notna(), axis=0) if taxa else counts.astype(float)
    name = table["plot"].where(table["plot"] != "", table["site"]).replace("", NO_SITE).rename("place")
    place = [name, table["site"], table["plot"]]
    several = table["protocol"].groupby(place).transform("nunique") > 1
    of_sites = {
        "counts": counts.groupby(place).sum(),
        "density": per_m2.mask(several, axis=0).groupby(place).mean(),
    }
    tables = {
        "visits": table,
        "densities": _densities(observations, seen, observations["site"][raw]),
        "taxa": _taxa(seen, taxa, stored),
    }
    of_visit = table[list(OF_VISIT)]
    for kind, matrix in {"counts": counts, "density": per_m2, "presence": (counts > 0).astype("int64")}.items():
        tables[f"visit_taxon_{kind}"] = pd.concat([of_visit, matrix], axis=1)
    of_sites |= {"presence": (of_sites["counts"] > 0).astype("int64")}
    of_sites |= {"frequency": _frequency(observations, number, table, counts, place)}
    for kind, matrix in of_sites.items():
        tables[f"site_taxon_{kind}"] = matrix.reset_index() if taxa else matrix.index.to_frame(index=False)
    return FieldTables(tables, ids)


def _densities(observations: pd.DataFrame, seen: pd.DataFrame, uncalibrated: pd.Series) -> pd.DataFrame:
    """The table of densities. uncalibrated: sites with counts of which nobody knows how far they are off."""
    table = densities(samples(observations, seen))[list(DENSITY_COLUMNS)]
    ends = ["low", "high", "low_independent", "high_independent"]
    table.loc[table["site"].isin(uncalibrated), ends] = np.nan
    return table


def _frequency(
    observations: pd.DataFrame, number: pd.Series, table: pd.DataFrame, counts: pd.DataFrame, place: list[pd.Series]
) -> pd.DataFrame:
    """The share of a place's quadrats in which each taxon was found; no number under another protocol.

    table, counts, place: of the visits, by their number.
    """
    found = observations[observations["taxon"] != ""].assign(visit=number)
    quadrats = found.groupby(["visit", "taxon"], observed=True)["photo"].nunique().unstack("taxon")
    quadrats = quadrats.reindex(index=counts.index, columns=counts.columns).fillna(0)
    photos = table["photos"].groupby(place).sum()
    share = quadrats.groupby(place).sum().astype(float).div(photos, axis=0)
    share[~(table["protocol"] == "quadrats").groupby(place).all().to_numpy(bool)] = np.nan
    return share


def visit_id(place: str, day: str, drop: str = "") -> str:
    """The id of a visit, the same in every archive. drop: where it is a visit of its own by its protocol."""
    return f"visit:{sha256(' '.join(filter(None, (day, place, drop))).encode()).hexdigest()[:16]}"


def _visits(seen: pd.DataFrame, first: pd.Series, sites: Mapping[str, Site]) -> pd.DataFrame:
    """The table of visits by their number. first: of each visit the photo_id that names one which is no place's."""
    once = seen[~seen["visit"].duplicated()].set_index("visit")
    size, ways = sizes(once), protocol_of(once)
    cells = pd.DataFrame([place_cells(one, sites) for one in once["sampling"]], index=once.index, columns=_PLACE)
    sums = seen.groupby("visit")[list(COUNTS)].sum()
    days = once["day"].dt.strftime("%Y-%m-%d").astype(object).where(once["day"].notna(), None)
    samplings = list(once["sampling"])
    table = pd.DataFrame(
        {
            "visit_id": [
                f"photo:{first[visit]}" if alone else visit_id(one.place, day, one.drop if one.adds_up else "")
                for visit, alone, one, day in zip(once.index, once["alone"], samplings, days, strict=True)
            ],
            "site": cells["site"],
            "plot": cells["plot"],
            "day": days,
            "last_day": once["last_day"].dt.strftime("%Y-%m-%d").astype(object).where(once["last_day"].notna(), None),
            "protocol": ways,
            "photos": once["photos"],
            "reviewed": once["reviewed"],
            "samples": np.where(ways == "quadrats", once["photos"], 1),
            "area_m2": size.area_m2,
            "minutes": size.minutes,
            "length_m": [one.length_m for one in samplings],
            "width_m": [one.width_m for one in samplings],
            "observer": cells["observer"],
            "weather": cells["weather"],
            "habitat": cells["habitat"],
            **{name: [_typed(one.place, one.site, sites, name) for one in samplings] for name in _POSITION},
            "taxa": countable(seen).of(seen).groupby("visit")["taxon"].nunique().reindex(once.index).fillna(0),
            **{name: sums[name] for name in COUNTS},
            "lower_bound": seen.groupby("visit")["lower_bound"].any(),
            "flowers_per_m2": sums["count"] / size.area_m2,
            "flowers_per_minute": sums["count"] / size.minutes,
        },
        index=once.index,
        columns=list(VISIT_COLUMNS),
    )
    return table.astype({"taxa": "int64", "count_low": "Int64", "count_high": "Int64"})


_PLACE = ["site", "plot", "habitat", "observer", "weather"]
_POSITION = ("latitude", "longitude")


def _typed(place: str, site: str, sites: Mapping[str, Site], name: str) -> float | None:
    described = (getattr(sites[one], name) for one in (place, site) if one in sites)
    return next((value for value in described if value is not None), None)


def _taxa(seen: pd.DataFrame, taxa: list[str], stored: Stored) -> pd.DataFrame:
    names = seen.drop_duplicates("taxon").set_index("taxon")[list(NAMES)].reindex(taxa)
    known = taxa_of(stored.labels)
    table = names.reset_index(names="taxon")
    table["gbif_key"] = [known[taxon].gbif_key if taxon in known else "" for taxon in taxa]
    return table[list(TAXON_COLUMNS)]
