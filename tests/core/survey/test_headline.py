"""A survey in five numbers, and what must be said with them."""

from __future__ import annotations

import pytest

from core.survey.diversity import community, countable
from core.survey.headline import headline
from core.survey.places import count_sites
from core.survey.repeats import RULES, Repeats, visits
from core.survey.totals import by_site
from tests.core.survey.tables import seen, table


@pytest.mark.parametrize(
    ("flagged", "lower_bound"),
    [
        pytest.param({"taxa": {"poppy": 9}, "flag": "crowded"}, True, id="a crowded photo"),
        pytest.param({"taxa": {}, "flag": "blurred"}, True, id="a blurred photo in which none was found"),
        pytest.param({"taxa": {"poppy": 9}, "flag": "crowded", "reviewed": True}, True, id="a person counted a part"),
        pytest.param({"taxa": {"poppy": 9}}, False, id="no flag"),
    ],
)
def test_there_may_be_more_flowers_where_a_photo_is_flagged_that_no_person_counted_whole(flagged, lower_bound):
    rows = table([seen("a", {"rose": 1}), seen("b", **flagged)])
    assert headline(rows, visits(rows)).flowers.lower_bound is lower_bound


@pytest.mark.parametrize(("rule", "taxa"), zip(RULES, (2, 1, 2), strict=True))
def test_overview_sites_and_diversity_count_the_same_taxa_by_every_rule(rule, taxa):
    rows = table([seen("a", {"poppy": 6}), seen("b", {"poppy": 2, "rose": 4}), seen("c", {"poppy": 1})])
    found = visits(rows, Repeats(rule))
    assert headline(rows, found).taxa == taxa
    assert by_site(found)["taxa"].tolist() == [taxa]
    assert count_sites(rows, ["dunes"], {}, Repeats(rule)).table["taxa"].tolist() == [taxa]
    assert len(community(countable(found).of(found)).taxa) == taxa
