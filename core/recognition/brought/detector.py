"""A detector that people bring, run by Bloomcount's own looks, tiles, merging and counting.

Its raw scores are no probabilities until `models calibrate` has compared them with photos that people reviewed: until
then its counts have no interval and its version says so.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.photo.reading import Photo
from core.recognition.brought.classifier import NamingNetwork
from core.recognition.brought.described import Finding
from core.recognition.brought.heads import head_of, input_of
from core.recognition.brought.layouts import (
    boxes_and_scores,
    density_map,
    end_to_end,
    heat_map,
    points,
    tensorflow_detection,
    yolo,
)
from core.recognition.brought.layouts.head import Head
from core.recognition.brought.network_files import open_network
from core.recognition.brought.tensors import Floats
from core.recognition.detector import Part, PhotoCandidates, find
from core.recognition.flags import flag_of
from core.recognition.flowers import NO_FLOWERS, STORED_PROBABILITY, Flowers, TaxonScore, best_taxa
from core.recognition.merging import Candidates, merge
from core.recognition.package import ModelPackage
from core.recognition.recogniser import BloomRecogniser, Recognition

UNCALIBRATED_NAME = 0.9
"""A name by such a detector counts as at most so sure, "uncertain": how often its names are right nobody measured."""

CAPPED = "capped"

_DECODE: dict[str, Callable[[list[Floats], Head], Candidates]] = {
    "yolo": yolo.decode,
    "end-to-end": end_to_end.decode,
    "tensorflow-detection": tensorflow_detection.decode,
    "boxes-and-scores": boxes_and_scores.decode,
    "heat-map": heat_map.decode,
    "points": points.decode,
    "density-map": density_map.decode,
}
_WITHOUT_SIZE = ("points", "density-map")
"""Layouts that say nothing of a flower's size, and so not whether a closer look would show more: they look once."""


class BroughtDetector:
    """A recogniser: the detector finds, and it, a classifier or `bloom` names; threads may share it."""

    def __init__(
        self, package: ModelPackage, finding: Finding, bloom: BloomRecogniser | None, *, grid_shift: float = 0.0
    ) -> None:
        """Prove the networks. bloom: names the flowers where finding.named_by says so. Raises InvalidModel."""
        self.package = package
        self._finding = finding
        self._bloom = bloom
        self._grid_shift = grid_shift
        self._file = open_network(finding.path)
        self._input = input_of(finding, self._file)
        classes = len(package.labels) if finding.named_by == "labels" else 1
        self._head = head_of(
            finding,
            self._file,
            self._input,
            classes=classes,
            least=STORED_PROBABILITY,
            counted=package.default_threshold,
        )
        self._naming = NamingNetwork(package.naming, package.labels) if package.naming else None
        self.look(Part((32, 32), lambda size: np.zeros((size[1], size[0], 3), np.uint8)))

    @property
    def layout(self) -> str:
        """The layout of its numbers, one of described.LAYOUTS."""
        return self._head.layout

    def recognise(self, photo: Photo) -> Recognition:
        """The flowers of a photo; boxes in pixels of the full-size photo."""
        found = self.found(photo)
        probability = self._probability(found.scores)
        kept = np.flatnonzero(probability >= STORED_PROBABILITY)
        kept = kept[np.argsort(-probability[kept], kind="stable")]
        boxes_xyxy = found.boxes_xyxy[kept]
        by_class = None if found.by_class is None else found.by_class[kept]
        flowers = NO_FLOWERS
        if len(kept):
            flowers = Flowers(boxes_xyxy, probability[kept], self._named(photo, found, boxes_xyxy, by_class))
        finest_per_px = 1.0 if self._head.layout in _WITHOUT_SIZE else photo.finest_per_px
        flag = CAPPED if found.capped else flag_of(photo.picture, _boxed(flowers), finest_per_px=finest_per_px)
        return Recognition(flowers, flag)

    def found(self, photo: Photo) -> PhotoCandidates:
        """Every candidate with its raw score; of a density map a point a flower."""
        side_px = self._input.tile_px
        if self._head.layout not in _WITHOUT_SIZE:
            return find(
                photo,
                self.look,
                input_px=side_px,
                grid_shift=self._grid_shift,
                each_class=self._finding.each_class,
            )
        per_px = side_px / photo.long_side_px
        seen = self.look(_whole(photo.picture, side_px))
        if self._head.layout == "density-map":
            calibration = self._finding.calibration
            seen = density_map.units(seen, scale=calibration.scale if calibration else 1.0)
        seen = seen.placed((seen.boxes_xyxy / per_px).clip(0, np.array([photo.width_px, photo.height_px] * 2)))
        return PhotoCandidates(seen.boxes_xyxy, seen.scores, photo.picture, min(per_px, 1.0), seen.by_class)

    def look(self, part: Part) -> Candidates:
        """The flowers of a part, each once, boxes in pixels of the part."""
        numbers, back = self._input.numbers(part)
        outputs = [output[0] if output.ndim else output for output in self._file(numbers)]
        seen = _DECODE[self._head.layout](outputs, self._head)
        seen = seen.placed(back(seen.boxes_xyxy))
        if self._head.layout in _WITHOUT_SIZE:
            middle = seen.boxes_xyxy[:, :2]
            return seen.take(np.flatnonzero(((middle >= 0) & (middle < part.size_px)).all(axis=1)))
        return merge(seen, each_class=self._finding.each_class)

    def _probability(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        calibration = self._finding.calibration
        if calibration is None or self._head.layout == "density-map":
            return scores
        return calibrated(scores, bias=calibration.bias, weight=calibration.weight)

    def _named(
        self,
        photo: Photo,
        found: PhotoCandidates,
        boxes_xyxy: NDArray[np.float32],
        by_class: NDArray[np.float32] | None,
    ) -> tuple[tuple[TaxonScore, ...], ...]:
        """The best taxa of each find; none where nobody names."""
        if self._finding.named_by == "nobody":
            return ((),) * len(boxes_xyxy)
        if self._finding.named_by == "labels":
            scores = by_class if by_class is not None else np.ones((len(boxes_xyxy), 1), np.float32)
            calibration = self._finding.calibration
            sure = calibration.named_right if calibration else UNCALIBRATED_NAME
            scores = np.float32(sure) * scores / np.maximum(scores.sum(axis=1, keepdims=True), 1e-9)
        else:
            boxes_xyxy = self._around_points(boxes_xyxy, found.look_per_px)
            picture = found.to_name(photo, boxes_xyxy)
            cut_xyxy = boxes_xyxy * np.float32(max(picture.size) / photo.long_side_px)
            if self._naming is not None:
                scores = self._naming.scores(picture, cut_xyxy)
            else:
                assert self._bloom is not None
                scores = self._bloom.names(photo.picture, picture, cut_xyxy)
        return best_taxa(scores, [label.taxon for label in self.package.labels])

    def _around_points(self, boxes_xyxy: NDArray[np.float32], look_per_px: float) -> NDArray[np.float32]:
        """The same boxes, with a square around those that are points."""
        half = np.float32(self._finding.flower_px / look_per_px / 2)
        grow = (boxes_xyxy[:, 2:] <= boxes_xyxy[:, :2]).all(axis=1, keepdims=True) * half
        return np.concatenate([boxes_xyxy[:, :2] - grow, boxes_xyxy[:, 2:] + grow], axis=1)


def calibrated(scores: NDArray[np.float32], *, bias: float, weight: float) -> NDArray[np.float32]:
    """The probability that finds with these raw scores are flowers."""
    p = scores.astype(np.float64).clip(1e-6, 1 - 1e-6)
    return np.asarray(1 / (1 + np.exp(-(bias + weight * np.log(p / (1 - p))))), np.float32)


def _whole(picture: Image.Image, long_side_px: int) -> Part:
    width, height = picture.size
    scale = long_side_px / max(width, height)
    size_px = max(round(width * scale), 1), max(round(height * scale), 1)
    return Part(size_px, lambda size: np.asarray(picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)))


def _boxed(flowers: Flowers) -> Flowers:
    """Keep flowers that have a size: points say nothing of crowded or tiny flowers."""
    kept = np.flatnonzero((flowers.boxes_xyxy[:, 2:] > flowers.boxes_xyxy[:, :2]).all(axis=1))
    return flowers.take(kept.tolist())
