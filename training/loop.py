"""One training loop for both networks: AdamW with warm-up and cosine, checkpoints, losses to a CSV file.

TensorFlow uses a GPU by itself where it sees one; float32 (mixed bfloat16 is 2.5 times slower on two cores).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import keras
import tensorflow as tf

from training.batches import BatchMaker, batches
from training.progress import LossLog, Progress
from training.whole_file import whole_file

_CHECKPOINT_STEPS = 100
_EMA = 0.99
"""Decay of the averaged weights: a stage ends with their mean over about a hundred steps (Polyak averaging)."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Length and speed of a stage's learning. warm_up: steps to the full rate, then a cosine to a hundredth of it."""

    steps: int
    rate: float
    warm_up: int = 60
    weight_decay: float = 0.02
    clip_norm: float = 10.0


def fit(
    network: Any,
    loss: Callable[..., Any],
    maker: BatchMaker,
    *,
    stage: str,
    schedule: Schedule,
    work: Path,
) -> None:
    """Train `network` in place, from the stage's checkpoint where there is one; its weights end in work/<stage>.

    loss(network, *batch) -> scalar tensor, called with training=True semantics inside one graph.
    """
    finished = weights_file(work, stage)
    if finished.is_file():
        network.load_weights(finished)
        return
    optimiser = keras.optimizers.AdamW(
        _rate(schedule), weight_decay=schedule.weight_decay, use_ema=True, ema_momentum=_EMA
    )
    optimiser.exclude_from_weight_decay(var_names=["bias"])
    optimiser.build(network.trainable_variables)
    done = tf.Variable(0, dtype=tf.int64)
    checkpoints = tf.train.CheckpointManager(
        tf.train.Checkpoint(network=network, optimiser=optimiser, done=done), work / f"{stage}-checkpoints", 1
    )
    checkpoints.restore_or_initialize()

    @tf.function  # type: ignore[untyped-decorator]
    def step(*batch: Any) -> Any:
        with tf.GradientTape() as tape:
            value = loss(network, *batch)
        gradients, _ = tf.clip_by_global_norm(tape.gradient(value, network.trainable_variables), schedule.clip_norm)
        optimiser.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        return value

    log, first = LossLog(work / "losses.csv"), int(done.numpy())
    progress, started, mean = Progress(stage, schedule.steps, done=first), monotonic(), 0.0
    for number, batch in enumerate(batches(maker, stage=stage, first_step=first, steps=schedule.steps), first + 1):
        value = float(step(*(tf.constant(part) for part in batch)))
        mean = value if number == first + 1 else 0.97 * mean + 0.03 * value
        log.add(stage, number, value, monotonic() - started)
        progress.step(f"loss {mean:.3f}")
        if number % _CHECKPOINT_STEPS == 0:
            done.assign(number)
            checkpoints.save()
    optimiser.finalize_variable_values(network.trainable_variables)
    with whole_file(finished) as part:
        network.save_weights(part)


def weights_file(work: Path, stage: str) -> Path:
    """The file of a finished stage's weights; while it is missing the stage is not finished."""
    return work / f"{stage}.weights.h5"


def _rate(schedule: Schedule) -> Any:
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=schedule.rate / 100,
        warmup_target=schedule.rate,
        warmup_steps=schedule.warm_up,
        decay_steps=max(schedule.steps - schedule.warm_up, 1),
        alpha=0.01,
    )
