"""Places of a map in words: their names, what is under the pointer, and the map for those who do not see it."""

from __future__ import annotations

from html import escape
from typing import Literal, get_args

import numpy as np
import pandas as pd

from core.charts.form import one_line, with_doubt
from core.formatting import at_least, density, with_interval
from core.language import tr
from core.survey.coordinates import position_in_words
from core.survey.places import PER_M2
from core.survey.totals import display_names

Colour = Literal["taxon", "taxa", "density"]
COLOURS: tuple[Colour, ...] = get_args(Colour)


def in_words(table: pd.DataFrame, *, colour: Colour) -> str:
    """Describe the map for people who do not see it."""
    with_flowers = table[table["count"] > 0]
    if with_flowers.empty:
        return tr("Map of {places}, where no flower was found.", places=_places(len(table)))
    most = with_flowers.loc[[with_flowers["count"].idxmax()]]
    sentence = tr(
        "Map of {places}, {found} with flowers. Most are at {most}: {count}.",
        places=_places(len(table)),
        found=len(with_flowers),
        most=place_names(most)[0],
        count=with_doubt(most)[0],
    )
    if colour == "taxa":
        richest = with_flowers.loc[[with_flowers["taxa"].idxmax()]]
        place, taxa = place_names(richest)[0], richest["taxa"].iloc[0]
        return f"{sentence} {tr('Most taxa, {taxa}, are at {place}.', taxa=taxa, place=place)}"
    if colour == "density":
        densest = table.dropna(subset=PER_M2[0]).nlargest(1, PER_M2[0])
        if densest.empty:
            return f"{sentence} {tr('No site has an area, so there is no density to show.')}"
        mean, place = per_m2_in_words(densest)[0], place_names(densest)[0]
        return f"{sentence} {tr('Most flowers per m², {mean}, are at {place}.', mean=mean, place=place)}"
    by_taxon = with_flowers.groupby("taxon")["count"].agg(["size", "sum"]).sort_values(["size", "sum"])
    often = display_names(with_flowers[with_flowers["taxon"] == by_taxon.index[-1]]).iloc[0]
    return f"{sentence} {tr('Most often the most abundant: {taxon}.', taxon=often)}"


def place_names(table: pd.DataFrame) -> list[str]:
    """The label of each place: its name, or its position."""
    where = zip(table["place"], table["latitude"], table["longitude"], strict=True)
    return [str(place) or position_in_words(latitude, longitude) for place, latitude, longitude in where]


def per_m2_in_words(table: pd.DataFrame) -> list[str]:
    """Flowers per m² of each row, `0.75 (0.6-0.9)` or `≥ 0.75` for a lower bound; empty where there is no photo, or
    nobody gave the area of the plot."""
    figures = zip(*(table[name] for name in (*PER_M2, "lower_bound")), strict=True)
    return [
        "" if np.isnan(mean) else at_least(density(mean)) if bound else with_interval(mean, low, high, density)
        for mean, low, high, bound in figures
    ]


def hover(table: pd.DataFrame) -> list[str]:
    """The text under the pointer for each place, as HTML."""
    counts, per_m2, taxa = with_doubt(table), per_m2_in_words(table), one_line(display_names(table))
    rows = zip(place_names(table), table["photos"], table["days"], table["taxa"], counts, per_m2, taxa, strict=True)
    return [
        "<br>".join(
            [
                f"<b>{escape(place)}</b>",
                tr("flowers: {count}", count=count) if photos else tr("no photos"),
                *(
                    [tr("photos: {photos} · days: {days} · taxa: {taxa}", photos=photos, days=days, taxa=n)]
                    if photos
                    else []
                ),
                *([tr("most: {taxon}", taxon=taxon)] if taxon else []),
                *([tr("flowers per m²: {mean}", mean=mean)] if mean else []),
            ]
        )
        for place, photos, days, n, count, mean, taxon in rows
    ]


def _places(n: int) -> str:
    return tr("1 place") if n == 1 else tr("{n} places", n=n)
