"""Figures show every row of their table, its doubt and the rule it was counted by."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from core.charts.abundance import abundance, families, rank_abundance
from core.charts.colours import OTHER, taxon_colours
from core.charts.form import one_line, over_lines, two_lines, with_doubt
from core.charts.sites import curves, indices, sites_by_taxa, unlikeness
from core.charts.time import calendar as calendar_figure
from core.charts.time import over_time as time_figure
from core.survey import diversity
from core.survey.phenology import calendar
from core.survey.repeats import visits
from core.survey.totals import by_family, by_site_and_taxon, by_taxon, over_time
from tests.core.survey.tables import seen, table

NOTE = "Maximum per site and day; 0 of 4 photos reviewed"
SUMMER = {"poppy": frozenset({5, 6, 7, 8}), "rose": frozenset({11, 12, 1})}
SURVEY = [
    seen("a", {"poppy": 9, "rose": 2, "unknown": 4}, more=3),
    seen("b", {"poppy": 3}, site="wood", day="2026-12-24"),
    seen("c", {"opium": 7}, site="wood", day="2026-07-01", flag="crowded"),
    seen("d", {}, site="heath", day=None),
]
ONE = [seen("a", {"poppy": 1})]
FIGURES = {
    "abundance": lambda v: abundance(by_taxon(v), taxon_colours(by_taxon(v)["taxon"]), note=NOTE),
    "rank": lambda v: rank_abundance(by_taxon(v), note=NOTE),
    "families": lambda v: families(by_family(v), note=NOTE),
    "time": lambda v: time_figure(over_time(v, "month", list(by_taxon(v)["taxon"])), {}, note=NOTE),
    "calendar": lambda v: calendar_figure(calendar(v, SUMMER), SUMMER, names(v), note=NOTE),
    "sites and taxa": lambda v: sites_by_taxa(by_site_and_taxon(v), note=NOTE),
    "indices": lambda v: indices(index_rows(v), title="Richness", note=NOTE),
    "curves": lambda v: curves(curve(v), x="Flowers", note=NOTE),
    "unlikeness": lambda v: unlikeness(diversity.unlikeness(v), note=NOTE),
}


def names(rows: pd.DataFrame) -> dict[str, str]:
    taxa = by_taxon(rows)
    return dict(zip(taxa["taxon"], taxa["name"], strict=True))


def index_rows(rows: pd.DataFrame) -> pd.DataFrame:
    communities = {site: diversity.community(rows[rows["site"] == site]) for site in rows["site"].unique()}
    return diversity.index_table(communities, diversity.KEYS[:1])


def curve(rows: pd.DataFrame) -> pd.DataFrame:
    of = diversity.community(rows)
    return diversity.rarefaction(of.count, of.flowers).assign(community="all")


def drawn(figure: go.Figure, kind: str) -> list[dict]:
    return [trace for trace in json.loads(figure.to_json())["data"] if trace["type"] == kind]


def values(numbers) -> list[float]:
    """A row of numbers as Plotly writes it: plain, or packed."""
    if isinstance(numbers, dict):
        import base64

        return np.frombuffer(base64.b64decode(numbers["bdata"]), numbers["dtype"]).tolist()
    return list(numbers)


@pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)
@pytest.mark.parametrize("photos", [[], ONE, SURVEY], ids=["empty", "one photo", "survey"])
def test_every_figure_is_drawn_from_any_store_and_says_its_rule(figure, photos):
    text = figure(visits(table(photos))).to_json()
    assert "Maximum per site and day" in text.replace("</span><br><span style='font-size:0.85em'>", " ")
    json.loads(text)


def test_bars_have_the_counts_and_bounds_of_their_table():
    taxa = by_taxon(visits(table(SURVEY)))
    (bars,) = drawn(abundance(taxa, taxon_colours(taxa["taxon"]), note=NOTE), "bar")
    assert values(bars["x"]) == taxa["count"].tolist() == [12, 7, 2, 4]
    assert values(bars["error_x"]["array"]) == (taxa["count_high"] - taxa["count"]).tolist()
    assert values(bars["error_x"]["arrayminus"]) == (taxa["count"] - taxa["count_low"]).tolist()
    assert bars["y"][0] == "<i>Papaver rhoeas</i><br>corn poppy"


def test_unknown_flowers_are_grey_and_hatched():
    taxa = by_taxon(visits(table(SURVEY)))
    (bars,) = drawn(abundance(taxa, taxon_colours(taxa["taxon"]), note=NOTE), "bar")
    assert (bars["marker"]["color"][-1], bars["marker"]["pattern"]["shape"]) == (OTHER, ["", "", "", "/"])


def test_a_curve_has_its_band():
    rows = over_time(visits(table(SURVEY)), "month", ["poppy"])
    high, low, line = drawn(time_figure(rows, {}, note=NOTE), "scatter")
    assert (values(high["y"]), values(low["y"])) == (rows["high"].tolist(), rows["low"].tolist())
    assert (values(line["y"]), low["fill"]) == (rows["per_visit"].tolist(), "tonexty")


def test_the_calendar_shows_finds_out_of_season_apart_and_all_of_them():
    rows = visits(table(SURVEY))
    figure = calendar_figure(calendar(rows, SUMMER), SUMMER, names(rows), note=NOTE)
    dots = {trace["name"]: trace for trace in drawn(figure, "scatter") if trace.get("name")}
    assert dots["found"]["y"] == [
        "<i>Papaver somniferum</i><br>opium poppy",
        "<i>Papaver rhoeas</i><br>corn poppy",
        "unknown flower",
    ]
    assert dots["found out of season: please check"]["y"] == [
        "<i>Papaver rhoeas</i><br>corn poppy",
        "<i>Rosa</i><br>rose",
    ]


def test_a_season_over_the_new_year_is_two_bars():
    rows = visits(table(SURVEY))
    (bars,) = drawn(calendar_figure(calendar(rows, SUMMER), SUMMER, names(rows), note=NOTE), "bar")
    of_rose = [
        (start, length)
        for name, start, length in zip(bars["y"], bars["base"], bars["x"], strict=True)
        if name.startswith("<i>Rosa")
    ]
    assert of_rose == [(1, 31), (305, 61)]


def test_a_site_where_a_taxon_was_not_found_stays_empty():
    (field,) = drawn(sites_by_taxa(by_site_and_taxon(visits(table(SURVEY))), note=NOTE), "heatmap")
    assert field["x"] == ["dunes", "wood"]
    row = field["y"].index("<i>Rosa</i><br>rose")
    assert field["customdata"][row][0][0] == "2 (1-5)"
    assert field["customdata"][row][1][0] is None


def test_a_flower_in_many_visits_is_not_none_a_visit():
    none = [seen(f"n{day}", {}, day=f"2026-06-{day:02}") for day in range(1, 30)]
    (field,) = drawn(sites_by_taxa(by_site_and_taxon(visits(table([*none, *ONE]))), note=NOTE), "heatmap")
    assert field["customdata"][0][0][2].startswith("0.03")


def test_hover_says_the_interval_of_a_mean_per_visit_and_of_a_share():
    found = visits(table([*ONE, seen("b", {"poppy": 3}, day="2026-06-13", more=3), seen("c", {}, day="2026-06-14")]))
    (field,) = drawn(sites_by_taxa(by_site_and_taxon(found), note=NOTE), "heatmap")
    assert field["customdata"][0][0][2] == "1.3 (0.7-2.7)"
    (bars,) = drawn(families(by_family(found), note=NOTE), "bar")
    assert bars["customdata"] == [["4 (2-8)", 1.0, 1.0]]
    assert "%{customdata[1]:.1%}-%{customdata[2]:.1%}" in bars["hovertemplate"]


@pytest.mark.parametrize(
    ("name", "two", "one"),
    [
        ("Papaver rhoeas · corn poppy", "<i>Papaver rhoeas</i><br>corn poppy", "<i>Papaver rhoeas</i> · corn poppy"),
        ("Rosa (genus)", "<i>Rosa</i> (genus)", "<i>Rosa</i> (genus)"),
        ("Petunia", "<i>Petunia</i>", "<i>Petunia</i>"),
        ("unknown flower", "unknown flower", "unknown flower"),
        ("x<script> · y", "<i>x&lt;script&gt;</i><br>y", "<i>x&lt;script&gt;</i> · y"),
    ],
)
def test_scientific_names_are_in_italics_and_nothing_in_them_is_markup(name, two, one):
    assert (two_lines([name]), one_line([name])) == ([two], [one])


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"count": 7, "count_low": 6, "count_high": 9}, "7 (6-9)"),
        ({"count": 7, "count_low": 7, "count_high": 7}, "7"),
        ({"count": 7, "count_low": 6, "count_high": 9, "lower_bound": True}, "≥ 7"),
        ({"count": 12345, "count_low": 12000, "count_high": 13000}, "12\u2009345 (12\u2009000-13\u2009000)"),
        ({"count": 0.5, "count_low": 0.0, "count_high": 1.25}, "0.5 (0.0-1.2)"),
        ({"count": 0.04, "count_low": 0.0, "count_high": 0.08}, "0.04 (0.0-0.08)"),
    ],
)
def test_figures_are_written_with_their_doubt(row, words):
    assert with_doubt(pd.DataFrame([row])) == [words]


def test_long_names_of_sites_go_over_lines_and_stay_text():
    assert over_lines("Noorderplantsoen Groningen <b>") == "Noorderplantsoen<br>Groningen &lt;b&gt;"


def test_two_sites_that_are_compared_keep_their_names_as_text():
    sites = ["<b>dunes</b>", "wood & heath"]
    (field,) = drawn(unlikeness(pd.DataFrame([[0, 1], [1, 0]], sites, sites), note=NOTE), "heatmap")
    assert field["customdata"][0][1] == ["&lt;b&gt;dunes&lt;/b&gt;", "wood &amp; heath"]
