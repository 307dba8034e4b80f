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
        self._idle: LifoQueue[Any] = LifoQueue()
        self._idle.put(self._new())

    @property
    def input_px(self) -> int:
        """Side of the square input."""
        return self._network.input_px

    def __call__(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """The network's output for one input (input_px, input_px, channels), without the batch axis."""
        try:
            interpreter = self._idle.get_nowait()
        except Empty:
            interpreter = self._new()
        try:
            details = interpreter.get_input_details()[0]
            interpreter.set_tensor(details["index"], pixels.reshape(details["shape"]))
            interpreter.invoke()
            output: NDArray[np.float32] = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0]
        finally:
            self._idle.put(interpreter)
        return output

    def output_shape(self) -> tuple[int, ...]:
        """Shape of an output, without the batch axis."""
        interpreter = self._idle.get()
        self._idle.put(interpreter)
        return tuple(int(n) for n in interpreter.get_output_details()[0]["shape"][1:])

    def _new(self) -> Any:
        from ai_edge_litert.interpreter import Interpreter

        path = self._network.path
        try:
            interpreter = Interpreter(model_path=str(path), num_threads=_THREADS)
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise InvalidModel(f"{path} is not a LiteRT network that runs here: {error}.") from error
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
        if len(inputs) != 1 or len(outputs) != 1:
            raise InvalidModel(f"{path} has {len(inputs)} inputs and {len(outputs)} outputs; it must have one of each.")
        side, shape = self._network.input_px, inputs[0]["shape"].tolist()
        if shape != [1, side, side, 3]:
            raise InvalidModel(f"{path} takes {shape} numbers, and not [1, {side}, {side}, 3], as model.toml says.")
        if inputs[0]["dtype"] != np.float32 or outputs[0]["dtype"] != np.float32:
            raise InvalidModel(f"{path} does not take and give float32 numbers.")
        return interpreter
