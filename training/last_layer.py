"""The classifier's LiteRT file, taken apart at its last layer: what comes before, and the same file with another one.

The last layer stays float32 (export.py), so that names are learned anew without touching the 8 bits before it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FEATURES = 1280
_IDENTIFIER = b"TFL3"


def without_last_layer(tflite: bytes) -> bytes:
    """The file of a network that gives the features (1280,) which the last layer reads."""
    model, layer, _ = _parsed(tflite)
    graph = model.subgraphs[0]
    graph.outputs = [layer.inputs[0]]
    graph.operators.remove(layer)
    return _packed(model)


def with_last_layer(tflite: bytes, kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> bytes:
    """The file with another last layer: kernel (1280, outputs), bias (outputs,)."""
    model, layer, _ = _parsed(tflite)
    graph = model.subgraphs[0]
    _, weights, offsets = (graph.tensors[index] for index in layer.inputs)
    output = graph.tensors[layer.outputs[0]]
    weights.shape, offsets.shape, output.shape = [len(bias), FEATURES], [len(bias)], [1, len(bias)]
    for tensor in (weights, offsets, output):
        tensor.shapeSignature = None
    model.buffers[weights.buffer].data = np.frombuffer(np.ascontiguousarray(kernel.T, "<f4").tobytes(), np.uint8)
    model.buffers[offsets.buffer].data = np.frombuffer(bias.astype("<f4").tobytes(), np.uint8)
    return _packed(model)


def features_file(classifier: Path, out: Path) -> Path:
    """Write without_last_layer of a classifier."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(without_last_layer(classifier.read_bytes()))
    return out


def _parsed(tflite: bytes) -> tuple[Any, Any, Any]:
    """The file as objects, and its fully connected layer, which is the last operation."""
    from tensorflow.lite.python import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(tflite, 0))
    model.signatureDefs = []
    last = model.subgraphs[0].operators[-1]
    return model, last, schema


def _packed(model: Any) -> bytes:
    import flatbuffers  # type: ignore[import-untyped]

    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())
