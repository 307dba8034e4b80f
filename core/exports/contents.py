"""The size of an export, and what its readers will miss, told before it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from core.store.demo_mark import DEMO_PEOPLE
from core.store.records import Site
from core.survey.diversity import countable
from core.survey.positions import positioned


@dataclass(frozen=True, slots=True)
class Contents:
    """Numbers of photos, but for observations (rows), flowers and taxa (as core/survey/diversity.py counts them).

    made_up: of the demo.
    """

    observations: int
    photos: int
    without_flowers: int
    flowers: int
    taxa: int
    undated: int
    unplaced: int
    unreviewed: int
    made_up: int


def contents(observations: pd.DataFrame, sites: Mapping[str, Site]) -> Contents:
    """The contents of observations as core/survey/observed.py gives them, with the sites as they are described."""
    photos = positioned(observations.drop_duplicates("photo"), sites)
    with_flowers = observations[observations["taxon"] != ""]
    return Contents(
        observations=len(observations),
        photos=len(photos),
        without_flowers=len(photos) - with_flowers["photo"].nunique(),
        flowers=int(observations["count"].sum()),
        taxa=countable(observations).of(observations)["taxon"].nunique(),
        undated=int(photos["day"].isna().sum()),
        unplaced=int((photos["position"] == "").sum()),
        unreviewed=int((~photos["reviewed"]).sum()),
        made_up=int(photos["uploaded_by"].isin(DEMO_PEOPLE).sum()),
    )
