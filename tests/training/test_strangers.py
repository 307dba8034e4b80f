"""Flowers of a genus without a label teach that no name comes to mind; peonies only measure."""

import numpy as np
import pytest

from core.recognition.package import Label
from training.classifier import strangers
from training.crops import STRANGER, CropMaker
from training.dataset import PhotoRow

LABELS = [Label("rose", "Rosa", "genus", "Rosa", "Rosaceae", "rose", "roos", "flower", "", "")]
BOX = np.array([[0, 0, 40, 40]], np.float32)


def row(genus: str, boxes: np.ndarray = BOX, *, taxon: str = "") -> PhotoRow:
    return PhotoRow("p", 60, 60, "s", "g", taxon, len(boxes), "foreground", boxes, None, "train", genus)


@pytest.mark.parametrize(
    ("a_row", "stranger"),
    [
        pytest.param(row("Actinidia"), True, id="kiwifruit"),
        pytest.param(row("Hydrangea Malvaviscus"), True, id="one of two strange genera"),
        pytest.param(row("Rosa"), False, id="another rose: the genus has a label"),
        pytest.param(row("Paeonia"), False, id="peony, only to measure with"),
        pytest.param(row(""), False, id="nobody knows"),
        pytest.param(row("", taxon="rose"), False, id="a known kind"),
        pytest.param(row("Actinidia", BOX[:0]), False, id="nobody boxed it"),
    ],
)
def test_who_is_a_stranger(a_row, stranger):
    assert strangers([a_row], LABELS) == ([a_row] if stranger else [])


def test_a_batch_holds_flowers_nothing_and_strangers_by_their_shares():
    photos = {"p": np.zeros((60, 60, 3), np.uint8)}
    maker = CropMaker(photos=photos, rows_of_class=[[row("", taxon="rose")]], empty=[row("", BOX[:0])], size_px=32,
                      batch=400, strangers=[row("Actinidia")])  # fmt: skip
    _, classes = maker(np.random.default_rng(0))
    shares = [(classes == number).mean() for number in (0, 1, STRANGER)]
    np.testing.assert_allclose(shares, [0.80, 0.12, 0.08], atol=0.04)
