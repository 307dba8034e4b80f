"""Map: what grows where and how much, at sites or where the photos were taken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import streamlit as st

from core.charts.map import (
    COLOURS,
    Colour,
    count_in_words,
    in_words,
    per_m2_in_words,
    place_name,
    places_map,
)
from core.language import spoken, tr
from core.store.records import Site
from core.store.selection import EVERYTHING, Selection
from core.survey.coordinates import position_in_words
from core.survey.observed import observed
from core.survey.places import KINDS, Kind, Places, places
from core.survey.repeats import Repeats
from core.survey.summary import summarise
from pages.parts.app import bloomcount, labels, model_problem, package
from pages.parts.chart import show_chart
from pages.parts.filter_bar import filter_bar
from pages.parts.results import PHOTOS_PAGE, colours_of, empty_page, show_cards
from pages.parts.session import require
from pages.parts.words import number, plain

require("researcher")

CHOSEN = "map_place"
MOST_TAXA, MOST_PHOTOS = 8, 8
MAP_PAGE, SITES_PAGE = Path(__file__), Path(__file__).parent / "sites.py"

bloom = bloomcount()
library = bloom.library
state = st.session_state


def controls() -> tuple[Kind, Colour]:
    """What a point is, and what its colour says."""
    kinds = {"sites": tr("Sites"), "spots": tr("Where photos were taken")}
    colours = {"taxon": tr("Most abundant taxon"), "taxa": tr("Number of taxa")}
    with st.container(horizontal=True):
        kind = st.segmented_control(
            tr("Points"), KINDS, default=KINDS[0], required=True, format_func=kinds.__getitem__, key="map_kind"
        )
        colour = st.segmented_control(
            tr("Colour"), COLOURS, default=COLOURS[0], required=True, format_func=colours.__getitem__, key="map_colour"
        )
    return kind, colour


def choose_clicked() -> None:
    """The place that was clicked on the map is the one told about below it."""
    points = state.chart_map.selection.points
    if points:
        state[CHOSEN] = points[0]["customdata"][0]


def show_map(found: Places, kind: Kind, colour: Colour, repeats: Repeats) -> None:
    """The map, and how its points came about."""
    figure = places_map(found.table, colour=colour)
    shown = found.table.drop(columns="key")
    show_chart(figure, shown, name="map", alt=in_words(found.table, colour=colour), on_select=choose_clicked)
    if kind == "sites":
        st.caption(tr("One point a site; photos without a site within {metres} m are one point.", metres=found.spot_m))
    else:
        st.caption(tr("Photos within {metres} m are one point, taken for one site.", metres=found.spot_m))
    st.caption(f"{repeats.in_words()} {tr('Flowers of all days are added up.')}")


def photo_words(photos: int) -> str:
    """`1 photo`, `2 photos`."""
    return tr("1 photo") if photos == 1 else tr("{total} photos", total=number(photos))


def say_nowhere(found: Places) -> None:
    """Photos that are on no map, and what helps."""
    without_site = int(found.nowhere.get("", 0))
    at_sites = found.nowhere.drop("", errors="ignore")
    if len(at_sites):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                tr(
                    "Not on the map: {photos} without GPS, of sites without a position ({sites}).",
                    photos=photo_words(int(at_sites.sum())),
                    sites=plain(", ".join(at_sites.index[:5]) + (" …" if len(at_sites) > 5 else "")),
                )
            )
            st.page_link(SITES_PAGE, label=tr("Give sites a position"), icon=":material/location_on:")
    if without_site:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                tr("Not on the map: {photos} without GPS and without a site.", photos=photo_words(without_site))
            )
            st.page_link(
                PHOTOS_PAGE,
                label=tr("See them"),
                icon=":material/photo_library:",
                query_params={"attention": "unplaced"},
            )


def show_place(found: Places, selection: Selection) -> None:
    """One place: what was found there, and the way to its photos."""
    table = found.table.set_index("key")
    if state.get(CHOSEN) not in table.index:
        state[CHOSEN] = None
    key = st.selectbox(
        tr("Place"),
        list(table.index),
        format_func=lambda key: place_name(table.loc[key]),
        placeholder=tr("Click a point on the map, or choose here"),
        key=CHOSEN,
        index=None,
    )
    if key is None:
        return
    row = table.loc[key]
    with st.container(border=True):
        st.markdown(f"**{plain(place_name(row))}**")
        facts = [
            tr("flowers: {count}", count=count_in_words(row)),
            tr("photos: {photos} · days: {days} · taxa: {taxa}", **row[["photos", "days", "taxa"]]),
            *([tr("flowers per m²: {mean}", mean=per_m2)] if (per_m2 := per_m2_in_words(row)) else []),
            position_in_words(row["latitude"], row["longitude"]),
        ]
        st.markdown(" · ".join(facts))
        show_taxa(found.taxa[found.taxa["key"] == key])
        if row["place"]:
            show_ways(row["place"], selection)
        elif not model_problem():
            show_photos(found.photos[found.photos == key].index[:MOST_PHOTOS].to_list(), row["photos"], selection)


def show_taxa(taxa: pd.DataFrame) -> None:
    """The most abundant taxa of a place."""
    vernacular = "dutch" if spoken() == "nl" else "english"
    for _, row in taxa.head(MOST_TAXA).iterrows():
        scientific = f"*{plain(row['scientific_name'])}* · " if row["scientific_name"] else ""
        st.markdown(f"{count_in_words(row)} {scientific}{plain(row[vernacular])}")
    if len(taxa) > MOST_TAXA:
        st.caption(tr("more taxa: {n}", n=len(taxa) - MOST_TAXA))


def show_ways(site: str, selection: Selection) -> None:
    """From a site to its photos, and to the map of it alone."""
    query = replace(selection, sites=(site,)).to_query()
    with st.container(horizontal=True):
        st.page_link(PHOTOS_PAGE, label=tr("See its photos"), icon=":material/photo_library:", query_params=query)
        st.page_link(MAP_PAGE, label=tr("Only this site"), icon=":material/filter_alt:", query_params=query)


def show_photos(photo_ids: list[str], photos: int, selection: Selection) -> None:
    """The first photos of a place that has no name to ask for."""
    results = library.results_for(photo_ids)
    threshold = package().default_threshold
    summary = summarise(results, package_of=bloom.models.package_of, threshold=threshold)
    show_cards(summary.photos, colours_of(summary), query=selection.to_query())
    if photos > len(results):
        st.caption(tr("more photos: {n}", n=number(photos - len(results))))


def sites_to_show(described: dict[str, Site], rows: pd.DataFrame, selection: Selection) -> dict[str, Site]:
    """All sites, or those that the selection is about: others are not said to lack photos."""
    if selection == EVERYTHING:
        return described
    named = {*rows["site"], *selection.sites}
    return {name: site for name, site in described.items() if name in named}


st.title(tr("Map"))
selection, repeats = filter_bar(), Repeats()
rows = observed(library, labels(), selection)
kind, colour = controls()
found = places(rows, sites_to_show(library.described_sites(), rows, selection), kind, repeats)
if len(found.table):
    show_map(found, kind, colour, repeats)
    show_place(found, selection)
elif rows.empty:
    empty_page(tr("No counted photos here. Photos with GPS or of a site with a position would be points on this map."))
else:
    empty_page(tr("None of these photos has a place: no GPS, and no site with a position."))
say_nowhere(found)
