"""The mean of two networks is their mean, and its normalisation is what its own feature maps say."""

from pathlib import Path

import keras
import numpy as np

from training.soup import mean_of


class Noise:
    """Pictures of noise."""

    def __call__(self, random: np.random.Generator) -> tuple[np.ndarray, ...]:
        return (random.normal(3, 2, (16, 8, 8, 2)).astype(np.float32),)


def network(seed: int) -> keras.Model:
    kernel = keras.initializers.RandomNormal(stddev=1.0, seed=seed)
    pixels = keras.Input((8, 8, 2))
    x = keras.layers.Conv2D(3, 1, kernel_initializer=kernel, use_bias=False, name="conv")(pixels)
    return keras.Model(pixels, keras.layers.BatchNormalization(momentum=0.97, name="norm")(x))


def test_the_mean_of_two_networks_normalises_its_own_maps(tmp_path: Path):
    one, other = network(1), network(2)
    both = (one.get_layer("conv").kernel.numpy() + other.get_layer("conv").kernel.numpy()) / 2
    mean_of(one, other, Noise(), stage="mean", work=tmp_path)
    np.testing.assert_allclose(one.get_layer("conv").kernel, both)
    out = one.predict(Noise()(np.random.default_rng(99))[0], verbose=0)
    np.testing.assert_allclose(out.mean(axis=(0, 1, 2)), 0, atol=0.15)
    np.testing.assert_allclose(out.std(axis=(0, 1, 2)), 1, atol=0.15)


def test_a_mean_once_made_is_read_again(tmp_path: Path):
    one, other, again = network(1), network(2), network(3)
    mean_of(one, other, Noise(), stage="mean", work=tmp_path)
    mean_of(again, other, Noise(), stage="mean", work=tmp_path)
    for mine, stored in zip(again.get_weights(), one.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, stored)
