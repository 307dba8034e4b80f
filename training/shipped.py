"""Weights of a shipped package, in 8 bits, as the Keras networks take them: where training goes on from.

Layers keep their names in the LiteRT file. A weight of 8 bits is its scale times a whole number; what was lost by
rounding is a training's first few steps.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from training.backbone import FrozenNormConv

_BN_EPSILON = 1e-3
Parameters = dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]
"""Kernel, as Keras has it, and bias of each layer."""

_OPERATIONS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


def parameters(tflite: Path) -> Parameters:
    """Kernel and bias of every convolution and dense layer in a LiteRT file."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    resolver = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(str(tflite), experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    details = {detail["index"]: detail for detail in interpreter.get_tensor_details()}

    def value(index: int) -> NDArray[np.float32]:
        raw = interpreter.get_tensor(index).astype(np.float32)
        scales = details[index]["quantization_parameters"]["scales"]
        if not len(scales):
            return np.asarray(raw)
        axis = int(details[index]["quantization_parameters"]["quantized_dimension"])
        return np.asarray(raw * scales.reshape([-1 if n == axis else 1 for n in range(raw.ndim)]), np.float32)

    found: Parameters = {}
    for operation in interpreter._get_ops_details():
        if operation["op_name"] in _OPERATIONS:
            _, kernel, bias = (int(index) for index in operation["inputs"])
            axes = {"CONV_2D": (1, 2, 3, 0), "DEPTHWISE_CONV_2D": (1, 2, 3, 0), "FULLY_CONNECTED": (1, 0)}
            path = details[kernel]["name"].split("/")
            name = path[1].removesuffix("_1") if len(path) > 1 else "maps"
            found[name] = value(kernel).transpose(axes[operation["op_name"]]), value(bias)
    return found


def take_parameters(network: Any, given: Parameters) -> None:
    """Give a network these weights, layer by layer; a frozen scale stays what it is, and the kernel makes up for it."""
    for layer in network.layers:
        if isinstance(layer, FrozenNormConv):
            kernel, bias = given[layer.name]
            scale = layer.scale.numpy()
            wide = scale if layer.filters else scale[:, None]
            layer.set_weights([kernel / np.where(np.abs(wide) < 1e-6, 1e-6, wide), bias, scale])
        elif f"{layer.name}".endswith("_conv"):  # followed by its normalisation, which the file has in the kernel
            kernel, bias = given[layer.name]
            layer.set_weights([kernel])
            norm = network.get_layer(layer.name.removesuffix("_conv") + "_norm")
            one = np.ones_like(bias)
            norm.set_weights([one, bias, 0 * one, one - _BN_EPSILON])
        elif layer.name in given:
            kernel, bias = given[layer.name]
            layer.set_weights([kernel.reshape(layer.kernel.shape), bias])


def settle(network: Any, pictures: Iterable[NDArray[np.uint8]]) -> None:
    """Give each normalisation the statistics of these pictures, and a scale and shift that undo them.

    A file has a normalisation in the kernel before it, so that its own says nothing of what it sees; training would
    normalise by the batch, and the network would be another one.
    """
    norms = [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    before = keras.Model(network.input, {layer.name: layer.input for layer in norms})
    found = [before(picture[None].astype(np.float32), training=False) for picture in pictures]
    for layer in norms:
        values = np.concatenate([seen[layer.name] for seen in found])
        mean, variance = values.mean(axis=(0, 1, 2)), values.var(axis=(0, 1, 2))
        scale, shift, old_mean, old_variance = layer.get_weights()
        scale = scale / np.sqrt(old_variance + _BN_EPSILON)
        layer.set_weights([scale * np.sqrt(variance + _BN_EPSILON), shift + scale * (mean - old_mean), mean, variance])
