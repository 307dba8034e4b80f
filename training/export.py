"""Trained networks -> LiteRT files with float16 weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from training.package_files import CLASSIFIER_PX, DETECTOR_PX


def export_networks(detector: Any, classifier: Any, out: Path) -> None:
    """Write detector.tflite and classifier.tflite. The detector keeps only the score of local peaks (3 x 3)."""

    def peaks(pixels: Any) -> Any:
        maps = detector(pixels, training=False)
        score = tf.sigmoid(maps[..., :1])
        is_peak = score >= tf.nn.max_pool2d(score, 3, 1, "SAME")
        return tf.concat([tf.where(is_peak, score, tf.zeros_like(score)), maps[..., 1:]], axis=-1)

    out.mkdir(parents=True, exist_ok=True)
    (out / "detector.tflite").write_bytes(_litert(peaks, DETECTOR_PX))
    (out / "classifier.tflite").write_bytes(_litert(lambda pixels: classifier(pixels, training=False), CLASSIFIER_PX))


def _litert(function: Any, size_px: int) -> bytes:
    signature = [tf.TensorSpec((1, size_px, size_px, 3), tf.float32)]
    concrete = tf.function(function, input_signature=signature).get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([convert_variables_to_constants_v2(concrete)])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
    return bytes(converter.convert())
