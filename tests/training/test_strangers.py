"""Flowers of a genus without a label teach that no name comes to mind; peonies only measure."""

from dataclasses import replace

import numpy as np
import pytest

from core.recognition.taxa import Label
from training.classifier import strangers
from training.crops import CropMaker
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


def batch(*, blended_share: float, stranger: bool) -> tuple[np.ndarray, np.ndarray]:
    """400 crops: white roses, black irises, grey nothing, and where there is a stranger its black flowers."""
    photos = {name: np.full((60, 60, 3), grey, np.uint8) for name, grey in (("rose", 255), ("iris", 0), ("no", 99))}
    maker = CropMaker(
        photos=photos,
        rows_of_class=[[replace(row("", taxon=taxon), photo=taxon)] for taxon in ("rose", "iris")],
        empty=[replace(row("", BOX[:0]), photo="no")],
        size_px=32,
        batch=400,
        strangers=[replace(row("Actinidia"), photo="iris")] * stranger,
        blended_share=blended_share,
    )
    return maker(np.random.default_rng(0))


def test_a_batch_holds_flowers_nothing_and_strangers_by_their_shares():
    _, target = batch(blended_share=0, stranger=True)
    nothing, strange = target[:, 2] == 1, (target[:, 0] == 0.5) & (target[:, 1] == 0.5)
    np.testing.assert_allclose([nothing.mean(), strange.mean()], [0.12, 0.08], atol=0.04)
    np.testing.assert_allclose(target.sum(axis=1), 1)


def test_what_a_blended_crop_is_is_blended_like_its_pixels():
    crops, target = batch(blended_share=1, stranger=False)
    flowers = target[:, 2] == 0
    between = (target[flowers, 0] > 0.05) & (target[flowers, 0] < 0.95)
    assert between.mean() > 0.3
    white = crops[flowers].mean(axis=(1, 2, 3))
    assert np.corrcoef(white, target[flowers, 0])[0, 1] > 0.9
    assert (target[~flowers, 2] == 1).all(), "nothing is not blended"
