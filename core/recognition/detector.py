"""Pixels -> boxes with raw scores: the photo whole, once more from afar where none is sure (flowers that fill the photo
are easier to tell then), and closer and closer where its flowers are small, in overlapping tiles, as far as pixels go.

A look is any callable from a part of the photo to candidates in its pixels. That of the shipped detector runs a network
from (input_px, input_px, 3) pixels to maps (cells, cells, 5): the peak's score (0 where the cell is no local peak),
width and height (log of pixels / 64), x and y offset (cells). Nothing here caps their number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.photo.reading import Photo
from core.recognition.merging import Candidates, merge
from core.recognition.tiling import Span, Tile, tiles_of

STRIDE_PX = 4
SIZE_UNIT_PX = 64.0
PAD = 127
"""Grey level beside a photo that is not square; the middle of the network's input."""

SMALL_PX = 24.0
"""A flower smaller than this, at the pixels of a look, is worth a closer one. Measured in docs/experiments/speed.md."""

CLOSER = 2.0
"""Each closer look doubles the pixels a flower, until they are 24 px wide or more, or the photo has no more."""

_NAMED_PX = 72.0
"""Flowers smaller than this in the closest look are named from finer pixels than that has."""

_MIN_GAIN = 1.3
"""A look with less than this many times the pixels would show nothing new. Chosen, not measured."""

_AFAR = 0.5
_AFAR_UNLESS = 0.4
_AFAR_SIDE = 0.25
"""Half the size, where no score of the whole view reaches this, for boxes over a quarter of the photo's long side.
Of 136 photos with a flower that scored under 0.33 whole it lifts three in four over it; of photos without, 3 %."""

_SURE = 0.25
"""A tile is looked at when the scores of small flowers in it sum to this: a sure one, or several doubtful ones."""

_DOUBTFUL = 0.15
"""Weaker finds are no reason to look closer: rough ground is full of them. Measured in docs/experiments/speed.md."""

_PROBED = (CLOSER**2, CLOSER**4)
_PROBE_AT = ((0.5, 0.5), (0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75))
_PROBE_FLOWERS = 3
"""The least number of flowers that five tiles must show in a photo without a sure flower, else they are chance.

Flowers may be too small for the whole view: the tiles look four times closer, then sixteen times. The whole view sees
flowers down to 12 / 416 of the long side, these to a quarter and a sixteenth of that. So small flowers do not come
alone."""

_PROBE_DOUBT = 6
"""Tiles look sixteen times closer only where those before had at least so many finds, however weak: flowers of a few
pixels leave some. Measured in docs/experiments/speed.md."""

Maps = Callable[[NDArray[np.float32]], NDArray[np.float32]]


class Part(NamedTuple):
    """A part of a look, no larger than the network's input. size_px: width, height. at: its pixels at any size."""

    size_px: tuple[int, int]
    at: Callable[[tuple[int, int]], NDArray[np.uint8]]


Look = Callable[[Part], Candidates]
"""A part -> each of its flowers once, boxes in pixels of the part."""


@dataclass(frozen=True, slots=True)
class PhotoCandidates:
    """Every candidate of a photo, each flower once, best first.

    boxes_xyxy: float32 (n, 4), pixels of the full-size photo. scores: float32 (n,), raw, in 0..1.
    by_class, capped: of Candidates.
    picture: the finest pixels that were read.
    look_per_px: pixels of the closest look for one pixel of the full-size photo, at most 1.
    """

    boxes_xyxy: NDArray[np.float32]
    scores: NDArray[np.float32]
    picture: Image.Image
    look_per_px: float
    by_class: NDArray[np.float32] | None = None
    capped: bool = False

    def to_name(self, photo: Photo, boxes_xyxy: NDArray[np.float32]) -> Image.Image:
        """The picture of the photo that these of its boxes are named from: twice as fine as the closest look where one
        of them was small in that, as naming a flower takes more pixels than finding it.
        """
        if not (_sides(boxes_xyxy) < _NAMED_PX / self.look_per_px).any():
            return self.picture
        return _finer(self.picture, photo, round(CLOSER * self.look_per_px * photo.long_side_px))


def find_flowers(
    photo: Photo, network: Maps, *, input_px: int, min_score: float, grid_shift: float = 0.0
) -> PhotoCandidates:
    """Every candidate of a photo. grid_shift: moves all seams by this share of a tile, to see whether they matter."""
    return find(photo, maps_look(network, input_px, min_score), input_px=input_px, grid_shift=grid_shift)


def find(
    photo: Photo, look: Look, *, input_px: int, grid_shift: float = 0.0, each_class: bool = False
) -> PhotoCandidates:
    """Every candidate of a photo by any look of this input. each_class: as of merge."""
    eye = _Eye(look, input_px)
    picture, look_px = _finer(photo.picture, photo, input_px), input_px
    candidates = seen = eye.whole(picture)
    probed_px = None
    if not (candidates.scores >= _SURE).any():
        picture, probed_px = _probe(eye, picture, photo)
    while closer_px := probed_px or _closer(look_px, photo.finest_px):
        times = closer_px / look_px
        tiles = tiles_of(_size(photo, closer_px), tile_px=input_px, shift_px=round(grid_shift * input_px))
        if not probed_px:
            small = _scaled(_small(seen.take(seen.scores >= _DOUBTFUL)), times)
            tiles = [t for t in tiles if seen.capped or small.scores[t.shows(small.boxes_xyxy)].sum() >= _SURE]
        if not tiles:
            break
        picture = _finer(picture, photo, closer_px)
        seen = eye.tiles(picture, tiles, closer_px)
        candidates = Candidates.joined([_not_small_in(tiles, candidates, times), seen])
        look_px, probed_px = closer_px, None
    per_px = look_px / photo.long_side_px
    found = merge(_scaled(candidates, 1 / per_px), each_class=each_class)
    return PhotoCandidates(
        found.boxes_xyxy, found.scores, picture, min(per_px, 1.0), found.by_class, capped=seen.capped
    )


def maps_look(network: Maps, input_px: int, min_score: float) -> Look:
    """A look with the shipped kind of network."""

    def look(part: Part) -> Candidates:
        width, height = part.size_px
        pixels = np.full((input_px, input_px, 3), PAD, np.float32)
        pixels[:height, :width] = part.at(part.size_px)
        return decode(network(pixels), min_score=min_score)

    return look


@dataclass(frozen=True, slots=True)
class _Eye:
    """Looks at pictures; candidates come in pixels of the look."""

    look: Look
    input_px: int

    def whole(self, picture: Image.Image) -> Candidates:
        """The whole picture, its long side as the network's input; from afar too where nothing is sure."""
        candidates = self._part(picture, self.input_px, *_all_of(picture, self.input_px))
        if candidates.scores.max(initial=0) >= _AFAR_UNLESS:
            return candidates
        afar_px = round(self.input_px * _AFAR)
        afar = _scaled(self._part(picture, afar_px, *_all_of(picture, afar_px)), self.input_px / afar_px)
        return Candidates.joined([candidates, afar.take(_sides(afar.boxes_xyxy) >= _AFAR_SIDE * self.input_px)])

    def tiles(self, picture: Image.Image, tiles: Sequence[Tile], look_px: int) -> Candidates:
        """Parts of the picture, its long side at look_px; each tile says what it owns and sees whole.

        A flower at a seam may come from both tiles: merging drops the second. One that is too large for the overlap is
        cut off in both and was large enough in the look before.
        """
        candidates = []
        for tile in tiles:
            part = self._part(picture, look_px, tile.x, tile.y)
            moved = part.placed(part.boxes_xyxy + np.array([tile.x[0], tile.y[0]] * 2, np.float32))
            candidates.append(moved.take(tile.answers_for(moved.boxes_xyxy)))
        return Candidates.joined(candidates)

    def _part(self, picture: Image.Image, look_px: int, x: Span, y: Span) -> Candidates:
        """Candidates of a part no larger than the input, whose middle lies in it; boxes cut off at its edge."""
        size_px = x[1] - x[0], y[1] - y[0]
        candidates = self.look(Part(size_px, partial(_cut, picture, look_px / max(picture.size), x, y)))
        middle = (candidates.boxes_xyxy[:, :2] + candidates.boxes_xyxy[:, 2:]) / 2
        candidates = candidates.take(np.asarray((middle < size_px).all(axis=1)))
        return candidates.placed(candidates.boxes_xyxy.clip(0, np.array(size_px * 2, np.float32)))


def _probe(eye: _Eye, picture: Image.Image, photo: Photo) -> tuple[Image.Image, int | None]:
    """The long side in pixels at which flowers appear in a photo that seems to have none, None where none do; and the
    finest picture that was read.
    """
    for times in _PROBED:
        look_px = min(round(eye.input_px * times), photo.finest_px)
        if look_px < eye.input_px * _MIN_GAIN:
            break
        picture = _finer(picture, photo, look_px)
        width, height = _size(photo, look_px)
        tiles = tiles_of((width, height), tile_px=eye.input_px)
        spots = [next(t for t in tiles if t.holds(x * width, y * height)) for x, y in _PROBE_AT]
        seen = merge(eye.tiles(picture, list(dict.fromkeys(spots)), look_px))
        if (seen.scores >= _SURE).sum() >= _PROBE_FLOWERS:
            return picture, look_px
        if len(seen.scores) < _PROBE_DOUBT:
            break
    return picture, None


def _closer(look_px: int, finest_px: int) -> int | None:
    """The long side of the next closer look; None where the photo has hardly more pixels."""
    closer_px = min(round(look_px * CLOSER), finest_px)
    return closer_px if closer_px >= look_px * _MIN_GAIN else None


def _size(photo: Photo, long_side_px: int) -> tuple[int, int]:
    """Width and height of the photo at this long side."""
    scale = long_side_px / photo.long_side_px
    return max(round(photo.width_px * scale), 1), max(round(photo.height_px * scale), 1)


def _finer(picture: Image.Image, photo: Photo, long_side_px: int) -> Image.Image:
    """The same picture where it is fine enough already, else a finer one of the photo."""
    enough = max(picture.size) >= min(long_side_px, photo.finest_px)
    return picture if enough else photo.at_least(long_side_px)


def _not_small_in(tiles: Sequence[Tile], candidates: Candidates, times: float) -> Candidates:
    """Earlier candidates, in pixels of the closer look, without the small ones that these tiles decide on."""
    small = _sides(candidates.boxes_xyxy) < SMALL_PX
    closer = _scaled(candidates, times)
    decided = np.zeros(len(small), bool)
    for tile in tiles:
        decided |= tile.owns(closer.boxes_xyxy)
    return closer.take(~(small & decided))


def decode(maps: NDArray[np.float32], *, min_score: float) -> Candidates:
    """The peaks of one output, boxes in pixels of the network's input."""
    rows, columns = np.nonzero(maps[..., 0] >= min_score)
    score, log_w, log_h, dx, dy = maps[rows, columns].T
    centre = np.stack([columns + 0.5 + dx, rows + 0.5 + dy], axis=1) * STRIDE_PX
    half = np.exp(np.stack([log_w, log_h], axis=1).clip(-6, 4)) * SIZE_UNIT_PX / 2
    return Candidates(np.concatenate([centre - half, centre + half], axis=1).astype(np.float32), score.copy())


def _small(candidates: Candidates) -> Candidates:
    return candidates.take(_sides(candidates.boxes_xyxy) < SMALL_PX)


def _sides(boxes_xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.sqrt(np.prod(boxes_xyxy[:, 2:] - boxes_xyxy[:, :2], axis=1)))


def _scaled(candidates: Candidates, factor: float) -> Candidates:
    return candidates.placed(candidates.boxes_xyxy * factor)


def _all_of(picture: Image.Image, look_px: int) -> tuple[Span, Span]:
    width, height = picture.size
    scale = look_px / max(height, width)
    return (0, max(round(width * scale), 1)), (0, max(round(height * scale), 1))


def _cut(picture: Image.Image, scale: float, x: Span, y: Span, size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """A part of the picture as it is at `scale`, resized; only the part is, however large the picture."""
    width, height = picture.size
    box = (x[0] / scale, y[0] / scale, min(x[1] / scale, width), min(y[1] / scale, height))
    return np.asarray(picture.resize(size_px, Image.Resampling.BILINEAR, box=box, reducing_gap=2.0))
