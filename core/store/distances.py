"""Distance of a photo from the position of its site; one that is far from it needs a person's look."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from core.store.records import PhotoRecord, Site

METRES_A_DEGREE = 111_195.0
"""Metres in a degree of latitude, on a sphere of the earth's mean radius (6371 km)."""

FAR_M = 1_000.0
"""Farther than this from its site a photo is doubted. Why so far: docs/decisions.md."""

LOCATED = (
    pl.col("latitude").is_not_null()
    & pl.col("longitude").is_not_null()
    & ~((pl.col("latitude") == 0) & (pl.col("longitude") == 0))
)
"""Photos with a position of their own; 0, 0 is what cameras write that do not know where they are."""


def metres_from_site(sites: Mapping[str, Site]) -> pl.Expr:
    """The metres between a photo's own position and that of its site; null where one of them has none."""
    known = {name: site for name, site in sites.items() if site.latitude is not None and site.longitude is not None}
    site = pl.col("site").cast(pl.String)
    latitude, longitude = (
        site.replace_strict(
            list(known),
            [getattr(site, name) for site in known.values()],
            default=None,
            return_dtype=pl.Float64,
        )
        for name in ("latitude", "longitude")
    )
    north = pl.col("latitude") - latitude
    east = ((pl.col("longitude") - longitude + 540) % 360 - 180) * latitude.radians().cos()
    return pl.when(LOCATED).then((north.pow(2) + east.pow(2)).sqrt() * METRES_A_DEGREE)


def far_from_site(sites: Mapping[str, Site]) -> pl.Expr:
    """The condition on photos that are far from their site, of which nobody said whose position holds."""
    return (metres_from_site(sites) > FAR_M) & pl.col("position_of").is_null()


def metres_from(site: Site | None, photo: PhotoRecord) -> float | None:
    """The metres between one photo's own position and that of its site; None where one of them has none."""
    if site is None:
        return None
    of_photo = {"site": photo.site, "latitude": photo.latitude, "longitude": photo.longitude}
    kinds = {"site": pl.String, "latitude": pl.Float64, "longitude": pl.Float64}
    metres: float | None = pl.DataFrame([of_photo], kinds).select(metres_from_site({site.site: site})).item()
    return metres
