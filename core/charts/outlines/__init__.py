"""Land, coasts, lakes and borders, for maps that need no tile server; README.md beside this names the source."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

LAYERS = ("coast", "lake", "border", "province")

NEAR = (1.0, 49.4, 9.5, 55.0)
"""West, south, east, north, in degrees: the Netherlands and what is around, drawn in detail. Elsewhere: coarse."""

CUTS = ((-180.0, NEAR[0], NEAR[2], 180.0), (-90.0, NEAR[1], NEAR[3], 90.0))
"""The meridians and parallels along which land was cut: no coasts."""

Line = npt.NDArray[np.float64]


@lru_cache(maxsize=2)
def outlines(*, world: bool) -> dict[str, Line]:
    """Lines of each layer, one after the other: (n, 2) longitude and latitude, a row of NaN after each line.

    world: with the coasts and borders of the whole world, for places outside NEAR.
    """
    return {
        "coast": _joined([shore for ring in land(world=world) for shore in _shores(ring)]),
        **{layer: _joined([line for file in _files(world) for line in file.get(layer, ())]) for layer in LAYERS[1:]},
    }


@lru_cache(maxsize=2)
def land(*, world: bool) -> list[Line]:
    """The land as closed lines, clockwise; a lake as large as a sea is one against the clock, after the land around."""
    return [ring for file in _files(world) for ring in file["land"]]


@lru_cache(maxsize=1)
def lakes() -> list[Line]:
    """The lakes in NEAR, as closed lines."""
    return [line for line in _read("near")["lake"] if (line[0] == line[-1]).all()]


def is_near(longitude: Line, latitude: Line) -> bool:
    """True if all these positions lie in NEAR."""
    west, south, east, north = NEAR
    inside = (west <= longitude) & (longitude <= east) & (south <= latitude) & (latitude <= north)
    return bool(inside.all())


def _files(world: bool) -> list[dict[str, list[Line]]]:
    return [_read(name) for name in (("near", "world") if world else ("near",))]


def _shores(ring: Line) -> list[Line]:
    """The pieces of a closed line that are no cut."""
    cut = np.zeros(len(ring) - 1, bool)
    for axis, edges in enumerate(CUTS):
        for edge in edges:
            cut |= (ring[:-1, axis] == edge) & (ring[1:, axis] == edge)
    pieces, start = [], 0
    for at in [*np.flatnonzero(cut), len(cut)]:
        pieces.append(ring[start : at + 1])
        start = at + 1
    return [piece for piece in pieces if len(piece) > 1]


@lru_cache(maxsize=2)
def _read(name: str) -> dict[str, list[Line]]:
    layers = json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8"))
    return {layer: [np.array(line) for line in lines] for layer, lines in layers.items()}


def _joined(lines: list[Line]) -> Line:
    return np.concatenate([np.concatenate([line, [[np.nan, np.nan]]]) for line in lines]) if lines else np.empty((0, 2))
