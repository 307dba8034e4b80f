"""Indices, curves and unlikeness against known values, published counts and laws.

Published counts: spiders under girdled and logged hemlocks (Sackett et al. 2011, Ecol. Monogr. 81; analysed in Chao et
al. 2014, Ecol. Monogr. 84:45-67) and plots 1, 2 and 20 of the Dutch dune meadow (Jongman, ter Braak and van Tongeren
1987). What they must give is what vegan 2.6-4 (R, Debian's r-cran-vegan) printed for them.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.survey.diversity import (
    INDICES,
    Community,
    cautions,
    community,
    countable,
    coverage,
    index_table,
    photos_with_each,
    rarefaction,
    unlikeness,
)
from core.survey.repeats import visits
from tests.core.survey.tables import seen, table

LAW = settings(deadline=None, max_examples=40)
INDEX = {index.key: index for index in INDICES}
GIRDLED = np.array([46, 22, 17, 15, 15, 9, 8, 6, 6, 4, 2, 2, 2, 2, *[1] * 12])
LOGGED = np.array([88, 22, 16, 15, 13, 10, 8, 8, 7, 7, 7, 5, 4, 4, 4, 3, 3, 3, 3, 2, 2, 2, 2, *[1] * 14])
DUNE_1 = {0: 1, 11: 4, 16: 7, 18: 4, 19: 2}
DUNE_2 = {0: 3, 3: 2, 5: 3, 6: 4, 11: 4, 16: 5, 18: 4, 19: 7, 24: 5, 26: 5}
DUNE_20 = {1: 5, 10: 4, 14: 4, 20: 4, 23: 5, 24: 2, 28: 4, 29: 3}
DUNE_PLOTS_WITH_EACH = np.array(
    [7, 10, 2, 8, 6, 6, 5, 1, 1, 2, 5, 6, 1, 3, 5, 4, 12, 7, 14, 13, 6, 5, 7, 3, 18, 3, 16, 3, 15, 3]
)
COUNTS = st.lists(st.integers(0, 40), max_size=8).map(np.array)


def of(counts, low=None, high=None) -> Community:
    count = np.array(counts, np.int64)
    return Community(
        tuple(map(str, range(len(count)))), count, count if low is None else low, count if high is None else high
    )


@pytest.mark.parametrize(
    ("counts", "index", "value"),
    [
        ([1, 2, 3, 4], "shannon", 1.279854226),
        ([5, 5], "shannon", 0.693147181),
        ([5], "shannon", 0.0),
        ([5], "simpson", 0.0),
        ([5], "hill1", 1.0),
        ([1, 2, 3, 4], "simpson", 0.7),
        ([1, 2, 3, 4], "pielou", 1.279854226 / math.log(4)),
        ([5, 5], "pielou", 1.0),
        ([1, 2, 3, 4], "hill0", 4.0),
        ([1, 2, 3, 4], "hill2", 1 / 0.3),
        ([1, 1, 1, 2], "chao1", 4 + 3 * 2 / (2 * 2)),
        ([0, 5, 0, 5], "richness", 2.0),
    ],
)
def test_known_values(counts, index, value):
    assert INDEX[index](np.array(counts)) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(
    ("counts", "index", "vegan"),
    [
        (GIRDLED, "richness", 26),
        (GIRDLED, "shannon", 2.48986521069157),
        (GIRDLED, "simpson", 0.872448979591837),
        (GIRDLED, "pielou", 0.764208543741792),
        (GIRDLED, "hill1", 12.0596504989383),
        (GIRDLED, "hill2", 7.84),
        (GIRDLED, "chao1", 39.2),
        (LOGGED, "richness", 37),
        (LOGGED, "shannon", 2.66868558196214),
        (LOGGED, "simpson", 0.852103804484757),
        (LOGGED, "pielou", 0.739060163239185),
        (LOGGED, "hill1", 14.4210015052958),
        (LOGGED, "hill2", 6.76149914821124),
        (LOGGED, "chao1", 55.2),
        (np.array(list(DUNE_1.values())), "shannon", 1.44048174159249),
        (np.array(list(DUNE_2.values())), "shannon", 2.25251628122466),
        (np.array(list(DUNE_20.values())), "simpson", 0.867845993756504),
    ],
)
def test_indices_of_published_counts(counts, index, vegan):
    assert INDEX[index](counts) == pytest.approx(vegan, abs=1e-6)


@pytest.mark.parametrize("index", INDICES, ids=lambda index: index.key)
@pytest.mark.parametrize("counts", [[], [0, 0]], ids=["no taxon", "no flower"])
def test_an_empty_community_has_no_number_and_no_error(index, counts):
    assert index(np.array(counts, int)) is None


def test_one_taxon_has_no_evenness():
    assert INDEX["pielou"](np.array([7])) is None


@LAW
@given(COUNTS)
def test_indices_agree_with_one_another(counts):
    richness, shannon, simpson, hill0, hill1, hill2, chao1 = (
        INDEX[key](counts) for key in ("richness", "shannon", "simpson", "hill0", "hill1", "hill2", "chao1")
    )
    if not counts.any():
        assert {richness, shannon, simpson, hill0, hill1, hill2, chao1} == {None}
        return
    assert hill0 == richness == (counts > 0).sum()
    assert hill1 == pytest.approx(math.exp(shannon))
    assert hill2 == pytest.approx(1 / (1 - simpson))
    assert hill0 >= hill1 - 1e-9
    assert hill1 >= hill2 - 1e-9
    assert chao1 >= richness


# --- doubt


def test_what_was_counted_without_doubt_has_an_index_without_doubt():
    rows = index_table({"plot": of([1, 2, 3, 4])})
    assert (rows["low"] == rows["value"]).all()
    assert (rows["high"] == rows["value"]).all()


def test_doubt_of_counts_becomes_doubt_of_indices_the_same_each_time():
    doubtful = of([1, 20, 30], low=np.array([0, 15, 20]), high=np.array([3, 30, 40]))
    rows = index_table({"plot": doubtful}).set_index("index")
    assert rows.loc["richness", ["low", "value", "high"]].tolist() == [2, 3, 3]
    assert rows.loc["shannon", "low"] < rows.loc["shannon", "value"] < rows.loc["shannon", "high"]
    assert rows.equals(index_table({"plot": doubtful}).set_index("index"))


def test_an_empty_plot_has_a_row_without_numbers():
    rows = index_table({"plot": of([])})
    assert rows[["value", "low", "high"]].isna().all(axis=None)
    assert rows["flowers"].eq(0).all()


# --- which taxa count


@pytest.mark.parametrize(
    ("found", "counted", "left_out"),
    [
        pytest.param(["poppy", "opium"], {"poppy", "opium"}, (), id="species"),
        pytest.param(["poppy", "unknown"], {"poppy"}, (), id="an unknown flower is none"),
        pytest.param(["poppy", "papaver"], {"poppy"}, ("Papaver",), id="a genus beside its species"),
        pytest.param(["bishop", "dahlia", "poppy"], {"bishop", "poppy"}, ("Dahlia",), id="a genus beside its cultivar"),
        pytest.param(["papaver", "rose"], {"papaver", "rose"}, (), id="a genus alone"),
        pytest.param(["poppy", "papaveraceae"], {"poppy"}, ("Papaveraceae",), id="a family beside its species"),
        pytest.param(["papaver", "papaveraceae"], {"papaver"}, ("Papaveraceae",), id="a family beside its genus"),
        pytest.param(["poppy", "rosaceae"], {"poppy", "rosaceae"}, (), id="another family"),
        pytest.param(["rose", "rosa"], {"rosa"}, (), id="one genus under two ids is one taxon"),
        pytest.param(["of-another-model", "poppy"], {"of-another-model", "poppy"}, (), id="names without a rank"),
        pytest.param([], set(), (), id="nothing"),
    ],
)
def test_which_taxa_count_as_one(found, counted, left_out):
    rows = table([seen("a", dict.fromkeys(found, 3))])
    taxa = countable(rows)
    assert (set(taxa.of(rows)["taxon"]), taxa.coarse) == (counted, left_out)


def test_flowers_of_one_genus_under_two_ids_are_added():
    rows = visits(table([seen("a", {"rose": 2, "rosa": 3, "poppy": 1})]))
    together = community(countable(rows).of(rows))
    assert dict(zip(together.taxa, together.count.tolist(), strict=True)) == {"poppy": 1, "rosa": 5}


# --- curves


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (GIRDLED, {50: 15.03009831602262, 100: 20.45942615928524}),
        (LOGGED, {50: 18.42002161150830, 100: 25.64234177123014}),
    ],
    ids=["girdled", "logged"],
)
def test_rarefaction_of_published_counts(counts, expected):
    curve = rarefaction(counts, int(counts.sum()))
    at = np.interp(list(expected), curve["units"], curve["taxa"])
    assert at == pytest.approx(list(expected.values()), abs=0.02)  # between the points of the curve
    few = rarefaction(np.array([40, 9, 1]), 50)
    assert few.set_index("units").loc[1, "taxa"] == pytest.approx(1)
    assert few["units"].tolist() == list(range(1, 51))


def test_accumulation_of_the_dune_meadow_by_plot():
    curve = rarefaction(DUNE_PLOTS_WITH_EACH, 20)
    vegan = [9.85, 15.1105263157895, 18.5105263157895, 20.9374613003096, 22.7543214654283]
    assert curve["taxa"][:5].tolist() == pytest.approx(vegan, abs=1e-6)
    assert curve["taxa"].iloc[-1] == pytest.approx(30, abs=1e-6)


@LAW
@given(COUNTS)
def test_a_curve_rises_to_the_taxa_found_within_its_band(counts):
    curve = rarefaction(counts, int(counts.sum()))
    if not counts.any():
        assert curve.empty
        return
    assert curve["taxa"].iloc[0] == pytest.approx(1)
    assert curve["taxa"].iloc[-1] == pytest.approx((counts > 0).sum())
    assert (curve["taxa"].diff().dropna() >= -1e-9).all()
    assert ((curve["low"] <= curve["taxa"]) & (curve["taxa"] <= curve["high"])).all()


def test_photos_without_flowers_are_effort():
    rows = table([seen("a", {"poppy": 9}), seen("b", {"poppy": 1, "rose": 2}), seen("c", {})])
    frequencies, photos = photos_with_each(rows)
    assert (sorted(frequencies.tolist()), photos) == ([1, 2], 3)


# --- unlikeness of sites


def test_unlikeness_of_the_dune_meadow():
    plots = {"1": DUNE_1, "2": DUNE_2, "20": DUNE_20}
    rows = table([seen(site, {f"t{i}": n for i, n in plot.items()}, site=site) for site, plot in plots.items()])
    matrix = unlikeness(visits(rows))
    vegan = [[0, 0.466666666666667, 1], [0.466666666666667, 0, 0.945205479452055], [1, 0.945205479452055, 0]]
    assert matrix.to_numpy() == pytest.approx(np.array(vegan), abs=1e-6)
    assert list(matrix.index) == list(matrix.columns) == ["1", "2", "20"]


def test_a_site_visited_twice_as_often_is_not_another_site():
    once = [seen("a", {"poppy": 2, "rose": 4}, site="wood")]
    twice = [seen(f"b{day}", {"poppy": 2, "rose": 4}, day=f"2026-06-{day}") for day in ("12", "13")]
    assert unlikeness(visits(table(once + twice))).loc["wood", "dunes"] == pytest.approx(0)


def test_sites_without_flowers_and_photos_without_site_are_unlike_nothing():
    rows = table([seen("a", {}), seen("b", {"poppy": 1}, site="wood"), seen("c", {"poppy": 1}, site="")])
    assert list(unlikeness(visits(rows)).index) == ["wood"]
    assert unlikeness(visits(table([]))).empty


# --- warnings


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([30, 30], []),
        ([10, 10], ["Only 20 flowers"]),
        ([60, *[1] * 20], ["About 25% of the flowers here belong to taxa that are not found yet"]),
        ([60], ["Only one taxon"]),
        ([], []),
    ],
)
def test_small_samples_are_warned_of(counts, words):
    said = cautions(of(counts))
    assert [sentence[: len(start)] for sentence, start in zip(said, words, strict=True)] == words


def test_coverage_of_nothing_is_no_number():
    assert coverage(of([])) is None
    assert coverage(of(GIRDLED)) == pytest.approx(1 - 12 / 168)


def test_scikit_bio_is_loaded_only_when_an_index_is_asked_for():
    import subprocess
    import sys

    code = "import sys, core.survey.diversity; sys.exit('skbio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_visits_stay_as_they_are():
    rows = visits(table([seen("a", {"rose": 2, "rosa": 3})]))
    before = rows.copy()
    unlikeness(countable(rows).of(rows))
    pd.testing.assert_frame_equal(rows, before)
