"""A model card gives the figures on how good the model is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.exports.model_card import Measured, measured
from core.recognition.package import load_package
from core.settings import SHIPPED_MODEL
from tests.core.counting_squares import PACKAGE


def test_the_shipped_card_is_read_line_by_line():
    lines = measured(load_package(SHIPPED_MODEL))
    card = (SHIPPED_MODEL / "README.md").read_text(encoding="utf-8")
    table = card.split("| measured | value | photos |")[1].split("\n\n")[0]
    assert len(lines) == table.count("\n") - 1 > 20
    assert lines[0].what == "species, top-1 by the most counted taxon"
    assert {line.photos for line in lines} <= {str(number) for number in range(1011)}


@pytest.mark.parametrize(
    ("card", "lines"),
    [
        pytest.param(None, [], id="no card"),
        pytest.param("# Mine\n\nIt is good.\n", [], id="no table"),
        pytest.param("| a | b |\n|---|---|\n| 1 | 2 |\n", [], id="another table"),
        pytest.param(
            "| a | b |\n|---|---|\n| 1 | 2 |\n\n"
            "| measured | value | photos |\n|---|---|---|\n| names | **9 %** | 7 |\n\n"
            "| taxon | value | photos |\n|---|---|---|\n| rose | 1 | 2 |\n",
            [Measured("names", "9 %", "7")],
            id="between other tables",
        ),
    ],
)
def test_cards_of_others(tmp_path, card, lines):
    if card is not None:
        (tmp_path / "README.md").write_text(card, encoding="utf-8")
    assert measured(replace(PACKAGE, directory=tmp_path)) == lines
