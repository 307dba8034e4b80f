"""Exported networks say what the Keras networks say, in float16 and in 8 bits."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from training.export import export_int8, export_networks
from training.package_files import CLASSIFIER_PX, DETECTOR_PX


def network(size_px: int, last: keras.layers.Layer) -> keras.Model:
    pixels = keras.Input((size_px, size_px, 3))
    x = keras.layers.Rescaling(1 / 128, offset=-127 / 128)(pixels)
    x = keras.layers.Conv2D(8, 5, strides=4, padding="same")(x)
    return keras.Model(pixels, last(keras.layers.ReLU(6.0)(x)))


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    keras.utils.set_random_seed(1)
    detector = network(DETECTOR_PX, keras.layers.Conv2D(5, 1, name="maps"))
    logits = keras.Sequential([keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(4)])
    classifier = network(CLASSIFIER_PX, logits)
    random = np.random.default_rng(2)
    scenes = random.integers(0, 256, (4, DETECTOR_PX, DETECTOR_PX, 3), np.uint8)
    crops = random.integers(0, 256, (4, CLASSIFIER_PX, CLASSIFIER_PX, 3), np.uint8)
    folder = tmp_path_factory.mktemp("exported")
    export_networks(detector, classifier, folder / "float16")
    export_int8(detector, classifier, folder / "int8", scenes=scenes, crops=crops)
    pictures = {"detector": scenes[0].astype(np.float32), "classifier": crops[0].astype(np.float32)}
    return folder, {"detector": detector, "classifier": classifier}, pictures


def opened(exported, precision: str, name: str) -> Interpreter:
    interpreter = Interpreter(str(exported[0] / precision / f"{name}.tflite"))
    interpreter.allocate_tensors()
    return interpreter


def said(exported, precision: str, name: str) -> np.ndarray:
    interpreter = opened(exported, precision, name)
    (taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()
    assert (taken["dtype"], given["dtype"]) == (np.float32, np.float32)
    interpreter.set_tensor(taken["index"], exported[2][name][None])
    interpreter.invoke()
    return interpreter.get_tensor(given["index"])[0]


def by_keras(exported, name: str) -> np.ndarray:
    return exported[1][name](exported[2][name][None], training=False).numpy()[0]


def scores(exported) -> tuple[np.ndarray, np.ndarray]:
    """The detector's scores in Keras, and which are no smaller than any of their neighbours."""
    score = 1 / (1 + np.exp(-by_keras(exported, "detector")[..., 0]))
    around = np.lib.stride_tricks.sliding_window_view(np.pad(score, 1), (3, 3))
    return score, score >= around.max(axis=(2, 3))


def test_only_local_peaks_keep_their_score(exported):
    score, peak = scores(exported)
    maps = said(exported, "float16", "detector")
    sure = (maps[..., 0] > 0) == peak  # float16 may turn a near tie
    assert sure.mean() > 0.995
    np.testing.assert_allclose(maps[sure & peak, 0], score[sure & peak], atol=2e-3)
    np.testing.assert_allclose(maps[..., 1:], by_keras(exported, "detector")[..., 1:], atol=1e-2)


def test_in_8_bits_a_flower_is_no_plateau_of_equal_scores(exported):
    found = np.count_nonzero(said(exported, "int8", "detector")[..., 0])
    assert found == pytest.approx(np.count_nonzero(scores(exported)[1]), rel=0.05)


def test_8_bits_stay_close_to_the_network_they_were_made_from(exported):
    maps, by_float = said(exported, "int8", "detector"), by_keras(exported, "detector")
    assert np.abs(maps[..., 1:] - by_float[..., 1:]).max() < 0.1 * np.ptp(by_float[..., 1:])
    logits, by_float = said(exported, "int8", "classifier"), by_keras(exported, "classifier")
    assert np.abs(logits - by_float).max() < 0.1 * max(np.ptp(by_float), 0.1)


@pytest.mark.parametrize("name", ["detector", "classifier"])
def test_8_bits_are_in_weights_and_maps(exported, name):
    kinds = {details["dtype"] for details in opened(exported, "int8", name).get_tensor_details()}
    assert np.int8 in kinds
    assert np.float16 not in kinds
