"""A survey in five numbers, and what must be said with them."""

from __future__ import annotations

import pytest

from core.survey.headline import headline
from core.survey.repeats import visits
from tests.core.survey.tables import seen, table


@pytest.mark.parametrize(
    ("flagged", "lower_bound"),
    [
        pytest.param({"taxa": {"poppy": 9}, "flag": "crowded"}, True, id="a crowded photo"),
        pytest.param({"taxa": {}, "flag": "blurred"}, True, id="a blurred photo in which none was found"),
        pytest.param({"taxa": {"poppy": 9}, "flag": "crowded", "reviewed": True}, False, id="a person counted it"),
        pytest.param({"taxa": {"poppy": 9}}, False, id="no flag"),
    ],
)
def test_there_may_be_more_flowers_where_a_photo_is_flagged_that_no_person_counted(flagged, lower_bound):
    rows = table([seen("a", {"rose": 1}), seen("b", **flagged)])
    assert headline(rows, visits(rows)).lower_bound is lower_bound
