"""Parts of a photo as a detector takes them, letterboxed or stretched, in its numbers; and its boxes in the part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.recognition.brought.tensors import Floats
from core.recognition.classifier import grey
from core.recognition.detector import Part

PAD = 114
"""Grey level beside a letterboxed picture, as Ultralytics and most after it train with."""


@dataclass(frozen=True, slots=True)
class Input:
    """The input of a detector. black, white: its numbers for 0 and 255, one a channel. laid_out: channels as it has
    them."""

    height_px: int
    width_px: int
    fit: str
    black: tuple[float, ...]
    white: tuple[float, ...]
    laid_out: Callable[[Floats], Floats]

    @property
    def tile_px(self) -> int:
        """The side of the largest square that goes in without being made smaller."""
        return min(self.height_px, self.width_px)

    @property
    def _most_larger(self) -> float:
        """A part is made no larger than a whole photo that fills an input which is no square."""
        return max(self.height_px, self.width_px) / self.tile_px

    def numbers(self, part: Part) -> tuple[Floats, Callable[[NDArray[np.float32]], NDArray[np.float32]]]:
        """The part as the network takes it, and a function from boxes of the input to boxes of the part."""
        (width, height), size = part.size_px, (self.width_px, self.height_px)
        left = top = 0
        if self.fit == "letterbox":
            scale = min(self._most_larger, self.width_px / width, self.height_px / height)
            size = max(round(width * scale), 1), max(round(height * scale), 1)
            left, top = round((self.width_px - size[0]) / 2 - 0.1), round((self.height_px - size[1]) / 2 - 0.1)
        canvas = np.full((self.height_px, self.width_px, 3), PAD, np.float32)
        canvas[top : top + size[1], left : left + size[0]] = part.at(size)
        pixels: Floats = canvas if len(self.black) == 3 else grey(canvas)
        black, white = np.array(self.black, np.float32), np.array(self.white, np.float32)
        shift = np.array([left, top] * 2, np.float32)
        back = np.array([width / size[0], height / size[1]] * 2, np.float32)
        numbers = np.asarray(black + pixels * ((white - black) / 255), np.float32)
        return self.laid_out(numbers), lambda boxes_xyxy: (boxes_xyxy - shift) * back
