"""Land and sea, in cells of a quarter of a degree: enough to see that latitude and longitude are swapped.

A cell with any land in it is land, down to the small islands of Natural Earth 1:10 million (public domain), from which
core/charts/outlines/make.py makes land.json.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

CELL_DEGREES = 0.25
FILE = Path(__file__).parent / "land.json"


def is_at_sea(latitude: float, longitude: float) -> bool:
    """True for a position without land in its cell and the eight around it, so some 25 km from any coast."""
    land = _land()
    row, column = int((latitude + 90) / CELL_DEGREES), int((longitude + 180) / CELL_DEGREES)
    rows = [place for place in (row - 1, row, row + 1) if 0 <= place < len(land)]
    columns = [place % land.shape[1] for place in (column - 1, column, column + 1)]
    return not land[np.ix_(rows, columns)].any()


@lru_cache(maxsize=1)
def _land() -> npt.NDArray[np.bool_]:
    """True where a cell has land: (720, 1440), from the south and from longitude -180."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    land = np.zeros((len(rows), round(360 / CELL_DEGREES)), bool)
    for row, ends in zip(land, rows, strict=True):
        for start, end in zip(ends[::2], ends[1::2], strict=True):
            row[start:end] = True
    return land
