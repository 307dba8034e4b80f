"""The likeness of flowers: the classifier's features of each, in a byte a number.

The classifier gives them beside its logits: the 64 directions in which its last layer tells names apart. Of 853 flowers
of 40 taxa the most alike one of another photo is of the same taxon in 76 % (all 1,280 numbers before the last layer: 71
%), and among 90 species that no label stands for in 24 % (21 %). Only their direction means something.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def in_bytes(features: NDArray[np.float32]) -> NDArray[np.int8]:
    """The features (n, numbers) of n flowers as they are stored: each row so long that its largest number is 127."""
    largest = np.abs(features).max(axis=1, keepdims=True, initial=1e-9)
    return np.asarray(np.round(features * (127 / largest)), np.int8)
