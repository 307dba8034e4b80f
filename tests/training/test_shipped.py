"""Training goes on from a package: the network says what the package's says, and learns like any other."""

import keras
import numpy as np

from core.recognition.interpreters import Interpreters
from core.recognition.package import load_package
from core.settings import SHIPPED_MODEL
from training.detector import build_detector
from training.shipped import parameters, settle, take_parameters


def test_a_detector_taken_from_a_package_says_what_the_package_says():
    package = load_package(SHIPPED_MODEL)
    network = build_detector(package.detector.input_px)
    take_parameters(network, parameters(package.detector.path))
    pixels = np.random.default_rng(0).uniform(0, 255, (416, 416, 3)).astype(np.float32)
    theirs, ours = Interpreters(package.detector)(pixels), network(pixels[None], training=False).numpy()[0]
    for channel in range(1, 5):
        assert np.corrcoef(theirs[..., channel].ravel(), ours[..., channel].ravel())[0, 1] > 0.9, "but for 8 bits"


def test_a_settled_normalisation_undoes_itself():
    pixels = keras.Input((8, 8, 2))
    x = keras.layers.Conv2D(3, 1, use_bias=False, name="neck_conv")(pixels)
    network = keras.Model(pixels, keras.layers.BatchNormalization(name="neck_norm")(x))
    pictures = np.random.default_rng(1).normal(5, 3, (16, 8, 8, 2)).astype(np.float32)
    before = network(pictures, training=False).numpy()
    settle(network, pictures)
    np.testing.assert_allclose(network(pictures, training=False), before, atol=1e-4)
    np.testing.assert_allclose(network(pictures, training=True), before, atol=1e-2)
