"""The detector of a package, learned on by each three of four parts of a store's visits, and whether it finds better.

Every photo is judged by a detector that its visit did not teach. The learned one is taken where its average precision
is higher over all photos whose every flower has a box, and in three of the four parts: else the base's stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import BloomError
from core.photo.reading import read_photo
from core.recognition.detector import find_flowers
from core.recognition.interpreters import Interpreters
from core.recognition.network import Network
from core.recognition.package import ModelPackage
from core.recognition.recogniser import LONG_SIDE_PX, MIN_SCORE
from core.review.lessons import FOLDS, ReviewedPhoto
from core.settings import PhotoLimits
from training.detector_head import head_of, with_head, without_head
from training.matching import curve, hits
from training.more_finds import Views, learn_finds, views
from training.progress import on_all_cores
from training.whole_file import whole_file

LEAST_DRAWN = 40
"""Photos whose every flower has a box, from which on the detector is learned."""
_BETTER_IN = 3

_Hits = tuple[NDArray[np.float32], NDArray[np.bool_], int]
"""Scores of the finds in a photo, which of them are right, and the number of its boxes."""


@dataclass(frozen=True, slots=True)
class Detectors:
    """Detectors by file. every: for the package. of_part: what the other parts taught. words: for the card."""

    every: Path
    of_part: tuple[Path, ...]
    words: str


def detectors(
    photos: Sequence[ReviewedPhoto],
    part_of: Mapping[str, int],
    bytes_of: Callable[[str], bytes],
    package: ModelPackage,
    folder: Path,
) -> Detectors:
    """The detectors to learn names with: learned ones where these find better, else the base's.

    part_of: the part of each visit. folder: keeps what takes long.
    """
    network = package.detector
    base = Detectors(network.path, (network.path,) * FOLDS, "")
    drawn = [photo for photo in photos if photo.drawn and photo.visit in part_of]
    if len(drawn) < LEAST_DRAWN:
        return Detectors(
            base.every,
            base.of_part,
            f"The detector is the base's: {len(drawn)} photos have a box around every flower; it takes {LEAST_DRAWN}.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "before-head.tflite").write_bytes(without_head(network.path.read_bytes()))
    reader = Interpreters(Network(folder / "before-head.tflite", network.input_px))
    made = zip(photos, views(photos, bytes_of, reader, folder), strict=True)
    seen = [(photo, each) for photo, each in made if each is not None]

    def learned(stage: str, without: int | None) -> Path:
        taught = [each for each in seen if without is None or part_of.get(each[0].visit) != without]
        return _learned(taught, network.path.read_bytes(), folder, stage)

    of_part = tuple(learned(f"detector {part + 1} of {FOLDS}", part) for part in range(FOLDS))
    before, after = list[list[_Hits]](), list[list[_Hits]]()
    for part in range(FOLDS):
        own = [photo for photo in drawn if part_of[photo.visit] == part]
        before.append(_hits(own, bytes_of, network))
        after.append(_hits(own, bytes_of, Network(of_part[part], network.input_px)))
    old, new = (_precision([each for part in parts for each in part]) for parts in (before, after))
    better_in = sum(_precision(new) > _precision(old) for old, new in zip(before, after, strict=True))
    taken = new > old and better_in >= _BETTER_IN
    words = (
        f"On {len(drawn)} photos whose every flower has a box, each judged by a detector that its visit did not "
        f"teach, the average precision (IoU 0.5) is {100 * new:.1f} %, the base's {100 * old:.1f} %; it is higher in "
        f"{better_in} of {FOLDS} parts. It is taken where it is higher in all and in {_BETTER_IN} parts: "
    )
    if not taken:
        return Detectors(base.every, base.of_part, f"{words}**so the detector is the base's.**")
    return Detectors(learned("detector", None), of_part, f"{words}**so the learned detector was taken.**")


def _learned(taught: Sequence[tuple[ReviewedPhoto, Views]], base: bytes, folder: Path, stage: str) -> Path:
    """The file of the detector that these photos teach; one that is there is not learned again."""
    name = sha256(" ".join(sorted(photo.review_id for photo, _ in taught)).encode()).hexdigest()[:16]
    file = folder / f"detector-{name}.tflite"
    if not file.is_file():
        head = learn_finds([each for _, each in taught], head_of(base), stage=stage)
        with whole_file(file) as part:
            part.write_bytes(with_head(base, head))
    return file


def _hits(photos: Sequence[ReviewedPhoto], bytes_of: Callable[[str], bytes], network: Network) -> list[_Hits]:
    """The finds of a detector in each of these photos; those that cannot be read are left out."""
    maps = Interpreters(network)

    def judge(photo: ReviewedPhoto) -> _Hits | None:
        try:
            pixels = read_photo(
                bytes_of(photo.photo_id), name=photo.file, limits=PhotoLimits(), long_side_px=LONG_SIDE_PX
            )
        except BloomError:
            return None
        found = find_flowers(pixels, maps, input_px=maps.input_px, min_score=MIN_SCORE)
        right = hits(found.boxes_xyxy, found.scores, photo.boxes_xyxy)
        return found.scores, right, len(photo.boxes_xyxy)

    return [each for each in on_all_cores(judge, photos, network.path.stem, len(photos)) if each is not None]


def _precision(of_photos: Sequence[_Hits]) -> float:
    boxes = max(1, sum(many for *_, many in of_photos))
    return curve(
        [scores for scores, *_ in of_photos], [right for _, right, _ in of_photos], boxes=boxes
    ).average_precision()
