"""Inputs of the networks when the app recognises a photo."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.photo.reading import Photo
from core.recognition.recogniser import BloomRecogniser

NETWORKS = ("detector", "classifier")


class Call(NamedTuple):
    """Input of a network ("detector" or "classifier"): pixels (side, side, 3), 0..255."""

    network: str
    pixels: NDArray[np.float32]


def recorded_calls(recogniser: BloomRecogniser, photo: Photo) -> list[Call]:
    """Inputs of each network when this photo is recognised, in order. For one thread."""
    calls: list[Call] = []
    networks = {name: getattr(recogniser, name) for name in NETWORKS}

    class Recorder:
        def __init__(self, kind: str) -> None:
            self._kind, self._network = kind, networks[kind]

        def __getattr__(self, name: str) -> Any:
            return getattr(self._network, name)

        def __call__(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
            calls.append(Call(self._kind, pixels.copy()))
            answer: NDArray[np.float32] = self._network(pixels)
            return answer

    for name in NETWORKS:
        setattr(recogniser, name, Recorder(name))
    try:
        recogniser.recognise(photo)
    finally:
        for name, network in networks.items():
            setattr(recogniser, name, network)
    return calls
