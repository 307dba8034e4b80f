"""A photo's pixels -> its candidate flowers, thread-safe: detector and classifier of one package behind one call."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import InvalidModel
from core.photo.reading import Photo
from core.recognition.classifier import classify, classify_whole, in_photo, outputs_of, stacked, taxon_scores
from core.recognition.detector import STRIDE_PX, find_flowers
from core.recognition.evidence import evidence, flower_probability, sure_finds, with_photo_word, with_word
from core.recognition.flags import flag_of
from core.recognition.flowers import MOST_FEATURES, NO_FLOWERS, STORED_PROBABILITY, Flowers, best_taxa
from core.recognition.interpreters import Interpreters
from core.recognition.package import ModelPackage, load_package

LONG_SIDE_PX = 1000
"""Long side to read a photo at: a 12-megapixel JPEG is decoded at a quarter of its side."""

MIN_SCORE = 0.06
"""Weaker peaks of the detector are no candidates. Chosen low, as the classifier has a word too; not measured."""


class Recognition(NamedTuple):
    """The candidate flowers of a photo, and its flag: empty, crowded, blurred, tiny or capped."""

    flowers: Flowers
    flag: str


class Recogniser(Protocol):
    """Finds, counts and names the flowers of photos. Nothing in it changes during a call: share it between threads."""

    @property
    def package(self) -> ModelPackage:
        """Name, version, labels, default threshold and recall."""
        ...

    def recognise(self, photo: Photo) -> Recognition:
        """The candidate flowers of a photo; boxes in pixels of the full-size photo."""
        ...


class BloomRecogniser:
    """A recogniser with detector and classifier of one package."""

    def __init__(self, package: ModelPackage, *, grid_shift: float = 0.0) -> None:
        self.package = package
        self.grid_shift = grid_shift
        self.detector = Interpreters(package.detector)
        self.classifier = Interpreters(package.classifier)
        cells = package.detector.input_px // STRIDE_PX
        _expect(package.detector.path, self.detector.output_shapes(), (cells, cells, 5))
        outputs = len(package.labels) + package.other_kind + 1
        _expect(package.classifier.path, self.classifier.output_shapes(), (outputs,), beside=MOST_FEATURES)

    def recognise(self, photo: Photo) -> Recognition:
        """The flowers of a photo; boxes in pixels of the full-size photo."""
        return self.look(photo)[0]

    def look(self, photo: Photo) -> tuple[Recognition, Image.Image]:
        """Recognise a photo, and return also the picture that its flowers are named from."""
        candidates = find_flowers(
            photo,
            self.detector,
            input_px=self.detector.input_px,
            min_score=MIN_SCORE,
            grid_shift=self.grid_shift,
        )
        rows = evidence(candidates.scores, candidates.boxes_xyxy, long_side_px=photo.long_side_px)
        possible = flower_probability(rows, self.package.calibration) >= STORED_PROBABILITY
        boxes_xyxy, rows = candidates.boxes_xyxy[possible], rows[possible]  # of the others no word could make a flower
        if len(rows) == 0:
            flag = flag_of(photo.picture, NO_FLOWERS, finest_per_px=photo.finest_per_px)
            return Recognition(NO_FLOWERS, flag), photo.picture
        temperature, sizes_px = self.package.calibration.temperature, self.classifier.sizes_px
        whole = classify_whole(photo.picture, self.classifier, sizes_px=sizes_px)
        photo_scores, photo_logit = taxon_scores(whole, temperature=temperature)
        picture = candidates.to_name(photo, boxes_xyxy)
        per_px = max(picture.size) / photo.long_side_px
        worth, outputs = self._worth_naming(picture, boxes_xyxy * per_px, rows, photo_logit=float(photo_logit[0]))
        boxes_xyxy, rows = boxes_xyxy[worth], rows[worth]
        logits, features = stacked(outputs)
        scores, flower_logit = taxon_scores(logits, temperature=temperature)
        rows = with_word(rows, flower_logit, photo_logit=float(photo_logit[0]))
        probability = flower_probability(rows, self.package.calibration)
        flowers = self._stored(boxes_xyxy, probability, in_photo(scores, photo_scores), features)
        return Recognition(flowers, flag_of(photo.picture, flowers, finest_per_px=photo.finest_per_px)), picture

    def _worth_naming(
        self, picture: Image.Image, boxes_xyxy: NDArray[np.float32], rows: NDArray[np.float64], *, photo_logit: float
    ) -> tuple[NDArray[np.intp], list[Sequence[NDArray[np.float32]]]]:
        """Places of the boxes that may be stored, and the classifier's outputs for them.

        It looks at the sure finds first: beside what it says of them most of the rest needs no look.
        """
        calibration, network = self.package.calibration, self.classifier
        outputs = partial(outputs_of, picture, network=network.outputs, sizes_px=network.sizes_px)
        sure = np.flatnonzero(sure_finds(rows))
        given = dict(zip(sure, outputs(boxes_xyxy[sure]), strict=True))
        _, sure_logit = taxon_scores(stacked(list(given.values()))[0], temperature=calibration.temperature)
        loudest = with_photo_word(rows, sure_logit, photo_logit=photo_logit)
        possible = np.flatnonzero(flower_probability(loudest, calibration) >= STORED_PROBABILITY)
        rest = np.setdiff1d(possible, sure)
        given |= dict(zip(rest, outputs(boxes_xyxy[rest]), strict=True))
        worth = np.union1d(sure, rest)
        return worth, [given[place] for place in worth]

    def names(self, whole: Image.Image, picture: Image.Image, boxes_xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scores (n, labels) of boxes that another detector found, in pixels of the picture. whole: of the photo."""
        temperature, sizes_px = self.package.calibration.temperature, self.classifier.sizes_px
        photo_scores, _ = taxon_scores(
            classify_whole(whole, self.classifier, sizes_px=sizes_px), temperature=temperature
        )
        logits = classify(picture, boxes_xyxy, self.classifier, sizes_px=sizes_px)
        scores, _ = taxon_scores(logits, temperature=temperature)
        return in_photo(scores, photo_scores)[:, : len(self.package.labels)]

    def _stored(
        self,
        boxes_xyxy: NDArray[np.float32],
        probability: NDArray[np.float32],
        scores: NDArray[np.float32],
        features: NDArray[np.int8] | None,
    ) -> Flowers:
        """Keep the flowers that are sure enough to be stored, surest first."""
        kept = np.flatnonzero(probability >= STORED_PROBABILITY)
        kept = kept[np.argsort(-probability[kept], kind="stable")]
        labels = self.package.labels  # what may be another kind gets no name, so that the scores sum to less than 1
        taxa = best_taxa(scores[kept, : len(labels)], [label.taxon for label in labels])
        return Flowers(boxes_xyxy[kept], probability[kept], taxa, None if features is None else features[kept])


def load_recogniser(directory: Path, *, grid_shift: float = 0.0) -> BloomRecogniser:
    """A recogniser from a package folder, proved by one forward pass of both networks.

    grid_shift: as of find_flowers.
    Raises InvalidModel with a sentence about what is wrong.
    """
    package = load_package(directory)
    if package.naming or package.finding:
        raise InvalidModel(f"{directory} is no recogniser, which finds, counts and names by itself. Name one instead.")
    recogniser = BloomRecogniser(package, grid_shift=grid_shift)
    for network in (recogniser.detector, recogniser.classifier):
        outputs = [network(np.full((side_px, side_px, 3), 127, np.float32)) for side_px in network.sizes_px]
        if not all(np.isfinite(output).all() for output in outputs):
            raise InvalidModel(f"A network in {directory} gives numbers that are not finite.")
    return recogniser


def _expect(path: Path, shapes: list[tuple[int, ...]], expected: tuple[int, ...], *, beside: int = 0) -> None:
    """beside: numbers that a second output may have."""
    shape, *others = shapes
    if others and (len(others) > 1 or not beside or len(others[0]) != 1 or others[0][0] > beside):
        allowed = f" and at most {beside} features" if beside else ""
        raise InvalidModel(f"{path} has outputs of {shapes} numbers; it should give {expected}{allowed} alone.")
    if shape != expected:
        raise InvalidModel(
            f"{path} gives {' x '.join(map(str, shape))} numbers; "
            f"with its input and labels it should give {' x '.join(map(str, expected))}."
        )
