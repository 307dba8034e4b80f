"""Network inputs are recorded while the app recognises a photo, and nothing else changes."""

from __future__ import annotations

import numpy as np

from core.photo.reading import only_pixels
from core.recognition.recogniser import load_recogniser
from core.settings import Settings
from training.recorded import NETWORKS, recorded_calls


def test_calls_are_recorded_in_order_and_give_what_the_app_gives():
    recogniser = load_recogniser(Settings().model_dir)
    photo = only_pixels(np.random.default_rng(3).integers(0, 256, (300, 400, 3), np.uint8))
    before = [getattr(recogniser, name) for name in NETWORKS]
    calls = recorded_calls(recogniser, photo)
    assert [getattr(recogniser, name) for name in NETWORKS] == before
    assert [call.network for call in calls] == sorted((call.network for call in calls), reverse=True)
    assert {call.network for call in calls} == set(NETWORKS)
    for call in calls:
        px = getattr(recogniser, call.network).input_px
        assert call.pixels.shape == (px, px, 3)
        np.testing.assert_array_equal(call.pixels, call.pixels.astype(np.uint8))
