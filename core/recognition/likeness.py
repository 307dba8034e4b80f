"""The likeness of flowers: the classifier's features of each, in a byte a number.

The classifier gives them beside its logits: the 64 directions in which its last layer tells names apart. Of 853 flowers
of 40 taxa the most alike one of another photo is of the same taxon in 76 % (all 1,280 numbers before the last layer: 71
%), and among 90 species that no label stands for in 24 % (21 %). Only their direction means something.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ALIKE = 0.25
"""Mean distance up to which heaps are joined: of the 853 flowers 746 then are in heaps of three and more, of which 83 %

are of their heap's taxon (at 0.2: 613 and 88 %, at 0.3: 816 and 73 %).
"""

LEAST_DOUBT, NO_DISTANCE = 0.1, 1e-6


def in_bytes(features: NDArray[np.float32]) -> NDArray[np.int8]:
    """The features (n, numbers) of n flowers as they are stored: each row so long that its largest number is 127."""
    largest = np.abs(features).max(axis=1, keepdims=True, initial=1e-9)
    return np.asarray(np.round(features * (127 / largest)), np.int8)


def directions(features: NDArray[np.int8]) -> NDArray[np.float32]:
    """The features (n, numbers) as vectors of length 1; a row of zeros, which says nothing, stays one."""
    wide = features.astype(np.float32)
    return np.asarray(wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-9), np.float32)


def most_different(doubt: NDArray[np.float64], looks: NDArray[np.float32], *, most: int) -> list[int]:
    """At most so many of n flowers, the doubtful ones and those unlike all before them first.

    Each next one has the greatest product of its doubt (0..1) and its distance from the nearest before it (farthest
    point, Gonzalez 1985), so that near-duplicates come last. looks: directions (n, numbers); of zeros, doubt decides.
    """
    nearest = np.ones(len(doubt))
    order: list[int] = []
    for _ in range(min(most, len(doubt))):
        pick = int(np.argmax((LEAST_DOUBT + doubt) * nearest))
        order.append(pick)
        nearest = np.minimum(nearest, np.maximum(1 - looks @ looks[pick], NO_DISTANCE))
        nearest[pick] = -1
    return order


def heaps(looks: NDArray[np.float32]) -> list[list[int]]:
    """The flowers in heaps of such that look alike, the largest heap first; at last all that are like no other.

    Average linkage of cosine distances, cut at ALIKE.
    """
    from scipy.cluster.hierarchy import fcluster, linkage  # half a second, for the one page that needs it
    from scipy.spatial.distance import pdist

    known = np.flatnonzero(np.abs(looks).max(axis=1, initial=0) > 0)
    alone, groups = sorted(set(range(len(looks))) - set(known.tolist())), list[list[int]]()
    if len(known) > 1:
        number = fcluster(linkage(pdist(looks[known], "cosine"), "average"), ALIKE, "distance")
        groups = [known[number == one].tolist() for one in np.unique(number)]
    else:
        alone = sorted([*alone, *known.tolist()])
    alone = sorted([*alone, *(group[0] for group in groups if len(group) == 1)])
    large = sorted((group for group in groups if len(group) > 1), key=lambda group: (-len(group), group[0]))
    return [*large, *([alone] if alone else [])]
