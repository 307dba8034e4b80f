"""Speed of the whole way from JPEG bytes to stored row, and its growth in memory."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from bench.memory import resident_mb
from bench.networks import in_keras, in_litert, in_openvino
from bench.photos import MIXTURE, camera_jpeg, different
from core.bloomcount import Bloomcount, assemble
from core.intake.inbox import new_drop_id
from core.intake.pipeline import accept
from core.intake.worker import Worker
from core.photo.reading import Photo, read_photo
from core.recognition.recogniser import LONG_SIDE_PX, BloomRecogniser, load_recogniser
from core.settings import PhotoLimits, Settings
from core.store.records import Drop
from training.recorded import recorded_calls

ROUNDS, PHOTOS = 5, 16
LONG_RUN, FIRST_LOOK = 500, 100


def compare_speed() -> str:
    """A line with photos/s and how it compares to the networks bare; ratios are medians of rounds taken in turn."""
    jpegs = [camera_jpeg(flowers) for flowers in MIXTURE]
    recogniser = load_recogniser(Settings().model_dir)
    recorded = [recorded_calls(recogniser, _read(jpeg)) for jpeg in jpegs]
    calls = [recorded[n % len(recorded)] for n in range(PHOTOS)]
    package = recogniser.package
    bare = {
        "bare in LiteRT": in_litert(package),
        "by model.predict in Keras": in_keras(package),
        "bare in OpenVINO": in_openvino(package),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ("whole", *bare)}
    with tempfile.TemporaryDirectory() as folder:
        bloom = assemble(Settings(store=folder))
        for number in range(ROUNDS + 1):  # the first warms up and is left out
            seconds["whole"].append(_whole(bloom, recogniser, _photos(jpegs, PHOTOS, first=number * PHOTOS)))
            for name, run in bare.items():
                seconds[name].append(run(calls))
    rounds = {name: values[1:] for name, values in seconds.items()}
    lines = [
        f"pipeline: {PHOTOS / statistics.median(rounds['whole']):.2f} photos/s from JPEG to stored row; in turn "
        f"{', '.join(map(str, MIXTURE))} flowers, 12 MP, {np.mean([len(jpeg) for jpeg in jpegs]) / 1e6:.1f} MB"
    ]
    for name in bare:
        ratio = statistics.median(b / w for b, w in zip(rounds[name], rounds["whole"], strict=True))
        lines.append(
            f"  {100 * ratio:.0f} % of the same networks {name}: {PHOTOS / statistics.median(rounds[name]):.2f}"
        )
    return "\n".join(lines)


def memory_over_many() -> str:
    """A line with the app's growth from the 100th to the 500th photo of one process."""
    jpegs = [camera_jpeg(flowers) for flowers in MIXTURE]
    recogniser = load_recogniser(Settings().model_dir)
    with tempfile.TemporaryDirectory() as folder:
        bloom = assemble(Settings(store=folder))
        marks = []
        for start in range(0, LONG_RUN, FIRST_LOOK):
            _whole(bloom, recogniser, _photos(jpegs, FIRST_LOOK, first=start))
            marks.append(resident_mb())
    return f"memory: {marks[0]:.0f} MB after {FIRST_LOOK} photos, {marks[-1] - marks[0]:+.0f} MB after {LONG_RUN}"


def _photos(jpegs: Sequence[bytes], count: int, *, first: int) -> Iterator[bytes]:
    """Files of the mixture, each different, made when asked for."""
    return (different(jpegs[n % len(jpegs)], first + n) for n in range(count))


def _read(jpeg: bytes) -> Photo:
    return read_photo(jpeg, name="bench", limits=PhotoLimits(), long_side_px=LONG_SIDE_PX)


def _whole(bloom: Bloomcount, recogniser: BloomRecogniser, photos: Iterable[bytes]) -> float:
    """Seconds until all are stored; they lie in the inbox when the clock starts."""
    drop_id = new_drop_id()
    for number, data in enumerate(photos):
        accept(bloom.library, bloom.inbox, data, file=f"{number}.jpg", drop=Drop(drop_id, "", "", "bench"))
    start = time.perf_counter()
    Worker(bloom.library, bloom.inbox, lambda: recogniser, bloom.settings).count_all()
    seconds = time.perf_counter() - start
    assert len(bloom.library.drop_results(drop_id)) == number + 1
    return seconds
