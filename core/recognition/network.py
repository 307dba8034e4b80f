"""One network of a package, as model.toml describes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import InvalidModel
from core.recognition.model_toml import Section

NETWORK_SUFFIXES = (".tflite", ".keras", ".h5", ".onnx")
"""Endings of network files; a folder is a SavedModel."""

MAX_INPUT_PX = 4096


@dataclass(frozen=True, slots=True)
class Network:
    """One network: a file, or the folder of a SavedModel.

    input_px: side of its square input. small_px: another side that it takes, for parts of a picture that have no more
    pixels; 0 where it takes one alone. channels: 3 (RGB) or 1 (grey).
    black, white: the float32 number that it takes for 0 and for 255, one a channel; what lies between is in proportion.
    """

    path: Path
    input_px: int
    channels: int = 3
    black: tuple[float, ...] = (0.0, 0.0, 0.0)
    white: tuple[float, ...] = (255.0, 255.0, 255.0)
    small_px: int = 0

    @property
    def sizes_px(self) -> tuple[int, ...]:
        """The sides of the inputs that it takes, the smaller first."""
        return (self.small_px, self.input_px) if self.small_px else (self.input_px,)


def network_file(directory: Path, section: Section) -> Path:
    """The file of a network that people bring. Raises InvalidModel for an ending that nothing here reads."""
    path = section.file(directory)
    if not path.is_dir() and path.suffix not in NETWORK_SUFFIXES:
        raise InvalidModel(
            f"{path} is not a network that Bloomcount reads. Use a file that ends in "
            f"{', '.join(NETWORK_SUFFIXES)}, or the folder of a SavedModel."
        )
    return path
