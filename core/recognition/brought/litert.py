"""LiteRT files that people bring, with any number of outputs, quantised or not."""

from __future__ import annotations

from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any

import numpy as np

from core.errors import InvalidModel
from core.recognition.brought.tensors import Floats, Tensor, expect_one_input


class LiteRtFile:
    """Runs a .tflite file from any number of threads: an idle interpreter is taken, else a new one is made."""

    def __init__(self, path: Path) -> None:
        """Raises InvalidModel when it is no network, or has operations of its own."""
        self.path = path
        self._idle: LifoQueue[Any] = LifoQueue()
        interpreter = self._new()
        self._idle.put(interpreter)
        inputs = interpreter.get_input_details()
        expect_one_input(path, len(inputs))
        self._input = inputs[0]["index"]
        self._outputs = [output["index"] for output in interpreter.get_output_details()]
        self.taken = _tensor(inputs[0])
        self.given = tuple(_tensor(output) for output in interpreter.get_output_details())

    def __call__(self, values: Floats) -> list[Floats]:
        """The outputs for one input, each with its batch axis."""
        try:
            interpreter = self._idle.get_nowait()
        except Empty:
            interpreter = self._new()
        try:
            if interpreter.get_input_details()[0]["shape"].tolist() != list(values.shape):
                interpreter.resize_tensor_input(self._input, values.shape)
                interpreter.allocate_tensors()
            interpreter.set_tensor(self._input, self.taken.stored(values))
            interpreter.invoke()
            outputs = [
                tensor.meant(interpreter.get_tensor(index))
                for tensor, index in zip(self.given, self._outputs, strict=True)
            ]
        finally:
            self._idle.put(interpreter)
        return outputs

    def _new(self) -> Any:
        from ai_edge_litert.interpreter import Interpreter

        try:
            interpreter = Interpreter(model_path=str(self.path), num_threads=1)
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            reason = " ".join(str(error).split())
            if "custom op" in reason.lower() or "select tf op" in reason.lower():
                raise InvalidModel(
                    f"{self.path} has operations of its own, which LiteRT does not run: {reason[:120]}. "
                    "Convert it again with LiteRT's own operations only."
                ) from error
            raise InvalidModel(f"{self.path} is not a LiteRT network that runs here: {reason[:200]}.") from error
        return interpreter


def _tensor(details: Any) -> Tensor:
    scale, zero_point = details["quantization"]
    shape = details.get("shape_signature", details["shape"])
    return Tensor(
        name=str(details["name"]),
        shape=tuple(None if n < 0 else int(n) for n in (shape if len(shape) else details["shape"])),
        dtype=np.dtype(details["dtype"]),
        scale=float(scale),
        zero_point=int(zero_point),
    )
