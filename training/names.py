"""Names by rank: a last layer for the classifier of a package, learned on the features that its 8-bit network gives.

Everything before the last layer stays what it is, so that this takes minutes where a whole training takes hours. Every
kind teaches its family, ours and others; a kind that no label stands for teaches "another kind" (outlier exposure,
Hendrycks 2019, arXiv 1812.04606). Boxes that an eye rejected, beside every right one, teach "not a flower".
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.recognition.interpreters import Interpreters
from core.recognition.network import Network
from training.crops import box_window, cut, random_window, vary
from training.dataset import PhotoRow
from training.finds import Finds, share_of_smaller
from training.last_layer import FEATURES
from training.leaves import UNSAID, Leaves, Truth
from training.package_files import CLASSIFIER_PX
from training.packing import PackedPhotos
from training.progress import on_all_cores
from training.whole_file import whole_file

CROPS = 12_288
"""Crops that teach, of those that photos_crops gives; chosen: as many as an hour of a busy core looks at."""
_BOX_SEED, _ORDER_SEED, _CROP_SEED, _FIT_SEED = 5, 3, 77, 0
_WILD_CROPS = 4
"""Crops of a photo of wild flowers or of another kind among the first; one of each other photo. The rest come after."""
_BESIDE_SHARE = 0.15
_MOST_REJECTED = 3
_STEPS, _BATCH, _RATE, _WARM_UP, _WEIGHT_DECAY = 1000, 512, 2e-3, 50, 1e-4
FAMILY_WEIGHT = 0.5
_BLENDED_SHARE, _SMOOTHING, _NOTHING_SHARE = 0.3, 0.03, 0.12


class Crop(NamedTuple):
    """A part of a photo and what it teaches. kind: box (its box_xyxy with a margin), whole, window (most of the photo)
    or part (any)."""

    photo: str
    kind: str
    box_xyxy: NDArray[np.float32] | None
    truth: Truth


def photos_crops(rows: Sequence[PhotoRow], leaves: Leaves, finds: Finds, *, seed: int = 0) -> list[Crop]:
    """The crops of the training photos in an order in which any number of the first is a fair sample.

    finds: a detector's boxes (n, 4) for photos of wild flowers that nobody boxed. seed: of the boxes that are drawn.
    """
    random = np.random.default_rng(_BOX_SEED + seed)
    of_photo = [_crops(row, truth, leaves, finds, random) for row in rows
                if row.split == "train" and (truth := leaves.truth(row))]  # fmt: skip
    wild = {row.photo for row in rows if row.wild}
    random, first, later = np.random.default_rng(_ORDER_SEED), [], []
    for crops in of_photo:
        shuffled = [crops[i] for i in random.permutation(len(crops))]
        many = _WILD_CROPS if shuffled and shuffled[0].photo in wild else 1
        first += shuffled[:many]
        later += shuffled[many:]
    return [*(first[i] for i in random.permutation(len(first))), *(later[i] for i in random.permutation(len(later)))]


def _crops(row: PhotoRow, truth: Truth, leaves: Leaves, finds: Finds, random: np.random.Generator) -> list[Crop]:
    if truth.label == leaves.nothing:
        return [Crop(row.photo, "part", None, truth)] * 2
    boxes = row.boxes_xyxy if len(row.boxes_xyxy) else finds.get(row.photo, row.boxes_xyxy)
    boxed, other = (4, 2 if row.taxon else 3) if row.wild else (2 if row.taxon else 3, 1)
    if len(boxes) == 0:
        boxed, other = 0, boxed + other - 1
    crops = [Crop(row.photo, "box", boxes[int(random.integers(len(boxes)))], truth) for _ in range(boxed)]
    crops += [Crop(row.photo, "window" if number else "whole", None, truth) for number in range(other)]
    beside = row.rejected_xyxy[:0]
    if len(row.boxes_xyxy):
        beside = row.rejected_xyxy[share_of_smaller(row.rejected_xyxy, row.boxes_xyxy).max(axis=1) < _BESIDE_SHARE]
    nothing = Truth(leaves.nothing, UNSAID)
    return crops + [
        Crop(row.photo, "box", box, nothing) for box in beside[random.permutation(len(beside))[:_MOST_REJECTED]]
    ]


def features_of(crops: Sequence[Crop], photos: PackedPhotos, network: Path, file: Path) -> NDArray[np.float32]:
    """The features (n, 1280) of each crop, varied as other cameras and light would; kept in `file`."""
    if not file.is_file():
        look = Interpreters(Network(network, CLASSIFIER_PX))

        def pixels(number: int) -> NDArray[np.float32]:
            random = np.random.default_rng((_CROP_SEED, number))
            return crop_pixels(crops[number], photos, CLASSIFIER_PX, random).astype(np.float32)

        seen = on_all_cores(lambda number: look(pixels(number)), range(len(crops)), "names", len(crops))
        with whole_file(file) as part:
            np.save(part.open("wb"), np.stack(list(seen)).astype(np.float16))
    return np.asarray(np.load(file), np.float32)


def crop_pixels(crop: Crop, photos: PackedPhotos, size_px: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """The crop as a square (size_px, size_px, 3), varied as other cameras and light would."""
    rgb_u8 = photos[crop.photo]
    if crop.box_xyxy is not None:
        window = box_window(rgb_u8, crop.box_xyxy, random)
    elif crop.kind == "whole":
        window = (0, 0, rgb_u8.shape[1], rgb_u8.shape[0])
    else:
        window = random_window(rgb_u8, random, 0.02 if crop.kind == "part" else 0.35)
    return vary(cut(rgb_u8, window, size_px), random)


class LastLayer(NamedTuple):
    """kernel (1280, outputs) and bias (outputs,)."""

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]


def learn(features: NDArray[np.float32], truths: Sequence[Truth], leaves: Leaves) -> LastLayer:
    """The layer under which labels and families are likeliest (AdamW with a cosine, flowers blended by two: MixUp)."""
    label = np.array([truth.label for truth in truths])
    family = np.array([truth.family for truth in truths])
    in_family, random = leaves.in_family(), np.random.default_rng(_FIT_SEED)
    mean, spread = features.mean(axis=0), features.std(axis=0) + 0.05
    scaled = (features - mean) / spread
    drawn = np.cumsum(shares(label, leaves))
    adam = Adam(LastLayer(np.zeros((FEATURES, len(in_family)), np.float32), np.zeros(len(in_family), np.float32)))
    for step in range(1, _STEPS + 1):
        batch = np.searchsorted(drawn, random.random(_BATCH) * drawn[-1]).clip(0, len(label) - 1)
        x, is_label, is_family = blended(scaled[batch], label[batch], family[batch], leaves, random)
        of_logits = slope(x @ adam.layer.kernel + adam.layer.bias, is_label, is_family, in_family) / _BATCH
        rate = _RATE * min(step / _WARM_UP, 1) * (0.5 * (1 + cos(pi * step / _STEPS)) + 0.01)
        adam.step(LastLayer(x.T @ of_logits + _WEIGHT_DECAY * adam.layer.kernel, of_logits.sum(axis=0)), rate)
    kernel = adam.layer.kernel / spread[:, None]
    return LastLayer(kernel, adam.layer.bias - mean @ kernel)


def shares(label: NDArray[np.intp], leaves: Leaves) -> NDArray[np.float64]:
    """The share of each crop by its label: by the square root of their crops, "not a flower" by a share of its own."""
    crops = np.bincount(label[label != UNSAID], minlength=leaves.nothing + 1)
    weights = np.ones(len(label))
    said = label != UNSAID
    weights[said] = 1 / np.sqrt(crops[label[said]])
    weights[~said] = weights[said].mean()
    nothing = label == leaves.nothing
    weights[nothing] = 0
    weights *= (1 - _NOTHING_SHARE) / weights.sum()
    weights[nothing] = _NOTHING_SHARE / max(nothing.sum(), 1)
    return weights


def blended(
    values: NDArray[np.float32],
    label: NDArray[np.intp],
    family: NDArray[np.intp],
    leaves: Leaves,
    random: np.random.Generator,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Blend what crops show (n, ...), in place; return it, their labels (n, outputs) and families (n, families + 1).

    Some flowers are blended with another one, and so is what they are (MixUp, arXiv 1710.09412); labels are smoothed.
    """
    in_family = leaves.in_family()
    outputs, families = in_family.shape
    is_label, is_family = _one_hot(label, outputs), _one_hot(family, families)
    flowers = np.flatnonzero((label != UNSAID) & (label != leaves.nothing))
    other = random.permutation(flowers)
    share = np.where(random.random(len(flowers)) < _BLENDED_SHARE, random.random(len(flowers)), 1)
    for part in (values, is_label, is_family):
        of_one = share.reshape(-1, *[1] * (part.ndim - 1)).astype(np.float32)
        part[flowers] = part[flowers] * of_one + part[other] * (1 - of_one)
    is_label = is_label * (1 - _SMOOTHING) + _SMOOTHING / outputs * is_label.sum(axis=1, keepdims=True)
    return values, is_label, is_family


def _one_hot(number: NDArray[np.intp], columns: int) -> NDArray[np.float32]:
    hot = np.zeros((len(number), columns), np.float32)
    said = np.flatnonzero(number != UNSAID)
    hot[said, number[said]] = 1
    return hot


def slope(
    logits: NDArray[np.float32],
    is_label: NDArray[np.float32],
    is_family: NDArray[np.float32],
    in_family: NDArray[np.float32],
) -> NDArray[np.float32]:
    """The slope in the logits of both cross-entropies; a family's probability is the sum of its outputs."""
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    of_label = p * is_label.sum(axis=1, keepdims=True) - is_label
    per_family = is_family / np.maximum(p @ in_family, 1e-6)
    of_family = p * is_family.sum(axis=1, keepdims=True) - p * (per_family @ in_family.T)
    return np.asarray(of_label + FAMILY_WEIGHT * of_family, np.float32)


class Adam:
    """Adam (Kingma 2015) of a layer, in place."""

    def __init__(self, layer: LastLayer) -> None:
        self.layer = layer
        self._mean = [np.zeros_like(part) for part in layer]
        self._square = [np.zeros_like(part) for part in layer]
        self._steps = 0

    def step(self, slope: LastLayer, rate: float) -> None:
        """Go one step down the slope."""
        self._steps += 1
        for part, gradient, mean, square in zip(self.layer, slope, self._mean, self._square, strict=True):
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient**2 - square)
            unbiased = np.sqrt(square / (1 - 0.999**self._steps)) + 1e-8
            part -= (rate * (mean / (1 - 0.9**self._steps)) / unbiased).astype(np.float32)
