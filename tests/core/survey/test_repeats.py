"""Photos of one site within a window are repeats: what a lead may rely on, whatever the photos."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.survey.repeats import COUNTS, RULES, Repeats, visits
from tests.core.survey.tables import seen, table

DAY = st.integers(1, 28).map(lambda day: f"2026-06-{day:02}")
PHOTOS = st.lists(
    st.builds(
        lambda taxa, site, day, flag, more: {"taxa": taxa, "site": site, "day": day, "flag": flag, "more": more},
        st.dictionaries(st.sampled_from(["poppy", "rose", "unknown"]), st.integers(1, 9), max_size=3),
        st.sampled_from(["", "dunes", "wood"]),
        st.none() | DAY,
        st.sampled_from(["", "crowded"]),
        st.integers(0, 3),
    ),
    max_size=12,
).map(lambda photos: [seen(f"photo {i}", **photo) for i, photo in enumerate(photos)])
LAW = settings(deadline=None, max_examples=40)
REPEATS = st.builds(Repeats, st.sampled_from(RULES), st.integers(1, 30))


def by_taxon(photos: list, repeats: Repeats) -> pd.DataFrame:
    rows = visits(table(photos), repeats)
    return rows.set_index(["site", "day", "visit", "taxon"])


@LAW
@given(PHOTOS, st.integers(1, 30))
def test_the_maximum_is_at_most_the_sum_and_the_median_at_most_the_maximum(photos, window):
    median, maximum, total = (by_taxon(photos, Repeats(rule, window)) for rule in ("median", "maximum", "sum"))
    for name in COUNTS:
        assert (median[name] <= maximum[name]).all()
        assert (maximum[name] <= total[name]).all()


@LAW
@given(PHOTOS, REPEATS, st.randoms())
def test_the_order_of_photos_does_not_matter(photos, repeats, chance):
    shuffled = list(photos)
    chance.shuffle(shuffled)
    pd.testing.assert_frame_equal(visits(table(photos), repeats), visits(table(shuffled), repeats))


@LAW
@given(PHOTOS, REPEATS)
def test_bounds_stay_around_the_count(photos, repeats):
    rows = visits(table(photos), repeats)
    assert (rows["count_low"] <= rows["count"]).all()
    assert (rows["count"] <= rows["count_high"]).all()


@LAW
@given(PHOTOS, REPEATS)
def test_a_photo_that_stands_alone_is_itself(photos, repeats):
    rows = table(photos)
    for photo_id, photo in rows.groupby("photo_id"):
        alone = visits(photo, repeats)
        assert alone["photos"].unique().tolist() == [1]
        assert sorted(zip(alone["taxon"], alone["count"], strict=True)) == sorted(
            zip(photo["taxon"], photo["count"], strict=True)
        ), photo_id


@LAW
@given(PHOTOS, REPEATS)
def test_no_photo_and_no_site_is_lost(photos, repeats):
    rows, found = table(photos), visits(table(photos), repeats)
    once = found.drop_duplicates("visit")
    assert once["photos"].sum() == rows["photo_id"].nunique()
    assert set(once["site"]) == set(rows["site"])
    assert set(found["taxon"]) >= set(rows.loc[rows["count"] > 0, "taxon"])


@LAW
@given(PHOTOS, st.sampled_from(RULES), st.integers(1, 20))
def test_no_visit_is_longer_than_its_window_and_a_wider_window_makes_no_more_visits(photos, rule, window):
    rows = table(photos)
    narrow, wide = visits(rows, Repeats(rule, window)), visits(rows, Repeats(rule, 2 * window))
    starts = narrow.loc[~narrow["alone"]].groupby("site")["day"].unique()
    for days in starts:
        assert all((later - day).days >= window for day, later in zip(sorted(days), sorted(days)[1:], strict=False))
    assert wide["visit"].nunique() <= narrow["visit"].nunique()


@LAW
@given(PHOTOS)
def test_the_sum_over_any_window_is_the_sum_of_all_photos(photos):
    rows = table(photos)
    for window in (1, 30):
        assert visits(rows, Repeats("sum", window))["count"].sum() == rows["count"].sum()


TWICE = [seen("a", {"poppy": 6}), seen("b", {"poppy": 2, "rose": 4}), seen("c", {})]


@pytest.mark.parametrize(
    ("rule", "poppies", "roses"),
    [
        pytest.param("maximum", (6, 5, 7), (4, 3, 5), id="the photo with most"),
        pytest.param("median", (2, 1, 3), (0, 0, 0), id="the middle photo; one without the taxon is 0"),
        pytest.param("sum", (8, 6, 10), (4, 3, 5), id="all photos"),
    ],
)
def test_each_rule_takes_count_and_bounds_alike(rule, poppies, roses):
    rows = visits(table(TWICE), Repeats(rule)).set_index("taxon")
    assert [tuple(rows.loc[taxon, list(COUNTS)]) for taxon in ("poppy", "rose")] == [poppies, roses]


@pytest.mark.parametrize(
    ("days", "window", "photos"),
    [
        pytest.param(["12", "12", "13"], 1, [2, 1], id="one day"),
        pytest.param(["12", "13", "18", "19"], 7, [3, 1], id="a week from the first photo, not from the last"),
        pytest.param(["01", "04", "07", "10"], 4, [2, 2], id="windows do not chain"),
        pytest.param([None, "12", None], 7, [1, 1, 1], id="a photo without a date is a visit of its own"),
    ],
)
def test_visits_of_a_site(days, window, photos):
    rows = [seen(f"p{i}", {"poppy": 1}, day=f"2026-06-{day}" if day else None) for i, day in enumerate(days)]
    assert visits(table(rows), Repeats(window_days=window))["photos"].tolist() == photos


def test_photos_without_a_site_are_visits_of_their_own_and_say_so():
    rows = visits(table([seen("a", {"poppy": 1}, site=""), seen("b", {"poppy": 1}, site=""), seen("c", {"poppy": 1})]))
    assert rows[["site", "photos", "alone"]].to_numpy().tolist() == [["", 1, True], ["", 1, True], ["dunes", 1, False]]


def test_a_site_that_was_looked_at_and_showed_nothing_stays_as_a_zero():
    rows = visits(table([seen("a", {}), seen("b", {})]))
    assert rows[["taxon", "count", "photos"]].to_numpy().tolist() == [["", 0, 2]]


def test_a_flag_makes_a_lower_bound_of_the_taxa_in_its_photo_alone():
    rows = visits(table([seen("a", {"poppy": 9}, flag="crowded"), seen("b", {"poppy": 2, "rose": 1})]))
    assert dict(zip(rows["taxon"], rows["lower_bound"], strict=True)) == {"poppy": True, "rose": False}


def test_a_visit_whose_blurred_photo_shows_no_flower_is_not_surely_without():
    rows = visits(table([seen("a", {}), seen("b", {}, flag="blurred"), seen("c", {}, site="wood")]))
    assert dict(zip(rows["site"], rows["lower_bound"], strict=True)) == {"dunes": True, "wood": False}


def test_a_photo_that_keeps_its_flag_though_a_person_counted_in_it_is_a_lower_bound():
    rows = visits(table([seen("a", {"poppy": 9}, flag="crowded", reviewed=True), seen("b", {"rose": 2})]))
    assert rows["lower_bound"].tolist() == [True, False]


def test_reviewed_photos_of_a_visit_are_told_apart():
    rows = visits(table([seen("a", {"poppy": 9}, reviewed=True), seen("b", {"poppy": 2})]))
    assert rows[["photos", "reviewed"]].to_numpy().tolist() == [[2, 1]]


def test_no_photos_are_no_visits():
    assert visits(table([])).empty
    assert list(visits(table([])).columns) == list(visits(table(TWICE)).columns)


@pytest.mark.parametrize("wrong", [{"rule": "mean"}, {"window_days": 0}, {"window_days": 367}])
def test_what_is_no_rule_is_refused(wrong):
    with pytest.raises(ValueError, match="1 to 366 days"):
        replace(Repeats(), **wrong)


@pytest.mark.parametrize(
    ("repeats", "words"),
    [
        (Repeats(), "Photos of one site on one day are treated as repeats: for each taxon the highest count is used."),
        (
            Repeats("median", 7),
            "Photos of one site within 7 days of the first are treated as repeats: for each taxon the median",
        ),
        (Repeats("sum"), "Counts of all photos are added up, repeats of the same flowers included."),
    ],
)
def test_every_rule_is_said_in_words(repeats, words):
    assert repeats.in_words().startswith(words)


@LAW
@given(REPEATS)
def test_a_link_opens_the_rule_that_it_was_made_from(repeats):
    assert Repeats.from_query(repeats.to_query()) == repeats


@pytest.mark.parametrize(
    "query", [{"repeats": ["mean"]}, {"window": ["0"]}, {"window": ["a week"]}, {"window": ["9999"]}]
)
def test_a_rule_that_is_none_is_left_out_of_a_link(query):
    assert Repeats.from_query(query) == Repeats()
