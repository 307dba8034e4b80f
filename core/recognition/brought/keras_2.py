"""Keras files of version 2 (Teachable Machine writes them still), put into words that Keras 3 reads.

Only the description of the layers is changed, in a copy; numbers and anything that could be code stay as they are, and
safe mode reads the copy.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def readable(path: Path) -> Iterator[Path]:
    """A file that Keras 3 can try: the same one, or a copy of a .h5 file of Keras 2 that is described anew."""
    if path.suffix != ".h5" or not version(path).startswith(("1.", "2.")):
        yield path
        return
    import h5py  # comes with Keras

    with tempfile.TemporaryDirectory(prefix="bloomcount-keras-") as folder:
        copy = Path(shutil.copyfile(path, Path(folder) / path.name))
        with h5py.File(copy, "r+") as file:
            described = file.attrs.get("model_config")
            if described is not None:
                text = described.decode() if isinstance(described, bytes) else str(described)
                file.attrs["model_config"] = json.dumps(_described_anew(json.loads(text)))
        yield copy


def version(path: Path) -> str:
    """The version of Keras that wrote an .h5 file; empty for a file of another kind."""
    import h5py

    try:
        with h5py.File(path) as file:
            return str(file.attrs.get("keras_version", ""))
    except OSError:
        return ""


def _described_anew(part: Any) -> Any:
    """Layers without keys that are gone (DepthwiseConv2D's groups, always 1); inputs as layers of their own."""
    if isinstance(part, list):
        return [_described_anew(each) for each in part]
    if not isinstance(part, dict):
        return part
    part = {key: _described_anew(value) for key, value in part.items()}
    config = part.get("config")
    if isinstance(config, dict):
        if part.get("class_name") == "DepthwiseConv2D" and config.get("groups") == 1:
            del config["groups"]
        if part.get("class_name") == "Sequential" and isinstance(config.get("layers"), list):
            config["layers"] = [*_input(config["layers"]), *config["layers"]]
    return part


def _input(layers: list[Any]) -> list[dict[str, Any]]:
    """The input that the first layer has in its own description, as a layer before it."""
    first = layers[0].get("config") if layers and isinstance(layers[0], dict) else None
    if not isinstance(first, dict) or layers[0].get("class_name") == "InputLayer" or "batch_input_shape" not in first:
        return []
    shape = first.pop("batch_input_shape")
    config = {"batch_input_shape": shape, "dtype": "float32", "sparse": False, "name": f"{first.get('name')}_input"}
    return [{"class_name": "InputLayer", "config": config}]
