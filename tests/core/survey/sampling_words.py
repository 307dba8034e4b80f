"""Samplings for tests, and tables that are of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from core.survey.sampling import Sampling

VIEWS = Sampling("dunes", "dunes", "", "", "views", 4.0, None, None, None, "", "")
TRANSECT = replace(VIEWS, protocol="transect", area_m2=100.0, length_m=50.0, width_m=2.0)
QUADRATS = replace(VIEWS, protocol="quadrats", area_m2=0.5)
TIMED = replace(VIEWS, protocol="timed", area_m2=None, minutes=10.0)


def placed(rows: pd.DataFrame, sampling: Sampling, where: pd.Series | None = None) -> pd.DataFrame:
    """The observations as of this sampling, at each site that they name; elsewhere nobody said any."""
    mask = np.ones(len(rows), bool) if where is None else where.to_numpy()
    sites = sorted(set(rows["site"])) if rows["site"].nunique() > 1 else [sampling.place]
    every = [replace(sampling, place=site, site=site) for site in sites]
    codes = [sites.index(site) if len(sites) > 1 else 0 for site in rows["site"]]
    column = pd.Categorical.from_codes(np.where(mask, codes, -1), pd.Index(every, dtype=object))
    return rows.assign(sampling=column)
