"""Trained networks -> LiteRT files with float16 weights, and the folder that the app loads."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from core.recognition.package import FORMAT, Calibration
from training.classifier import SIZE_PX as CLASSIFIER_PX
from training.detector import SIZE_PX as DETECTOR_PX

NAME, VERSION = "bloom-108", "1.0.0"


@dataclass(frozen=True, slots=True)
class Measured:
    """What calibration found, see core.recognition.package."""

    calibration: Calibration
    default_threshold: float
    recall: float


UNCALIBRATED = Measured(Calibration(bias=0.0, detector_weight=1.0, flower_weight=0.5, temperature=1.0), 0.4, 0.9)
"""Before calibration, which itself looks at photos through the exported networks."""


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


def write_package(labels_csv: Path, measured: Measured, out: Path) -> None:
    """Write labels.csv and model.toml beside the networks."""
    if labels_csv.resolve() != (out / "labels.csv").resolve():
        shutil.copyfile(labels_csv, out / "labels.csv")
    c = measured.calibration
    text = f"""# Written by python -m training train; README.md beside it is the model card.
format = {FORMAT}
name = "{NAME}"
version = "{VERSION}"

{_file_section("labels", out / "labels.csv")}
{_file_section("detector", out / "detector.tflite")}input_px = {DETECTOR_PX}

{_file_section("classifier", out / "classifier.tflite")}input_px = {CLASSIFIER_PX}

[calibration]
bias = {c.bias:.4f}
detector_weight = {c.detector_weight:.4f}
flower_weight = {c.flower_weight:.4f}
temperature = {c.temperature:.3f}

[counting]
default_threshold = {measured.default_threshold:.2f}
recall = {measured.recall:.3f}
"""
    (out / "model.toml").write_text(text, encoding="utf-8")


def _file_section(name: str, path: Path) -> str:
    return f'[{name}]\nfile = "{path.name}"\nsha256 = "{sha256(path.read_bytes()).hexdigest()}"\n'
