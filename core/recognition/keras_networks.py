"""Keras files and SavedModels that people bring, run by TensorFlow, which is imported when the first one is loaded.

A Keras file is loaded with safe mode on: one that carries code (a Lambda layer, a class of its own) is refused. A
SavedModel is a program of TensorFlow operations, which may read and write files: nothing can make a foreign one safe.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidModel
from core.recognition.interpreters import expect_picture
from core.recognition.package import Network

SIGNATURE = "serving_default"
"""The name that TensorFlow and Keras give to the function of a SavedModel that answers pictures."""


class KerasNetwork:
    """Runs such a network, one graph made at the start; any number of threads may call it."""

    def __init__(self, network: Network) -> None:
        """Raises InvalidModel when it is no network, carries code, or does not take the picture model.toml says."""
        self._network = network
        load = _saved_model if network.path.is_dir() else _keras_file
        try:
            self._answer, self._shape, self._outputs = load(network)
        except InvalidModel:
            raise
        except ImportError as error:
            raise InvalidModel(
                f"{network.path} needs TensorFlow, which this machine lacks: install it, or bring a .tflite file."
            ) from error
        except Exception as error:  # whatever a file from anywhere makes Keras or TensorFlow raise
            raise InvalidModel(f"{network.path} cannot be loaded: {_in_words(error)}") from error

    def __call__(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """The network's output for one input (input_px, input_px, channels), without the batch axis."""
        output: NDArray[np.float32] = np.asarray(self._answer(pixels.reshape(self._shape)), np.float32)[0]
        return output

    def output_shape(self) -> tuple[int, ...]:
        """Shape of an output, without the batch axis."""
        return self._outputs


Loaded = tuple[Callable[[NDArray[np.float32]], Any], tuple[int, ...], tuple[int, ...]]
"""The network as a function, and the shapes of its input (with the batch axis) and output (without)."""


def _keras_file(network: Network) -> Loaded:
    tf, keras = _tensorflow(), _keras()
    model = keras.saving.load_model(network.path, compile=False, safe_mode=True)
    inputs, outputs = getattr(model, "inputs", None) or [], getattr(model, "outputs", None) or []
    _expect_one(network, len(inputs), len(outputs))
    shape = _input_shape(network, list(inputs[0].shape))
    graph = tf.function(lambda pixels: model(pixels, training=False)).get_concrete_function(
        tf.TensorSpec(shape, tf.float32)
    )
    return lambda pixels: graph(tf.constant(pixels)), shape, _output_shape(network, graph.structured_outputs)


def _saved_model(network: Network) -> Loaded:
    tf = _tensorflow()
    loaded = tf.saved_model.load(str(network.path))
    if SIGNATURE not in loaded.signatures:
        raise InvalidModel(f"{network.path} has no signature {SIGNATURE}. Save it with Keras's model.export(…).")
    signature = loaded.signatures[SIGNATURE]
    inputs, outputs = signature.structured_input_signature[1], signature.structured_outputs
    _expect_one(network, len(inputs), len(outputs))
    ((input_name, spec),), (output_name,) = inputs.items(), outputs
    shape = _input_shape(network, list(spec.shape))

    def answer(pixels: NDArray[np.float32], _alive: Any = loaded) -> Any:  # its variables live as long as it does
        return signature(**{input_name: tf.constant(pixels)})[output_name]

    return answer, shape, _output_shape(network, outputs[output_name])


def _expect_one(network: Network, inputs: int, outputs: int) -> None:
    if (inputs, outputs) != (1, 1):
        raise InvalidModel(f"{network.path} has {inputs} inputs and {outputs} outputs; it must have one of each.")


def _input_shape(network: Network, shape: list[int | None]) -> tuple[int, ...]:
    """(1, input_px, input_px, channels), or without channels where the network has none."""
    expect_picture(network, shape[1:])
    return (1, network.input_px, network.input_px, network.channels)[: len(shape)]


def _output_shape(network: Network, output: Any) -> tuple[int, ...]:
    if output.dtype.name != "float32":
        raise InvalidModel(f"{network.path} gives {output.dtype.name} numbers; it must give float32.")
    return tuple(-1 if n is None else int(n) for n in output.shape[1:])


def _in_words(error: Exception) -> str:
    """One sentence, and what to do where safe mode refused."""
    reason = " ".join(str(error).split())
    if any(word in reason for word in ("`Lambda`", "safe_mode", "Could not locate", "Unknown layer")):
        return (
            "it carries code of its own (a Lambda layer or a class that is not Keras's), and safe mode is on. "
            "Build it of Keras's own layers and save it again."
        )
    return f"{reason[:200].rstrip('.')}."


def _tensorflow() -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # else it tells every command what the processor could do
    import tensorflow

    return tensorflow


def _keras() -> Any:
    import keras

    return keras
