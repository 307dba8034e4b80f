"""The mean of two trainings of one network, which is often better than both.

Weights of networks that one training led apart may be averaged (model soups, Wortsman 2022, arXiv 2203.05482); only the
statistics of normalisation are then nobody's and are taken anew (Izmailov 2018, arXiv 1803.05407, section 3.2).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tensorflow as tf

from training.batches import BatchMaker, batches
from training.loop import weights_file
from training.progress import Progress
from training.whole_file import whole_file

_SETTLING_STEPS = 150
"""With the normalisation's momentum of 0.97, 1 % of the old statistics is left."""


def mean_of(network: Any, other: Any, maker: BatchMaker, *, stage: str, work: Path) -> None:
    """Give `network` the mean of its weights and the other's; they are kept in work/<stage>."""
    finished = weights_file(work, stage)
    if finished.is_file():
        network.load_weights(finished)
        return
    pairs = zip(network.get_weights(), other.get_weights(), strict=True)
    network.set_weights([(one + another) / 2 for one, another in pairs])
    progress = Progress(stage, _SETTLING_STEPS)
    for pictures, *_ in batches(maker, stage=stage, first_step=0, steps=_SETTLING_STEPS):
        network(tf.constant(pictures, tf.float32), training=True)
        progress.step()
    with whole_file(finished) as part:
        network.save_weights(part)
