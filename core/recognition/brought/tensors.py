"""Inputs and outputs of a network file, and numbers as it takes and gives them: float32, float16, int8 or uint8."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidModel

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input or output.

    shape: with the batch axis; None where any length goes. scale, zero_point: of quantised numbers, by the file; a
    scale of 0 is none.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: np.dtype[np.generic]
    scale: float = 0.0
    zero_point: int = 0

    def stored(self, values: Floats) -> NDArray[np.generic]:
        """Numbers as the file takes them."""
        if self.scale:
            values = values / np.float32(self.scale) + np.float32(self.zero_point)
        if np.issubdtype(self.dtype, np.integer):
            limits = np.iinfo(self.dtype)  # type: ignore[type-var]
            values = np.rint(values).clip(limits.min, limits.max)
        return values.astype(self.dtype)

    def meant(self, stored: NDArray[np.generic]) -> Floats:
        """Numbers that the file gave, as float32."""
        values = np.asarray(stored, np.float32)
        return (values - np.float32(self.zero_point)) * np.float32(self.scale) if self.scale else values


class NetworkFile(Protocol):
    """A network of any kind of file; threads may share it."""

    @property
    def path(self) -> Path:
        """The file, or the folder of a SavedModel."""
        ...

    @property
    def taken(self) -> Tensor:
        """Its one input."""
        ...

    @property
    def given(self) -> tuple[Tensor, ...]:
        """Its outputs, in a fixed order."""
        ...

    def __call__(self, values: Floats) -> list[Floats]:
        """The outputs for one input, each with its batch axis."""
        ...


def as_pictures(
    path: Path, taken: Tensor, *, height_px: int, width_px: int, channels: int
) -> Callable[[Floats], Floats]:
    """A function that lays (height, width, channels) out as the input takes it: with channels last or first, or, where
    a picture is grey, without them.

    Raises InvalidModel unless the input is one picture of this size.
    """
    last, first, bare = (height_px, width_px, channels), (channels, height_px, width_px), (height_px, width_px)
    shape = taken.shape[1:]
    if taken.shape[:1] in ((1,), (None,)):
        if _fits(shape, last):
            return lambda pixels: pixels.reshape(1, *last)
        if _fits(shape, first):
            return lambda pixels: np.ascontiguousarray(pixels.reshape(last).transpose(2, 0, 1)[None])
        if channels == 1 and _fits(shape, bare):
            return lambda pixels: pixels.reshape(1, *bare)
    raise InvalidModel(
        f"{path} takes {by(shape) or 'one'} numbers, and not one picture of {height_px} x {width_px} x {channels}. "
        "Correct input_px or channels in model.toml."
    )


def by(shape: Sequence[int | None]) -> str:
    """`28 x 28 x 1`, of a shape."""
    return " x ".join("any" if n is None else str(n) for n in shape)


def expect_one_input(path: Path, inputs: int) -> None:
    """Raises InvalidModel for a network that takes more than a picture."""
    if inputs != 1:
        raise InvalidModel(f"{path} has {inputs} inputs; it must have one, the picture.")


def _fits(shape: Sequence[int | None], wanted: Sequence[int]) -> bool:
    return len(shape) == len(wanted) and all(n in (None, m) for n, m in zip(shape, wanted, strict=True))
