"""The detector: EfficientNet-Lite0, a neck down to stride 4, and centre-point heads (heat, size, offset)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from training.backbone import lite0, scaled_input
from training.dataset import PhotoRow
from training.package_files import DETECTOR_PX
from training.packing import PackedPhotos
from training.scenes import SceneMaker
from training.targets import SOFT

FROZEN_STAGES = 3
_NECK = {16: 96, 8: 64, 4: 48}
_CONFIDENT = 0.2
"""Above this the network may have found a flower that nobody boxed. Not measured by itself; with 0.3 instead of no such
rule, 740 steps: AP50 0.49 -> 0.56."""
_SHAPE_WEIGHT = 0.6


def build_detector(size_px: int | None) -> Any:
    """The network: pixels 0..255 (n, size, size, 3) -> (n, cells, cells, 5): heat logit and the four of targets."""
    pixels, scaled = scaled_input(size_px)
    maps = lite0(scaled, None, frozen_stages=FROZEN_STAGES)
    x = maps[32]
    for stride, channels in _NECK.items():
        x = keras.layers.Conv2D(channels, 1, name=f"down{stride}")(x)
        x = keras.layers.UpSampling2D(2, interpolation="nearest", name=f"up{stride}")(x)
        side = keras.layers.Conv2D(channels, 1, name=f"side{stride}")(maps[stride])
        x = _normed_conv(keras.layers.Add(name=f"sum{stride}")([x, side]), channels, f"neck{stride}")
    x = _normed_conv(x, _NECK[4], "head")
    rare = keras.initializers.Constant([-4.6, 0, 0, 0, 0])  # p = 0.01: centres are rare
    return keras.Model(pixels, keras.layers.Conv2D(5, 1, bias_initializer=rare, name="maps")(x), name="detector")


def _normed_conv(x: Any, channels: int, name: str) -> Any:
    x = keras.layers.Conv2D(channels, 3, padding="same", use_bias=False, name=f"{name}_conv")(x)
    x = keras.layers.BatchNormalization(momentum=0.97, name=f"{name}_norm")(x)
    return keras.layers.ReLU(6.0, name=f"{name}_relu6")(x)


def take_backbone(detector: Any, classifier: Any) -> None:
    """Start from the layers that a trained classifier shares (same names)."""
    of = {layer.name: layer for layer in classifier.layers}
    for layer in detector.layers:
        if layer.name == "stem" or layer.name.startswith("block"):
            layer.set_weights(of[layer.name].get_weights())


def detector_loss(network: Any, scenes_u8: Any, targets: Any) -> Any:
    """Penalty-reduced focal loss (CenterNet, arXiv 1904.07850) and L1 of sizes and offsets, a flower."""
    out = network(tf.cast(scenes_u8, tf.float32), training=True)
    targets = tf.cast(targets, tf.float32)
    heat, trust = targets[..., 0], targets[..., 6]
    logit = out[..., 0]
    p = tf.sigmoid(logit)
    centre = tf.cast(heat > 0.999, tf.float32)
    unboxed = tf.cast((trust == SOFT) & (p > _CONFIDENT) & (heat < 0.01), tf.float32)
    learn = tf.cast(trust <= SOFT, tf.float32) * (1 - unboxed)
    missed = centre * tf.square(1 - p) * tf.nn.softplus(-logit)
    false = (1 - centre) * learn * tf.pow(1 - heat, 4) * tf.square(p) * tf.nn.softplus(logit)
    flowers = tf.maximum(tf.reduce_sum(centre), 1.0)
    weight = targets[..., 5]
    off = tf.reduce_sum(tf.abs(out[..., 1:] - targets[..., 1:5]) * tf.constant([1.0, 1.0, 0.5, 0.5]), axis=-1)
    shape = tf.reduce_sum(weight * off) / tf.maximum(tf.reduce_sum(weight), 1.0)
    return tf.reduce_sum(missed + false) / flowers + _SHAPE_WEIGHT * shape


def scene_maker(photos: PackedPhotos, rows: Sequence[PhotoRow], *, size_px: int, batch: int) -> SceneMaker:
    """Batches from the training photos among `rows`; photos nobody boxed are left out."""
    rows = [row for row in rows if row.split == "train"]
    return SceneMaker(
        photos=photos,
        boxed=[row for row in rows if len(row.boxes_xyxy) and row.source != "flowerbed"],
        beds=[row for row in rows if row.source == "flowerbed"],
        empty=[row for row in rows if row.without_flowers],
        size_px=size_px,
        batch=batch,
    )


def saved_detector(weights: Path) -> Any:
    """A trained detector for export."""
    network = build_detector(DETECTOR_PX)
    network.load_weights(weights)
    return network
