"""A classifier that people bring: it names flowers and does nothing else.

What a flower is, how sure that is, how many are missed and what makes a photo doubtful stay the word of what finds them
(the shipped recogniser, or a detector that people bring), so that its figures on counts hold whatever names.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import InvalidModel
from core.photo.reading import Photo
from core.recognition.brought.described import Naming
from core.recognition.brought.network_files import open_network
from core.recognition.brought.tensors import as_pictures, by
from core.recognition.classifier import crop, prepared
from core.recognition.flowers import best_taxa
from core.recognition.package import ModelPackage
from core.recognition.recogniser import BloomRecogniser, Recognition
from core.recognition.taxa import Label

SUM_TOLERANCE = 0.02
"""Probabilities of a network with 8-bit weights add up to 1 within this."""


class NamingNetwork:
    """Scores for crops, by a classifier that people brought; threads may share it."""

    def __init__(self, naming: Naming, labels: tuple[Label, ...]) -> None:
        """Prove the classifier. Raises InvalidModel unless a forward pass gives what model.toml and labels.csv say."""
        self._naming = naming
        network = naming.network
        self._file = open_network(network.path)
        self._laid_out = as_pictures(
            network.path,
            self._file.taken,
            height_px=network.input_px,
            width_px=network.input_px,
            channels=network.channels,
        )
        if len(self._file.given) != 1:
            raise InvalidModel(f"{network.path} has {len(self._file.given)} outputs; a classifier must have one.")
        self._outputs = len(labels) + bool(naming.not_a_flower)
        shape = self._file.given[0].shape[1:]
        if None not in shape and shape:  # else the forward pass shows it
            _expect_outputs(naming, len(labels), shape)
        self._prove(len(labels))

    def scores(self, picture: Image.Image, boxes_xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scores (n, labels) of n boxes, in pixels of the picture."""
        if len(boxes_xyxy) == 0:
            return np.empty((0, self._outputs - bool(self._naming.not_a_flower)), np.float32)
        input_px = self._naming.network.input_px
        crops = (crop(picture, box, sizes_px=(input_px,)) for box in boxes_xyxy)
        return label_scores(np.stack([self._look(pixels) for pixels in crops]), self._naming)

    def _look(self, crop_rgb: NDArray[np.float32]) -> NDArray[np.float32]:
        output: NDArray[np.float32] = self._file(self._laid_out(prepared(crop_rgb, self._naming.network)))[0][0]
        return output

    def _prove(self, labels: int) -> None:
        """One forward pass, of a picture from black to white."""
        naming, path = self._naming, self._naming.network.path
        grey = np.linspace(0, 255, naming.network.input_px, dtype=np.float32)
        try:
            output = self._look(np.stack([np.stack([grey] * naming.network.input_px)] * 3, axis=2))
        except Exception as error:  # whatever its operations raise
            reason = " ".join(str(error).split())[:200]
            raise InvalidModel(f"{path} fails on a picture: {reason}. Mend the network.") from error
        _expect_outputs(naming, labels, output.shape)
        if not np.isfinite(output).all():
            raise InvalidModel(f"{path} gives numbers that are not finite. Mend the network, or its black and white.")
        _expect_scores(naming, output)


class BroughtClassifier:
    """A recogniser: `finder` finds the flowers, the classifier that people brought names them."""

    def __init__(self, package: ModelPackage, naming: Naming, finder: BloomRecogniser) -> None:
        """Prove the classifier. Raises InvalidModel unless a forward pass gives what model.toml and labels.csv say."""
        self.package = package
        self._finder = finder
        self._network = NamingNetwork(naming, package.labels)

    def recognise(self, photo: Photo) -> Recognition:
        """The flowers of a photo; boxes in pixels of the full-size photo."""
        (flowers, flag), picture = self._finder.look(photo)
        if len(flowers) == 0:
            return Recognition(flowers, flag)
        seen_per_px = np.float32(max(picture.size) / photo.long_side_px)
        scores = self._network.scores(picture, flowers.boxes_xyxy * seen_per_px)
        taxa = best_taxa(scores, [label.taxon for label in self.package.labels])
        return Recognition(replace(flowers, taxa=taxa), flag)


def label_scores(outputs: NDArray[np.float32], naming: Naming) -> NDArray[np.float32]:
    """Scores (n, labels) that sum to at most 1 a flower. What goes to "not a flower" is nobody's: such a flower gets a
    weak name or none."""
    scores = _sigmoids(outputs, naming) if naming.output == "sigmoid" else _softmax(outputs, naming)
    if naming.not_a_flower == "first":
        scores = scores[:, 1:]
    elif naming.not_a_flower:
        scores = scores[:, :-1]
    return np.asarray(scores, np.float32)


def _softmax(outputs: NDArray[np.float32], naming: Naming) -> NDArray[np.float64]:
    numbers = outputs.astype(np.float64)
    logits = np.log(numbers.clip(1e-12)) if naming.output == "probabilities" else numbers
    scaled = logits / naming.temperature
    exponent = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(exponent / exponent.sum(axis=1, keepdims=True))


def _sigmoids(outputs: NDArray[np.float32], naming: Naming) -> NDArray[np.float64]:
    """Probabilities that each stand alone: where they are more than 1 together, their share of it."""
    alone = outputs.astype(np.float64).clip(1e-6, 1 - 1e-6)
    milder = 1 / (1 + ((1 - alone) / alone) ** (1 / naming.temperature))
    return np.asarray(milder / np.maximum(milder.sum(axis=1, keepdims=True), 1.0))


def _expect_outputs(naming: Naming, labels: int, shape: tuple[int | None, ...]) -> None:
    wanted = labels + bool(naming.not_a_flower)
    if shape != (wanted,):
        more = f' and a {naming.not_a_flower} one for "not a flower"' if naming.not_a_flower else ""
        raise InvalidModel(
            f"{naming.network.path} gives {by(shape) or 'single'} numbers; for the "
            f"{labels} taxa of labels.csv{more} it should give {wanted}. "
            "Correct labels.csv, or not_a_flower in model.toml."
        )


def _expect_scores(naming: Naming, output: NDArray[np.float32]) -> None:
    """Refuse an `output` of model.toml that these numbers cannot be."""
    path, least, most, total = naming.network.path, output.min(), output.max(), float(output.sum())
    within = least >= 0 and most <= 1 + SUM_TOLERANCE
    add_up = bool(within) and abs(total - 1) <= SUM_TOLERANCE
    if naming.output == "probabilities" and not add_up:
        instead = (
            'Write output = "sigmoid" in model.toml if each is a probability by itself'
            if within
            else 'Write output = "logits" in model.toml if they are logits'
        )
        raise InvalidModel(
            f"{path} gives numbers from {least:.3g} to {most:.3g} that add up to "
            f"{total:.3g}, which are no probabilities of one taxon among all. {instead}."
        )
    if naming.output == "sigmoid" and not within:
        raise InvalidModel(
            f"{path} gives numbers from {least:.3g} to {most:.3g}, which are no probabilities. "
            'Write output = "logits" in model.toml if they are logits.'
        )
    if naming.output == "logits" and add_up and len(output) > 1:
        raise InvalidModel(
            f'{path} gives probabilities: they add up to 1. Write output = "probabilities" in model.toml.'
        )
