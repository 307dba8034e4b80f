"""Places on the map and the yield of sites: nothing is lost, nothing is counted twice, few enough to draw."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.store.records import Site
from core.survey.observed import NAMES
from core.survey.places import KINDS, MOST_SPOTS, SPOTS_M, Kind, Places, count_sites, place_of_photos, places
from core.survey.repeats import COUNTS, Repeats, visits

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
DUNES = Site("dunes", 52.5, 4.5, "dune", 10.0, "lea", NOON)
EMPTY = Site("new plot", 52.6, 4.6, "", None, "lea", NOON)
PLOT = Site("wood", 52.1, 5.1, "", 4.0, "lea", NOON, parent="dunes")

Photo = tuple[str, str, str | None, tuple[float, float] | None, dict[str, int]]
"""One photo: its id, site, day, GPS, and flowers of each taxon."""


def _rows(*photos: Photo, flag: str = "") -> pd.DataFrame:
    rows = [
        {
            "photo": name,
            "site": site,
            "day": pd.Timestamp(day) if day else pd.NaT,
            "latitude": gps[0] if gps else None,
            "longitude": gps[1] if gps else None,
            "position_of": None,
            "taxon": taxon,
            **dict.fromkeys(NAMES, taxon),
            "unit": "flower" if taxon else "",
            "count": n,
            "count_low": n,
            "count_high": n + 1 if n else 0,
            "flag": flag,
            "reviewed": False,
        }
        for name, site, day, gps, taxa in photos
        for taxon, n in (taxa or {"": 0}).items()
    ]
    columns = [
        "photo",
        "site",
        "day",
        "latitude",
        "longitude",
        "position_of",
        "taxon",
        *NAMES,
        "unit",
        *COUNTS,
        "flag",
        "reviewed",
    ]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({"day": "datetime64[s]", "latitude": float, "longitude": float} | dict.fromkeys(COUNTS, int))


def _places(rows: pd.DataFrame, sites: dict[str, Site], kind: Kind, repeats: Repeats) -> Places:
    return places(rows, visits(rows, repeats), sites, kind, repeats)


def _table(found: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return list(found[list(columns)].astype(object).itertuples(index=False, name=None))


TWO_DAYS = _rows(
    ("a", "dunes", "2026-06-12", None, {"rosa": 3, "unknown": 1}),
    ("b", "dunes", "2026-06-12", (52.4, 4.4), {"rosa": 5}),
    ("c", "dunes", "2026-06-13", None, {"papaver": 1}),
    ("d", "wood", "2026-06-12", (52.1, 5.1), {}),
    ("e", "wood", None, (52.3, 5.3), {}),
    ("f", "", "2026-06-12", (52.2, 5.2), {"papaver": 2}),
    ("g", "", "2026-06-12", (52.2, 5.2), {"papaver": 2}),
    ("h", "heath", "2026-06-12", None, {"rosa": 1}),
)


def test_sites_are_where_they_were_said_to_be_else_amid_their_photos() -> None:
    found = _places(TWO_DAYS, {"dunes": DUNES, "new plot": EMPTY}, "sites", Repeats())
    assert _table(found.table, "place", "latitude", "longitude", "position", "photos", "visits", "days", "taxa") == [
        ("dunes", 52.5, 4.5, "typed", 3, 2, 2, 2),
        ("new plot", 52.6, 4.6, "typed", 0, 0, 0, 0),
        ("wood", 52.2, 5.2, "photos", 2, 2, 1, 0),
        ("", 52.2, 5.2, "photos", 2, 2, 1, 1),
    ]
    assert found.nowhere.to_dict() == {"heath": 1}


def test_repeats_of_a_site_and_day_are_not_added_up_and_photos_without_a_site_are() -> None:
    found = _places(TWO_DAYS, {"dunes": DUNES}, "sites", Repeats())
    assert _table(found.table, "place", "taxon", "count", "count_low", "count_high") == [
        ("dunes", "rosa", 7, 7, 10),
        ("wood", "", 0, 0, 0),
        ("", "papaver", 4, 4, 6),
    ]
    added = _places(TWO_DAYS, {"dunes": DUNES}, "sites", Repeats("sum")).table
    assert added["count"].tolist() == [10, 0, 4]


def test_spots_are_where_the_photos_were_taken_and_repeats_are_those_of_the_spot() -> None:
    found = _places(TWO_DAYS, {"dunes": DUNES, "new plot": EMPTY}, "spots", Repeats())
    spots = _table(found.table, "place", "site", "latitude", "longitude", "photos", "count")
    assert sorted(spots, key=str) == [
        ("", "", 52.2, 5.2, 2, 2),
        ("", "dunes", 52.4, 4.4, 1, 5),
        ("", "dunes", 52.5, 4.5, 2, 5),
        ("", "wood", 52.1, 5.1, 1, 0),
        ("", "wood", 52.3, 5.3, 1, 0),
    ]
    assert (found.nowhere.to_dict(), found.spot_m) == ({"heath": 1}, SPOTS_M[0])


def test_a_site_whose_photos_lie_on_both_sides_of_the_antimeridian_is_amid_them() -> None:
    rows = _rows(
        ("a", "taveuni", "2026-06-12", (-16.8, 179.98), {"rosa": 1}),
        ("b", "taveuni", "2026-06-12", (-16.8, -179.96), {"rosa": 1}),
        ("c", "dunes", "2026-06-12", (52.4, 4.4), {"rosa": 1}),
    )
    found = _places(rows, {}, "sites", Repeats())
    assert _table(found.table, "place", "latitude", "longitude") == [
        ("dunes", 52.4, 4.4),
        ("taveuni", -16.8, -179.99),
    ]


def test_taxa_of_a_place_come_with_the_place() -> None:
    found = _places(TWO_DAYS, {"dunes": DUNES}, "sites", Repeats())
    place_of = place_of_photos(TWO_DAYS, {"dunes": DUNES}, "sites")
    spot = place_of["f"]
    assert _table(found.taxa, "key", "taxon", "count") == [
        ("site dunes", "rosa", 5),
        (spot, "papaver", 4),
        ("site dunes", "papaver", 1),
        ("site dunes", "unknown", 1),
    ]
    assert place_of.to_dict() == {
        **dict.fromkeys("abc", "site dunes"),
        **dict.fromkeys("de", "site wood"),
        **dict.fromkeys("fg", spot),
    }
    assert set(found.table["key"]) == {"site dunes", "site wood", spot}


def test_flowers_per_square_metre_are_the_mean_of_the_visits() -> None:
    rows = _rows(
        ("a", "dunes", "2026-06-12", None, {"rosa": 3, "papaver": 2}),
        ("b", "dunes", "2026-06-12", None, {"rosa": 4}),
        ("c", "dunes", "2026-06-13", None, {}),
        ("d", "wood", "2026-06-13", None, {"rosa": 4}),
    )
    sites = {"dunes": DUNES, "new plot": EMPTY}
    table = count_sites(rows, visits(rows), ["dunes", "new plot", "wood"], sites).table
    assert table.loc["dunes", ["flowers_per_m2", "flowers_per_m2_low", "flowers_per_m2_high"]].tolist() == [
        (4 + 2) / 2 / 10.0,
        (4 + 2) / 2 / 10.0,
        (5 + 3) / 2 / 10.0,
    ]
    assert table.index.tolist() == ["dunes", "new plot", "wood"]
    assert table["flowers_per_m2"].isna().tolist() == [False, True, True]


def test_a_flagged_photo_makes_a_lower_bound_of_its_place() -> None:
    rows = _rows(("a", "dunes", None, None, {"rosa": 3}), flag="crowded")
    counts = count_sites(rows, visits(rows), ["new plot", "dunes"], {})
    assert counts.table["lower_bound"].to_dict() == {"new plot": False, "dunes": True}


def test_a_site_holds_its_plots_which_never_repeat_each_other_and_a_plot_stands_by_itself() -> None:
    rows = _rows(
        ("a", "dunes", "2026-06-12", None, {"rosa": 3}),
        ("b", "wood", "2026-06-12", None, {"rosa": 8}),
        ("c", "wood", "2026-06-12", None, {"papaver": 2}),
        ("d", "heath", "2026-06-12", (52.2, 5.2), {"rosa": 1}),
    )
    sites = {"dunes": DUNES, "wood": PLOT}
    columns = ("photos", "visits", "taxa", "count", "flowers_per_m2", "area_m2")
    whole, plot = (4 - 1, 2, 2, 3 + 8 + 2, (3 / 10 + 10 / 4) / 2, 10.0), (2, 1, 2, 8 + 2, 10 / 4, 4.0)
    table = count_sites(rows, visits(rows), ["wood", "dunes"], sites).table
    assert table.index.tolist() == ["wood", "dunes"]
    assert _table(table, *columns) == [plot, whole]
    [of_site, _] = _table(_places(rows, sites, "sites", Repeats()).table, "place", "latitude", "position", *columns)
    assert of_site == ("dunes", 52.5, "typed", *whole)
    [of_plot] = _table(_places(rows, sites, "plots", Repeats()).table, "place", "latitude", "position", *columns)
    assert of_plot == ("wood", 52.1, "typed", *plot)


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_store_has_no_place_and_the_same_columns(kind: Kind) -> None:
    sites = {"dunes": DUNES, "wood": PLOT}
    empty, full = _places(_rows(), {}, kind, Repeats()), _places(TWO_DAYS, sites, kind, Repeats())
    assert (len(empty.table), len(empty.taxa), len(empty.nowhere)) == (0, 0, 0)
    assert list(empty.table.columns) == list(full.table.columns)
    assert list(_places(_rows(), {"dunes": DUNES}, "sites", Repeats()).table["place"]) == ["dunes"]


PHOTOS = st.lists(
    st.tuples(
        st.sampled_from(["", "dunes", "wood", "spot 0", "site wood"]),
        st.sampled_from([None, "2026-06-12", "2026-06-13"]),
        st.none() | st.tuples(st.floats(1, 89), st.floats(-180, 180)),
        st.dictionaries(st.sampled_from(["rosa", "papaver", "unknown"]), st.integers(1, 9)),
    ),
    max_size=8,
)


@settings(deadline=None, max_examples=40)
@given(PHOTOS, st.sampled_from(["maximum", "median", "sum"]))
def test_every_photo_is_at_one_place_or_counted_as_nowhere(photos: list[tuple], rule: str) -> None:
    rows = _rows(*((str(number), *photo) for number, photo in enumerate(photos)))
    repeats = Repeats(rule)  # type: ignore[arg-type]
    for kind in KINDS:
        sites = {"dunes": DUNES, "wood": PLOT}
        found = _places(rows, sites, kind, repeats)
        of_plots = sum(site == "wood" for site, *_ in photos)
        shown = of_plots if kind == "plots" else len(photos)
        assert found.table["photos"].sum() + found.nowhere.sum() == shown
        for name in COUNTS:
            by_place = found.taxa.groupby("key")[name].sum().reindex(found.table["key"], fill_value=0)
            assert by_place.tolist() == found.table[name].tolist()
        assert place_of_photos(rows, sites, kind).value_counts().to_dict() == {
            key: photos for key, photos in _table(found.table, "key", "photos") if photos
        }
    placed = [photo for photo in photos if photo[2]]
    everywhere = _rows(*((str(number), *photo) for number, photo in enumerate(placed)))
    found = _places(everywhere, {}, "sites", repeats)
    assert found.table["count"].sum() == visits(everywhere, repeats)["count"].sum()
    assert len(found.nowhere) == 0


@pytest.mark.parametrize(("spread", "most_m"), [(0.05, 500), (5.0, 50_000), (80.0, 2_000_000)])
def test_any_number_of_photos_is_few_enough_spots_to_draw(spread: float, most_m: int) -> None:
    place = np.random.default_rng(1).normal([0, 0], spread / 3, (20_000, 2)).clip(-85, 85)
    rows = _rows(("a", "", "2026-06-12", (1.0, 1.0), {"rosa": 1}))
    many = rows.loc[np.zeros(len(place), int)].assign(
        photo=np.arange(len(place)), latitude=place[:, 0], longitude=place[:, 1]
    )
    found = _places(many, {}, "spots", Repeats("sum"))
    assert 10 < len(found.table) <= MOST_SPOTS
    assert found.spot_m <= most_m
    assert found.table["photos"].sum() == found.table["count"].sum() == len(place)
