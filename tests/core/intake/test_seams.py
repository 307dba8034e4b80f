"""Changes of a count by seams, as a table."""

import pytest

from core.intake.seams import SeamCheck


@pytest.mark.parametrize(
    ("count", "shifted", "change_percent", "well"),
    [
        pytest.param(0, 0, 0.0, True, id="no flower either time"),
        pytest.param(0, 1, 100.0, True, id="one flower is within what seams may do"),
        pytest.param(0, 2, 200.0, False, id="two flowers where none was"),
        pytest.param(5, 4, -20.0, True, id="one of five"),
        pytest.param(5, 3, -40.0, False, id="two of five"),
        pytest.param(100, 103, 3.0, True, id="three of a hundred"),
        pytest.param(100, 96, -4.0, False, id="four of a hundred"),
    ],
)
def test_a_change_of_three_percent_or_one_flower_is_well(count, shifted, change_percent, well):
    check = SeamCheck("a.jpg", count, shifted)
    assert check.change_percent == pytest.approx(change_percent)
    assert (check.problem == "") == well


def test_too_large_a_change_is_said_with_both_counts_and_the_limit():
    assert SeamCheck("veld/a.jpg", 200, 210).problem == (
        "veld/a.jpg: 200 flowers, but 210 with the tiles shifted; a change of +5.0 % where 3 % may be. "
        "Count by eye, or take it in parts."
    )


def test_a_photo_that_was_not_counted_says_why_and_has_no_counts():
    row = SeamCheck("a.jpg", 0, 0, "a.jpg is empty.").row
    assert row == {
        "file": "a.jpg",
        "count": "",
        "count_shifted": "",
        "change_percent": "",
        "problem": "a.jpg is empty.",
    }
