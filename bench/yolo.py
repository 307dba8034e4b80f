"""YOLO11n as other tools run it, to compare our speed with: its network from a description, with random weights.

Weights do not change a network's speed. The description follows Jocher and Qiu, "Ultralytics YOLO11" (2024), in its
smallest size with 80 classes and batch normalisation folded into the convolutions; no code or weights of theirs are
used. It has as many parameters as theirs says of itself, 2,616,248 (tests/bench/test_yolo.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

INPUT_PX, CLASSES = 640, 80
_STRIDES_PX, _BINS = (8, 16, 32), 16
_OPSET, _IR = 17, 8
_WEIGHT, _CONSTANT = "weight_", "constant_"


def network() -> onnx.ModelProto:
    """The network: a picture (1, 3, 640, 640) of 0..1 to boxes and scores (1, 4 + 80, 8400), x y w h in its pixels."""
    net = _Graph()
    x = net.conv("pixels", 3, 16, 3, 2)
    x = net.conv(x, 16, 32, 3, 2)
    x = net.c3k2(x, 32, 64, expansion=0.25, deep=False)
    x = net.conv(x, 64, 64, 3, 2)
    eighth = net.c3k2(x, 64, 128, expansion=0.25, deep=False)
    x = net.conv(eighth, 128, 128, 3, 2)
    sixteenth = net.c3k2(x, 128, 128, expansion=0.5, deep=True)
    x = net.conv(sixteenth, 128, 256, 3, 2)
    x = net.c3k2(x, 256, 256, expansion=0.5, deep=True)
    deepest = net.attention_stage(net.pooled(x, 256), 256)
    x = net.joined(net.upsampled(deepest), sixteenth)
    middle = net.c3k2(x, 384, 128, expansion=0.5, deep=False)
    x = net.joined(net.upsampled(middle), eighth)
    near = net.c3k2(x, 256, 64, expansion=0.5, deep=False)
    x = net.joined(net.conv(near, 64, 64, 3, 2), middle)
    middle = net.c3k2(x, 192, 128, expansion=0.5, deep=False)
    x = net.joined(net.conv(middle, 128, 128, 3, 2), deepest)
    far = net.c3k2(x, 384, 256, expansion=0.5, deep=True)
    net.detect([(near, 64), (middle, 128), (far, 256)])
    return net.model()


def parameters(model: onnx.ModelProto) -> int:
    """The number of weights."""
    return sum(int(np.prod(each.dims)) for each in model.graph.initializer if each.name.startswith(_WEIGHT))


class _Graph:
    """Layers are added one by one; each method returns the name of what the layer gives."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(0)
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []

    def conv(
        self, x: str, taken: int, given: int, side: int = 1, stride: int = 1, *, groups: int = 1, silu: bool = True
    ) -> str:
        """Convolution, and SiLU unless it is left out."""
        shape = given, taken // groups, side, side
        deviation = np.sqrt(2 / np.prod(shape[1:]))
        weight = self._weight(self._random.normal(0, deviation, shape).astype(np.float32))
        bias = self._weight(np.zeros(given, np.float32))
        x = self._node(
            "Conv", x, weight, bias, kernel_shape=[side, side], strides=[stride] * 2, pads=[side // 2] * 4, group=groups
        )
        return self._node("Mul", x, self._node("Sigmoid", x)) if silu else x

    def c3k2(self, x: str, taken: int, given: int, *, expansion: float, deep: bool) -> str:
        """Half of the channels through a bottleneck, or two in a stage of their own; all that came about is joined."""
        hidden = int(given * expansion)
        first, second = self._split(self.conv(x, taken, 2 * hidden), [hidden, hidden])
        third = self._c3k(second, hidden) if deep else self._bottleneck(second, hidden, hidden // 2)
        return self.conv(self.joined(first, second, third), 3 * hidden, given)

    def pooled(self, x: str, channels: int) -> str:
        """The map beside its maxima over 5, 9 and 13 cells."""
        maps = [self.conv(x, channels, channels // 2)]
        for _ in range(3):
            maps.append(self._node("MaxPool", maps[-1], kernel_shape=[5, 5], strides=[1, 1], pads=[2] * 4))
        return self.conv(self.joined(*maps), 2 * channels, channels)

    def attention_stage(self, x: str, channels: int) -> str:
        """Half of the channels through attention and two layers, each added to what it was given."""
        half = channels // 2
        kept, x = self._split(self.conv(x, channels, channels), [half, half])
        x = self._node("Add", x, self._attention(x, half, cells=(INPUT_PX // 32) ** 2))
        layers = self.conv(self.conv(x, half, 2 * half), 2 * half, half, silu=False)
        return self.conv(self.joined(kept, self._node("Add", x, layers)), channels, channels)

    def upsampled(self, x: str) -> str:
        """Each side twice as long, nearest neighbour."""
        scales = self._weight(np.array([1, 1, 2, 2], np.float32), counted=False)
        return self._node("Resize", x, "", scales, mode="nearest", coordinate_transformation_mode="asymmetric")

    def joined(self, *maps: str, axis: int = 1) -> str:
        """Maps one after the other."""
        return self._node("Concat", *maps, axis=axis)

    def detect(self, levels: Sequence[tuple[str, int]]) -> None:
        """The head: sides as distributions over 16 bins and 80 classes, for each cell of three levels."""
        rows = [self._reshaped(self._level(x, channels), [1, 4 * _BINS + CLASSES, -1]) for x, channels in levels]
        sides, classes = self._split(self.joined(*rows, axis=2), [4 * _BINS, CLASSES])
        shares = self._node("Transpose", self._reshaped(sides, [1, 4, _BINS, -1]), perm=[0, 2, 1, 3])
        shares = self._node("Softmax", shares, axis=1)
        expected = self._weight(np.arange(_BINS, dtype=np.float32).reshape(1, _BINS, 1, 1))
        sides = self._reshaped(self._node("Conv", shares, expected), [1, 4, -1])
        low, high = self._split(sides, [2, 2])
        cells, strides = (self._weight(values, counted=False) for values in _cells())
        low, high = self._node("Sub", cells, low), self._node("Add", cells, high)
        half = self._weight(np.array(0.5, np.float32), counted=False)
        middle = self._node("Mul", self._node("Add", low, high), half)
        boxes = self._node("Mul", self.joined(middle, self._node("Sub", high, low)), strides)
        self._nodes.append(helper.make_node("Sigmoid", [classes], ["scores"]))
        self._nodes.append(helper.make_node("Concat", [boxes, "scores"], ["found"], axis=1))

    def model(self) -> onnx.ModelProto:
        """The checked model."""
        cells = sum((INPUT_PX // stride) ** 2 for stride in _STRIDES_PX)
        pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, INPUT_PX, INPUT_PX])
        found = helper.make_tensor_value_info("found", TensorProto.FLOAT, [1, 4 + CLASSES, cells])
        graph = helper.make_graph(self._nodes, "yolo11n", [pixels], [found], self._weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
        onnx.checker.check_model(model, full_check=True)
        return model

    def _level(self, x: str, channels: int) -> str:
        """The head's two branches on one level."""
        hidden = max(64, CLASSES)
        sides = self.conv(self.conv(x, channels, 64, 3), 64, 64, 3)
        sides = self.conv(sides, 64, 4 * _BINS, silu=False)
        classes = self.conv(self.conv(x, channels, channels, 3, groups=channels), channels, hidden)
        classes = self.conv(self.conv(classes, hidden, hidden, 3, groups=hidden), hidden, hidden)
        return self.joined(sides, self.conv(classes, hidden, CLASSES, silu=False))

    def _c3k(self, x: str, channels: int) -> str:
        half = channels // 2
        through = self.conv(x, channels, half)
        for _ in range(2):
            through = self._bottleneck(through, half, half)
        return self.conv(self.joined(through, self.conv(x, channels, half)), channels, channels)

    def _bottleneck(self, x: str, channels: int, hidden: int) -> str:
        return self._node("Add", x, self.conv(self.conv(x, channels, hidden, 3), hidden, channels, 3))

    def _attention(self, x: str, channels: int, *, cells: int) -> str:
        heads, key = channels // 64, 32
        value, side = channels // heads, int(np.sqrt(cells))
        both = self.conv(x, channels, channels + 2 * heads * key, silu=False)
        asked, keys, values = self._split(
            self._reshaped(both, [1, heads, 2 * key + value, cells]), [key, key, value], 2
        )
        scale = self._weight(np.array(key**-0.5, np.float32), counted=False)
        weights = self._node("MatMul", self._node("Transpose", asked, perm=[0, 1, 3, 2]), keys)
        weights = self._node("Softmax", self._node("Mul", weights, scale), axis=-1)
        mixed = self._node("MatMul", values, self._node("Transpose", weights, perm=[0, 1, 3, 2]))
        places = self._reshaped(values, [1, channels, side, side])
        places = self.conv(places, channels, channels, 3, groups=channels, silu=False)
        mixed = self._node("Add", self._reshaped(mixed, [1, channels, side, side]), places)
        return self.conv(mixed, channels, channels, silu=False)

    def _split(self, x: str, sizes: Sequence[int], axis: int = 1) -> list[str]:
        lengths = self._weight(np.array(sizes, np.int64), counted=False)
        names = [f"{x}_{len(self._nodes)}_{part}" for part in range(len(sizes))]
        self._nodes.append(helper.make_node("Split", [x, lengths], names, axis=axis))
        return names

    def _reshaped(self, x: str, shape: Sequence[int]) -> str:
        return self._node("Reshape", x, self._weight(np.array(shape, np.int64), counted=False))

    def _weight(self, values: NDArray[np.generic], *, counted: bool = True) -> str:
        name = f"{_WEIGHT if counted else _CONSTANT}{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(values, name))
        return name

    def _node(self, kind: str, *taken: str, **options: object) -> str:
        name = f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(taken), [name], **options))
        return name


def _cells() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Middles (1, 2, 8400) of the cells in cells, and their sides (1, 1, 8400) in pixels."""
    middles, strides = [], []
    for stride in _STRIDES_PX:
        cells = np.arange(INPUT_PX // stride, dtype=np.float32) + 0.5
        y, x = np.meshgrid(cells, cells, indexing="ij")
        middles.append(np.stack([x.ravel(), y.ravel()]))
        strides.append(np.full(x.size, stride, np.float32))
    return np.concatenate(middles, axis=1)[None], np.concatenate(strides)[None, None]
