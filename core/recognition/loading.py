"""Any package -> something that recognises photos: the shipped recogniser, or what people brought, with it or alone."""

from __future__ import annotations

from pathlib import Path

from core.recognition.brought.classifier import BroughtClassifier
from core.recognition.brought.detector import BroughtDetector
from core.recognition.package import load_package
from core.recognition.recogniser import Recogniser, load_recogniser
from core.settings import SHIPPED_MODEL


def load_model(directory: Path, *, grid_shift: float = 0.0) -> Recogniser:
    """Load a package as a recogniser, proved by one forward pass of every network.

    grid_shift: moves the seams of tiles by this share of a tile, to see whether they matter.
    Raises InvalidModel with a sentence about what is wrong.
    """
    package = load_package(directory)
    if package.finding:
        bloom = load_recogniser(SHIPPED_MODEL) if package.finding.named_by == "bloom" else None
        return BroughtDetector(package, package.finding, bloom, grid_shift=grid_shift)
    if package.naming:
        finder = load_recogniser(SHIPPED_MODEL, grid_shift=grid_shift)
        return BroughtClassifier(package, package.naming, finder)
    return load_recogniser(directory, grid_shift=grid_shift)
