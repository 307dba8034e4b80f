"""Detectors in each kind of file that people bring, and with the numbers that their toolchains leave in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.photo.reading import only_pixels
from core.recognition.model_toml import sha256_of
from tests.core.detectors import CELL_PX, cell_boxes, colour_kernel, detector_package, onnx_detector
from tests.core.digits import lines
from tests.core.recognition.test_brought_detectors import BARE, BOXES, photo, seen

SIDE_PX, CELLS = 64, 8
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
"""ImageNet's pixels, as PyTorch's networks take them."""


def keras_detector(*, in_one: bool = True, by_mean: bool = False) -> Any:
    """The detector of tests/core/detectors.py in Keras: one output as YOLO has it, else boxes and scores.

    by_mean: whether it takes pixels less their mean, over their deviation.
    """
    import keras

    pixels = keras.Input((SIDE_PX, SIDE_PX, 3), batch_size=1)
    level = keras.layers.Rescaling(DEVIATION.tolist(), MEAN.tolist())(pixels) if by_mean else pixels
    weights, bias = colour_kernel(1.0, 3)
    see = keras.layers.Conv2D(3, CELL_PX, CELL_PX, activation="sigmoid")
    scores = keras.layers.Reshape((CELLS**2, 3))(see(level))
    place = keras.layers.Dense(4 * CELLS**2)  # the same boxes for every photo
    boxes = keras.layers.Reshape((CELLS**2, 4))(place(keras.layers.GlobalAveragePooling2D()(pixels)))
    model = keras.Model(pixels, keras.layers.Concatenate()([boxes, scores]) if in_one else [boxes, scores])
    see.set_weights([weights.transpose(2, 3, 1, 0), bias])
    centred, corners = cell_boxes(CELLS)
    place.set_weights([np.zeros((3, 4 * CELLS**2)), (centred if in_one else corners).reshape(-1)])
    return model


def converter_of(model: Any) -> Any:
    from tensorflow import lite

    return lite.TFLiteConverter.from_keras_model(model)


def write(model: Any, path: Path) -> Path:
    if path.suffix == ".tflite":
        path.write_bytes(converter_of(model).convert())
    elif path.suffix:
        model.save(path)
    else:
        model.export(path, verbose=False)
    return path


@pytest.mark.parametrize("file", ["squares.tflite", "squares.keras", "squares.h5", "squares"])
def test_each_kind_of_file_finds_and_names_squares_where_they_are(tmp_path, file):
    assert seen(detector_package(tmp_path, write(keras_detector(), tmp_path / file), **BARE)) == BOXES


def test_numbers_may_be_by_mean_and_deviation(tmp_path):
    file = write(keras_detector(by_mean=True), tmp_path / "squares.tflite")
    levels = {"black": ((0 - MEAN) / DEVIATION).tolist(), "white": ((1 - MEAN) / DEVIATION).tolist()}
    assert seen(detector_package(tmp_path, file, **BARE | levels)) == BOXES


@pytest.mark.parametrize("numbers", ["int8", "uint8"])
def test_quantised_files_are_read_by_their_own_scales(tmp_path, numbers):
    from tensorflow import dtypes, lite

    converter = converter_of(keras_detector(in_one=False))
    converter.optimizations = [lite.Optimize.DEFAULT]
    rng = np.random.default_rng(3)
    colours = np.eye(3, dtype=np.float32)[rng.integers(0, 3, (20, CELLS, CELLS))]
    pictures = colours.repeat(CELL_PX, axis=1).repeat(CELL_PX, axis=2)
    converter.representative_dataset = lambda: ([picture[None]] for picture in pictures)
    converter.target_spec.supported_ops = [lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = dtypes.as_dtype(numbers)
    file = tmp_path / "squares.tflite"
    file.write_bytes(converter.convert())
    found = seen(detector_package(tmp_path, file, **BARE))
    assert [colour for colour, _ in found] == [colour for colour, _ in BOXES]
    np.testing.assert_allclose([box for _, box in found], [box for _, box in BOXES], atol=1)


def test_a_classifier_of_their_own_names_what_the_detector_finds(tmp_path):
    import keras

    pixels = keras.Input((32, 32, 3))
    logits = keras.layers.Dense(3, use_bias=False)
    colours = keras.Model(pixels, logits(keras.layers.GlobalAveragePooling2D()(pixels)))
    logits.set_weights([20 * np.eye(3, dtype=np.float32)])
    named = write(colours, tmp_path / "colours.keras")
    described = lines(
        {"file": named.name, "sha256": sha256_of(named), "input_px": 32, "channels": 3, "output": "logits"}
        | {"black": [0.0] * 3, "white": [1.0] * 3}
    )
    file = onnx_detector(tmp_path / "squares.onnx", layout="yolo", classes=1)
    everywhere = photo([("red", 10, 0), ("red", 40, 30)])
    folder = detector_package(tmp_path, file, classifier=f"\n[classifier]\n{described}", **BARE)
    assert seen(folder, everywhere) == [("red", [10, 0, 20, 10]), ("red", [40, 30, 50, 40])]


@pytest.mark.parametrize(
    ("suppress", "names"), [("all classes", ["red"]), ("each class", ["green", "red"])], ids=["all", "each"]
)
def test_boxes_of_two_classes_in_one_place_are_one_flower_unless_the_package_says_no(tmp_path, suppress, names):
    file = onnx_detector(tmp_path / "squares.onnx", layout="end-to-end", alone=False)
    orange = np.full((60, 80, 3), 40, np.uint8)
    orange[30:40, 40:50] = (250, 240, 0)
    found = seen(detector_package(tmp_path, file, suppress=suppress, **BARE), only_pixels(orange))
    assert sorted(name for name, _ in found) == names
