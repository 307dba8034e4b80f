"""Opens a network file with what runs its kind: LiteRT, onnxruntime or TensorFlow."""

from __future__ import annotations

from pathlib import Path

from core.recognition.brought.keras_networks import KerasFile
from core.recognition.brought.litert import LiteRtFile
from core.recognition.brought.onnx_files import OnnxFile
from core.recognition.brought.tensors import NetworkFile


def open_network(path: Path) -> NetworkFile:
    """The network in a file or SavedModel folder. Raises InvalidModel when it cannot be loaded."""
    if path.suffix == ".tflite":
        return LiteRtFile(path)
    return OnnxFile(path) if path.suffix == ".onnx" else KerasFile(path)
