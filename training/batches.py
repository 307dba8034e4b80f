"""Batches made by worker processes: a Python generator inside tf.data was the bottleneck.

Step n of a stage is made from the seed (stage, n) alone: a run that resumes sees the batches it would have seen.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterator
from typing import Any, Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

_AHEAD = 6
"""Number of batches made ahead; more would only fill memory."""

Batch = tuple[NDArray[Any], ...]


class BatchMaker(Protocol):
    """Makes a batch from random numbers; can be pickled."""

    def __call__(self, random: np.random.Generator) -> Batch:
        """One batch."""
        ...


_maker: BatchMaker | None = None


def _take(maker: BatchMaker) -> None:
    global _maker
    _maker = maker


def _make(seed: tuple[int, int]) -> Batch:
    assert _maker is not None
    return _maker(np.random.default_rng(seed))


def batches(maker: BatchMaker, *, stage: str, first_step: int, steps: int, workers: int = 2) -> Iterator[Batch]:
    """The batches of steps first_step .. steps - 1, in order."""
    seed = crc32(stage.encode())
    with multiprocessing.get_context("spawn").Pool(workers, _take, (maker,)) as pool:
        waiting: deque[Any] = deque()
        for step in range(first_step, steps):
            waiting.append(pool.apply_async(_make, ((seed, step),)))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().get()
        while waiting:
            yield waiting.popleft().get()
