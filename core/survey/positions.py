"""The position of each observation: one rule for map, exports and report."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from core.store.records import Site


def positioned(rows: pd.DataFrame, sites: Mapping[str, Site]) -> pd.DataFrame:
    """The rows with the `latitude` and `longitude` to use, and `position`: "photo", "site" or "" for nowhere.

    A photo's own GPS comes first, unless a person said that its site's holds; else the position of its site. Half a
    position is none, and 0, 0 is what cameras write that do not know where they are. rows: as observed() returns them.
    sites: described_sites() of the library.
    """
    known = {name: site for name, site in sites.items() if site.latitude is not None and site.longitude is not None}
    north, east = rows["latitude"].astype(float), rows["longitude"].astype(float)
    by_photo = north.notna() & east.notna() & ~((north == 0) & (east == 0)) & (rows["position_of"] != "site")
    by_site = ~by_photo & rows["site"].isin(list(known))
    typed_north = rows["site"].map({name: site.latitude for name, site in known.items()}).astype(float)
    typed_east = rows["site"].map({name: site.longitude for name, site in known.items()}).astype(float)
    return rows.assign(
        latitude=north.where(by_photo, typed_north.where(by_site)),
        longitude=east.where(by_photo, typed_east.where(by_site)),
        position=pd.Categorical.from_codes(np.where(by_photo, 1, np.where(by_site, 2, 0)), ["", "photo", "site"]),
    )
