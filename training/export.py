"""Trained networks -> LiteRT files, with float16 weights or in 8 bits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from training.package_files import CLASSIFIER_PX, DETECTOR_PX

_STAY_FLOAT = [
    "FULLY_CONNECTED", "BATCH_MATMUL", "LOGISTIC", "MAX_POOL_2D", "GREATER_EQUAL", "SELECT_V2", "CONCATENATION",
    "STRIDED_SLICE",
]  # fmt: skip
"""Operations after the last feature map. 8 bits would give neighbouring peaks one score, so that a flower counts twice,
and one step of size and offset for heat and size alike."""


def export_networks(detector: Any, classifier: Any, out: Path) -> None:
    """Write detector.tflite and classifier.tflite with float16 weights, which compute in float32."""

    def convert(function: Any, size_px: int) -> bytes:
        converter = _converter(function, size_px)
        converter.target_spec.supported_types = [tf.float16]
        return bytes(converter.convert())

    _write(detector, classifier, out, convert, convert)


def export_int8(
    detector: Any,
    classifier: Any,
    out: Path,
    *,
    scenes: Iterable[NDArray[np.uint8]],
    crops: Iterable[NDArray[np.uint8]],
) -> None:
    """Write both with weights (a scale a channel) and feature maps in 8 bits; input and output stay float32.

    scenes, crops: pictures (size, size, 3) as detector and classifier will see them; they set the feature maps' scales.
    100 of each are enough.
    """
    _write(
        detector,
        classifier,
        out,
        lambda function, size_px: _int8(function, size_px, scenes),
        lambda function, size_px: _int8(function, size_px, crops),
    )


def int8_detector(detector: Any, scenes: Iterable[NDArray[np.uint8]]) -> bytes:
    """The file of a detector in 8 bits."""
    return _int8(_peaks(detector), DETECTOR_PX, scenes)


def int8_classifier(classifier: Any, crops: Iterable[NDArray[np.uint8]]) -> bytes:
    """The file of a classifier in 8 bits."""
    return _int8(lambda pixels: classifier(pixels, training=False), CLASSIFIER_PX, crops)


_Convert = Callable[[Any, int], bytes]


def _write(detector: Any, classifier: Any, out: Path, detector_to: _Convert, classifier_to: _Convert) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "detector.tflite").write_bytes(detector_to(_peaks(detector), DETECTOR_PX))
    (out / "classifier.tflite").write_bytes(
        classifier_to(lambda pixels: classifier(pixels, training=False), CLASSIFIER_PX)
    )


def _peaks(detector: Any) -> Callable[[Any], Any]:
    """The detector with the score of local peaks (3 x 3) alone, the other scores 0.

    Its last layer is written as a product of matrices, so that it is an operation of its own kind (_STAY_FLOAT).
    """
    last = detector.get_layer("maps")
    features = keras.Model(detector.input, last.input)

    def peaks(pixels: Any) -> Any:
        maps = tf.matmul(features(pixels, training=False), last.kernel[0, 0]) + last.bias
        logit = maps[..., :1]
        score = tf.sigmoid(logit)  # which the converter always rounds to 1/256: peaks are sought before
        is_peak = logit >= tf.nn.max_pool2d(logit, 3, 1, "SAME")
        return tf.concat([tf.where(is_peak, score, tf.zeros_like(score)), maps[..., 1:]], axis=-1)

    return peaks


def _converter(function: Any, size_px: int) -> Any:
    signature = [tf.TensorSpec((1, size_px, size_px, 3), tf.float32)]
    concrete = tf.function(function, input_signature=signature).get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([convert_variables_to_constants_v2(concrete)])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    return converter


def _int8(function: Any, size_px: int, pictures: Iterable[NDArray[np.uint8]]) -> bytes:
    def inputs() -> Iterator[list[NDArray[np.float32]]]:
        return ([picture[None].astype(np.float32)] for picture in pictures)

    converter = _converter(function, size_px)
    converter.representative_dataset = inputs
    options = tf.lite.experimental.QuantizationDebugOptions(denylisted_ops=_STAY_FLOAT)
    debugger = tf.lite.experimental.QuantizationDebugger(
        converter=converter, debug_dataset=inputs, debug_options=options
    )
    return bytes(debugger.get_nondebug_quantized_model())
