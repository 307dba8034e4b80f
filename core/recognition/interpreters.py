"""LiteRT interpreters for one network file, lent to one thread at a time."""

from __future__ import annotations

from queue import Empty, LifoQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidModel
from core.recognition.network import Network

_THREADS = 1
"""Threads of one network call: several photos at once on a thread each use the cores better than one photo on all."""


class Interpreters:
    """Runs a network from any number of threads: an idle interpreter is taken, else a new one is made."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._idle: dict[int, LifoQueue[Any]] = {side_px: LifoQueue() for side_px in network.sizes_px}
        for side_px, idle in self._idle.items():
            idle.put(self._new(side_px))

    @property
    def input_px(self) -> int:
        """Side of the square input."""
        return self._network.input_px

    @property
    def sizes_px(self) -> tuple[int, ...]:
        """The sides of all inputs, the smaller first."""
        return self._network.sizes_px

    def __call__(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """The network's first output for one input (input_px, input_px, channels), without the batch axis."""
        return self.outputs(pixels)[0]

    def outputs(self, pixels: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """All outputs for one input of any of the sizes, without the batch axis."""
        idle = self._idle[pixels.shape[0]]
        try:
            interpreter = idle.get_nowait()
        except Empty:
            interpreter = self._new(pixels.shape[0])
        try:
            details = interpreter.get_input_details()[0]
            interpreter.set_tensor(details["index"], pixels.reshape(details["shape"]))
            interpreter.invoke()
            found = [interpreter.get_tensor(output["index"])[0] for output in interpreter.get_output_details()]
        finally:
            idle.put(interpreter)
        return found

    def output_shapes(self) -> list[tuple[int, ...]]:
        """Shapes of the outputs, without the batch axis."""
        idle = self._idle[self.input_px]
        interpreter = idle.get()
        idle.put(interpreter)
        return [tuple(int(n) for n in output["shape"][1:]) for output in interpreter.get_output_details()]

    def _new(self, side_px: int) -> Any:
        from ai_edge_litert.interpreter import Interpreter

        path = self._network.path
        try:
            interpreter = Interpreter(model_path=str(path), num_threads=_THREADS)
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise InvalidModel(f"{path} is not a LiteRT network that runs here: {error}.") from error
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
        if len(inputs) != 1:
            raise InvalidModel(f"{path} has {len(inputs)} inputs; it must have one.")
        side, shape = self._network.input_px, inputs[0]["shape"].tolist()
        if shape != [1, side, side, 3]:
            raise InvalidModel(f"{path} takes {shape} numbers, and not [1, {side}, {side}, 3], as model.toml says.")
        if {part["dtype"] for part in (*inputs, *outputs)} != {np.float32}:
            raise InvalidModel(f"{path} does not take and give float32 numbers.")
        if side_px == side:
            return interpreter
        try:
            interpreter.resize_tensor_input(inputs[0]["index"], [1, side_px, side_px, 3])
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise InvalidModel(f"{path} does not take [1, {side_px}, {side_px}, 3] numbers: {error}.") from error
        return interpreter
