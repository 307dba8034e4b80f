"""A survey in five numbers, and what must be said with them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.store.records import Site
from core.store.selection import Selection
from core.survey.diversity import community, countable
from core.survey.headline import headline
from core.survey.observed import observed
from core.survey.places import count_sites, places
from core.survey.repeats import RULES, Repeats, visits
from core.survey.totals import by_site
from tests.core.survey.tables import seen, table
from tests.people import ADMIN
from tests.survey import UPLOADED, count, library_of, photo


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
    assert count_sites(rows, visits(rows, Repeats(rule)), ["dunes"], {}).table["taxa"].tolist() == [taxa]
    assert len(community(countable(found).of(found)).taxa) == taxa


def test_a_filter_by_a_site_shows_what_sites_and_map_count_there(tmp_path):
    library = library_of(tmp_path)
    dunes = Site("dunes", 52.4, 4.6, "", None, "lea", UPLOADED)
    library.describe_sites([dunes, replace(dunes, site="dunes 1", parent="dunes")], by=ADMIN)
    for name, site, taxa in (
        ("a", "dunes", {"poppy": 2}),
        ("b", "dunes 1", {"poppy": 6}),
        ("c", "dunes 1", {"rose": 4}),
        ("d", "heath", {"rose": 9}),
    ):
        count(library, photo(name, site=site), taxa)
    which, sites = Selection(sites=("dunes",)), library.described_sites()
    rows, every = observed(library, (), which), observed(library, ())
    now = headline(rows, visits(rows))
    assert (now.photos, now.visits, now.sites, now.taxa, now.flowers.count) == (3, 2, 1, 2, 12)
    assert library.number_of_photos(which) == now.photos
    of_site = count_sites(every, visits(every), library.sites(), sites).table.loc["dunes"]
    mark = places(every, visits(every), sites, "sites", Repeats()).table.set_index("place").loc["dunes"]
    for there in (of_site, mark):
        assert there[["photos", "visits", "taxa", "count"]].tolist() == [3, 2, 2, 12]
