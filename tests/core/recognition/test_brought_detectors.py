"""Detectors that people bring: each layout finds the squares where they are, or is refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto

from core.errors import InvalidModel
from core.photo.reading import only_pixels
from core.recognition.brought.pictures import Input
from core.recognition.counting import count_flowers
from core.recognition.detector import Part
from core.recognition.intervals import Count
from core.recognition.loading import load_model
from core.recognition.package import load_package
from core.settings import SHIPPED_MODEL
from tests.core.detectors import ULTRALYTICS, detector_package, onnx_detector

PAINT = {"red": (250, 0, 0), "green": (0, 250, 0), "blue": (0, 0, 250)}
SQUARES = (("red", 10, 0), ("green", 40, 30), ("blue", 70, 50))
"""Colour, left and top of squares of 10 px in a photo of 80 x 60: in an input of 64 px they are 8 px, and where a photo
is letterboxed they lie below 8 px of grey."""

RANGE = {"black": 0.0, "white": 1.0}
BARE = {"fit": "letterbox", **RANGE}


def photo(squares=SQUARES, *, width: int = 80, height: int = 60, side: int = 10):
    rgb_u8 = np.full((height, width, 3), 40, np.uint8)
    for colour, x, y in squares:
        rgb_u8[y : y + side, x : x + side] = PAINT[colour]
    return only_pixels(rgb_u8)


def seen(folder: Path, of=None) -> list[tuple[str, list[int]]]:
    """Name and box of each flower over 0.5, from top to bottom."""
    flowers = load_model(folder).recognise(of or photo()).flowers
    found = [
        (taxa[0].taxon if taxa else "", [round(float(n)) for n in box])
        for box, taxa, p in zip(flowers.boxes_xyxy, flowers.taxa, flowers.probability, strict=True)
        if p > 0.5
    ]
    return sorted(found, key=lambda each: each[1][1])


BOXES = [(colour, [x, y, x + 10, y + 10]) for colour, x, y in SQUARES]
MIDDLES = [(colour, [x + 5, y + 5, x + 5, y + 5]) for colour, x, y in SQUARES]


@pytest.mark.parametrize(
    ("network", "values", "expected"),
    [
        pytest.param({"layout": "yolo", "facts": ULTRALYTICS}, {}, BOXES, id="yolo that says all itself"),
        pytest.param({"layout": "yolo"}, BARE, BOXES, id="yolo, pixels"),
        pytest.param({"layout": "yolo", "fractions": True}, BARE, BOXES, id="yolo, fractions"),
        pytest.param({"layout": "yolo", "turned": True}, BARE, BOXES, id="yolo, turned"),
        pytest.param({"layout": "yolo", "channels_last": True}, BARE, BOXES, id="yolo, channels last"),
        pytest.param({"layout": "v5", "turned": True}, BARE, BOXES, id="yolo with objectness"),
        pytest.param({"layout": "yolo", "white": 255.0}, BARE | {"white": 255.0}, BOXES, id="0 to 255"),
        pytest.param(
            {"layout": "yolo", "white": 255.0, "dtype": TensorProto.UINT8}, {"fit": "letterbox"}, BOXES, id="uint8"
        ),
        pytest.param({"layout": "yolo", "dtype": TensorProto.FLOAT16}, BARE, BOXES, id="float16"),
        pytest.param({"layout": "end-to-end"}, BARE, BOXES, id="end to end"),
        pytest.param({"layout": "end-to-end", "fractions": True}, BARE | {"boxes": "fractions"}, BOXES, id="e2e 0-1"),
        pytest.param({"layout": "tensorflow-detection", "fractions": True}, BARE, BOXES, id="TensorFlow detection"),
        pytest.param({"layout": "boxes-and-scores"}, BARE, BOXES, id="boxes and scores"),
        pytest.param({"layout": "boxes-and-scores", "fractions": True}, BARE, BOXES, id="boxes and scores, fractions"),
        pytest.param({"layout": "heat-map"}, BARE | {"layout": "heat-map"}, BOXES, id="heat map"),
        pytest.param({"layout": "points"}, BARE | {"layout": "points"}, MIDDLES, id="points"),
    ],
)  # fmt: skip
def test_each_layout_finds_and_names_squares_where_they_are(tmp_path, network, values, expected):
    file = onnx_detector(tmp_path / "squares.onnx", **network)
    assert seen(detector_package(tmp_path, file, **values)) == expected


def test_a_stretched_photo_fills_the_input(tmp_path):
    file = onnx_detector(tmp_path / "squares.onnx", layout="yolo")
    wide = np.full((40, 80, 3), 40, np.uint8)
    for colour, x, y in (("red", 10, 5), ("blue", 60, 30)):
        wide[y : y + 5, x : x + 10] = PAINT[colour]
    found = seen(detector_package(tmp_path, file, **BARE | {"fit": "stretch"}), only_pixels(wide))
    assert found == [("red", [10, 5, 20, 10]), ("blue", [60, 30, 70, 35])]


@pytest.mark.parametrize(
    ("size_px", "place"),
    [
        pytest.param((64, 48), (0, 8, 64, 56), id="grey above and below"),
        pytest.param((48, 64), (8, 0, 56, 64), id="grey on both sides"),
        pytest.param((64, 33), (0, 15, 64, 48), id="an odd pixel of grey goes below"),
        pytest.param((32, 32), (16, 16, 48, 48), id="a smaller part stays small"),
    ],
)
def test_a_letterbox_keeps_the_shape_in_the_middle_of_grey(size_px, place):
    white = Part(size_px, lambda size: np.full((size[1], size[0], 3), 255, np.uint8))
    taken = Input(64, 64, "letterbox", (0.0,) * 3, (255.0,) * 3, lambda pixels: pixels)
    pixels, back = taken.numbers(white)
    left, top, right, bottom = place
    assert (pixels[top:bottom, left:right] == 255).all()
    assert (pixels == 114).sum() == 3 * (64 * 64 - (right - left) * (bottom - top))
    np.testing.assert_allclose(back(np.array([place], np.float32)), [[0, 0, *size_px]])


def test_an_input_that_is_no_square_is_filled_by_a_photo_of_its_shape():
    part = Part((72, 54), lambda size: np.full((size[1], size[0], 3), 255, np.uint8))
    pixels, back = Input(72, 96, "letterbox", (0.0,) * 3, (1.0,) * 3, lambda pixels: pixels).numbers(part)
    assert pixels.shape == (72, 96, 3)
    assert (pixels == 1).all()
    np.testing.assert_allclose(back(np.array([[0, 0, 96, 72]], np.float32)), [[0, 0, 72, 54]])


def test_a_density_map_counts_its_sum_and_points_lie_where_it_is(tmp_path):
    values = {"layout": "density-map", "named_by": "nobody", "per_flower": 0.98} | BARE
    file = onnx_detector(tmp_path / "squares.onnx", layout="density-map")
    model = load_model(detector_package(tmp_path, file, labels=False, **values))
    found = model.recognise(photo())
    assert sorted(((box[:2] + box[2:]) / 2).round().tolist() for box in found.flowers.boxes_xyxy) == [
        [x + 5, y + 5] for _, x, y in SQUARES
    ]
    counted = count(model, found)
    assert (counted.total, [row.taxon.name for row in counted.taxa]) == (Count(3, 3, 3), ["unknown"])


def count(model, found):
    package = model.package
    return count_flowers(
        found.flowers,
        package_labels=package.labels,
        threshold=package.default_threshold,
        recall=package.recall,
        widening=package.widening,
        flag=found.flag,
    )


def test_until_it_is_calibrated_counts_have_no_interval_and_the_version_and_names_say_so(tmp_path):
    file = onnx_detector(tmp_path / "squares.onnx", layout="yolo", facts=ULTRALYTICS)
    model = load_model(detector_package(tmp_path, file))
    counted = count(model, model.recognise(photo()))
    assert model.package.version == "1 (not calibrated)"
    assert counted.total == Count(3, 3, 3, lower_bound=True)
    assert {(row.flowers, row.band) for row in counted.taxa} == {(Count(1, 1, 1, lower_bound=True), "uncertain")}


@pytest.mark.parametrize(("most", "flag"), [(3, "capped"), (4, "tiny")])
def test_as_many_finds_as_the_network_can_give_are_a_lower_bound(tmp_path, most, flag):
    file = onnx_detector(tmp_path / "squares.onnx", layout="end-to-end", most=most)
    model = load_model(detector_package(tmp_path, file, **BARE))
    found = model.recognise(photo())
    assert (found.flag, count(model, found).total.lower_bound) == (flag, True)


def test_a_photo_with_more_pixels_is_looked_at_in_tiles_and_each_square_counts_once(tmp_path):
    file = onnx_detector(tmp_path / "squares.onnx", layout="yolo", side_px=128)
    squares = [("red", 64 + 8 * x, 64 + 8 * y) for x in range(0, 56, 4) for y in range(0, 56, 4)]
    large = photo(squares, width=512, height=512, side=8)
    assert seen(detector_package(tmp_path, file, **BARE), large) == sorted(
        ((colour, [x, y, x + 8, y + 8]) for colour, x, y in squares), key=lambda each: each[1][1]
    )


def test_one_class_means_flower_and_bloom_names_it(tmp_path):
    file = onnx_detector(tmp_path / "squares.onnx", layout="yolo", classes=1)
    model = load_model(detector_package(tmp_path, file, labels=False, **BARE))
    flowers = model.recognise(photo()).flowers
    known = {label.taxon for label in load_package(SHIPPED_MODEL).labels}
    assert [round(float(n)) for n in flowers.boxes_xyxy[0]] == [10, 0, 20, 10]
    assert all(taxon in known for taxon, _ in flowers.taxa[0])
    assert model.package.version.startswith("1 (not calibrated) with bloom ")


@pytest.mark.parametrize(
    ("network", "values", "sentence"),
    [
        pytest.param({"facts": ULTRALYTICS | {"task": "segment"}}, {}, "was trained to segment, not to", id="task"),
        pytest.param({}, RANGE, "does not say how photos go into its input. Write fit in model.toml", id="fit"),
        pytest.param({}, {"fit": "stretch"}, "which numbers it takes. Write black and white", id="range"),
        pytest.param({}, BARE | {"layout": "end-to-end"}, "not of the layout end-to-end with 3 classes", id="layout"),
        pytest.param({"layout": "heat-map"}, BARE, "fit no layout for 3 classes. Write layout in model.toml", id="map"),
        pytest.param({}, BARE | {"input_px": 96}, "and not one picture of 96 x 96 x 3. Correct input_px", id="size"),
        pytest.param({}, BARE | {"input_px": [64]}, "or a list of height and width", id="sides"),
        pytest.param({}, {"black": 0.0}, "write both black and white, or neither", id="black alone"),
        pytest.param({}, BARE | {"layuot": "yolo"}, "there is no key layuot; the keys are background, bl", id="typo"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_in_a_sentence(tmp_path, network, values, sentence):
    file = onnx_detector(tmp_path / "squares.onnx", **{"layout": "yolo"} | network)
    with pytest.raises(InvalidModel, match=sentence):
        load_model(detector_package(tmp_path, file, **values))


def test_operations_of_its_own_are_refused_in_a_sentence(tmp_path):
    file = onnx_detector(tmp_path / "squares.onnx", layout="yolo", domain="my.lab")
    with pytest.raises(InvalidModel, match="it has operations of its own, which onnxruntime does not run"):
        load_model(detector_package(tmp_path, file, **BARE))


def test_weights_in_another_file_are_not_read(tmp_path):
    file = onnx_detector(tmp_path / "squares.onnx", layout="yolo", elsewhere=True)
    with pytest.raises(InvalidModel, match=r"its weights lie in another file\. Save it as one \.onnx file"):
        load_model(detector_package(tmp_path, file, **BARE))
