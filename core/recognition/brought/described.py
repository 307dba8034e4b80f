"""Sections of model.toml that describe a classifier or a detector that people bring.

What a detector's file says by itself (core/recognition/brought/heads.py) may be left out; None stands for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import InvalidModel
from core.recognition.intervals import Widening, read_widening
from core.recognition.model_toml import Section
from core.recognition.network import MAX_INPUT_PX, Network, network_file

LAYOUTS = (
    *("yolo", "end-to-end", "tensorflow-detection", "boxes-and-scores"),
    *("heat-map", "points", "density-map"),
)
_CLASSIFIER_KEYS = {"file", "sha256", "input_px", "channels", "black", "white", "output", "not_a_flower", "temperature"}
_DETECTOR_KEYS = {
    *("file", "sha256", "layout", "input_px", "fit", "channels", "black", "white", "boxes", "form", "scores"),
    *("objectness", "background", "suppress", "threshold", "named_by", "flower_px", "per_flower"),
}


@dataclass(frozen=True, slots=True)
class Naming:
    """A classifier that people brought.

    output: probabilities that add up to 1, logits, or sigmoid (a probability a taxon, each by itself).
    not_a_flower: whether its first or last output stands for none of the labels; empty where none does.
    temperature: its logits are divided by it.
    """

    network: Network
    output: str
    not_a_flower: str
    temperature: float


@dataclass(frozen=True, slots=True)
class FindCalibration:
    """Measured on photos that people reviewed: a find with a score is a flower with the sigmoid of
    bias + weight x logit(score).

    named_right: the share of its names that people kept. scale: of a density map, flowers for one that it counts.
    threshold, recall, widening: as of a package.
    """

    bias: float
    weight: float
    scale: float
    named_right: float
    threshold: float
    recall: float
    widening: Widening


@dataclass(frozen=True, slots=True)
class Finding:
    """A detector that people brought, as far as model.toml describes it.

    height_px, width_px: of its input. fit: "letterbox" keeps the photo's shape, "stretch" fills the input.
    black, white: the numbers that it takes for 0 and 255. boxes: "pixels" of the input, "fractions" of it, or "cells"
    of a heat map. form: "centre" (x, y, width, height), "corners" (left, top, right, bottom) or "corners-yx".
    scores: "probabilities" or "logits". objectness: whether a score beside the classes' multiplies them.
    background: whether its first class is none. each_class: whether boxes of different classes never merge.
    threshold: least score that is counted until it is calibrated. named_by: labels, classifier, bloom or nobody.
    flower_px: side of what is cut around a point to name it. per_flower: what a density map sums to for one flower.
    """

    path: Path
    named_by: str
    layout: str | None
    height_px: int | None
    width_px: int | None
    fit: str | None
    channels: int
    black: tuple[float, ...] | None
    white: tuple[float, ...] | None
    boxes: str | None
    form: str | None
    scores: str
    objectness: bool | None
    background: bool | None
    each_class: bool
    threshold: float
    flower_px: int
    per_flower: float
    calibration: FindCalibration | None = None


def read_naming(directory: Path, table: dict[str, Any]) -> Naming:
    """The section [classifier]. Raises InvalidModel."""
    section = Section(directory, table, "classifier")
    section.expect_only(_CLASSIFIER_KEYS)
    channels = section.choice("channels", (1, 3))
    given = table["classifier"].get("not_a_flower", False)
    no_flower = section.choice("not_a_flower", ("first", "last")) if isinstance(given, str) else ""
    if not no_flower and section.choice("not_a_flower", (False, True), default=False):
        no_flower = "last"  # as packages of version 1 have it
    return Naming(
        network=Network(
            path=network_file(directory, section),
            input_px=section.whole_number("input_px", 8, MAX_INPUT_PX),
            channels=channels,
            black=section.numbers("black", channels),
            white=section.numbers("white", channels),
        ),
        output=section.choice("output", ("probabilities", "logits", "sigmoid")),
        not_a_flower=no_flower,
        temperature=section.number("temperature", 0.01, 100, default=1.0),
    )


def read_finding(directory: Path, table: dict[str, Any]) -> Finding:
    """The section [detector] of a package of kind "detector". Raises InvalidModel."""
    section = Section(directory, table, "detector")
    section.expect_only(_DETECTOR_KEYS)
    given = table["detector"]
    channels = section.choice("channels", (3, 1), default=3)
    height_px, width_px = _input_px(section, given.get("input_px"))
    usual = "classifier" if "classifier" in table else "labels" if "labels" in table else "bloom"
    named_by = section.choice("named_by", ("labels", "classifier", "bloom", "nobody"), default=usual)
    if ("black" in given) != ("white" in given):
        raise InvalidModel(f"{directory / 'model.toml'}, [detector]: write both black and white, or neither.")

    def named(key: str, *allowed: str) -> str | None:
        return section.choice(key, allowed) if key in given else None

    def either(key: str) -> bool | None:
        return section.choice(key, (False, True)) if key in given else None

    return Finding(
        path=network_file(directory, section),
        named_by=named_by,
        layout=named("layout", *LAYOUTS),
        height_px=height_px,
        width_px=width_px,
        fit=named("fit", "letterbox", "stretch"),
        channels=channels,
        black=section.numbers("black", channels) if "black" in given else None,
        white=section.numbers("white", channels) if "white" in given else None,
        boxes=named("boxes", "pixels", "fractions", "cells"),
        form=named("form", "centre", "corners", "corners-yx"),
        scores=section.choice("scores", ("probabilities", "logits"), default="probabilities"),
        objectness=either("objectness"),
        background=either("background"),
        each_class=section.choice("suppress", ("all classes", "each class"), default="all classes") == "each class",
        threshold=section.number("threshold", 0.05, 1, default=0.25),
        flower_px=section.whole_number("flower_px", 8, MAX_INPUT_PX, default=64),
        per_flower=section.number("per_flower", 1e-6, 1e6, default=1.0),
    )


def read_calibration(directory: Path, table: dict[str, Any]) -> FindCalibration | None:
    """The sections that `models calibrate` writes; None where it has not. Raises InvalidModel."""
    if "calibration" not in table:
        return None
    section, counting = Section(directory, table, "calibration"), Section(directory, table, "counting")
    return FindCalibration(
        bias=section.number("bias", -50, 50),
        weight=section.number("weight", 0, 50),
        scale=section.number("scale", 0.01, 100),
        named_right=section.number("named_right", 0, 1),
        threshold=counting.number("default_threshold", 0.05, 1),
        recall=counting.number("recall", 0.01, 1),
        widening=read_widening(directory, table),
    )


def _input_px(section: Section, given: object) -> tuple[int | None, int | None]:
    """Height and width; one number is both."""
    if given is None:
        return None, None
    if isinstance(given, list):
        height, width = section.sizes("input_px", 32, MAX_INPUT_PX)
        return height, width
    side = section.whole_number("input_px", 32, MAX_INPUT_PX)
    return side, side
