"""Sites: where photos are taken, what was done and found there; leads describe them, one by one or from a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from core.charts.form import with_doubt
from core.charts.place_words import per_m2_in_words
from core.charts.small_map import sites_map
from core.errors import InvalidSite
from core.formatting import number
from core.intake.corrections import rename_site
from core.language import tr
from core.store.records import Site
from core.store.selection import EVERYTHING
from core.survey.coordinates import position_in_words
from core.survey.density import densities, samples
from core.survey.density_words import density_columns, density_sentence, why_not_comparable_sites
from core.survey.file_rows import COLUMNS
from core.survey.numbers import MARKS, number_from
from core.survey.places import count_sites
from core.survey.repeats import Repeats
from core.survey.sampling import plots_of, said_in_words, samplings
from core.survey.sites import new_name, site_from, spellings, tidy
from core.survey.sites_file import Answers, SitesFile, read_sites, site_rows, sites_geojson
from pages.parts.downloads import download_rows
from pages.parts.fieldwork import ask_numbers, choose_protocol
from pages.parts.results import empty_page
from pages.parts.survey import choose_repeats
from web.markdown import plain
from web.process import bloomcount, open_drops, session_id
from web.session import require, while_signed_in
from web.tables import cached_figures, edition, observations_of, visits_of
from web.uploads import OpenForm

person = require("researcher")

SUFFIXES = (".csv", ".txt", ".tsv", ".geojson", ".json")
LARGEST_FILE_MB = 5
KEPT = "sites_kept"
MAP_PAGE = Path(__file__).parent / "map.py"

library = bloomcount().library
state = st.session_state


def show_sites(names: list[str], described: dict[str, Site]) -> None:
    """One row a site: what it is, what was done there, what was found."""
    repeats = choose_repeats()
    counts = count_sites(observations_of(EVERYTHING), visits_of(EVERYTHING, repeats), names, described).table
    descriptions = [described.get(name) or no_description(name) for name in names]
    table = {
        tr("Site"): names,
        tr("Flowers"): with_doubt(counts),
        tr("Taxa"): counts["taxa"].to_numpy(),
        tr("Visits"): counts["visits"].to_numpy(),
        tr("Photos"): counts["photos"].to_numpy(),
        tr("Last visit"): counts["last_day"].to_numpy(),
        tr("Flowers per m²"): per_m2_in_words(counts),
        tr("Days"): counts["days"].to_numpy(),
        tr("Habitat"): [site.habitat for site in descriptions],
        **plots_and_protocols(descriptions),
        tr("Plot, m²"): counts["area_m2"].to_numpy(),
        tr("Position"): [position_in_words(site.latitude, site.longitude) for site in descriptions],
    }
    st.dataframe(
        table,
        hide_index=True,
        placeholder="",
        column_config={
            tr("Site"): st.column_config.TextColumn(pinned=True, width=170),
            tr("Plot of"): st.column_config.TextColumn(width="medium"),
            tr("Protocol"): st.column_config.TextColumn(width="medium"),
            tr("Last visit"): st.column_config.DateColumn(format=tr("D MMM YYYY")),
            tr("Visits"): st.column_config.NumberColumn(help=repeats.in_words()),
            tr("Flowers per m²"): st.column_config.TextColumn(
                help=tr("Mean of the visits, as if the photos of a visit showed the whole plot.")
            ),
        },
    )
    of_plots = [tr("The row of a site includes its plots.")] if plots_of(described) else []
    st.caption(" ".join([repeats.in_words(), tr("Only counted photos are included."), *of_plots]))
    show_densities(repeats)


def plots_and_protocols(descriptions: list[Site]) -> dict[str, list[str]]:
    """The columns on plots and protocols, as far as anybody described any."""
    columns = {
        tr("Plot of"): [site.parent or "" for site in descriptions],
        tr("Protocol"): [said_in_words(site) for site in descriptions],
    }
    return {title: words for title, words in columns.items() if any(words)}


def show_densities(repeats: Repeats) -> None:
    """One row a site: flowers per m² or minute over its plots, quadrats and visits, with both kinds of error.

    Nothing while all photos are views of sites without plots: the table above says what there is to say.
    """
    now = edition()
    visits = visits_of(EVERYTHING, repeats, now)
    if not any(one.plot or one.adds_up for one in samplings(visits)):
        return
    observations = observations_of(EVERYTHING, now)
    table = cached_figures("densities of sites", (repeats, now), lambda: densities(samples(observations, visits)))
    st.subheader(tr("Density"))
    st.dataframe(density_columns(table), hide_index=True, placeholder="")
    st.caption(" ".join(filter(None, [density_sentence(), why_not_comparable_sites(table)])))


def show_ways_out(names: list[str], described: dict[str, Site]) -> None:
    """The list as a file that can be read in again, and the way to the map."""
    listed = [described.get(name) or no_description(name) for name in names]
    with st.container(horizontal=True, vertical_alignment="center"):
        download_rows(
            lambda: site_rows(listed), COLUMNS, "bloomcount-sites", key="sites", label=tr("Download sites as CSV")
        )
        st.download_button(
            tr("Download sites as GeoJSON"),
            while_signed_in(lambda: sites_geojson(listed).encode()),
            "bloomcount-sites.geojson",
            "application/geo+json",
            on_click="ignore",
            icon=":material/download:",
            type="tertiary",
        )
        st.page_link(MAP_PAGE, label=tr("See them on the map"), icon=":material/map:")


def no_description(name: str) -> Site:
    """A site that is known by its name alone."""
    return Site(name, None, None, "", None, person.username, datetime.now(UTC))


def keep(sites: list[Site], sentence: str) -> None:
    """Store these sites, and say so once the page has them."""
    library.describe_sites(sites, by=person)
    edition.clear()
    state[KEPT] = sentence
    state.sites_form = state.get("sites_form", 0) + 1
    st.rerun()


def change_one(names: list[str], described: dict[str, Site]) -> None:
    """Choose a new site or a known one, to describe it, take its description away, or rename it."""
    chosen = st.selectbox(
        tr("Site"), ["", *names], format_func=lambda name: name or tr("a new site"), key="site_chosen"
    )
    known = described.get(chosen) or no_description(chosen)
    others = [name for name in names if name != chosen]
    newest = known.changed_at if chosen in described else ""  # fields keep what they show: what is newer has its own
    describe(known, others, form=f"{chosen}-{newest}-{state.get('sites_form', 0)}")
    if chosen in described and st.button(
        tr("Remove description"), key="site_remove", help=tr("The site leaves the list, unless photos have its name.")
    ):
        gone = replace(known, removed=True, changed_by=person.username, changed_at=datetime.now(UTC))
        keep([gone], tr("The description of {site} is removed.", site=plain(chosen)))
    if chosen:
        rename(chosen, others)


def describe(known: Site, others: list[str], *, form: str) -> None:
    """Show the form that describes a site, with what is known of it; a new one has no name yet."""
    protocol = choose_protocol(known, key=form, unsaid=tr("views of one plot, or as the plot's site says"))
    with st.form(f"site-{form}"):
        numbers = ask_numbers(protocol, known, key=form)
        name = known.site or st.text_input(tr("Name"), key=f"site_name-{form}", max_chars=200)
        position = st.text_input(
            tr("Position"),
            "" if known.latitude is None else f"{known.latitude}, {known.longitude}",
            key=f"site_position-{form}",
            placeholder="52.4291, 4.5771",
            help=tr(
                "Latitude and longitude in degrees (WGS 84), as maps show and copy them, or X and Y of the Dutch grid."
            ),
        )
        habitat = st.text_input(tr("Habitat"), known.habitat, key=f"site_habitat-{form}", max_chars=200)
        area_m2 = st.number_input(
            tr("Area of the plot, m²"), 0.0, value=known.area_m2, key=f"site_area-{form}", format="%g", step=1.0
        )
        parent = st.selectbox(
            tr("Plot of"),
            others,
            index=others.index(known.parent) if known.parent in others else None,
            accept_new_options=True,
            placeholder=tr("Optional: the site that this plot is part of"),
            key=f"site_parent-{form}",
        )
        if not st.form_submit_button(tr("Save site")):
            return
    try:
        name = known.site or new_name(name, others)
        site = site_from(
            name, position, habitat, area_m2,
            by=person.username, at=datetime.now(UTC), parent=parent, protocol=protocol, numbers=numbers,
        )  # fmt: skip
    except InvalidSite as problem:
        st.error(plain(str(problem)))
    else:
        keep([site], tr("{site} is saved.", site=plain(name)))


def rename(old: str, others: list[str]) -> None:
    """Show the form that renames a site, or joins two spellings of one site."""
    form = state.get("sites_form", 0)
    wish = st.selectbox(
        tr("New name, or the site to merge it into"),
        others,
        index=None,
        accept_new_options=True,
        placeholder=tr("Choose or type a name"),
        key=f"site_rename-{old}-{form}",
    )
    if not wish:
        return
    try:
        new = spellings(others).get(tidy(wish).casefold()) or new_name(wish, others)
    except InvalidSite as problem:
        st.error(plain(str(problem)))
        return
    both = {"old": plain(old), "new": plain(new)}
    label = tr("Merge {old} into {new}", **both) if new in others else tr("Rename {old} to {new}", **both)
    if st.button(label, key="site_do_rename"):
        photos = rename_site(library, old, new, by=person)
        keep([], tr("{old} is now {new}. Photos changed: {photos}", **both, photos=number(photos)))


def import_file(names: list[str], described: dict[str, Site]) -> None:
    """Import sites from a file: its changes are shown before anything is kept."""
    open_drops().open(session_id(), OpenForm(SUFFIXES, max_bytes=LARGEST_FILE_MB * 1_000_000))
    upload = st.file_uploader(
        tr("CSV or GeoJSON"),
        type=SUFFIXES,
        max_upload_size=LARGEST_FILE_MB,
        key=f"sites_file-{state.get('sites_form', 0)}",
    )
    st.caption(
        tr(
            "Columns: site, latitude, longitude (or X and Y of the Dutch grid), habitat, area_m2; plot of the site; "
            "protocol (views, quadrats, transect, timed) with quadrat_m2, length_m, width_m, minutes. An empty cell "
            "keeps the current value."
        )
    )
    if upload is None:
        return
    read = partial(
        read_sites,
        upload.getvalue(),
        upload.name,
        known=described,
        names=names,
        by=person.username,
        at=datetime.now(UTC),
    )
    try:
        sites_file = read()
        answers = ask(sites_file, upload.file_id)
        sites_file = read(answers=answers)
    except InvalidSite as problem:
        st.error(plain(str(problem)))
        return
    preview(sites_file, described)
    if sites_file.sites and not sites_file.unanswered(answers):
        missing = len(sites_file.without_position)
        label = tr("Save these sites, {n} without a position", n=missing) if missing else tr("Save these sites")
        if st.button(label, type="secondary" if missing else "primary", key="sites_keep"):
            keep(list(sites_file.sites), tr("Sites saved: {n}", n=len(sites_file.sites)))


def ask(sites_file: SitesFile, file_id: str) -> Answers:
    """Ask what only a person can tell of the file."""
    decimal, swapped = None, None
    if text := sites_file.ambiguous:
        readings = {mark: f"{number_from(text, mark):g}" for mark in MARKS}
        decimal = st.radio(
            tr("How many m² is {text} in this file?", text=text),
            MARKS,
            index=None,
            format_func=lambda mark: readings[mark],
            horizontal=True,
            key=f"sites_decimal-{file_id}",
        )
    if sites_file.in_doubt:
        words = {
            True: tr("Swapped: the longitude stands where the latitude should"),
            False: tr("Right: as the columns are called"),
        }
        swapped = st.radio(
            tr("Some positions look swapped. How are latitude and longitude in this file?"),
            words,
            index=None,
            format_func=words.__getitem__,
            key=f"sites_swapped-{file_id}",
        )
    return Answers(decimal, swapped)


def preview(sites_file: SitesFile, described: dict[str, Site]) -> None:
    """Show the contents of the file, on a map too, and each row that is not used with its reason."""
    table = pd.DataFrame(
        {
            "site": [site.site for site in sites_file.sites],
            "state": [tr("changed") if site.site in described else tr("new") for site in sites_file.sites],
            "latitude": [site.latitude for site in sites_file.sites],
            "longitude": [site.longitude for site in sites_file.sites],
        }
    )
    if sites_file.sites:
        st.dataframe(
            {
                tr("Site"): table["site"],
                tr("State"): table["state"],
                tr("Position"): [position_in_words(site.latitude, site.longitude) for site in sites_file.sites],
                tr("Habitat"): [site.habitat for site in sites_file.sites],
                tr("Plot, m²"): [site.area_m2 for site in sites_file.sites],
            },
            hide_index=True,
            placeholder="",
        )
        show_preview_map(table.dropna().astype({"latitude": float, "longitude": float}))
    else:
        st.info(tr("This file has no new or changed sites."))
    if sites_file.without_position:
        names = plain(", ".join(sites_file.without_position))
        st.warning(tr("Without a position, so not on any map: {names}", names=names))
    if sites_file.refused:
        st.warning(tr("Rows that are not used: {n}", n=len(sites_file.refused)))
        st.dataframe(
            {
                tr("Row"): [refused.row for refused in sites_file.refused],
                tr("Site"): [refused.site for refused in sites_file.refused],
                tr("Why"): [refused.reason for refused in sites_file.refused],
            },
            hide_index=True,
        )
    if sites_file.unchanged:
        st.caption(tr("Unchanged: {names}", names=plain(", ".join(sites_file.unchanged))))
    if sites_file.unused:
        st.caption(tr("Columns that are not used: {names}", names=plain(", ".join(sites_file.unused))))


def show_preview_map(table: pd.DataFrame) -> None:
    """Show where the file puts its sites."""
    if table.empty:
        return
    alt = tr("Map of the positions in the file: {n}", n=len(table))
    st.plotly_chart(
        sites_map(table),
        key="sites_map",
        alt=alt,
        config={"displaylogo": False, "scrollZoom": True},
        on_select="ignore",
    )
    st.caption(alt)


st.title(tr("Sites"))
if sentence := state.pop(KEPT, ""):
    st.success(sentence)
names, described = library.sites(), library.described_sites()
if names:
    show_sites(names, described)
    show_ways_out(names, described)
else:
    empty_page(
        tr("No sites yet. A site appears when photos are dropped with its name on *Count flowers*, or is added here.")
    )
if person.may("lead"):
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(tr("Add or change a site"))
        change_one(names, described)
    with right:
        st.subheader(tr("Import sites"))
        import_file(names, described)
elif names:
    st.caption(tr("Team leads can add and change sites."))
