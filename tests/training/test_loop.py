"""A stage that was stopped goes on where its checkpoint is, and ends as if nothing had been."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tests.training.lines import Lines
from training import loop
from training.loop import Schedule, fit, weights_file


def network() -> keras.Model:
    keras.utils.set_random_seed(1)
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])


def squared(network: Any, x: Any, y: Any) -> Any:
    return keras.ops.mean((network(x, training=True) - y) ** 2)


def learn(work: Path) -> keras.Model:
    learned = network()
    fit(learned, squared, Lines(), stage="lines", schedule=Schedule(steps=150, rate=0.05, warm_up=5), work=work)
    return learned


class Stopped(Exception):
    pass


def test_a_stage_that_was_stopped_ends_as_if_nothing_had_been(tmp_path, monkeypatch):
    for folder in ("whole", "twice"):
        (tmp_path / folder).mkdir()
    whole = learn(tmp_path / "whole")
    steps = iter(range(1, 130))

    class StopsAt130(loop.Progress):
        def step(self, note: str = "") -> None:
            if next(steps, None) is None:
                raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(loop, "Progress", StopsAt130)
        with pytest.raises(Stopped):
            learn(tmp_path / "twice")
    assert not weights_file(tmp_path / "twice", "lines").exists()
    again = learn(tmp_path / "twice")
    np.testing.assert_allclose(again.predict(np.eye(2), verbose=0), whole.predict(np.eye(2), verbose=0), rtol=1e-4)
    assert abs(again.layers[-1].kernel - network().layers[-1].kernel).numpy().min() > 0.1


def test_a_stage_that_is_done_is_read_again(tmp_path):
    done = learn(tmp_path)
    np.testing.assert_array_equal(learn(tmp_path).layers[-1].kernel, done.layers[-1].kernel)
    assert not list(tmp_path.glob("part-*"))
