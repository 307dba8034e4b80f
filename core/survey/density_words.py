"""Densities in words: the columns that people read, and the sentence that says how they were made."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.formatting import density, number, with_interval
from core.language import tr
from core.survey.density import ROUNDS, SEED
from core.survey.sampling import not_comparable, protocol_words


def density_columns(table: pd.DataFrame) -> dict[str, list[str]]:
    """The densities of sites as columns of texts by their titles. table: of `densities`, by site."""
    rows = table.to_dict("records")
    words = protocol_words()
    several = tr("several protocols: not comparable")
    return {
        tr("Site"): [str(row["site"]) for row in rows],
        tr("Protocol"): [words[row["protocol"]] if row["protocol"] else several for row in rows],
        tr("Plots"): [number(row["plots"]) for row in rows],
        tr("Visits"): [number(row["visits"]) for row in rows],
        tr("Samples"): [number(row["samples"]) for row in rows],
        tr("Flowers per m²"): [density_words(row) if row["per"] == "m2" else "" for row in rows],
        **(
            {tr("Flowers per minute"): [density_words(row) if row["per"] == "minute" else "" for row in rows]}
            if (table["per"] == "minute").any()
            else {}
        ),
        tr("Interval if errors are independent"): [independent_words(row) for row in rows],
        tr("Standard error"): ["" if np.isnan(row["se"]) else density(row["se"]) for row in rows],
        **(
            {
                tr("Quadrats with flowers"): [
                    "" if np.isnan(row["frequency"]) else f"{row['frequency']:.0%}" for row in rows
                ]
            }
            if table["frequency"].notna().any()
            else {}
        ),
    }


def density_words(row: dict[str, float]) -> str:
    """The mean with its interval; empty where there is none."""
    mean, low, high = (row[name] for name in ("mean", "low", "high"))
    return "" if np.isnan(mean) else with_interval(mean, low, high, density)


def independent_words(row: dict[str, float]) -> str:
    """The interval in which each count errs its own way; empty where there is none."""
    low, high = row["low_independent"], row["high_independent"]
    return "" if np.isnan(low) else f"{density(low)}-{density(high)}"


def density_sentence() -> str:
    """A sentence on the way in which densities and their errors were made."""
    return tr(
        "Mean of the visits. A sample is a quadrat, or a visit to a plot, transect or timed count. The standard error "
        "is that between the plots of a site, or between quadrats within visits. The 90% interval joins it with the "
        "doubt of the counts: a bootstrap of {rounds} rounds, seed {seed}. In brackets, bounds are added: the counts "
        "of all photos err the same way, as a model does that misses small flowers everywhere. If errors are "
        "independent, each count errs its own way.",
        rounds=number(ROUNDS),
        seed=SEED,
    )


def why_not_comparable_sites(table: pd.DataFrame) -> str:
    """A sentence on sites that were counted in different ways; "" where all were counted in one."""
    known = table[table["protocol"] != ""]
    return not_comparable({str(row["site"]): [row["protocol"]] for row in known.to_dict("records")})
