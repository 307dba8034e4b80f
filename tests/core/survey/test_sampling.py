from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from core.errors import InvalidSite
from core.store.records import Fieldwork, Site
from core.survey.observed import observed
from core.survey.repeats import Repeats, visits
from core.survey.sampling import checked_number, protocols, sampling, samplings, why_not_comparable
from tests.core.survey.sampling_words import TRANSECT, placed
from tests.core.survey.tables import seen, table
from tests.survey import count, library_of, person, photo

NOON = datetime(2026, 6, 12, tzinfo=UTC)
DUNES = Site("dunes", 52.4, 4.6, "", 400.0, "lea", NOON, protocol="quadrats", quadrat_m2=0.25)
PLOT = Site("dunes 1", 52.4, 4.6, "", 25.0, "lea", NOON, parent="dunes")
SITES = {"dunes": DUNES, "dunes 1": PLOT, "heath": Site("heath", None, None, "", 9.0, "lea", NOON)}
WALK = Fieldwork("d1", "anna", NOON, protocol="transect", length_m=50, width_m=2, observer="Anna", weather="dry")


@pytest.mark.parametrize(
    ("place", "fieldwork", "expected"),
    [
        pytest.param("", None, ("", "", "views", None), id="no place: views of one plot, as it always was"),
        pytest.param("heath", None, ("heath", "", "views", 9.0), id="a site of which nobody said a protocol"),
        pytest.param("dunes", None, ("dunes", "", "quadrats", 0.25), id="a site with quadrats"),
        pytest.param("dunes 1", None, ("dunes", "dunes 1", "quadrats", 0.25), id="a plot follows its site"),
        pytest.param("dunes 1", WALK, ("dunes", "dunes 1", "transect", 100), id="a drop's own word comes first"),
        pytest.param("heath", Fieldwork("d", "a", NOON, protocol="quadrats"), ("heath", "", "quadrats", 1.0),
                     id="a quadrat is 1 m² where nobody typed another"),
        pytest.param("heath", Fieldwork("d", "a", NOON, protocol="timed", minutes=10), ("heath", "", "timed", None),
                     id="a timed count has no area"),
        pytest.param("heath", Fieldwork("d", "a", NOON, observer="Anna"), ("heath", "", "views", 9.0),
                     id="a drop that says its observer alone keeps the site's protocol"),
    ],
)  # fmt: skip
def test_the_protocol_of_a_photo_is_said_by_its_drop_its_plot_or_its_site(place, fieldwork, expected):
    one = sampling(place, SITES, fieldwork)
    assert (one.site, one.plot, one.protocol, one.area_m2) == expected


def test_what_a_drop_and_a_plot_say_is_with_every_observation(tmp_path):
    library = library_of(tmp_path)
    for name, drop, site in (("a", "d1", "dunes 1"), ("b", "d2", "dunes 1"), ("c", "d2", "")):
        count(library, photo(name, drop_id=drop, site=site), {"poppy": 1, "rose": 2})
    library.describe_sites([DUNES, PLOT], by=person("lea", "lead"))
    library.describe_fieldwork(WALK, by=person("anna"))
    rows = observed(library, ())
    told = dict(zip(rows["file"], rows["sampling"], strict=True))
    assert [(told[file].plot, told[file].protocol, told[file].observer) for file in "abc"] == [
        ("dunes 1", "transect", "Anna"),
        ("dunes 1", "quadrats", ""),
        ("", "views", ""),
    ]


def test_a_store_without_protocols_counts_as_before(tmp_path):
    library = library_of(tmp_path)
    count(library, photo("a"), {"poppy": 3})
    count(library, photo("b"), {"poppy": 5})
    rows = observed(library, ())
    assert visits(rows)["count"].tolist() == [5]
    assert visits(rows.drop(columns="sampling"))["count"].tolist() == [5]


def test_the_newest_word_on_a_drop_holds_and_its_photos_stay(tmp_path):
    library = library_of(tmp_path)
    count(library, photo("a", drop_id="d1"), {"poppy": 1})
    library.describe_fieldwork(WALK, by=person("anna"))
    library.describe_fieldwork(Fieldwork("d1", "lea", datetime(2026, 6, 13, tzinfo=UTC)), by=person("lea", "lead"))
    assert library.fieldwork()["d1"].protocol is None
    assert (library.seen_again("d1"), library.latest_drop("lea")) == ([], None)
    assert library.stored_drops(["d1"])["d1"].again == 0


@pytest.mark.parametrize("rule", ["maximum", "median", "sum"])
def test_only_views_of_one_plot_repeat_each_other(rule):
    rows = placed(table(seen(name, {"poppy": n}) for name, n in (("a", 2), ("b", 4), ("c", 9))), TRANSECT)
    assert visits(rows, Repeats(rule, 7))["count"].tolist() == [15]


def test_visits_by_another_protocol_stay_apart_on_one_day():
    rows = table(seen(name, {"poppy": 1}) for name in "abcd")
    both = placed(rows, TRANSECT, where=rows["photo"].isin(["a", "b"]))
    found = visits(both)
    assert sorted(zip(found["count"], found["photos"], strict=True)) == [(1, 2), (2, 2)]
    assert protocols(found) == ("views", "transect")


def test_the_window_of_repeats_does_not_join_days_of_a_transect():
    rows = placed(table(seen(name, {"poppy": 1}, day=f"2026-06-0{name}") for name in "123"), TRANSECT)
    assert visits(rows, Repeats(window_days=30))["count"].tolist() == [1, 1, 1]


def test_groups_that_follow_other_protocols_are_not_comparable():
    rows = table(seen(name, {"poppy": 1}, site=site) for name, site in (("a", "dunes"), ("b", "heath")))
    assert why_not_comparable(visits(placed(rows, TRANSECT)), "site") == ""
    mixed = visits(placed(rows, TRANSECT, where=rows["site"] == "heath"))
    assert why_not_comparable(mixed, "site") == (
        "Not comparable, as the protocols differ: views of one plot (dunes); transect (heath)."
    )


def test_the_samplings_of_a_table_are_told_once_each():
    rows = placed(table(seen(name, {"poppy": 1, "rose": 1}) for name in "ab"), TRANSECT)
    assert samplings(rows) == [TRANSECT]


@pytest.mark.parametrize("value", [-1.0, 20_000.0])
def test_a_number_that_cannot_be_is_refused_with_its_limit(value):
    with pytest.raises(InvalidSite, match=r"Area of one photo, m²: .* at most 10000"):
        checked_number("quadrat_m2", value)


def test_photos_without_site_or_drop_get_their_sampling_too():
    frame = pl.DataFrame({"site": ["", None], "drop_id": [None, "d1"]}, schema=dict.fromkeys(
        ("site", "drop_id"), pl.Categorical))  # fmt: skip
    from core.survey.sampling import sampled

    assert [one.drop for one in sampled(frame, {}, {"d1": WALK})] == ["", "d1"]
