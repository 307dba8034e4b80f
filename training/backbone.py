"""EfficientNet-Lite0 in Keras with its batch normalisation frozen, as both networks use it.

A frozen normalisation is a scale a channel: it is multiplied into the kernel on the way to the convolution, which
trains exactly like convolution + frozen normalisation and costs nothing (measured in docs/experiments/training.md).
Input sizes are multiples of 32, where TensorFlow's "same" padding is the one these weights were trained with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

_BN_EPSILON = 1e-3
STAGES = (
    # repeats, kernel, stride, expand, out: EfficientNet-Lite0 (github.com/tensorflow/tpu, efficientnet/lite)
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


@keras.saving.register_keras_serializable("bloomcount")
class FrozenNormConv(keras.layers.Layer):  # type: ignore[misc]
    """Convolution whose kernel is multiplied by a constant scale a channel, plus bias, then ReLU6 or nothing.

    filters None: depthwise. The scale is no parameter to learn; kernel and bias are.
    """

    def __init__(
        self, filters: int | None, kernel_px: int, *, stride: int = 1, relu6: bool = True, **options: Any
    ) -> None:
        super().__init__(**options)
        self.filters, self.kernel_px, self.stride, self.relu6 = filters, kernel_px, stride, relu6

    def build(self, input_shape: Any) -> None:
        """Kernel (k, k, in, out) or, depthwise, (k, k, channels, 1); scale and bias a channel."""
        channels = input_shape[-1]
        last = (channels, self.filters) if self.filters else (channels, 1)
        self.kernel = self.add_weight(name="kernel", shape=(self.kernel_px, self.kernel_px, *last))
        self.scale = self.add_weight(
            name="scale", shape=(self.filters or channels,), initializer="ones", trainable=False
        )
        self.bias = self.add_weight(name="bias", shape=(self.filters or channels,), initializer="zeros")

    def call(self, x: Any) -> Any:
        """Convolve with "same" padding."""
        scale = self.scale if self.filters else self.scale[:, None]
        convolve = keras.ops.conv if self.filters else keras.ops.depthwise_conv
        y = convolve(x, self.kernel * scale, strides=self.stride, padding="same") + self.bias
        return keras.ops.relu6(y) if self.relu6 else y

    def load(self, weights: Mapping[str, NDArray[Any]], conv: str, norm: str) -> None:
        """Take kernel and frozen normalisation from a state dict in torch's layout."""
        kernel = weights[f"{conv}.weight"]  # OIHW, depthwise (C, 1, k, k)
        scale = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + _BN_EPSILON)
        bias = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale
        axes = (2, 3, 1, 0) if self.filters else (2, 3, 0, 1)
        self.set_weights([kernel.transpose(axes), bias, scale])


def lite0(x: Any, weights: Mapping[str, NDArray[Any]] | None, *, frozen_stages: int) -> dict[int, Any]:
    """The backbone on a scaled input: the last feature map at strides 4, 8, 16 and 32.

    The stem and the first `frozen_stages` of the seven stages are not trained.
    """
    norm_names = {"expand": "_bn0", "depthwise": "_bn1", "project": "_bn2"}

    def conv(x: Any, name: str, torch_conv: str, torch_norm: str, trainable: bool, **options: Any) -> Any:
        layer = FrozenNormConv(name=name, trainable=trainable, **options)
        y = layer(x)
        if weights is not None:
            layer.load(weights, torch_conv, torch_norm)
        return y

    x = conv(x, "stem", "_conv_stem", "_bn0", False, filters=32, kernel_px=3, stride=2)
    block, stride, maps = 0, 2, {}
    for stage, (repeats, kernel_px, first_stride, expand, out) in enumerate(STAGES):
        trainable = stage >= frozen_stages
        for repeat in range(repeats):
            step = first_stride if repeat == 0 else 1
            skip = x
            steps: dict[str, dict[str, Any]] = {"depthwise": {"filters": None, "kernel_px": kernel_px, "stride": step}}
            if expand > 1:
                steps = {"expand": {"filters": x.shape[-1] * expand, "kernel_px": 1}, **steps}
            steps["project"] = {"filters": out, "kernel_px": 1, "relu6": False}
            for kind, options in steps.items():
                torch = f"_blocks.{block}"
                names = (f"{torch}._{kind}_conv", f"{torch}.{norm_names[kind]}")
                x = conv(x, f"block{block}_{kind}", *names, trainable, **options)
            if step == 1 and skip.shape[-1] == out:
                x = keras.layers.Add(name=f"block{block}_add")([x, skip])
            stride *= step
            block += 1
        maps[stride] = x
    return maps


def scaled_input(size_px: int | None) -> tuple[Any, Any]:
    """The network's input, pixels 0..255 as float32 (n, size, size, 3), and the same as (x - 127) / 128."""
    pixels = keras.Input((size_px, size_px, 3), name="pixels")
    return pixels, keras.layers.Rescaling(1 / 128, offset=-127 / 128, name="scale_pixels")(pixels)
