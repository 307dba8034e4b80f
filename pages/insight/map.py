"""Map: taxa and flowers at sites, or where the photos were taken."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from core.charts.colours import colours_of
from core.charts.form import one_line, with_doubt
from core.charts.map import HEIGHT_PX, places_map
from core.charts.place_words import COLOURS, Colour, in_words, per_m2_in_words, place_names
from core.formatting import number, photos
from core.language import tr
from core.store.records import Site
from core.store.selection import Selection
from core.survey.coordinates import position_in_words
from core.survey.counted_photos import count_photos
from core.survey.observed import observed
from core.survey.places import Kind, Places, place_of_photos, places
from core.survey.sampling import plots_of
from core.survey.totals import display_names
from pages.parts.cards import leads, picture, show_remarkable
from pages.parts.chart import show_chart
from pages.parts.results import PHOTO_PAGE, empty_page, show_cards
from pages.parts.survey import Survey, link_to_photos, open_survey
from web.markdown import plain
from web.process import bloomcount, map_tiles, model_problem
from web.session import require
from web.tables import glance, labels

require("researcher")

CHOSEN = "map_place"
MOST_TAXA, MOST_PHOTOS, MOST_SITES = 8, 8, 5
LIST_ABOVE_PX = 84  # the field above the list, which ends where the map does
MAP_PAGE, SITES_PAGE = Path(__file__), Path(__file__).parent / "sites.py"

bloom = bloomcount()
library = bloom.library
state = st.session_state


def controls(sites: dict[str, Site]) -> tuple[Kind, Colour]:
    """Choose what a point is, and what its colour says. Plots can be chosen where there are any."""
    kinds: dict[Kind, str] = {"sites": tr("Sites"), "plots": tr("Plots"), "spots": tr("Where photos were taken")}
    if not plots_of(sites):
        del kinds["plots"]
    colours = {
        "taxon": tr("Most abundant taxon"),
        "taxa": tr("Number of taxa"),
        "density": tr("Flowers per m²"),
    }
    with st.container(horizontal=True):
        kind = st.segmented_control(
            tr("Points"), list(kinds), default="sites", required=True, format_func=kinds.__getitem__, key="map_kind"
        )
        colour = st.segmented_control(
            tr("Colour"), COLOURS, default=COLOURS[0], required=True, format_func=colours.__getitem__, key="map_colour"
        )
    return kind, colour


def choose_clicked() -> None:
    """Choose the place that was clicked on the map, to tell about it beside it."""
    points = state.plot_map.selection.points
    if points:
        state[CHOSEN] = points[0]["customdata"][0]


def choose_listed(keys: list[str]) -> None:
    """Choose the place of the row that was clicked in the list."""
    cells = state.map_list.selection.cells
    if cells:
        state[CHOSEN] = keys[cells[0][0]]


def show_map(places_found: Places, kind: Kind, colour: Colour) -> None:
    """The map, and how its points came about."""
    dark = st.context.theme.type == "dark"
    draw = partial(places_map, places_found.table, colour=colour, tiles=map_tiles(), dark=dark)
    shown = places_found.table.drop(columns="key")
    show_chart(draw, shown, name="map", alt=in_words(places_found.table, colour=colour), on_select=choose_clicked)
    if kind == "sites":
        points = tr(
            "One point per site; photos without a site within {metres} m of each other are one point.",
            metres=places_found.spot_m,
        )
    elif kind == "plots":
        points = tr("One point per plot; photos without a plot are left out.")
    else:
        points = tr(
            "Photos within {metres} m of each other are one point, treated as one site.", metres=places_found.spot_m
        )
    drawn = tr(
        "Area of the disc: flowers. Thin ring: upper bound. A number: so many places lie there; click to zoom in."
    )
    st.caption(f"{points} {tr('Flowers of all days are added up.')} {drawn}")


def say_nowhere(places_found: Places, which: Selection) -> None:
    """Say how many photos are on no map, and what helps."""
    without_site = int(places_found.nowhere.get("", 0))
    of_sites = places_found.nowhere.drop("", errors="ignore")
    if len(of_sites):
        sites = ", ".join(of_sites.index[:MOST_SITES]) + (" …" if len(of_sites) > MOST_SITES else "")
        sentence = tr(
            "Not on the map: {photos} without GPS, of sites without a position ({sites}).",
            photos=photos(int(of_sites.sum())),
            sites=plain(sites),
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(sentence)
            st.page_link(SITES_PAGE, label=tr("Give sites a position"), icon=":material/location_on:")
    if without_site:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(tr("Not on the map: {photos} without GPS and without a site.", photos=photos(without_site)))
            link_to_photos(tr("See them"), replace(which, attention="unplaced"))


def choose_place(places_found: Places) -> str | None:
    """Choose a place by its name, in the list, or on the map; return its key."""
    table = places_found.table.sort_values("count", ascending=False, kind="stable")
    names = dict(zip(table["key"], place_names(table), strict=True))
    if state.get(CHOSEN) not in names:
        state[CHOSEN] = None
    key = st.selectbox(
        tr("Place"),
        list(names),
        format_func=names.__getitem__,
        placeholder=tr("Click a point on the map, or choose here"),
        key=CHOSEN,
        index=None,
    )
    if key is None:
        st.dataframe(
            {
                tr("Place"): list(names.values()),
                tr("Flowers"): with_doubt(table),
                tr("Taxa"): table["taxa"],
                tr("Most"): display_names(table),
            },
            column_config={
                tr("Place"): st.column_config.Column(width=150),
                tr("Flowers"): st.column_config.Column(width=90),
                tr("Taxa"): st.column_config.Column(width=55),
            },
            hide_index=True,
            height=HEIGHT_PX - LIST_ABOVE_PX,
            key="map_list",
            on_select=partial(choose_listed, list(names)),
            selection_mode="single-cell",
            alt=tr("The places of the map, most flowers first; choose a row to see its photos."),
        )
    return key


def show_place(key: str, places_found: Places, survey: Survey, photo_ids: list[str]) -> None:
    """The card of a place: a photo, what was found there, and the way to more. photo_ids: of a place without name."""
    which = survey.which
    row = places_found.table[places_found.table["key"] == key]
    place, name = row.iloc[0], place_names(row)[0]
    only = replace(which, sites=(place["place"],)) if place["place"] else which
    with st.container(border=True, key="place"):
        st.markdown(f"**{plain(name)}**")
        if place["place"]:
            show_remarkable(glance(only).remarkable[:1], only)
        elif photo_ids:
            query = {"id": photo_ids[:1], **which.to_query()}
            leads(f"photo-{photo_ids[0]}", picture(photo_ids[0], ""), PHOTO_PAGE, name, query)
        facts = [
            tr("flowers: {count}", count=with_doubt(row)[0]),
            tr("photos: {photos} · days: {days} · taxa: {taxa}", **place[["photos", "days", "taxa"]]),
            *(tr("flowers per m²: {mean}", mean=mean) for mean in filter(None, per_m2_in_words(row))),
            position_in_words(place["latitude"], place["longitude"]),
        ]
        st.markdown(" · ".join(facts))
        show_taxa(places_found.taxa[places_found.taxa["key"] == key])
        if place["place"]:
            with st.container(horizontal=True):
                link_to_photos(tr("See its photos"), only)
                st.page_link(
                    MAP_PAGE, label=tr("Only this site"), icon=":material/filter_alt:", query_params=only.to_query()
                )


def show_taxa(taxa: pd.DataFrame) -> None:
    """The most abundant taxa of a place."""
    most = taxa.head(MOST_TAXA)
    lines = [f"{count} {name}" for count, name in zip(with_doubt(most), one_line(display_names(most)), strict=True)]
    st.html(f'<div class="bloom">{"<br>".join(lines)}</div>')
    if len(taxa) > MOST_TAXA:
        st.caption(tr("more taxa: {n}", n=len(taxa) - MOST_TAXA))


def show_photos(photo_ids: list[str], photos: int, which: Selection) -> None:
    """The first photos of a place that has no name to ask for."""
    counted = count_photos(library.results_for(photo_ids), package_of=bloom.models.package_of, threshold=None)
    show_cards(counted.photos, colours_of(counted), query=which.to_query())
    if photos > len(photo_ids):
        st.caption(tr("more photos: {n}", n=number(photos - len(photo_ids))))


def photo_ids_at(key: str, which: Selection, sites: dict[str, Site], kind: Kind) -> list[str]:
    """The first photos of a place. Charts know photos by numbers alone, so that they are asked for again."""
    rows = observed(library, labels(), which)
    place_of = place_of_photos(rows, sites, kind)
    there = place_of.index[place_of == key][:MOST_PHOTOS]
    photo_ids: list[str] = rows.loc[rows["photo"].isin(there), "photo_id"].unique().tolist()
    return photo_ids


def sites_to_show(described: dict[str, Site], survey: Survey) -> dict[str, Site]:
    """All sites, or those that the selection is about: others are not said to lack photos."""
    if survey.which == Selection():
        return described
    plots = plots_of(described)
    named = {*survey.observations["site"], *survey.which.sites}
    named |= {plots.get(name, name) for name in named}
    return {name: site for name, site in described.items() if name in named or site.parent in survey.which.sites}


survey = open_survey(tr("Map"))
if survey:
    described = library.described_sites()
    kind, colour = controls(described)
    sites = sites_to_show(described, survey)
    places_found = survey.figures(places, survey.observations, survey.visits, sites, kind, survey.repeats)
    if places_found.table.empty:
        empty_page(
            tr("None of these photos is of a plot with a position.")
            if kind == "plots"
            else tr("None of these photos has a place: no GPS, and no site with a position.")
        )
    else:
        left, right = st.columns([5, 3])
        with right:
            key = choose_place(places_found)
            nameless = key is not None and not key.startswith("site ") and not model_problem()
            photo_ids = photo_ids_at(key, survey.which, sites, kind) if key and nameless else []
            if key:
                show_place(key, places_found, survey, photo_ids)
        with left:
            show_map(places_found, kind, colour)
        if key and photo_ids:
            of_place = places_found.table.loc[places_found.table["key"] == key, "photos"]
            show_photos(photo_ids, int(of_place.iloc[0]), survey.which)
    say_nowhere(places_found, survey.which)
    survey.say_rule()
