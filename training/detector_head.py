"""The detector's LiteRT file, taken apart at its head: the last convolution, in 8 bits, and the layer behind it.

The latter stays float32 (export.py). The features before both stay the same, so a head is learned on kept features,
rounded to 8 bits a channel again and written back, without converting the network anew.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.last_layer import packed, parsed

CHANNELS = 48
HIGHEST = 6.0
"""Features are 0..6 (relu6), in 255 steps."""


class Head(NamedTuple):
    """kernel (3, 3, 48, 48) and bias (48,) of the last convolution; maps (48, 5) and offsets (5,) of the last layer."""

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]
    maps: NDArray[np.float32]
    offsets: NDArray[np.float32]


def without_head(tflite: bytes) -> bytes:
    """The file of a network that gives the features (cells, cells, 48) which the head reads."""
    model = parsed(tflite)
    graph, parts = model.subgraphs[0], _parts(model)
    parts.read.inputs = [parts.convolution.inputs[0]]
    graph.outputs = [parts.read.outputs[0]]
    graph.operators = [*graph.operators[: graph.operators.index(parts.convolution)], parts.read]
    return packed(model)


def head_of(tflite: bytes) -> Head:
    """The head of a file."""
    model = parsed(tflite)
    parts = _parts(model)
    _, kernel, bias = (model.subgraphs[0].tensors[index] for index in parts.convolution.inputs)
    scales = np.asarray(kernel.quantization.scale, np.float32)
    weights = _data(model, kernel, np.int8).reshape(CHANNELS, 3, 3, CHANNELS) * scales[:, None, None, None]
    offsets = _data(model, bias, np.int32) * np.asarray(bias.quantization.scale, np.float32)
    _, maps, last = (model.subgraphs[0].tensors[index] for index in parts.maps.inputs)
    return Head(
        weights.transpose(1, 2, 3, 0).astype(np.float32),
        offsets.astype(np.float32),
        _data(model, maps, np.float32).reshape(-1, CHANNELS).T.copy(),
        _data(model, last, np.float32).copy(),
    )


def with_head(tflite: bytes, head: Head) -> bytes:
    """The file with another head, its convolution rounded to 8 bits a channel."""
    model = parsed(tflite)
    graph, parts = model.subgraphs[0], _parts(model)
    features, kernel, bias = (graph.tensors[index] for index in parts.convolution.inputs)
    scales = np.maximum(np.abs(head.kernel).max(axis=(0, 1, 2)), 1e-9).astype(np.float32) / 127
    steps = np.round(head.kernel / scales).clip(-127, 127).transpose(3, 0, 1, 2)
    _put(model, kernel, steps.astype(np.int8))
    kernel.quantization.scale = scales
    of_bias = scales * np.float32(features.quantization.scale[0])
    _put(model, bias, np.round(head.bias / of_bias).astype("<i4"))
    bias.quantization.scale = of_bias
    _, maps, last = (graph.tensors[index] for index in parts.maps.inputs)
    _put(model, maps, head.maps.T.astype("<f4"))
    _put(model, last, head.offsets.astype("<f4"))
    return packed(model)


class _Parts(NamedTuple):
    convolution: Any
    read: Any
    """From 8 bits to float32."""
    maps: Any


def _parts(model: Any) -> _Parts:
    graph = model.subgraphs[0]
    [maps] = [each for each in graph.operators if _kernel_shape(graph, each) == (5, CHANNELS)]
    maker = {int(each.outputs[0]): each for each in graph.operators}
    read = maker[int(maps.inputs[0])]
    return _Parts(maker[int(read.inputs[0])], read, maps)


def _kernel_shape(graph: Any, operator: Any) -> tuple[int, ...]:
    return tuple(graph.tensors[operator.inputs[1]].shape) if len(operator.inputs) == 3 else ()


def _data(model: Any, tensor: Any, kind: Any) -> NDArray[Any]:
    return np.frombuffer(np.asarray(model.buffers[tensor.buffer].data, np.uint8).tobytes(), kind)


def _put(model: Any, tensor: Any, values: NDArray[Any]) -> None:
    model.buffers[tensor.buffer].data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
