"""Training samples of the whole classifier for names by rank: batches of crops, and what their kinds teach."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from training.batches import Batch
from training.leaves import Leaves
from training.names import FAMILY_WEIGHT, Crop, blended, crop_pixels, shares
from training.packing import PackedPhotos

NAMED_PX = 224
"""The side of a crop here; the app gives 256 px. What a network learned at fewer pixels it tells better at more, as
flowers are smaller in the crops that training varies (Touvron 2019, arXiv 1906.06423); and a step takes a quarter less
time."""


@dataclass
class NamedCrops:
    """Batches of (crops uint8 (n, size, size, 3), labels (n, outputs), families (n, families + 1)).

    Labels come by the square root of their crops, each crop varied anew; flowers are blended by two (MixUp).
    """

    photos: PackedPhotos
    crops: Sequence[Crop]
    leaves: Leaves
    size_px: int = NAMED_PX
    batch: int = 32

    def __post_init__(self) -> None:
        self._label, self._family = np.array([(crop.truth.label, crop.truth.family) for crop in self.crops]).T
        self._drawn = np.cumsum(shares(self._label, self.leaves))

    def __call__(self, random: np.random.Generator) -> Batch:
        """One batch."""
        places = np.searchsorted(self._drawn, random.random(self.batch) * self._drawn[-1]).clip(0, len(self.crops) - 1)
        crops = [crop_pixels(self.crops[place], self.photos, self.size_px, random) for place in places]
        pixels = np.stack(crops).astype(np.float32)
        pixels, labels, families = blended(pixels, self._label[places], self._family[places], self.leaves, random)
        return pixels.astype(np.uint8), labels, families


def names_loss(leaves: Leaves) -> Callable[..., Any]:
    """The loss of labels and families together: both cross-entropies, as training/names.py has their slope."""
    in_family = tf.constant(leaves.in_family())

    def loss(network: Any, crops_u8: Any, labels: Any, families: Any) -> Any:
        log_p = tf.nn.log_softmax(network(tf.cast(crops_u8, tf.float32), training=True))
        of_family = tf.math.log(tf.matmul(tf.exp(log_p), in_family) + 1e-6)
        terms = tf.reduce_sum(labels * log_p, -1) + FAMILY_WEIGHT * tf.reduce_sum(families * of_family, -1)
        return -tf.reduce_mean(terms)

    return loss
