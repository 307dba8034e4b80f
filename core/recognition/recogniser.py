"""A photo's pixels -> its candidate flowers, thread-safe: detector and classifier of one package behind one call."""

from __future__ import annotations

from math import exp, log
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidModel
from core.photos import Photo
from core.recognition.classifier import classify, taxon_scores
from core.recognition.detector import STRIDE_PX, Candidates, find_flowers
from core.recognition.flags import flag_of
from core.recognition.flowers import STORED_PROBABILITY, Flowers, best_taxa
from core.recognition.interpreters import Interpreters
from core.recognition.package import Calibration, ModelPackage, load_package

LONG_SIDE_PX = 1000
"""What read_photo is asked for: a 12-megapixel JPEG is decoded at a quarter of its side."""

MIN_FLOWER_LOGIT, MAX_FLOWER_LOGIT = -8.0, 4.0
"""The classifier's word for a flower counts up to this; so a weak peak stays under 0.05 whatever it says."""


class Recognition(NamedTuple):
    """The candidate flowers of a photo, and its flag: empty, crowded, blurred or tiny."""

    flowers: Flowers
    flag: str


class Recogniser:
    """Recognises photos with one package. Nothing in it changes during a call: share it between threads."""

    def __init__(self, package: ModelPackage) -> None:
        self.package = package
        self.detector = Interpreters(package.detector)
        self.classifier = Interpreters(package.classifier)
        cells = package.detector.input_px // STRIDE_PX
        _expect(package.detector.path, self.detector.output_shape(), (cells, cells, 5))
        _expect(package.classifier.path, self.classifier.output_shape(), (len(package.labels) + 1,))

    def recognise(self, photo: Photo) -> Recognition:
        """The flowers of a photo; boxes in pixels of the full-size photo."""
        calibration = self.package.calibration
        found = find_flowers(
            photo.rgb_u8,
            self.detector,
            input_px=self.detector.input_px,
            min_score=lowest_score(calibration),
        )
        logits = classify(photo.rgb_u8, found.boxes_xyxy, self.classifier, input_px=self.classifier.input_px)
        full_px = photo.width_px / photo.rgb_u8.shape[1], photo.height_px / photo.rgb_u8.shape[0]
        flowers = self._flowers(found, logits, np.array([*full_px, *full_px], np.float32))
        return Recognition(flowers, flag_of(photo.rgb_u8, flowers, seen_per_px=1 / full_px[0]))

    def _flowers(self, found: Candidates, logits: NDArray[np.float32], full_px: NDArray[np.float32]) -> Flowers:
        if len(found.scores) == 0:
            return Flowers(np.empty((0, 4), np.float32), np.empty(0, np.float32), ())
        scores, flower_logit = taxon_scores(logits, temperature=self.package.calibration.temperature)
        probability = flower_probability(found.scores, flower_logit, self.package.calibration)
        kept = np.flatnonzero(probability >= STORED_PROBABILITY)
        kept = kept[np.argsort(-probability[kept], kind="stable")]
        taxa = best_taxa(scores[kept], [label.taxon for label in self.package.labels])
        return Flowers((found.boxes_xyxy[kept] * full_px).astype(np.float32), probability[kept], taxa)


def load_recogniser(directory: Path) -> Recogniser:
    """A recogniser from a package folder, proved by one forward pass of both networks.

    Raises InvalidModel with a sentence about what is wrong.
    """
    recogniser = Recogniser(load_package(directory))
    for network in (recogniser.detector, recogniser.classifier):
        output = network(np.full((network.input_px, network.input_px, 3), 127, np.float32))
        if not np.isfinite(output).all():
            raise InvalidModel(f"A network in {directory} gives numbers that are not finite.")
    return recogniser


def flower_probability(
    scores: NDArray[np.float32], flower_logit: NDArray[np.float32], calibration: Calibration
) -> NDArray[np.float32]:
    """The calibrated probability (n,) that each box is a flower, from both networks."""
    peak = scores.astype(np.float64).clip(1e-6, 1 - 1e-6)
    flower = flower_logit.astype(np.float64).clip(MIN_FLOWER_LOGIT, MAX_FLOWER_LOGIT)
    log_odds = (
        calibration.bias + calibration.detector_weight * np.log(peak / (1 - peak)) + calibration.flower_weight * flower
    )
    return np.asarray(1 / (1 + np.exp(-log_odds)), np.float32)


def lowest_score(calibration: Calibration) -> float:
    """The detector's score under which no word of the classifier lifts a box to STORED_PROBABILITY."""
    needed = log(STORED_PROBABILITY / (1 - STORED_PROBABILITY)) - calibration.bias
    needed -= calibration.flower_weight * MAX_FLOWER_LOGIT
    return max(1 / (1 + exp(-needed / max(calibration.detector_weight, 1e-3))), 1e-3)


def _expect(path: Path, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if shape != expected:
        raise InvalidModel(
            f"{path} gives {' x '.join(map(str, shape))} numbers; "
            f"with its input and labels it should give {' x '.join(map(str, expected))}."
        )
