"""The networks' look at a reviewed photo, kept in a file: all that does not change while a last layer is learned.

The finds of the detector and the features of each, as the app will see them; and the features of crops that teach,
varied as other cameras and light would. A run that was stopped goes on with the photos that have no file yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import BloomError
from core.photo.reading import Photo, read_photo
from core.recognition.classifier import crop
from core.recognition.detector import find_flowers
from core.recognition.evidence import evidence, flower_probability
from core.recognition.flowers import STORED_PROBABILITY
from core.recognition.interpreters import Interpreters
from core.recognition.package import Calibration
from core.recognition.recogniser import LONG_SIDE_PX, MIN_SCORE
from core.review.lessons import ReviewedPhoto
from core.settings import PhotoLimits
from training.crops import Window, box_window, cut, random_window, vary
from training.last_layer import FEATURES
from training.progress import on_all_cores
from training.whole_file import whole_file

WHOLE, REJECTED = -1, -2
"""Marks of crops that show no boxed flower: the photo, or a box that a person took away."""

_CROPS, _MOST_FLOWERS, _MOST_REJECTED, _WINDOWS = 12, 6, 4, 4
"""Crops of a photo's flowers, of at most so many flowers; of rejected boxes; of most of the photo."""
_MOST_FINDS = 60
_RANDOM_SEED = 77


@dataclass(frozen=True, slots=True)
class Look:
    """A photo as both networks see it.

    boxes_xyxy (n, 4), scores (n,): finds of the detector that may be flowers, pixels of the photo; features (n, 1280)
    of each, and whole (1280,) of the photo. crops (k, 1280): features of crops that teach, and what each shows (k,):
    the place of a reviewed box, WHOLE or REJECTED.
    """

    width_px: int
    height_px: int
    finest_per_px: float
    boxes_xyxy: NDArray[np.float32]
    scores: NDArray[np.float32]
    features: NDArray[np.float32]
    whole: NDArray[np.float32]
    crops: NDArray[np.float32]
    shows: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Eyes:
    """The detector of a package, its classifier without the last layer, and its calibration."""

    detector: Interpreters
    features: Interpreters
    calibration: Calibration


def pixels_of(photo: ReviewedPhoto, bytes_of: Callable[[str], bytes]) -> Photo:
    """The pixels of a reviewed photo, as large as learning looks at them. Raises BloomError where it cannot be read."""
    return read_photo(bytes_of(photo.photo_id), name=photo.file, limits=PhotoLimits(), long_side_px=LONG_SIDE_PX)


def looks(
    photos: Sequence[ReviewedPhoto], bytes_of: Callable[[str], bytes], eyes: Eyes, folder: Path
) -> Iterator[Look | str]:
    """The look at each photo, in order, or a sentence where it cannot be read."""
    folder.mkdir(parents=True, exist_ok=True)

    def look(photo: ReviewedPhoto) -> Look | str:
        file = folder / f"{photo.photo_id[:32]}-{photo.review_id[:16]}.npz"
        if not file.is_file():
            try:
                pixels = pixels_of(photo, bytes_of)
            except BloomError as problem:
                return f"{photo.file}: {problem}"
            values = _look(photo, pixels, eyes)
            with whole_file(file) as part:
                np.savez(part, **asdict(values))
        with np.load(file) as kept:
            return Look(**{name: kept[name] if kept[name].ndim else kept[name].item() for name in kept.files})

    return on_all_cores(look, photos, "look", len(photos))


def _look(photo: ReviewedPhoto, pixels: Photo, eyes: Eyes) -> Look:
    found = find_flowers(pixels, eyes.detector, input_px=eyes.detector.input_px, min_score=MIN_SCORE)
    rows = evidence(found.scores, found.boxes_xyxy, long_side_px=pixels.long_side_px)
    possible = np.flatnonzero(flower_probability(rows, eyes.calibration) >= STORED_PROBABILITY)[:_MOST_FINDS]
    boxes, scores = found.boxes_xyxy[possible], found.scores[possible]
    input_px = eyes.features.input_px
    picture = found.to_name(pixels, np.concatenate([boxes, photo.boxes_xyxy]))
    per_px = max(picture.size) / pixels.long_side_px
    whole = np.array([0, 0, *pixels.picture.size], np.float32)
    random = np.random.default_rng((_RANDOM_SEED, int(photo.photo_id[:8], 16)))
    rgb_u8 = np.asarray(picture)
    taught = list(_windows(photo, rgb_u8, per_px, random))
    crops = [eyes.features(vary(cut(rgb_u8, window, input_px), random).astype(np.float32)) for _, window in taught]
    return Look(
        pixels.width_px,
        pixels.height_px,
        pixels.finest_per_px,
        boxes,
        scores,
        _stacked([eyes.features(crop(picture, box * per_px, sizes_px=eyes.features.sizes_px)) for box in boxes]),
        eyes.features(crop(pixels.picture, whole, sizes_px=eyes.features.sizes_px)),
        _stacked(crops),
        np.array([shows for shows, _ in taught], np.int64),
    )


def _windows(
    photo: ReviewedPhoto, rgb_u8: NDArray[np.uint8], per_px: float, random: np.random.Generator
) -> Iterator[tuple[int, Window]]:
    flowers = random.permutation(len(photo.boxes_xyxy))[:_MOST_FLOWERS]
    for place in np.resize(flowers, _CROPS if len(flowers) else 0):
        yield int(place), box_window(rgb_u8, photo.boxes_xyxy[place] * per_px, random)
    for place in random.permutation(len(photo.rejected_xyxy))[:_MOST_REJECTED]:
        yield REJECTED, box_window(rgb_u8, photo.rejected_xyxy[place] * per_px, random)
    if photo.one_kind or photo.number == 0:
        for _ in range(_WINDOWS):
            yield WHOLE, random_window(rgb_u8, random, 0.35)


def _stacked(features: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.array(features, np.float32).reshape(len(features), FEATURES)
