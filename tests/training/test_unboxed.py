"""Flowers that people left out teach the second detector; a part of a boxed flower does not."""

from pathlib import Path

import numpy as np
import pytest

from core.recognition.taxa import Label
from training.dataset import PhotoRow
from training.unboxed import beside, unboxed_flowers, with_unboxed

LABELS = [
    Label(taxon, taxon, "genus", taxon, "family", taxon, taxon, "flower", "", "") for taxon in ("red", "green", "blue")
]


def row(boxed: str, boxes: list[list[float]], *, taxon: str = "red") -> PhotoRow:
    return PhotoRow(
        "p", 90, 90, "s", "g", taxon, len(boxes), boxed, np.array(boxes, np.float32).reshape(-1, 4), None, "train"
    )


@pytest.mark.parametrize(
    ("find", "kept"),
    [
        pytest.param([50, 50, 70, 70], True, id="apart"),
        pytest.param([29, 10, 49, 30], True, id="touching"),
        pytest.param([12, 12, 20, 20], False, id="a petal of it"),
        pytest.param([0, 0, 60, 60], False, id="around it"),
        pytest.param([11, 10, 31, 30], False, id="the same"),
    ],
)
def test_only_what_lies_beside_every_drawn_box_is_another_flower(find, kept):
    drawn = np.array([[10, 10, 30, 30]], np.float32)
    assert len(beside(np.array([find], np.float32), drawn)) == kept


def colours(pixels: np.ndarray) -> np.ndarray:
    """A network that knows red, green and blue from nothing (black)."""
    mean = pixels.mean(axis=(0, 1)) / 32
    return np.array([*mean, 2], np.float32)


def test_a_find_is_a_flower_where_the_classifier_calls_it_by_the_photos_kind(tmp_path: Path):
    photo = np.zeros((90, 90, 3), np.uint8)
    photo[:30, :30, 0] = photo[:30, 60:, 1] = 255  # a red and a green flower; black below
    finds = {"p": np.array([[4, 4, 26, 26, 0.3], [64, 4, 86, 26, 0.9], [30, 60, 50, 80, 0.9]], np.float32)}
    found = unboxed_flowers(
        [row("no", []), row("no", [], taxon="")],
        {"p": photo},
        finds,
        colours,
        LABELS,
        input_px=32,
        file=tmp_path / "u.npz",
    )
    assert found["p"].tolist() == [[4, 4, 26, 26]]


def test_a_photo_without_boxes_becomes_a_crowd_and_others_keep_their_word():
    more = {"p": np.array([[60, 60, 80, 80]], np.float32)}
    assert with_unboxed(row("no", []), more).boxed == "crowd"
    known = with_unboxed(row("foreground", [[10, 10, 30, 30]]), more)
    assert (known.boxed, len(known.boxes_xyxy)) == ("foreground", 2)
