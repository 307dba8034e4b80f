"""Any package -> something that recognises photos: the shipped recogniser, or it with a classifier that people brought.

Such a classifier names flowers and does nothing else: what a flower is, how sure that is, how many are missed and what
makes a photo doubtful stay the shipped recogniser's word, so that its measured figures on counts hold whatever names.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import InvalidModel
from core.photo.reading import Photo
from core.recognition.classifier import crop, prepared
from core.recognition.flowers import Flowers, best_taxa
from core.recognition.interpreters import Interpreters
from core.recognition.keras_networks import KerasNetwork
from core.recognition.package import ModelPackage, Naming, Network, load_package
from core.recognition.recogniser import BloomRecogniser, Recogniser, Recognition, load_recogniser
from core.settings import SHIPPED_MODEL

SUM_TOLERANCE = 0.02
"""Probabilities of a network with 8-bit weights add up to 1 within this."""


def load_model(directory: Path, *, grid_shift: float = 0.0) -> Recogniser:
    """Load a package as a recogniser, proved by one forward pass of every network.

    grid_shift: moves the seams of tiles by this share of a tile, to see whether they matter.
    Raises InvalidModel with a sentence about what is wrong.
    """
    package = load_package(directory)
    if package.naming is None:
        return load_recogniser(directory, grid_shift=grid_shift)
    return BroughtClassifier(package, package.naming, load_recogniser(SHIPPED_MODEL, grid_shift=grid_shift))


class BroughtClassifier:
    """A recogniser: `finder` finds the flowers, the classifier that people brought names them."""

    def __init__(self, package: ModelPackage, naming: Naming, finder: BloomRecogniser) -> None:
        """Prove the classifier. Raises InvalidModel unless a forward pass gives what model.toml and labels.csv say."""
        self.package = package
        self._naming = naming
        self._finder = finder
        self._network = _network(naming.network)
        _expect_outputs(package, naming, self._network.output_shape())
        _prove(naming, self._network)

    def recognise(self, photo: Photo) -> Recognition:
        """The flowers of a photo; boxes in pixels of the full-size photo."""
        (flowers, flag), picture = self._finder.look(photo)
        if len(flowers) == 0:
            return Recognition(flowers, flag)
        seen_per_px = np.float32(max(picture.size) / photo.long_side_px)
        outputs = np.stack([self._look(picture, box) for box in flowers.boxes_xyxy * seen_per_px])
        scores = label_scores(outputs, self._naming)
        taxa = best_taxa(scores, [label.taxon for label in self.package.labels])
        return Recognition(Flowers(flowers.boxes_xyxy, flowers.probability, taxa), flag)

    def _look(self, picture: Image.Image, box_xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
        network = self._naming.network
        return self._network(prepared(crop(picture, box_xyxy, input_px=network.input_px), network))


def label_scores(outputs: NDArray[np.float32], naming: Naming) -> NDArray[np.float32]:
    """Scores (n, labels). What goes to "not a flower" is nobody's: such a flower gets a weak name or none."""
    numbers = outputs.astype(np.float64)
    logits = np.log(numbers.clip(1e-12)) if naming.probabilities else numbers
    scaled = logits / naming.temperature
    exponent = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    scores = exponent / exponent.sum(axis=1, keepdims=True)
    return np.asarray(scores[:, :-1] if naming.not_a_flower else scores, np.float32)


def _network(network: Network) -> Interpreters | KerasNetwork:
    if network.path.suffix == ".tflite":
        return Interpreters(network)
    return KerasNetwork(network)


def _expect_outputs(package: ModelPackage, naming: Naming, shape: tuple[int, ...]) -> None:
    wanted = len(package.labels) + naming.not_a_flower
    if shape != (wanted,):
        last = ' and one more for "not a flower"' if naming.not_a_flower else ""
        raise InvalidModel(
            f"{naming.network.path} gives {' x '.join(map(str, shape)) or 'single'} numbers; for the "
            f"{len(package.labels)} taxa of labels.csv{last} it should give {wanted}. "
            "Correct labels.csv, or not_a_flower in model.toml."
        )


def _prove(naming: Naming, network: Interpreters | KerasNetwork) -> None:
    """One forward pass, of a picture from black to white."""
    spec = naming.network
    grey = np.linspace(0, 255, spec.input_px, dtype=np.float32)
    try:
        output = network(prepared(np.stack([np.stack([grey] * spec.input_px)] * 3, axis=2), spec))
    except Exception as error:  # whatever its operations raise
        reason = " ".join(str(error).split())[:200]
        raise InvalidModel(f"{spec.path} fails on a picture: {reason}. Mend the network.") from error
    if not np.isfinite(output).all():
        raise InvalidModel(f"{spec.path} gives numbers that are not finite. Mend the network, or its black and white.")
    are_probabilities = bool(output.min() >= 0) and abs(float(output.sum()) - 1) <= SUM_TOLERANCE
    if naming.probabilities and not are_probabilities:
        raise InvalidModel(
            f"{spec.path} gives numbers from {output.min():.3g} to {output.max():.3g} that add up to "
            f'{output.sum():.3g}, which are no probabilities. Write output = "logits" in model.toml if they are logits.'
        )
    if not naming.probabilities and are_probabilities and len(output) > 1:
        raise InvalidModel(
            f'{spec.path} gives probabilities: they add up to 1. Write output = "probabilities" in model.toml.'
        )
