"""Keras files and SavedModels that people bring, run by TensorFlow, which is imported when the first one is loaded.

A Keras file is loaded with safe mode on: one that carries code (a Lambda layer, a class of its own) is refused. A
SavedModel is a program of TensorFlow operations, which may read and write files: nothing can make a foreign one safe.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import InvalidModel
from core.recognition.brought.keras_2 import readable, version
from core.recognition.brought.tensors import Floats, Tensor, expect_one_input

SIGNATURE = "serving_default"
"""The name that TensorFlow and Keras give to the function of a SavedModel that answers pictures."""

_KERAS_2 = (
    "it is of Keras 2, and this part of it cannot be read any more. In TensorFlow 2.15 write "
    'tf.keras.models.load_model("{name}").export("saved") and bring the folder saved'
)


class KerasFile:
    """Runs such a network, one graph made at the start; any number of threads may call it."""

    def __init__(self, path: Path) -> None:
        """Raises InvalidModel when it is no network, or carries code."""
        self.path = path
        load = _saved_model if path.is_dir() else _keras_file
        try:
            self._answer, self.taken, self.given = load(path)
        except InvalidModel:
            raise
        except ImportError as error:
            raise InvalidModel(
                f"{path} needs TensorFlow, which this machine lacks: install it, or bring a .tflite file."
            ) from error
        except Exception as error:  # whatever a file from anywhere makes Keras or TensorFlow raise
            raise InvalidModel(f"{path} cannot be loaded: {_in_words(path, error)}") from error

    def __call__(self, values: Floats) -> list[Floats]:
        """The outputs for one input, each with its batch axis."""
        outputs = self._answer(self.taken.stored(values))
        return [tensor.meant(np.asarray(output)) for tensor, output in zip(self.given, outputs, strict=True)]


Loaded = tuple[Callable[[Any], list[Any]], Tensor, tuple[Tensor, ...]]
"""The network as a function, its input and its outputs."""


def _keras_file(path: Path) -> Loaded:
    tf, keras = _tensorflow(), _keras()
    with readable(path) as file:
        model = keras.saving.load_model(file, compile=False, safe_mode=True)
    inputs = getattr(model, "inputs", None) or []
    expect_one_input(path, len(inputs))
    taken = _tensor("input", inputs[0].shape, tf.float32)
    graph = tf.function(lambda pixels: model(pixels, training=False)).get_concrete_function(
        tf.TensorSpec([1, *taken.shape[1:]], tf.float32)
    )
    flat, outputs = _flat(tf, graph.structured_outputs)
    return lambda pixels: flat(graph(tf.constant(pixels))), taken, outputs


def _saved_model(path: Path) -> Loaded:
    tf = _tensorflow()
    loaded = tf.saved_model.load(str(path))
    if SIGNATURE not in loaded.signatures:
        raise InvalidModel(f"{path} has no signature {SIGNATURE}. Save it with Keras's model.export(…).")
    signature = loaded.signatures[SIGNATURE]
    inputs = signature.structured_input_signature[1]
    expect_one_input(path, len(inputs))
    ((input_name, spec),) = inputs.items()
    flat, outputs = _flat(tf, signature.structured_outputs)

    def answer(pixels: Any, _alive: Any = loaded) -> list[Any]:  # its variables live as long as it does
        return flat(signature(**{input_name: tf.constant(pixels)}))

    return answer, _tensor(input_name, spec.shape, spec.dtype), outputs


def _flat(tf: Any, structure: Any) -> tuple[Callable[[Any], list[Any]], tuple[Tensor, ...]]:
    """A function that lists outputs in the order of their names, and those outputs."""
    names = sorted(structure) if isinstance(structure, dict) else []
    flat: Callable[[Any], list[Any]] = (lambda given: [given[name] for name in names]) if names else tf.nest.flatten
    return flat, tuple(
        _tensor(names[n] if names else f"output{n}", output.shape, output.dtype)
        for n, output in enumerate(flat(structure))
    )


def _tensor(name: str, shape: Any, dtype: Any) -> Tensor:
    axes = None if shape is None or getattr(shape, "rank", 0) is None else list(shape)
    return Tensor(name, tuple(None if n is None else int(n) for n in axes or ()), np.dtype(dtype.as_numpy_dtype))


def _in_words(path: Path, error: Exception) -> str:
    """One sentence, and what to do where safe mode refused or Keras 2 wrote the file."""
    reason = " ".join(str(error).split())
    if any(word in reason for word in ("`Lambda`", "safe_mode", "Could not locate", "Unknown layer")):
        return (
            "it carries code of its own (a Lambda layer or a class that is not Keras's), and safe mode is on. "
            "Build it of Keras's own layers and save it again."
        )
    if path.suffix == ".h5" and version(path).startswith(("1.", "2.")):
        return f"{_KERAS_2.format(name=path.name)} ({reason[-160:].rstrip('.')})."
    return f"{reason[:200].rstrip('.')}."


def _tensorflow() -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # else it tells every command what the processor could do
    import tensorflow

    return tensorflow


def _keras() -> Any:
    import keras

    return keras
