"""Speed beside YOLO11n in onnxruntime, as most people count with it: the whole photo at 640 px, or slices of it."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image

from bench.photos import CAMERA_PX, MIXTURE, camera_jpeg
from bench.yolo import INPUT_PX, network
from core.intake.pipeline import AT_ONCE, count_sources
from core.intake.sources import Source
from core.recognition.merging import Candidates, merge
from core.recognition.recogniser import load_recogniser
from core.settings import PhotoLimits, Settings
from tests.core.scenes import meadow

ROUNDS, PHOTOS, DENSE_PHOTOS = 3, 8, 1
DENSE = {"300 flowers of 60 to 120 px": (300, (60, 120)), "600 flowers of 30 to 60 px": (600, (30, 60))}
"""Flowers in 12 megapixels, and their smallest and largest side in pixels."""

_OVERLAP = 0.2
_GREY = 114
_KEPT = 20
"""Boxes of a run that are merged: random weights are sure of none, the best stand for those over a threshold."""


def compare_with_yolo() -> str:
    """Lines with our photos/s over those of YOLO11n; ratios are medians of rounds taken in turn."""
    yolo = Yolo()
    plain = [camera_jpeg(flowers) for flowers in MIXTURE]
    lines = [_line("whole photos", _repeated(plain, PHOTOS), {"whole": yolo.whole})]
    for name, (flowers, sides_px) in DENSE.items():
        jpeg = _jpeg(meadow(*CAMERA_PX, flowers=flowers, sides_px=sides_px))
        lines.append(_line(name, [jpeg] * DENSE_PHOTOS, {"whole": yolo.whole, "sliced": yolo.sliced}))
    return "\n".join(["against YOLO11n in onnxruntime, full decoding, 12 MP:", *lines])


class Yolo:
    """Counts the boxes of a photo. Each call is on one thread; threads may share it."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session: Any = onnxruntime.InferenceSession(
            network().SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    def whole(self, jpeg: bytes) -> int:
        """Boxes of the photo, its long side at the network's input."""
        picture = _decoded(jpeg)
        scale = INPUT_PX / max(picture.size)
        reduced = picture.resize(
            (round(picture.width * scale), round(picture.height * scale)), Image.Resampling.BILINEAR
        )
        return len(merge(self._boxes(reduced)).scores)

    def sliced(self, jpeg: bytes) -> int:
        """Boxes of slices of the photo's own pixels, which share a fifth with their neighbours."""
        picture = _decoded(jpeg)
        found = []
        for left, top in itertools.product(*map(begins, picture.size)):
            part = self._boxes(picture.crop((left, top, left + INPUT_PX, top + INPUT_PX)))
            found.append(part.placed(part.boxes_xyxy + np.array([left, top] * 2, np.float32)))
        return len(merge(Candidates.joined(found)).scores)

    def _boxes(self, picture: Image.Image) -> Candidates:
        pixels = np.full((INPUT_PX, INPUT_PX, 3), _GREY, np.uint8)
        pixels[: picture.height, : picture.width] = np.asarray(picture)
        taken = (pixels.transpose(2, 0, 1)[None] / np.float32(255)).astype(np.float32)
        (found,) = self._session.run(None, {"pixels": taken})
        scores: NDArray[np.float32] = found[0, 4:].max(axis=0)
        best = np.argpartition(scores, -_KEPT)[-_KEPT:]
        middle, size = found[0, :2, best], found[0, 2:4, best]
        return Candidates(np.concatenate([middle - size / 2, middle + size / 2], axis=1), scores[best])


def _line(name: str, jpegs: Sequence[bytes], peers: dict[str, Callable[[bytes], int]]) -> str:
    recogniser = load_recogniser(Settings().model_dir)

    def ours() -> None:
        sources = [Source(f"{number}.jpg", lambda jpeg=jpeg: jpeg) for number, jpeg in enumerate(jpegs)]
        list(count_sources(sources, recogniser, limits=PhotoLimits()))

    def theirs(count: Callable[[bytes], int]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            list(threads.map(count, jpegs))

    runs: dict[str, Callable[[], None]] = {"ours": ours}
    runs |= {peer: lambda count=count: theirs(count) for peer, count in peers.items()}
    seconds: dict[str, list[float]] = {run: [] for run in runs}
    for _ in range(ROUNDS + 1):  # the first warms up and is left out
        for run, act in runs.items():
            start = time.perf_counter()
            act()
            seconds[run].append(time.perf_counter() - start)
    mine = seconds["ours"][1:]
    ratios = [
        f"{statistics.median(s / m for s, m in zip(seconds[peer][1:], mine, strict=True)):.2f} of its {peer} run"
        for peer in peers
    ]
    return f"  {name}: {len(jpegs) / statistics.median(mine):.2f} photos/s, {', '.join(ratios)}"


def _repeated(jpegs: Sequence[bytes], count: int) -> list[bytes]:
    return list(itertools.islice(itertools.cycle(jpegs), count))


def _jpeg(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "JPEG", quality=90)
    return file.getvalue()


def _decoded(jpeg: bytes) -> Image.Image:
    with Image.open(BytesIO(jpeg)) as picture:
        return picture.convert("RGB")


def begins(length_px: int) -> list[int]:
    """The first pixel of each slice along a side; the last is pulled back to the edge."""
    last = max(length_px - INPUT_PX, 0)
    return [*range(0, last, round(INPUT_PX * (1 - _OVERLAP))), last]
