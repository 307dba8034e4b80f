"""Positions in other coordinate systems, as the Dutch grid (RD New), turned into degrees of WGS 84."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from core.errors import InvalidSite
from core.language import tr

if TYPE_CHECKING:
    from pyproj import Transformer

DUTCH_GRID = "EPSG:28992"
_EAST_M, _NORTH_M = (7_000, 285_000), (300_000, 629_000)


def is_dutch_grid(x: float, y: float) -> bool:
    """True if these may be metres east and north in the Dutch grid. No position in degrees is."""
    return _EAST_M[0] <= x <= _EAST_M[1] and _NORTH_M[0] <= y <= _NORTH_M[1]


def degrees_of(x: float, y: float, system: str) -> tuple[float, float]:
    """Latitude and longitude in WGS 84 of a position in a coordinate system, such as EPSG:28992.

    For the Dutch grid right to half a metre (PROJ without its grids). Raises InvalidSite.
    """
    longitude, latitude = _transformer(system).transform(x, y)
    return latitude, longitude


@lru_cache(maxsize=16)
def _transformer(system: str) -> Transformer:
    from pyproj import Transformer  # a quarter of a second, which most pages need not wait
    from pyproj.exceptions import ProjError

    try:
        return Transformer.from_crs(system, "EPSG:4326", always_xy=True)
    except ProjError as error:
        raise InvalidSite(
            tr("The coordinate system {system} is not known. Save the file in degrees (WGS 84).", system=repr(system))
        ) from error
