"""The classifier: EfficientNet-Lite0 at 256 px, an output a label and one more, "not a flower"."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from core.recognition.taxa import Label
from training.backbone import FrozenNormConv, lite0, scaled_input
from training.crops import CropMaker
from training.dataset import PhotoRow
from training.other_genera import NEVER_TAUGHT
from training.package_files import CLASSIFIER_PX
from training.packing import PackedPhotos
from training.weights import imagenet_weights

_LABEL_SMOOTHING = 0.05
"""Half of what is usual, as blended crops smooth too; not measured by itself."""
_DROPOUT = 0.2


def build_classifier(taxa: int, *, frozen_stages: int) -> Any:
    """The network on ImageNet weights: pixels 0..255 (n, side, side, 3) -> logits (n, taxa + 1)."""
    weights = imagenet_weights()
    pixels, scaled = scaled_input(None)
    features = lite0(scaled, weights, frozen_stages=frozen_stages)[32]
    head = FrozenNormConv(1280, 1, name="head")
    x = keras.layers.GlobalAveragePooling2D()(head(features))
    head.load(weights, "_conv_head", "_bn1")
    x = keras.layers.Dropout(_DROPOUT)(x)
    return keras.Model(pixels, keras.layers.Dense(taxa + 1, name="logits")(x), name="classifier")


def classifier_loss(network: Any, crops_u8: Any, target: Any) -> Any:
    """Cross-entropy with label smoothing. target: what each crop is, (n, taxa + 1) that sum to 1."""
    logits = network(tf.cast(crops_u8, tf.float32), training=True)
    return tf.reduce_mean(
        keras.losses.categorical_crossentropy(target, logits, from_logits=True, label_smoothing=_LABEL_SMOOTHING)
    )


def crop_maker(
    photos: PackedPhotos, rows: Sequence[PhotoRow], labels: Sequence[Label], *, batch: int = 32, hard: Any = None
) -> CropMaker:
    """Batches from the training photos among `rows`."""
    rows = [row for row in rows if row.split == "train"]
    return CropMaker(
        photos=photos,
        rows_of_class=[[row for row in rows if row.taxon == label.taxon] for label in labels],
        empty=[row for row in rows if row.without_flowers],
        size_px=CLASSIFIER_PX,
        batch=batch,
        hard=hard or {},
        strangers=strangers(rows, labels),
    )


def strangers(rows: Sequence[PhotoRow], labels: Sequence[Label]) -> list[PhotoRow]:
    """The boxed photos of genera that no label belongs to, but for those that only measure."""
    genera = {label.genus for label in labels} | set(NEVER_TAUGHT)
    return [row for row in rows if row.genus and genera.isdisjoint(row.genus.split()) and len(row.boxes_xyxy)]


def saved_classifier(weights: Path, taxa: int) -> Any:
    """A trained classifier for export or evaluation."""
    network = build_classifier(taxa, frozen_stages=7)
    network.load_weights(weights)
    return network
