"""The part of the ground that a map shows, with a margin, and a bar of a round length to measure it by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.store.distances import METRES_A_DEGREE

SMALLEST_VIEW_DEGREES = 0.03


@dataclass(frozen=True, slots=True)
class Frame:
    """West, south, east and north in degrees. shrink: the length of a degree east, of one north.

    bar_end: the longitude where a bar from the south-west corner ends. bar_words: its length.
    """

    west: float
    south: float
    east: float
    north: float
    shrink: float
    bar_end: float
    bar_words: str


def frame_of(table: pd.DataFrame) -> Frame:
    """The frame that shows all positions of a table with latitude and longitude, a row at least."""
    south, north = _padded(table["latitude"])
    shrink = float(np.cos(np.radians((south + north) / 2)))
    west, east = _padded(table["longitude"], at_least=SMALLEST_VIEW_DEGREES / shrink)
    width_km = (east - west) * shrink * METRES_A_DEGREE / 1000
    magnitude = 10.0 ** np.floor(np.log10(width_km / 4))
    length_km = max(step * magnitude for step in (1, 2, 5) if step * magnitude <= width_km / 4)
    end = west + length_km * 1000 / (METRES_A_DEGREE * shrink)
    words = f"{length_km:g} km" if length_km >= 1 else f"{length_km * 1000:g} m"
    return Frame(west, south, east, north, shrink, end, words)


def _padded(degrees: pd.Series, at_least: float = SMALLEST_VIEW_DEGREES) -> tuple[float, float]:
    """The range of degrees that shows all positions with a margin."""
    middle, half = (degrees.min() + degrees.max()) / 2, (degrees.max() - degrees.min()) / 2
    half = max(half * 1.15, at_least)
    return float(middle - half), float(middle + half)
