"""ONNX files that people bring, run by onnxruntime: on an NVIDIA card where its build can, else on the processor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from core.errors import InvalidModel
from core.recognition.brought.tensors import Floats, Tensor, expect_one_input

_DTYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(bool)": np.bool_,
}
_PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")


class OnnxFile:
    """Runs an .onnx file; threads may share it. facts: what its toolchain wrote into it, as it is."""

    def __init__(self, path: Path) -> None:
        """Raises InvalidModel when it is no network, or has operations of its own."""
        self.path = path
        self._session = _session(path)
        inputs = self._session.get_inputs()
        expect_one_input(path, len(inputs))
        self.taken = _tensor(path, inputs[0])
        self.given = tuple(_tensor(path, output) for output in self._session.get_outputs())
        self.facts: dict[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)

    def __call__(self, values: Floats) -> list[Floats]:
        """The outputs for one input, each with its batch axis."""
        outputs = self._session.run(None, {self.taken.name: self.taken.stored(values)})
        return [tensor.meant(output) for tensor, output in zip(self.given, outputs, strict=True)]


def _session(path: Path) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise InvalidModel(
            f"{path} needs onnxruntime, which this machine lacks: install it, or bring a .tflite file."
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # several photos at once, each on a thread
    options.log_severity_level = 4
    here = onnxruntime.get_available_providers()
    try:  # from bytes: a file that names other files of this machine for its weights gets none
        return onnxruntime.InferenceSession(
            path.read_bytes(), options, providers=[provider for provider in _PROVIDERS if provider in here]
        )
    except Exception as error:  # onnxruntime's errors have no common class
        raise InvalidModel(f"{path} cannot be loaded: {_in_words(str(error))}") from error


def _in_words(error: str) -> str:
    reason = " ".join(error.split())
    if "not a registered function/op" in reason or "custom op" in reason.lower():
        return "it has operations of its own, which onnxruntime does not run. Export it with ONNX's own operations."
    if "external" in reason.lower():
        return "its weights lie in another file. Save it as one .onnx file, with the weights inside."
    return f"{reason[:200].rstrip('.')}. Export it again."


def _tensor(path: Path, value: Any) -> Tensor:
    if value.type not in _DTYPES:
        raise InvalidModel(f"{path}: {value.name} is of {value.type}, which is no picture and no numbers.")
    shape = tuple(n if isinstance(n, int) and n > 0 else None for n in value.shape)
    return Tensor(value.name, shape, np.dtype(_DTYPES[value.type]))
