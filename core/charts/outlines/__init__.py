"""Coasts, lakes and borders as lines, for maps that need no tile server; README.md beside this names the source."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

LAYERS = ("coast", "lake", "border", "province")

NEAR = (1.0, 49.4, 9.5, 55.0)
"""West, south, east, north, in degrees: the Netherlands and what is around, drawn in detail. Elsewhere: coarse."""

Line = npt.NDArray[np.float64]


@lru_cache(maxsize=2)
def outlines(*, world: bool) -> dict[str, Line]:
    """Lines of each layer, one after the other: (n, 2) longitude and latitude, a row of NaN after each line.

    world: with the coasts and borders of the whole world, for places outside NEAR.
    """
    files = [_read(name) for name in (("near", "world") if world else ("near",))]
    return {layer: _joined([line for file in files for line in file.get(layer, ())]) for layer in LAYERS}


def is_near(longitude: Line, latitude: Line) -> bool:
    """True if all these positions lie in NEAR."""
    west, south, east, north = NEAR
    inside = (west <= longitude) & (longitude <= east) & (south <= latitude) & (latitude <= north)
    return bool(inside.all())


def _read(name: str) -> dict[str, list[Line]]:
    layers = json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8"))
    return {layer: [np.array(line) for line in lines] for layer, lines in layers.items()}


def _joined(lines: list[Line]) -> Line:
    return np.concatenate([np.concatenate([line, [[np.nan, np.nan]]]) for line in lines]) if lines else np.empty((0, 2))
