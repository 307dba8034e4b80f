"""Settles how a detector's file is read: by model.toml, else by what the file says, else by its shapes.

Shapes and facts decide, never the name of a family of networks: what YOLO gives has changed between its versions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.errors import InvalidModel
from core.recognition.brought.described import LAYOUTS, Finding
from core.recognition.brought.facts import FileFacts, facts_of
from core.recognition.brought.layouts.head import Head
from core.recognition.brought.layouts.tensorflow_detection import BOXES
from core.recognition.brought.pictures import Input
from core.recognition.brought.tensors import NetworkFile, Tensor, as_pictures, by

_YOLO_STRIDES_PX = (8, 16, 32)
_FORM = {
    **{"yolo": "centre", "end-to-end": "corners", "tensorflow-detection": "corners-yx"},
    **{"boxes-and-scores": "corners", "heat-map": "centre", "points": "centre", "density-map": "centre"},
}
_BOXES = {"end-to-end": "pixels", "tensorflow-detection": "fractions", "heat-map": "cells", "points": "pixels"}
_BY_PASS = ("yolo", "boxes-and-scores")
"""Layouts with a box for every place of the picture: one forward pass shows whether they are pixels or fractions."""
_MOST_FRACTION = 2.0


def input_of(finding: Finding, file: NetworkFile) -> Input:
    """The picture that the file takes. Raises InvalidModel where neither it nor model.toml says."""
    facts = facts_of(file)
    if facts.task not in ("", "detect"):
        raise InvalidModel(
            f"{file.path} was trained to {facts.task}, not to detect. Bring a network of the task detect."
        )
    height_px, width_px = _sides(finding, file, facts)
    black, white = _range(finding, file, facts)
    return Input(
        height_px=height_px,
        width_px=width_px,
        fit=finding.fit or ("letterbox" if facts.ultralytics else _missing(file.path, "fit", "letterbox or stretch")),
        black=black,
        white=white,
        laid_out=as_pictures(file.path, file.taken, height_px=height_px, width_px=width_px, channels=finding.channels),
    )


def head_of(finding: Finding, file: NetworkFile, taken: Input, *, classes: int, least: float, counted: float) -> Head:
    """The outputs of the file, its boxes' unit by a forward pass where nothing says it. Raises InvalidModel."""
    outputs = proved(file, taken)
    shapes = [output.shape for output in outputs]
    names = tuple(tensor.name for tensor in file.given)
    sides = taken.height_px, taken.width_px
    layout = finding.layout or layout_of(shapes, names, classes=classes, sides_px=sides)
    if layout is None:
        raise InvalidModel(
            f"{file.path} gives {' and '.join(map(by, shapes))} numbers, which fit no layout for "
            f"{classes} classes. Write layout in model.toml ({', '.join(LAYOUTS)}), or correct labels.csv."
        )
    objectness = finding.objectness
    if objectness is None:
        objectness = (
            layout == "yolo" and _has(outputs[0].shape, 5 + classes) and not _has(outputs[0].shape, 4 + classes)
        )
    background = finding.background
    if background is None:
        background = layout == "tensorflow-detection" and BOXES in names
    head = Head(
        layout=layout,
        names=names,
        height_px=taken.height_px,
        width_px=taken.width_px,
        classes=classes,
        boxes=finding.boxes or _BOXES.get(layout, "pixels"),
        form=finding.form or _FORM[layout],
        logits=finding.scores == "logits",
        objectness=objectness,
        background=background,
        least=least,
        counted=counted,
        per_flower=finding.per_flower,
    )
    _expect_shapes(file.path, head, shapes)
    if finding.boxes is None and layout in _BY_PASS:
        return _with_unit(head, outputs)
    return head


def layout_of(
    shapes: Sequence[tuple[int, ...]], names: Sequence[str], *, classes: int, sides_px: tuple[int, int]
) -> str | None:
    """The one layout that outputs of these shapes (without batch axis) can be; None where several or none fit."""
    if BOXES in names or (len(shapes) >= 4 and any(len(s) == 2 and s[-1] == 4 for s in shapes)):
        return "tensorflow-detection"
    if len(shapes) == 2 and all(len(shape) in (2, 3) for shape in shapes):
        boxes = [shape for shape in shapes if 4 in shape]
        if boxes and max(shapes[0]) == max(shapes[1]):
            return "boxes-and-scores"
    if len(shapes) != 1 or len(shapes[0]) != 2:
        return None
    places = sum((sides_px[0] // stride) * (sides_px[1] // stride) for stride in _YOLO_STRIDES_PX)
    raw = _has(shapes[0], 4 + classes) or _has(shapes[0], 5 + classes)
    if raw and (places in shapes[0] or shapes[0][1] != 6):
        return "yolo"
    return "end-to-end" if shapes[0][1] == 6 else None


def proved(file: NetworkFile, taken: Input) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    """The outputs for a picture from black to white, without their batch axis. Raises InvalidModel."""
    levels = np.linspace(0, 1, taken.width_px, dtype=np.float32)[:, None]
    black, white = np.array(taken.black, np.float32), np.array(taken.white, np.float32)
    pixels = np.broadcast_to(black + levels * (white - black), (taken.height_px, taken.width_px, len(black)))
    try:
        outputs = file(taken.laid_out(np.ascontiguousarray(pixels)))
    except Exception as error:  # whatever its operations raise
        reason = " ".join(str(error).split())[:200]
        raise InvalidModel(f"{file.path} fails on a picture: {reason}. Mend the network.") from error
    if not all(np.isfinite(output).all() for output in outputs):
        raise InvalidModel(f"{file.path} gives numbers that are not finite. Mend it, or black and white in model.toml.")
    return [output[0] if output.ndim else output for output in outputs]


def _sides(finding: Finding, file: NetworkFile, facts: FileFacts) -> tuple[int, int]:
    if finding.height_px and finding.width_px:
        return finding.height_px, finding.width_px
    fixed = _fixed(file.taken, finding.channels)
    if fixed:
        return fixed
    if facts.height_px and facts.width_px:
        return facts.height_px, facts.width_px
    raise InvalidModel(
        f"{file.path} takes pictures of any size. Write input_px in model.toml: what it was trained with."
    )


def _fixed(taken: Tensor, channels: int) -> tuple[int, int] | None:
    """Height and width by the shape of the input, channels last or first."""
    shape = taken.shape[1:]
    if len(shape) == 3:
        sides = shape[:2] if shape[2] == channels else shape[1:]
        if sides[0] and sides[1]:
            return sides[0], sides[1]
    return None


def _range(finding: Finding, file: NetworkFile, facts: FileFacts) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Black and white: of whole numbers those that the file's own scale makes of 0 and 255."""
    if finding.black and finding.white:
        return finding.black, finding.white
    taken, channels = file.taken, finding.channels
    if facts.ultralytics:
        return (0.0,) * channels, (1.0,) * channels
    if np.issubdtype(taken.dtype, np.integer):
        lowest = np.iinfo(taken.dtype).min  # type: ignore[type-var]
        scale = taken.scale or 1.0
        return (scale * (lowest - taken.zero_point),) * channels, (
            scale * (lowest + 255 - taken.zero_point),
        ) * channels
    raise InvalidModel(
        f"{file.path} does not say which numbers it takes. Write black and white in model.toml: 0 and 1, 0 and 255, "
        "or -1 and 1."
    )


def _missing(path: Path, key: str, words: str) -> str:
    raise InvalidModel(f"{path} does not say how photos go into its input. Write {key} in model.toml: {words}.")


def _with_unit(head: Head, outputs: Sequence[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]) -> Head:
    """The same head with boxes in pixels or fractions, whichever those of a whole picture are."""
    boxes = outputs[0]
    if head.layout == "boxes-and-scores":
        boxes = next(output for output in outputs if 4 in output.shape)
    rows = boxes if boxes.shape[-1] != max(boxes.shape) else boxes.T
    most = float(np.abs(rows.reshape(-1, rows.shape[-1])[:, :4]).max(initial=0))
    return replace(head, boxes="fractions" if most <= _MOST_FRACTION else "pixels")


def _expect_shapes(path: Path, head: Head, shapes: Sequence[tuple[int, ...]]) -> None:
    """Refuse outputs that cannot be of this layout with these classes."""
    columns = head.classes + head.background
    one = len(shapes) == 1
    fits = {
        "yolo": one and _has(shapes[0], 4 + head.objectness + head.classes),
        "end-to-end": one and len(shapes[0]) == 2 and shapes[0][1] == 6,
        "tensorflow-detection": len(shapes) >= 3 and any(len(s) == 2 and s[1] == 4 for s in shapes),
        "boxes-and-scores": len(shapes) == 2 and any(4 in s for s in shapes) and any(columns in s for s in shapes),
        "heat-map": 4 in map(len, [(*s, 0) for s in shapes])
        and (any(head.classes + n in shapes[0] for n in (2, 4)) if one else head.classes in shapes[0]),
        "points": (one and _has(shapes[0], 2 + columns)) or (len(shapes) == 2 and any(2 in s for s in shapes)),
        "density-map": one and len(shapes[0]) in (2, 3),
    }[head.layout]
    if not fits:
        raise InvalidModel(
            f"{path} gives {' and '.join(map(by, shapes))} numbers, which are not of the layout {head.layout} with "
            f"{head.classes} classes. Correct labels.csv, or layout, objectness or background in model.toml."
        )


def _has(shape: tuple[int, ...], columns: int) -> bool:
    return len(shape) == 2 and columns in shape
