"""Maps of a network, with channels last whatever way the file has them, and the peaks in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.recognition.brought.tensors import Floats


def channels_last(output: Floats, channels: int) -> Floats:
    """A map as (rows, columns, channels)."""
    if output.ndim == 2:
        return output[..., None]
    if output.shape[2] == channels or output.shape[0] != channels:
        return output
    return output.transpose(1, 2, 0)


def peaks(best: Floats, *, least: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the cells that score enough and are the best of the nine around them; the first of equals."""
    padded = np.pad(best, 1, constant_values=-np.inf)
    rows, columns = best.shape
    peak = best >= least
    for dy in range(3):
        for dx in range(3):
            around = padded[dy : dy + rows, dx : dx + columns]
            if (dy, dx) != (1, 1):
                peak &= (best > around) if (dy, dx) < (1, 1) else (best >= around)
    found_rows, found_columns = np.nonzero(peak)
    return found_rows, found_columns
