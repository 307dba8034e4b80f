"""The whole way from JPEG bytes to stored row, against the same two networks called bare on ready arrays."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.memory import resident_mb
from bench.photos import camera_jpeg, different
from core.bloomcount import Bloomcount, assemble
from core.intake.inbox import new_drop_id
from core.intake.pipeline import accept
from core.intake.worker import Worker
from core.photos import Photo, read_photo
from core.recognition.recogniser import LONG_SIDE_PX, Recogniser, load_recogniser
from core.settings import Settings

Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]

ROUNDS, PHOTOS = 5, 20
LONG_RUN, FIRST_LOOK = 500, 100


def compare_with_bare_networks() -> str:
    """A line with the ratio of photos/s, median of rounds taken in turn."""
    jpeg = camera_jpeg()
    recogniser = load_recogniser(Settings().model_dir)
    with tempfile.TemporaryDirectory() as folder:
        bloom = assemble(Settings(store=folder))
        whole_s, bare_s, serial = [], [], 0
        _whole(bloom, recogniser, [different(jpeg, 10**6)])
        for _ in range(ROUNDS):
            photos = [different(jpeg, serial + n) for n in range(PHOTOS)]
            serial += PHOTOS
            bare_s.append(_bare(recogniser, jpeg))
            whole_s.append(_whole(bloom, recogniser, photos))
    ratio = statistics.median(bare / whole for bare, whole in zip(bare_s, whole_s, strict=True))
    return (
        f"pipeline: {PHOTOS / statistics.median(whole_s):.1f} photos/s from 12 MP JPEG to stored row, "
        f"{100 * ratio:.0f} % of the bare networks' {PHOTOS / statistics.median(bare_s):.1f}"
    )


def memory_over_many() -> str:
    """A line with the app's growth from the 100th to the 500th photo of one process."""
    jpeg = camera_jpeg()
    recogniser = load_recogniser(Settings().model_dir)
    with tempfile.TemporaryDirectory() as folder:
        bloom = assemble(Settings(store=folder))
        marks = []
        for start in range(0, LONG_RUN, FIRST_LOOK):
            _whole(bloom, recogniser, [different(jpeg, start + n) for n in range(FIRST_LOOK)])
            marks.append(resident_mb())
    return f"memory: {marks[0]:.0f} MB after {FIRST_LOOK} photos, {marks[-1] - marks[0]:+.0f} MB after {LONG_RUN}"


def _whole(bloom: Bloomcount, recogniser: Recogniser, photos: list[bytes]) -> float:
    """Seconds until all are stored; they lie in the inbox when the clock starts."""
    drop_id = new_drop_id()
    for number, data in enumerate(photos):
        accept(
            bloom.library,
            bloom.inbox,
            data=data,
            file=f"{number}.jpg",
            site="",
            note="",
            drop_id=drop_id,
            uploaded_by="bench",
        )
    start = time.perf_counter()
    Worker(bloom.library, bloom.inbox, lambda: recogniser, bloom.settings).count_all()
    seconds = time.perf_counter() - start
    assert len(bloom.library.drop_results(drop_id)) == len(photos)
    return seconds


def _bare(recogniser: Recogniser, jpeg: bytes) -> float:
    """Seconds for the very calls of both networks that the photos need, on arrays that are ready."""
    photo = read_photo(jpeg, name="bench", max_megapixels=200, long_side_px=LONG_SIDE_PX)
    calls = _recorded_calls(recogniser, photo)
    start = time.perf_counter()
    for _ in range(PHOTOS):
        for network, pixels in calls:
            network(pixels)
    return time.perf_counter() - start


def _recorded_calls(recogniser: Recogniser, photo: Photo) -> list[tuple[Network, NDArray[np.float32]]]:
    """Each network and what it is given when this photo is recognised, in order."""
    calls: list[tuple[Network, NDArray[np.float32]]] = []
    networks = {name: getattr(recogniser, name) for name in ("detector", "classifier")}

    class Recorder:
        def __init__(self, network: Any) -> None:
            self._network = network

        def __getattr__(self, name: str) -> Any:
            return getattr(self._network, name)

        def __call__(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
            calls.append((self._network, pixels.copy()))
            answer: NDArray[np.float32] = self._network(pixels)
            return answer

    for name, network in networks.items():
        setattr(recogniser, name, Recorder(network))
    recogniser.recognise(photo)
    for name, network in networks.items():
        setattr(recogniser, name, network)
    return calls
