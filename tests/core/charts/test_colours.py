"""A taxon has one colour for ever, which stands out from light and from dark paper."""

from __future__ import annotations

import pytest

from core.charts.colours import OTHER, taxon_colour, taxon_colours

PAPER = ("#FBFAF6", "#121713")
TAXA = [f"taxon-{number}" for number in range(300)]


def luminance(colour: str) -> float:
    """WCAG 2.2."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("taxon", "colour"),
    [
        ("corn-poppy", "#6A6DD0"),
        ("daucus-carota", "#7D4DAD"),
        ("achillea-millefolium", "#538BE6"),
        ("rosa", "#1E9246"),
        ("unknown", "#8A867D"),
    ],
)
def test_the_colour_of_a_taxon_never_changes(taxon, colour):
    assert taxon_colour(taxon) == colour


def test_a_taxon_keeps_its_colour_whatever_else_is_shown_and_however_many():
    alone = taxon_colours(["rose"])["rose"]
    assert taxon_colours([*TAXA, "rose"])["rose"] == alone == taxon_colours(["poppy", "rose"])["rose"]


@pytest.mark.parametrize("paper", PAPER)
def test_every_colour_stands_out_from_the_paper(paper):
    assert min(contrast(taxon_colour(taxon), paper) for taxon in [*TAXA, "unknown"]) >= 3


def test_few_taxa_look_the_same():
    assert len({taxon_colour(taxon) for taxon in TAXA}) > 270


def test_an_unknown_flower_is_grey():
    assert taxon_colours(["unknown"]) == {"unknown": OTHER}
