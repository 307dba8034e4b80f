"""Model packages that people might bring, built on the spot: 28 x 28 grey digit nets in every kind of file.

Their kernel is fixed, so that each gives the same numbers whatever file it lies in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.recognition.model_toml import sha256_of

SIDE_PX = 28
KINDS = ("digits.h5", "digits.keras", "digits", "digits.tflite")
"""A file of each kind; the one without an ending is the folder of a SavedModel."""

DIGITS = ("nul", "een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen")


def digit_net(*, outputs: int = 10, activation: str | None = "softmax", layers: tuple[Any, ...] = ()) -> Any:
    """A Keras network: pixels 0..1 (n, 28, 28, 1) -> one number a digit. layers: more of them, after the input."""
    import keras

    dense = keras.layers.Dense(outputs, activation=activation)
    net = keras.Sequential([keras.Input((SIDE_PX, SIDE_PX, 1)), *layers, keras.layers.Flatten(), dense])
    dense.set_weights([kernel(outputs), np.zeros(outputs, np.float32)])
    return net


def kernel(outputs: int = 10) -> NDArray[np.float32]:
    """(784, outputs)"""
    return np.random.default_rng(28).normal(0, 0.2, (SIDE_PX * SIDE_PX, outputs)).astype(np.float32)


def save(net: Any, path: Path) -> None:
    """Write the network as the ending of its name says."""
    if path.suffix == ".tflite":
        from tensorflow import lite

        path.write_bytes(lite.TFLiteConverter.from_keras_model(net).convert())
    elif path.suffix:
        net.save(path)
    else:
        net.export(path, verbose=False)


def digit_package(folder: Path, *, file: str = "digits.h5", net: Any = None, **changes: object) -> Path:
    """A package folder around a network. changes: other values of model.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    save(net or digit_net(), folder / file)
    rows = [f"{name},Digitus {name},Digitus,Digitaceae,digit {n},{name}" for n, name in enumerate(DIGITS)]
    (folder / "labels.csv").write_text("taxon,scientific_name,genus,family,english,dutch\n" + "\n".join(rows) + "\n")
    write_toml(folder, file=file, **changes)
    return folder


def write_toml(folder: Path, *, file: str = "digits.h5", **changes: object) -> None:
    """model.toml for the files as they are now."""
    values = {
        "name": "digits", "version": "1", "input_px": SIDE_PX, "channels": 1, "black": 0.0, "white": 1.0,
        "output": "probabilities", "not_a_flower": False,
    } | changes  # fmt: skip
    top = {key: values.pop(key) for key in ("name", "version")}
    (folder / "model.toml").write_text(
        f'format = 1\nkind = "classifier"\n{lines(top)}\n'
        f'[labels]\nfile = "labels.csv"\nsha256 = "{sha256_of(folder / "labels.csv")}"\n\n'
        f'[classifier]\nfile = "{file}"\nsha256 = "{sha256_of(folder / file)}"\n{lines(values)}'
    )


def lines(values: dict[str, object]) -> str:
    return "".join(
        f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}\n" for key, value in values.items()
    )
