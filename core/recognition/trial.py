"""A model package tried in a process of its own, which is stopped when it takes too long or too much memory.

A network is a program of somebody else: opening it may crash, hang or eat the machine, and the server must not notice.
try_package runs `python -m core.recognition.trial BYTES SECONDS FOLDER PHOTO…`, which writes one JSON document.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import BloomError, InvalidModel
from core.settings import PhotoLimits

CHECK_S = 120.0
PHOTO_S = 30.0
"""Seconds that opening a package and each of its photos may take."""

MOST_MEMORY_BYTES = 4_000_000_000
_MOST_WRITTEN_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Tried:
    """The result on one photo. low, high: None where the model is not calibrated. boxes_xyxy: of counted flowers, in
    shares of the photo's width and height."""

    count: int
    low: int | None
    high: int | None
    flag: str
    taxa: dict[str, int]
    seconds: float
    boxes_xyxy: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """A package that can be used, and its results, one a photo; None for a photo that it could not be tried on."""

    name: str
    version: str
    kinds: int
    photos: tuple[Tried | None, ...]


def try_package(
    folder: Path,
    photos: Sequence[Path] = (),
    *,
    most_s: float = CHECK_S,
    photo_s: float = PHOTO_S,
    most_bytes: int = MOST_MEMORY_BYTES,
) -> Trial:
    """Open a package in another process and recognise these photo files. Raises InvalidModel."""
    seconds = most_s + photo_s * len(photos)
    limits = [str(most_bytes), str(int(seconds) + 1)]
    command = [sys.executable, "-m", "core.recognition.trial", *limits, str(folder), *map(str, photos)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    ) as process:
        try:
            answer, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)
            raise InvalidModel(
                f"The network was stopped after {seconds:.0f} seconds. Bring a smaller one, or fewer photos."
            ) from error
    try:
        document: dict[str, Any] = json.loads(answer)
    except ValueError as error:
        raise InvalidModel(
            f"The network stopped the check (it ended with {process.returncode}): it needs more than "
            f"{most_bytes / 1e9:.0f} GB of memory, or breaks what runs it. Bring a smaller one, or export it again."
        ) from error
    if problem := document.get("problem"):
        raise InvalidModel(str(problem))
    tried = [None if each is None else _tried(each) for each in document["photos"]]
    return Trial(document["name"], document["version"], document["kinds"], tuple(tried))


def _tried(each: dict[str, Any]) -> Tried:
    boxes = tuple((box[0], box[1], box[2], box[3]) for box in each.pop("boxes_xyxy"))
    return Tried(boxes_xyxy=boxes, **each)


def main(folder: Path, photos: Sequence[Path]) -> dict[str, Any]:
    """The document of a trial, in the process that may be stopped."""
    from core.recognition.loading import load_model

    try:
        model = load_model(folder)
    except MemoryError:
        return {"problem": "The network needs more memory than the check may take. Bring a smaller one."}
    except BloomError as problem:
        return {"problem": str(problem).replace(f"{folder}{os.sep}", "").replace(str(folder), "The package")}
    package = model.package
    return {
        "name": package.name,
        "version": package.version,
        "kinds": package.kinds,
        "photos": [_recognised(model, photo) for photo in photos],
    }


def _recognised(model: Any, path: Path) -> dict[str, Any] | None:
    from core.photo.reading import read_photo
    from core.recognition.counting import count_by_package
    from core.recognition.recogniser import LONG_SIDE_PX

    try:
        photo = read_photo(path.read_bytes(), name=path.name, limits=PhotoLimits(), long_side_px=LONG_SIDE_PX)
    except BloomError:
        return None
    start = time.perf_counter()
    found, package = model.recognise(photo), model.package
    seconds = time.perf_counter() - start
    count = count_by_package(found.flowers, found.flag, package)
    size = (photo.width_px, photo.height_px) * 2
    known = package.widening.known
    return {
        "count": count.total.count,
        "low": count.total.low if known else None,
        "high": count.total.high if known else None,
        "flag": found.flag,
        "taxa": {row.taxon.name: row.flowers.count for row in count.taxa},
        "seconds": round(seconds, 3),
        "boxes_xyxy": [
            [float(side) / whole for side, whole in zip(box, size, strict=True)]
            for box, name in zip(found.flowers.boxes_xyxy, count.names, strict=True)
            if name is not None
        ],
    }


def _limit(most_bytes: int, seconds: int) -> None:
    """Limit this process. Memory is what it can write to: libraries map gigabytes that they never touch."""
    resource.setrlimit(resource.RLIMIT_DATA, (most_bytes, most_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MOST_WRITTEN_BYTES, _MOST_WRITTEN_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _limit(*map(int, sys.argv[1:3]))
    written = os.dup(1)
    os.dup2(2, 1)  # libraries write to stdout too
    document = json.dumps(main(Path(sys.argv[3]), [Path(path) for path in sys.argv[4:]]))
    with os.fdopen(written, "w") as out:
        out.write(document)
