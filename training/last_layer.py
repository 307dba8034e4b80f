"""The classifier's LiteRT file, taken apart at its last layer: what comes before, the same file with another one, and

with a second output beside it. The last layer stays float32 (export.py), so that names are learned anew without
touching the 8 bits before it.
"""

from __future__ import annotations

from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FEATURES = 1280
LIKENESS = 64
"""Numbers of the second output. Other numbers and other directions: docs/decisions.md."""

_IDENTIFIER = b"TFL3"


def without_last_layer(tflite: bytes) -> bytes:
    """The file of a network that gives the features (1280,) which the last layer reads."""
    model, layer = _parsed(tflite)
    graph = model.subgraphs[0]
    graph.outputs = [layer.inputs[0]]
    graph.operators = [each for each in graph.operators if layer.inputs[0] not in each.inputs]
    return packed(model)


def with_likeness(tflite: bytes) -> bytes:
    """The file with a second output (LIKENESS,): the features that the last layer reads, in the directions in which it

    tells names apart most (the singular vectors of its kernel, less what raises all logits alike). What the first
    output gives stays the same to the last bit. A file that has one keeps it: its features stay comparable.
    """
    model, layer = _parsed(tflite)
    graph, kernel = model.subgraphs[0], _kernel(model, layer)
    if len(graph.outputs) > 1:
        return tflite
    directions = np.linalg.svd(kernel - kernel.mean(axis=0), full_matrices=False)[2][:LIKENESS]
    features, weights, output = (
        layer.inputs[0],
        copy(graph.tensors[layer.inputs[1]]),
        copy(graph.tensors[layer.outputs[0]]),
    )
    weights.name, weights.shape, weights.buffer = b"likeness/directions", [LIKENESS, FEATURES], len(model.buffers)
    output.name, output.shape, output.buffer = b"likeness", [1, LIKENESS], 0
    data = copy(model.buffers[0])
    data.data = np.frombuffer(np.ascontiguousarray(directions, "<f4").tobytes(), np.uint8)
    model.buffers.append(data)
    for tensor in (weights, output):
        tensor.shapeSignature = None
    place = len(graph.tensors)
    graph.tensors += [weights, output]
    beside = copy(layer)
    beside.inputs, beside.outputs = [features, place, -1], [place + 1]
    graph.operators.insert(-1, beside)
    graph.outputs = [layer.outputs[0], place + 1]
    return packed(model)


def with_last_layer(tflite: bytes, kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> bytes:
    """The file with another last layer: kernel (1280, outputs), bias (outputs,)."""
    model, layer = _parsed(tflite)
    graph = model.subgraphs[0]
    _, weights, offsets = (graph.tensors[index] for index in layer.inputs)
    output = graph.tensors[layer.outputs[0]]
    weights.shape, offsets.shape, output.shape = [len(bias), FEATURES], [len(bias)], [1, len(bias)]
    for tensor in (weights, offsets, output):
        tensor.shapeSignature = None
    model.buffers[weights.buffer].data = np.frombuffer(np.ascontiguousarray(kernel.T, "<f4").tobytes(), np.uint8)
    model.buffers[offsets.buffer].data = np.frombuffer(bias.astype("<f4").tobytes(), np.uint8)
    return packed(model)


def last_layer(tflite: bytes) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The kernel (1280, outputs) and the bias (outputs,) of a file."""
    model, layer = _parsed(tflite)
    bias = model.buffers[model.subgraphs[0].tensors[layer.inputs[2]].buffer].data
    return _kernel(model, layer).T.copy(), np.frombuffer(np.asarray(bias, np.uint8).tobytes(), "<f4").copy()


def features_file(classifier: Path, out: Path) -> Path:
    """Write without_last_layer of a classifier."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(without_last_layer(classifier.read_bytes()))
    return out


def _kernel(model: Any, layer: Any) -> NDArray[np.float32]:
    """The kernel (outputs, 1280) of the last layer."""
    data = model.buffers[model.subgraphs[0].tensors[layer.inputs[1]].buffer].data
    return np.frombuffer(np.asarray(data, np.uint8).tobytes(), "<f4").reshape(-1, FEATURES)


def _parsed(tflite: bytes) -> tuple[Any, Any]:
    """The file as objects, and its fully connected layer, which is the last operation."""
    model = parsed(tflite)
    return model, model.subgraphs[0].operators[-1]


def parsed(tflite: bytes) -> Any:
    """The file as objects."""
    from tensorflow.lite.python import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(tflite, 0))
    model.signatureDefs = []
    return model


def packed(model: Any) -> bytes:
    """The objects as a file."""
    import flatbuffers  # type: ignore[import-untyped]

    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())
