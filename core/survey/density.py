"""Flowers per m², or per minute of a timed count, with their doubt: between samples, and in the counts themselves.

A sample is what its protocol makes it: a quadrat (one photo), or a visit to a plot, along a transect or in a timed
count. Samples of one visit tell how evenly flowers stand; visits of one place tell of the season, which is no error. So
the mean is that of the visits, and its standard error is that of quadrats within visits (a stratified sample), or, of a
site with several plots that were counted under one protocol, that between the plots. One plot without quadrats has no
standard error.

The interval joins both errors in a bootstrap: samples are drawn with replacement, one fewer than there are, so that the
variance is not too small (Rao & Wu 1988, JASA 83: 231-241), and each count moves within its own interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.survey.repeats import COUNTS
from core.survey.sampling import protocol_of

Errors = Literal["alike", "independent"]
"""The errors of counts that are added up: all go the same way, so that bounds are added; or each its own way."""

ROUNDS, SEED = 1_000, 20260612
MOST_DRAWN = 20_000
"""Samples of one place that are drawn one by one; the mean of more is as good as normal, and drawn as such."""

Z90 = 1.6448536269514722
"""A normal number is within so many standard deviations in 90 of 100 cases."""

FIGURES = ("mean", "se", "low", "high", "low_independent", "high_independent")
Numbers = NDArray[np.float64]


class Sizes(NamedTuple):
    """The ground or time of visits: area_m2 of all their samples together, minutes, NaN where unknown."""

    area_m2: Numbers
    minutes: Numbers


def sizes(visits: pd.DataFrame) -> Sizes:
    """The ground and time of each row's visit; those of all its quadrats together.

    A photo without a day is no whole transect or timed count, so its ground and time are not known.
    """
    column = visits["sampling"].array
    known = [*column.categories, None]
    area, minutes = (
        np.array([np.nan if (value := getattr(one, name, None)) is None else value for one in known], float)
        for name in ("area_m2", "minutes")
    )
    quadrats = _is_quadrat(visits)
    part = visits["alone"].to_numpy(bool) & (protocol_of(visits) != "views") & ~quadrats
    area_m2 = np.where(part, np.nan, area[column.codes] * np.where(quadrats, visits["photos"], 1))
    return Sizes(area_m2, np.where(part, np.nan, minutes[column.codes]))


def samples(observations: pd.DataFrame, visits: pd.DataFrame, taxon: str | None = None) -> pd.DataFrame:
    """One row a sample: place, site, plot, day, protocol, visit, size (m² or minutes), per ("m2", "minute"), COUNTS.

    observations, visits: of the same photos, with sampling. taxon: only its flowers, None for all. Samples without a
    size are left out, and so are photos without a site.
    """
    every = [_of_visits(visits, taxon), _of_quadrats(observations, taxon)]
    table = pd.concat([one for one in every if len(one)] or every[:1], ignore_index=True)
    column = table.pop("sampling").array
    known = {name: [getattr(one, name) for one in column.categories] for name in ("place", "site", "plot", "protocol")}
    for name, values in known.items():
        table[name] = np.array([*values, None], object)[column.codes]
    table["size"] = table.pop("area_m2").fillna(table["minutes"])
    table["per"] = np.where(table.pop("minutes").isna(), "m2", "minute")
    return table[table["size"].notna() & table["site"].notna() & (table["site"] != "")].reset_index(drop=True)


def densities(samples: pd.DataFrame, by: Sequence[str] = ("site",)) -> pd.DataFrame:
    """One row a group: protocol, per, samples, plots, visits, FIGURES, frequency.

    samples: as `samples` gives them. low, high: the 90 % interval of the mean that joins both errors, counts erring
    alike; low_independent, high_independent: the same, each count erring its own way. se: NaN where one sample tells of
    no other. frequency: the share of quadrats with flowers, NaN under other protocols. A group of
    several protocols has protocol "" and no figures: it is not comparable within itself.
    """
    rows: list[dict[str, Any]] = []
    for key, group in samples.groupby(list(by), sort=True):
        ways = group[["protocol", "per"]].drop_duplicates()
        row: dict[str, Any] = dict(zip(by, key, strict=True)) | {
            "protocol": ways["protocol"].iloc[0] if len(ways) == 1 else "",
            "per": ways["per"].iloc[0] if len(ways) == 1 else "",
            "samples": len(group),
            "plots": group["place"].nunique(),
            "visits": group["visit"].nunique(),
        }
        if len(ways) == 1:
            row |= dict(zip(FIGURES, _mean(group), strict=True))
            row["frequency"] = (group["count"] > 0).mean() if row["protocol"] == "quadrats" else np.nan
        rows.append(row)
    columns = [*by, "protocol", "per", "samples", "plots", "visits", *FIGURES, "frequency"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys((*FIGURES, "frequency"), float))


def _of_visits(visits: pd.DataFrame, taxon: str | None) -> pd.DataFrame:
    """The visits that are samples themselves."""
    quadrats = _is_quadrat(visits)
    rows = visits[~quadrats]
    once = rows.loc[~rows["visit"].duplicated(), ["visit", "day", "sampling", "photos", "alone"]].set_index("visit")
    once[list(Sizes._fields)] = np.column_stack(sizes(once))
    found = rows if taxon is None else rows[rows["taxon"] == taxon]
    sums = found.groupby("visit")[list(COUNTS)].sum().reindex(once.index, fill_value=0)
    return once[["day", "sampling", *Sizes._fields]].join(sums).reset_index()


def _of_quadrats(observations: pd.DataFrame, taxon: str | None) -> pd.DataFrame:
    """The photos that are samples; their visits are numbered below zero."""
    rows = observations[_is_quadrat(observations)]
    once = rows.loc[~rows["photo"].duplicated(), ["photo", "day", "sampling"]].set_index("photo")
    found = rows if taxon is None else rows[rows["taxon"] == taxon]
    sums = found.groupby("photo")[list(COUNTS)].sum().reindex(once.index, fill_value=0)
    codes = pd.Series(once["sampling"].array.codes, once.index, dtype="int64")
    visit = -1 - pd.factorize(pd.MultiIndex.from_arrays([codes, once["day"]]), use_na_sentinel=False)[0]
    column = once["sampling"].array
    area = np.array([*(one.area_m2 for one in column.categories), None], float)[column.codes]
    return once.assign(visit=visit, area_m2=area, minutes=np.nan).join(sums).reset_index(drop=True)


def _is_quadrat(rows: pd.DataFrame) -> NDArray[np.bool_]:
    return np.asarray(protocol_of(rows) == "quadrats", bool)


def _mean(group: pd.DataFrame) -> tuple[float, ...]:
    """FIGURES of the density of a group of one protocol."""
    parts, stratum = _strata(group)
    means = _means(parts, stratum)
    se = _standard_error(parts[:, 0], means[:, 0], stratum)
    bounds: list[float] = []
    for errors in get_args(Errors):
        random = np.random.default_rng(SEED)
        if len(parts) > MOST_DRAWN:
            counted = _counted(parts, stratum, errors, random)
            rounds = counted + random.standard_normal(ROUNDS) * np.nan_to_num(se)
        else:
            rounds = _drawn(parts, stratum, errors, random)
        bounds += map(float, np.quantile(np.maximum(rounds, 0), [0.05, 0.95]))
    return float(means[:, 0].mean()), se, *bounds


def _strata(group: pd.DataFrame) -> tuple[Numbers, NDArray[np.intp]]:
    """The samples of a group: density and its distance to either bound; and the stratum of each, from 0.

    Several plots are one stratum, and each is the mean of its visits; else each visit is a stratum.
    """
    density, low, high = (group[name].to_numpy(float) / group["size"].to_numpy() for name in COUNTS)
    parts = np.column_stack([density, density - low, high - density])
    visit, place = pd.factorize(group["visit"])[0], pd.factorize(group["place"])[0]
    if place.max() == 0:
        return parts, visit
    of_visit = place[np.unique(visit, return_index=True)[1]]
    plots = _means(_means(parts, visit), of_visit)
    return plots, np.zeros(len(plots), np.intp)


def _standard_error(density: Numbers, means: Numbers, stratum: NDArray[np.intp]) -> float:
    """The standard error of the mean of the strata's means; NaN where none has two samples. Others add nothing."""
    n = np.bincount(stratum)
    if n.max() < 2:
        return np.nan
    squares = np.bincount(stratum, (density - means[stratum]) ** 2)
    return float(np.sqrt((squares / np.maximum(n - 1, 1) / n).sum()) / len(n))


def _drawn(parts: Numbers, stratum: NDArray[np.intp], errors: Errors, random: np.random.Generator) -> Numbers:
    """The means of ROUNDS bootstrap samples."""
    n = np.bincount(stratum)
    alone = n[stratum] == 1
    weight = 1 / len(n)
    drawn, own = np.zeros((ROUNDS, 3)), np.zeros(ROUNDS)
    if alone.any():
        drawn += parts[alone].sum(axis=0) * weight
        own += _counted(parts[alone], np.arange(alone.sum()), errors, random) * alone.sum() * weight
    rows_of = np.split(np.argsort(stratum, kind="stable"), np.cumsum(n)[:-1])
    for rows in rows_of:
        if len(rows) > 1:
            of_round = parts[rows][random.integers(len(rows), size=(ROUNDS, len(rows) - 1))]
            drawn += of_round.mean(axis=1) * weight
            if errors == "independent":
                own += _moved(of_round, random.standard_normal(of_round.shape[:2])).mean(axis=1) * weight
    return own if errors == "independent" else _moved(drawn, random.standard_normal(ROUNDS))


def _counted(parts: Numbers, stratum: NDArray[np.intp], errors: Errors, random: np.random.Generator) -> Numbers:
    """The means of ROUNDS repeated counts of the same samples."""
    mean, below, above = _means(parts, stratum).mean(axis=0)
    if errors == "independent":
        n = np.bincount(stratum)
        squares = _means(parts[:, 1:] ** 2, stratum) / n[:, None]
        below, above = np.sqrt(squares.sum(axis=0)) / len(n)
    return _moved(np.array([[mean, below, above]]), random.standard_normal(ROUNDS))


def _moved(parts: Numbers, z: Numbers) -> Numbers:
    """Counts that moved by z standard deviations, up within the upper part of their interval, down within the lower."""
    return np.asarray(parts[..., 0] + np.where(z > 0, z * parts[..., 2], z * parts[..., 1]) / Z90)


def _means(parts: Numbers, group: NDArray[np.intp]) -> Numbers:
    """The mean of the rows of each group."""
    n = np.bincount(group)
    return np.column_stack([np.bincount(group, parts[:, column]) / n for column in range(parts.shape[1])])
