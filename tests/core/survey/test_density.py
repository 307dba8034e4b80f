from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.survey import density
from core.survey.density import densities, samples
from core.survey.density_words import density_words, independent_words
from core.survey.repeats import visits
from tests.core.survey.sampling_words import QUADRATS, TIMED, TRANSECT, VIEWS, placed
from tests.core.survey.tables import seen, table


def _densities(rows: pd.DataFrame) -> pd.DataFrame:
    return densities(samples(rows, visits(rows)))


def _photos(counts, **other):
    return table(seen(f"p{nth}", {"poppy": n} if n else {}, more=0, **other) for nth, n in enumerate(counts))


def test_quadrats_have_a_mean_and_a_standard_error_over_photos():
    (row,) = _densities(placed(_photos([2, 4, 0, 6]), QUADRATS)).to_dict("records")
    assert (row["protocol"], row["per"], row["samples"], row["visits"]) == ("quadrats", "m2", 4, 1)
    per_m2 = np.array([2, 4, 0, 6]) / 0.5
    assert row["mean"] == per_m2.mean()
    assert row["se"] == pytest.approx(per_m2.std(ddof=1) / 2)
    assert row["frequency"] == 0.75


@pytest.mark.parametrize(
    ("sampling", "mean", "per"),
    [
        pytest.param(VIEWS, 6 / 4, "m2", id="views of one plot: the most that one photo shows, per m² of the plot"),
        pytest.param(TRANSECT, 12 / 100, "m2", id="a transect: all photos, per m² of length times width"),
        pytest.param(TIMED, 12 / 10, "minute", id="a timed count: all photos, per minute"),
    ],
)
def test_a_visit_without_quadrats_is_one_sample_and_has_no_standard_error(sampling, mean, per):
    (row,) = _densities(placed(_photos([2, 4, 0, 6]), sampling)).to_dict("records")
    assert (row["mean"], row["per"], row["samples"]) == (mean, per, 1)
    assert np.isnan(row["se"])
    assert np.isnan(row["frequency"])


def test_a_visit_that_found_nothing_is_a_zero():
    rows = pd.concat([_photos([8]), table([seen("z", {}, day="2026-06-20")])], ignore_index=True)
    (row,) = _densities(placed(rows, VIEWS)).to_dict("records")
    assert (row["mean"], row["visits"]) == (1.0, 2)


def test_the_error_over_plots_is_that_between_the_means_of_their_visits():
    rows = table(
        seen(f"{plot}{day}", {"poppy": n}, site=plot, day=f"2026-06-0{day}", more=0)
        for plot, counts in (("A", (2, 6)), ("B", (8, 8)), ("C", (0, 0)))
        for day, n in enumerate(counts, start=1)
    )
    column = placed(rows, VIEWS)["sampling"].array
    every = [replace(one, site="dunes", plot=one.place) for one in column.categories]
    rows = rows.assign(sampling=pd.Categorical.from_codes(column.codes, pd.Index(every, dtype=object)))
    (row,) = _densities(rows).to_dict("records")
    plots = np.array([1.0, 2.0, 0.0])
    assert (row["site"], row["plots"], row["visits"], row["mean"]) == ("dunes", 3, 6, 1.0)
    assert row["se"] == pytest.approx(plots.std(ddof=1) / np.sqrt(3))


def test_a_site_that_was_counted_in_two_ways_has_no_figure():
    rows = _photos([2, 4])
    both = pd.concat(
        [placed(rows, TRANSECT), placed(rows.assign(photo=["x", "y"], photo_id=["x", "y"]), QUADRATS)],
        ignore_index=True,
    )
    every = pd.Index([TRANSECT, QUADRATS], dtype=object)
    both["sampling"] = pd.Categorical.from_codes([0, 0, 1, 1], every)
    (row,) = _densities(both).to_dict("records")
    assert row["protocol"] == ""
    assert np.isnan([row["mean"], row["se"], row["low"], row["high"], row["frequency"]]).all()


def test_one_taxon_has_zeros_where_only_others_were_found():
    rows = placed(table([seen("a", {"poppy": 2}, more=0), seen("b", {"rose": 4}, more=0)]), QUADRATS)
    (row,) = densities(samples(rows, visits(rows), "poppy")).to_dict("records")
    assert (row["mean"], row["frequency"]) == (2.0, 0.5)


def test_the_same_counts_have_the_same_interval():
    rows = placed(_photos([2, 4, 0, 6]), QUADRATS)
    assert _densities(rows).equals(_densities(rows))


@pytest.mark.parametrize("many", [False, True])
def test_the_interval_holds_the_true_density_in_about_nine_of_ten_surveys(monkeypatch, many):
    if many:
        monkeypatch.setattr(density, "MOST_DRAWN", 0)
    random = np.random.default_rng(1)
    held = 0
    for _ in range(120):
        (row,) = _densities(placed(_photos(random.poisson(6, 15)), replace(QUADRATS, area_m2=1.0))).to_dict("records")
        held += row["low"] <= 6 <= row["high"]
    assert 0.82 <= held / 120 <= 0.96


def test_doubt_in_the_counts_widens_the_interval_and_more_where_errors_go_the_same_way():
    counts = np.random.default_rng(2).poisson(6, 30)
    sure = placed(_photos(counts), QUADRATS)
    sure["count_low"] = sure["count"]
    doubtful = placed(table(seen(f"p{nth}", {"poppy": n}, more=4) for nth, n in enumerate(counts)), QUADRATS)
    (without,), (row,) = (_densities(rows).to_dict("records") for rows in (sure, doubtful))
    independent, alike = row["high_independent"] - row["low_independent"], row["high"] - row["low"]
    assert without["high"] - without["low"] < independent < alike
    assert independent_words(row) != density_words(row).partition("(")[2].rstrip(")") != ""


def test_visits_without_a_size_are_no_samples():
    rows = placed(_photos([2]), replace(VIEWS, area_m2=None))
    assert samples(rows, visits(rows)).empty
    assert _densities(rows).empty


@pytest.mark.parametrize("sampling", [TRANSECT, TIMED])
def test_a_photo_without_a_day_is_no_whole_transect_or_timed_count(sampling):
    rows = pd.concat([_photos([8]), table([seen("z", {"poppy": 1}, day=None)])], ignore_index=True)
    (row,) = _densities(placed(rows, sampling)).to_dict("records")
    assert (row["samples"], row["mean"]) == (1, 8 / (sampling.area_m2 or sampling.minutes))
