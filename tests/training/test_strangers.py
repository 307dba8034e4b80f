"""Flowers of a genus without a label teach that no name comes to mind; peonies only measure."""

from dataclasses import replace

import numpy as np
import pytest

from core.recognition.package import Label
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


def batch(*, blended_share: float) -> tuple[np.ndarray, np.ndarray]:
    """400 crops: white roses, a black stranger, grey nothing."""
    photos = {name: np.full((60, 60, 3), grey, np.uint8) for name, grey in (("rose", 255), ("other", 0), ("no", 99))}
    maker = CropMaker(
        photos=photos,
        rows_of_class=[[replace(row("", taxon="rose"), photo="rose")], [replace(row("", taxon="iris"), photo="rose")]],
        empty=[replace(row("", BOX[:0]), photo="no")],
        size_px=32,
        batch=400,
        strangers=[replace(row("Actinidia"), photo="other")],
        blended_share=blended_share,
    )
    return maker(np.random.default_rng(0))


def test_a_batch_holds_flowers_nothing_and_strangers_by_their_shares():
    _, target = batch(blended_share=0)
    nothing, stranger = target[:, 2] == 1, (target[:, 0] == 0.5) & (target[:, 1] == 0.5)
    np.testing.assert_allclose([nothing.mean(), stranger.mean()], [0.12, 0.08], atol=0.04)
    np.testing.assert_allclose(target.sum(axis=1), 1)


def test_what_a_blended_crop_is_is_blended_like_its_pixels():
    crops, target = batch(blended_share=1)
    assert (target[:, :2].max(axis=1) % 1 > 0).mean() > 0.4
    strange = 2 * target[:, :2].min(axis=1)  # as far as neither kind is surer, it is a stranger
    grey = crops.mean(axis=(1, 2, 3))
    flowers = target[:, 2] == 0
    assert grey[flowers & (strange > 0.9)].mean() < grey[flowers & (strange < 0.1)].mean()
    assert (target[~flowers, 2] == 1).all(), "nothing is not blended"
