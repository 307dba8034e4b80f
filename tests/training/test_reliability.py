"""Probabilities in bins: what they say, what is right."""

import numpy as np
import pytest

from training.reliability import Bin, calibration_error, reliability


def test_bins_hold_what_was_said_and_what_was_right():
    said = np.array([0.05, 0.15, 0.19, 1.0, 0.9, 0.92])
    right = np.array([False, True, False, True, True, False])
    assert reliability(said, right) == [
        Bin(0.0, 0.1, 1, 0.05, 0.0),
        Bin(0.1, 0.2, 2, pytest.approx(0.17), 0.5),
        Bin(0.9, 1.0, 3, pytest.approx(0.94), pytest.approx(2 / 3)),
    ]


def test_probabilities_drawn_as_they_say_are_hardly_off_and_boasts_are():
    random = np.random.default_rng(3)
    said = random.uniform(0, 1, 50_000)
    assert calibration_error(reliability(said, random.random(50_000) < said)) < 0.01
    boast = np.full(100, 0.9)
    assert calibration_error(reliability(boast, np.arange(100) < 40)) == pytest.approx(0.5)


def test_nothing_said_is_not_a_number():
    assert np.isnan(calibration_error(reliability(np.empty(0), np.empty(0, bool))))
