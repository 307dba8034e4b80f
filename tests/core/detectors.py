"""Detectors that people might bring, built on the spot in every layout: they see squares of pure colour.

Each cell of 8 x 8 pixels of the input scores for red, green and blue, and its box is the cell. So a square that lies in
one cell comes back in its place only where channels, scale, letterbox and the layout's axes are read as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from core.recognition.model_toml import sha256_of
from tests.core.digits import lines

CELL_PX = 8
COLOURS = ("red", "green", "blue")
ULTRALYTICS = {"author": "Ultralytics", "task": "detect", "stride": "8", "names": "{0: 'red', 1: 'green', 2: 'blue'}"}


class Graph:
    """An ONNX graph in the making; a value is named by its number."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, values: NDArray) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def __call__(self, op: str, *inputs: str | NDArray, outputs: int = 1, **attributes: object) -> str:
        names = [each if isinstance(each, str) else self.constant(each) for each in inputs]
        out = [f"v{len(self.nodes)}"] + [f"v{len(self.nodes)}_{n}" for n in range(1, outputs)]
        self.nodes.append(helper.make_node(op, names, out, **attributes))
        return out[0]


def onnx_detector(
    path: Path,
    *,
    layout: str,
    side_px: int = 64,
    white: float = 1.0,
    turned: bool = False,
    channels_last: bool = False,
    fractions: bool = False,
    most: int = 12,
    classes: int = 3,
    dtype: int = TensorProto.FLOAT,
    alone: bool = True,
    domain: str = "",
    elsewhere: bool = False,
    facts: Mapping[str, str] = {},
) -> Path:
    """Write such a detector. white: the number that it takes for 255. most: finds that it gives where that is fixed.
    alone: whether a colour is seen only where no other one is. domain: of an operation of its own. elsewhere: whether
    its weights lie in another file.
    """
    graph, cells = Graph(), side_px // CELL_PX
    shape = [1, side_px, side_px, 3] if channels_last else [1, 3, side_px, side_px]
    pixels = graph("Cast", "pixels", to=TensorProto.FLOAT)
    pixels = graph("Transpose", pixels, perm=[0, 3, 1, 2]) if channels_last else pixels
    scores = graph(
        "Sigmoid", graph("Conv", pixels, *colour_kernel(white, classes, alone=alone), strides=[CELL_PX] * 2)
    )  # (1, 3, cells, cells)
    places = graph("Reshape", scores, np.array([1, classes, cells * cells]))
    unit = side_px if fractions else 1
    centred, corners = (boxes / np.float32(unit) for boxes in cell_boxes(cells))
    given = {
        "yolo": lambda: [graph("Concat", centred.T[None], places, axis=1)],
        "v5": lambda: [graph("Concat", centred.T[None], np.ones((1, 1, cells**2), np.float32), places, axis=1)],
        "boxes-and-scores": lambda: [graph.constant(corners[None]), graph("Transpose", places, perm=[0, 2, 1])],
        "heat-map": lambda: [graph("Concat", scores, np.ones((1, 2, cells, cells), np.float32), axis=1)],
        "points": lambda: [graph("Concat", centred.T[None, :2], places, axis=1)],
        "density-map": lambda: [graph("ReduceSum", scores, np.array([1]), keepdims=1)],
        "end-to-end": lambda: [_best(graph, places, corners, most)],
        "tensorflow-detection": lambda: _named(graph, _best(graph, places, corners[:, [1, 0, 3, 2]], most), most),
    }[layout]()
    if turned:
        given = [graph("Transpose", one, perm=[0, 2, 1]) for one in given]
    names = ["detection_boxes", "detection_classes", "detection_scores", "num_detections"]
    names = names if layout == "tensorflow-detection" else [f"output{n}" for n in range(len(given))]
    for value, name in zip(given, names, strict=True):
        graph.nodes.append(helper.make_node("Petals" if domain else "Identity", [value], [name], domain=domain))
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "squares",
            [helper.make_tensor_value_info("pixels", dtype, shape)],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", 17), *([helper.make_opsetid(domain, 1)] if domain else [])],
        ir_version=9,
    )
    helper.set_model_props(model, dict(facts))
    onnx.save(model, path, save_as_external_data=elsewhere, size_threshold=0)
    return path


def detector_package(
    folder: Path, network: Path, *, labels: bool = True, classifier: str = "", **values: object
) -> Path:
    """A package folder around a network that lies in it. classifier: [classifier] as text. values: of [detector]."""
    if labels:
        rows = [f"{name},Color {name},Color,Colores,{name},{name}" for name in COLOURS]
        (folder / "labels.csv").write_text(
            "taxon,scientific_name,genus,family,english,dutch\n" + "\n".join(rows) + "\n"
        )
    described = f'[labels]\nfile = "labels.csv"\nsha256 = "{sha256_of(folder / "labels.csv")}"\n\n' if labels else ""
    (folder / "model.toml").write_text(
        f'format = 1\nkind = "detector"\nname = "squares"\nversion = "1"\n\n{described}'
        f'[detector]\nfile = "{network.name}"\nsha256 = "{sha256_of(network)}"\n{lines(values)}{classifier}'
    )
    return folder


def colour_kernel(white: float, classes: int, *, alone: bool = True) -> tuple[NDArray, NDArray]:
    """Weights (class, channel, y, x) and bias that give 4 for a cell of pure colour, -6 for black, grey and white.

    alone: whether other colours speak against one; else yellow is red and green.
    """
    weights = np.full((3, 3, CELL_PX, CELL_PX), -10 / white / CELL_PX**2 * alone, np.float32)
    for n in range(3):
        weights[n, n] = 10 / white / CELL_PX**2
    return weights[:classes], np.full(classes, -6, np.float32)


def cell_boxes(cells: int) -> tuple[NDArray, NDArray]:
    """The box of each cell, row by row, in pixels: (n, 4) as centre x y w h, and as corners."""
    y, x = (axis.reshape(-1).astype(np.float32) * CELL_PX for axis in np.mgrid[:cells, :cells])
    side = np.full(len(x), CELL_PX, np.float32)
    return np.stack([x + 4, y + 4, side, side], axis=1), np.stack([x, y, x + side, y + side], axis=1)


def _best(graph: Graph, places: str, boxes: NDArray, most: int) -> str:
    """(1, most, 6): box, score and class of the best."""
    flat = graph("Reshape", places, np.array([-1]))
    scores = graph("TopK", flat, np.array([most]), outputs=2)
    at = f"{scores}_1"
    place = graph("Mod", at, np.array(len(boxes)))
    kind = graph("Cast", graph("Div", at, np.array(len(boxes))), to=TensorProto.FLOAT)
    columns = [graph("Unsqueeze", each, np.array([1])) for each in (scores, kind)]
    rows = graph("Concat", graph("Gather", graph.constant(boxes), place), *columns, axis=1)
    return graph("Unsqueeze", rows, np.array([0]))


def _named(graph: Graph, rows: str, most: int) -> list[str]:
    """Boxes, classes from 1 on, scores and number."""
    part = [
        graph("Slice", rows, *(np.array([n]) for n in (first, past, 2))) for first, past in ((0, 4), (5, 6), (4, 5))
    ]
    kinds = graph("Add", graph("Squeeze", part[1], np.array([2])), np.float32([1]))
    return [part[0], kinds, graph("Squeeze", part[2], np.array([2])), graph.constant(np.float32([most]))]
