"""The detector's head, learned on from what people left of photos: their boxes, and finds that they took away.

All before the head stays as it is. Where every flower has a box the whole view teaches, else the boxes and what people
took away alone; elsewhere the head is held to what it said before (distillation, as of names in more_names.py). A photo
is seen whole and once closer, as the app sees it. Measured in docs/experiments/learn.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import BloomError
from core.photo.reading import Photo
from core.recognition.detector import PAD
from core.recognition.interpreters import Interpreters
from core.review.lessons import ReviewedPhoto
from training.detector_head import HIGHEST, Head
from training.looks import pixels_of
from training.progress import Progress, on_all_cores
from training.targets import FULL, OFF, STRIDE_PX, encode
from training.whole_file import whole_file

_STEPS, _BATCH, _RATE = 200, 6, 2e-4
_HELD_WEIGHT = 0.5
_SMALLEST_PX, _CLOSE_PX = 12.0, (40.0, 160.0)
"""Flowers below the first are left to a closer view; in that one of them has a side between the others."""
_VISIBLE = 0.5
_SEED = 11
_STEP = HIGHEST / 255


@dataclass(frozen=True, slots=True)
class Views:
    """The views of a photo: features (n, cells, cells, 48) in steps of 6/255, and targets (n, cells, cells, 7)."""

    features_u8: NDArray[np.uint8]
    targets: NDArray[np.float16]


def views(
    photos: Sequence[ReviewedPhoto], bytes_of: Callable[[str], bytes], features: Interpreters, folder: Path
) -> Iterator[Views | None]:
    """The views of each photo, in order, kept in a file each; None where it cannot be read."""

    def view(photo: ReviewedPhoto) -> Views | None:
        file = folder / f"{photo.photo_id[:32]}-{photo.review_id[:16]}-views.npz"
        if not file.is_file():
            try:
                pixels = pixels_of(photo, bytes_of)
            except BloomError:
                return None
            made = _views(photo, pixels, features)
            with whole_file(file) as part:
                np.savez_compressed(part, features_u8=made.features_u8, targets=made.targets)
        with np.load(file) as kept:
            return Views(kept["features_u8"], kept["targets"])

    return on_all_cores(view, photos, "views", len(photos))


def _views(photo: ReviewedPhoto, pixels: Photo, network: Interpreters) -> Views:
    random = np.random.default_rng((_SEED, int(photo.photo_id[:8], 16)))
    picture, size_px = pixels.picture, network.input_px
    per_px = max(picture.size) / pixels.long_side_px
    windows = [(0.0, 0.0, float(max(picture.size)))]
    if len(photo.boxes_xyxy):
        windows.append(_close(photo.boxes_xyxy * per_px, picture.size, size_px, random))
    made = [_view(photo, picture, window, per_px, network) for window in windows]
    return Views(np.stack([features for features, _ in made]), np.stack([target for _, target in made]))


def _close(
    boxes_xyxy: NDArray[np.float32], picture_px: tuple[int, int], size_px: int, random: np.random.Generator
) -> tuple[float, float, float]:
    """A window, left, top and side, in which a flower has the side of a close view."""
    left, top, right, bottom = boxes_xyxy[random.integers(len(boxes_xyxy))]
    side = max(float(right - left) * float(bottom - top), 1.0) ** 0.5
    wanted_px = np.exp(random.uniform(*np.log(_CLOSE_PX)))
    window = min(side * size_px / wanted_px, float(max(picture_px)))
    x, y = ((low + high) / 2 + random.uniform(-0.3, 0.3) * window for low, high in ((left, right), (top, bottom)))
    return x - window / 2, y - window / 2, window


def _view(
    photo: ReviewedPhoto,
    picture: Image.Image,
    window: tuple[float, float, float],
    per_px: float,
    network: Interpreters,
) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
    left, top, side = window
    size_px, scale = network.input_px, network.input_px / side
    x0, y0 = max(0.0, left), max(0.0, top)
    x1, y1 = min(float(picture.width), left + side), min(float(picture.height), top + side)
    width, height = (max(1, min(round(length * scale), size_px)) for length in (x1 - x0, y1 - y0))
    rgb = np.full((size_px, size_px, 3), PAD, np.float32)
    rgb[:height, :width] = np.asarray(
        picture.resize((width, height), Image.Resampling.BILINEAR, box=(x0, y0, x1, y1), reducing_gap=2.0)
    )
    boxes, cut = _seen(photo.boxes_xyxy, per_px, scale, (x0, y0), (width, height))
    rejected, _ = _seen(photo.rejected_xyxy, per_px, scale, (x0, y0), (width, height))
    cells = size_px // STRIDE_PX
    trust = np.full((cells, cells), FULL if photo.drawn or photo.number == 0 else OFF, np.float16)
    for xmin, ymin, xmax, ymax in (rejected / STRIDE_PX).round().astype(int):
        trust[ymin : ymax + 1, xmin : xmax + 1] = FULL
    target = encode(boxes, cut, trust, size_px)
    return np.round(network(rgb) / _STEP).astype(np.uint8), target


def _seen(
    boxes_xyxy: NDArray[np.float32],
    per_px: float,
    scale: float,
    corner: tuple[float, float],
    size_px: tuple[int, int],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The boxes as a view shows them, and those that are cut off or too small to be learned from it."""
    boxes = (boxes_xyxy * per_px - np.array(corner * 2, np.float32)) * scale
    clipped = boxes.clip(0, np.array(size_px * 2, np.float32)).astype(np.float32)
    area, shown = (np.prod(each[:, 2:] - each[:, :2], axis=1) for each in (boxes, clipped))
    good = (shown >= _VISIBLE * area) & (shown >= _SMALLEST_PX**2)
    return clipped[good], clipped[~good & (shown > 0)]


def learn_finds(seen: Sequence[Views], start: Head, *, stage: str) -> Head:
    """The head that these views teach, on from `start`."""
    import keras
    import tensorflow as tf

    from training.detector import detector_loss

    features = np.concatenate([each.features_u8 for each in seen])
    targets = np.concatenate([each.targets for each in seen])
    before, head = _network(start), _network(start)
    optimiser = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(_RATE, _STEPS, alpha=0.02))
    optimiser.build(head.trainable_variables)

    @tf.function  # type: ignore[untyped-decorator]
    def step(x_u8: Any, target: Any) -> None:
        x = tf.cast(x_u8, tf.float32) * _STEP
        old = before(x)
        with tf.GradientTape() as tape:
            loss = detector_loss(head, x, target) + _HELD_WEIGHT * _strayed(head(x), old, target)
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, head.trainable_variables), 10.0)
        optimiser.apply_gradients(zip(gradients, head.trainable_variables, strict=True))

    random, progress = np.random.default_rng(_SEED), Progress(stage, _STEPS)
    for _ in range(_STEPS):
        batch = random.integers(len(features), size=_BATCH)
        x, target = features[batch], targets[batch].astype(np.float32)
        step(tf.constant(x), tf.constant(target))
        progress.step()
    (kernel, bias), (maps, offsets) = (layer.get_weights() for layer in head.layers[-2:])
    return Head(kernel, bias, maps[0, 0], offsets)


def _network(head: Head) -> Any:
    import keras

    x = keras.Input((None, None, len(head.kernel[0, 0])))
    convolution = keras.layers.Conv2D(len(head.bias), 3, padding="same", activation="relu6")
    maps = keras.layers.Conv2D(len(head.offsets), 1)
    network = keras.Model(x, maps(convolution(x)))
    convolution.set_weights([head.kernel, head.bias])
    maps.set_weights([head.maps[None, None], head.offsets])
    return network


def _strayed(new: Any, old: Any, target: Any) -> Any:
    """The distance from the old word, a flower: of which nobody said anything all of it, elsewhere of sizes none."""
    import tensorflow as tf

    unsaid = tf.cast(target[..., 6] == OFF, tf.float32)
    p, logit = tf.sigmoid(old[..., 0]), new[..., 0]
    heat = tf.nn.sigmoid_cross_entropy_with_logits(labels=p, logits=logit) - tf.nn.sigmoid_cross_entropy_with_logits(
        labels=p, logits=old[..., 0]
    )
    shape = p * tf.reduce_sum(tf.abs(new[..., 1:] - old[..., 1:]), axis=-1)
    return tf.reduce_sum(unsaid * (heat + shape)) / tf.maximum(tf.reduce_sum(unsaid * p), 1.0)
