"""Overview: what grows here, where, when and how surely, on one screen; everything on it leads to its photos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import get_args

import pandas as pd
import streamlit as st

from core.charts.colours import taxon_colours
from core.charts.comparison import in_words as compared_in_words
from core.charts.comparison import small_differences, small_side_by_side
from core.charts.form import one_line, with_doubt
from core.charts.place_words import in_words as map_in_words
from core.charts.season import in_words as season_in_words
from core.charts.season import weeks
from core.charts.small_map import small_map
from core.formatting import day, number
from core.language import tr
from core.store.glance import Remarkable
from core.store.selection import EVERYTHING, Attention, Selection
from core.survey.certainty import PARTS, parted, sure_taxa
from core.survey.comparison import photos_of_group
from core.survey.filter_words import attention_words
from core.survey.headline import Headline, Periods, headline, periods
from core.survey.observed import newest_day
from core.survey.places import places
from core.survey.repeats import Repeats
from core.survey.season import by_week, pulse
from core.survey.totals import by_taxon
from pages.parts.cards import Link, leads, part_key, show_remarkable, taxon_row, tile
from pages.parts.changes import dismiss_unread, say_changed
from pages.parts.chart import small_chart
from pages.parts.comparing import compared_table, say_not_comparable, words_of_groups
from pages.parts.first_steps import show_first_steps
from pages.parts.results import PHOTOS_PAGE
from pages.parts.survey import Survey, link_to_photos, open_survey
from web.markdown import plain
from web.session import require
from web.tables import described_sites, glance, has_photos, observations_of, visits_of

person = require("researcher")

MOST_TAXA, MOST_DIFFERENCES = 10, 5
SPECIES_PAGE, MAP_PAGE, TAXON_PAGE = (Path(__file__).parent / page for page in ("species.py", "map.py", "taxon.py"))
WEEK = timedelta(days=6)


def show_figures(survey: Survey, taxa: pd.DataFrame) -> None:
    """The five figures, each with its doubt, its course through time and its change."""
    now = survey.figures(headline, survey.observations, survey.visits)
    compared = periods(survey.which, newest_day(survey.observations))
    change = (survey.figures(changed, compared, survey.repeats, survey.edition) if compared else None) or {}
    course, query = survey.figures(pulse, survey.visits), survey.which.to_query()
    flowers, sure = now.flowers, len(sure_taxa(taxa))
    between = f"{number(flowers.low)}-{number(flowers.high)}" if flowers.low < flowers.high else tr("all reviewed")
    below = {
        "flowers": tr("{between}, or more", between=between) if flowers.lower_bound else between,
        "photos": tr("by 1 person") if now.people == 1 else tr("by {people} people", people=number(now.people)),
        "taxa": tr("{sure} of them surely", sure=number(min(sure, now.taxa))),
        "visits": tr("to 1 site") if now.sites == 1 else tr("to {sites} sites", sites=number(now.sites)),
    }
    figures = (
        ("flowers", tr("Flowers"), flowers.count, SPECIES_PAGE),
        ("photos", tr("Photos"), now.photos, PHOTOS_PAGE),
        ("taxa", tr("Taxa"), now.taxa, SPECIES_PAGE),
        ("visits", tr("Visits"), now.visits, MAP_PAGE),
    )
    with st.container(horizontal=True, key="tiles", gap="small"):
        for key, label, value, page in figures:
            html = tile(label, number(value), below[key], change=change.get(key, ""), through_time=list(course[key]))
            leads(key, html, page, f"{label}: {number(value)}", query)
        share = survey.reviewed / max(1, survey.photos)
        html = tile(
            tr("Seen by people"),
            f"{100 * share:.0f} %",
            tr("{reviewed} of {photos} photos", reviewed=number(survey.reviewed), photos=number(survey.photos)),
            share=share,
        )
        reviewed = replace(survey.which, reviewed_only=True).to_query()
        leads("reviewed", html, PHOTOS_PAGE, f"{tr('Seen by people')}: {100 * share:.0f} %", reviewed)


def changed(compared: Periods, repeats: Repeats, edition: str) -> Mapping[str, str] | None:
    """The change of each figure since the period before, as `+3`; None where that has no photos."""
    now, before = (
        figures_of(headline(observations_of(days, edition), visits_of(days, repeats, edition)))
        for days in (compared.now, compared.before)
    )
    if not before["photos"]:
        return None
    return {key: f"{now[key] - before[key]:+d}" for key in now if now[key] != before[key]}


def change_words(survey: Survey) -> list[str]:
    """Say which days are compared, or why none are."""
    compared = periods(survey.which, newest_day(survey.observations))
    if not compared:
        return []
    change = survey.figures(changed, compared, survey.repeats, survey.edition)
    if change is None:
        words = {"days": number(compared.days), "first": day(compared.first)}
        return [tr("No change is shown: there are no photos in the {days} days before {first}.", **words)]
    if not change:
        return []
    return [
        tr(
            "Change: the {days} days from {first} to {last}, against the {days} days before.",
            days=number(compared.days),
            first=day(compared.first),
            last=day(compared.last),
        )
    ]


def figures_of(of: Headline) -> dict[str, int]:
    """The figures that are compared with those of a period before."""
    return {"flowers": of.flowers.count, "photos": of.photos, "taxa": of.taxa, "visits": of.visits}


def show_taxa(survey: Survey, table: pd.DataFrame) -> None:
    """The most abundant taxa, each bar in parts by how sure it is."""
    heading(tr("What grows here"), tr("All {names} names", names=number(len(table))), SPECIES_PAGE, survey.which)
    if table.empty:
        st.markdown(tr("No flowers in these photos. That is a result too: the exports keep them as zeros."))
        return
    colours, rows = taxon_colours(table["taxon"]), table.head(MOST_TAXA)
    with st.container(key="taxa_rows", gap=None):
        for row, name, plain_name, figure in zip(
            rows.to_dict("records"), one_line(rows["name"]), rows["name"], with_doubt(rows), strict=True
        ):
            taxon, parts = str(row["taxon"]), {part: int(row[part]) for part in PARTS}
            html = taxon_row(name, figure, colours[taxon], parts, int(table["count"].max()))
            between = f"{number(row['count_low'])}-{number(row['count_high'])}"
            words, which = f"{plain_name}: {figure}, {between}", replace(survey.which, taxa=(taxon,))
            about = Link(tr("About {taxon}", taxon=plain_name), TAXON_PAGE, {"id": [taxon], **survey.which.to_query()})
            leads(f"taxon-{taxon}", html, PHOTOS_PAGE, words, which.to_query(), of_name=about)
    st.html(part_key())


def show_groups(survey: Survey, table: pd.DataFrame) -> None:
    """The most abundant taxa in each group that is compared; a click on a dot opens its photos."""
    heading(tr("Flowers per visit"), tr("All taxa"), SPECIES_PAGE, survey.which)
    words = words_of_groups(survey, table)
    draw = partial(small_side_by_side, table, words, MOST_TAXA)
    open_group(survey, small_chart(draw, name="groups", alt=compared_in_words(table, words)))


def show_differences(survey: Survey, table: pd.DataFrame) -> None:
    """The differences to the first group; a click on a sign opens its photos."""
    words = words_of_groups(survey, table)
    heading(
        tr("Difference to {group}", group=plain(next(iter(words.values())))), tr("All taxa"), SPECIES_PAGE, survey.which
    )
    say_not_comparable(survey)
    if table["difference"].notna().any():
        draw = partial(small_differences, table, words, MOST_DIFFERENCES)
        open_group(survey, small_chart(draw, name="differences", alt=compared_in_words(table, words)))


def open_group(survey: Survey, clicked: list[str]) -> None:
    """Open the photos of the taxon and group that were clicked."""
    if clicked and survey.comparison.by:
        taxon, group, *_ = clicked
        which = photos_of_group(survey.which, survey.comparison.by, group, described_sites())
        st.switch_page(PHOTOS_PAGE, query_params=replace(which, taxa=(taxon,)).to_query())


def show_where(survey: Survey) -> None:
    """A small map of sites; a click on one opens its photos."""
    heading(tr("Where"), tr("Map"), MAP_PAGE, survey.which)
    sites = described_sites()
    found = survey.figures(places, survey.observations, survey.visits, sites, "sites", survey.repeats).table
    if found.empty:
        st.markdown(tr("No photo tells where it was taken, so there is no map to show."))
        return
    clicked = small_chart(partial(small_map, found), name="where", alt=map_in_words(found, colour="taxon"))
    site = dict(zip(found["key"], found["place"], strict=True)).get(clicked[0], "") if clicked else ""
    if site:
        st.switch_page(PHOTOS_PAGE, query_params=replace(survey.which, sites=(site,)).to_query())
    elif clicked:
        st.switch_page(MAP_PAGE, query_params=survey.which.to_query())


def show_when(survey: Survey) -> None:
    """The weeks of this year over those of earlier ones; a click on one opens its photos."""
    heading(tr("When"), tr("Seasons"), SPECIES_PAGE, survey.which)
    table = survey.figures(by_week, survey.visits)
    if table.empty:
        st.markdown(tr("No photo has a date, so there is no season to show."))
        return
    clicked = small_chart(partial(weeks, table, note=""), name="when", alt=season_in_words(table))
    if clicked:
        monday = date.fromisoformat(clicked[0])
        which = replace(survey.which, taken_from=monday, taken_to=monday + WEEK)
        st.switch_page(PHOTOS_PAGE, query_params=which.to_query())


def show_worth_seeing(survey: Survey, remarkable: tuple[Remarkable, ...]) -> None:
    """Three photos, each with the reason why it is shown."""
    heading(tr("Worth seeing"), tr("All photos"), PHOTOS_PAGE, survey.which)
    if not remarkable:
        st.markdown(tr("No photo with flowers yet."))
    with st.container(key="pictures"):
        show_remarkable(remarkable, survey.which)


def show_what_asks(survey: Survey, asking: Mapping[Attention, int]) -> None:
    """Show what needs a person's look, each with a link to the photos concerned."""
    heading(tr("Needs a look"))
    if not any(asking.values()):
        st.markdown(tr("Nothing at the moment: no doubtful or flagged counts, and every photo has a place and a date."))
    for kind in get_args(Attention):
        if asking[kind]:
            words = f"{number(asking[kind])} · {attention_words(kind)}"
            link_to_photos(words, replace(survey.which, attention=kind), icon=":material/visibility:")
        if asking[kind] and kind == "failed":
            dismiss_unread(survey.which, person)


def heading(words: str, more: str = "", page: Path = PHOTOS_PAGE, which: Selection = EVERYTHING) -> None:
    """The head of a card, with the way to more."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(words, anchor=False)
        if more:
            st.page_link(
                page, label=more, icon=":material/arrow_forward:", icon_position="right", query_params=which.to_query()
            )


if not has_photos():
    st.title(tr("Overview"))
    show_first_steps(person)
    st.stop()
say_changed(person)
survey = open_survey(tr("Overview"), compares=True)
if survey:
    taxa = survey.figures(parted, survey.figures(by_taxon, survey.visits), survey.observations)
    seen = glance(survey.which)
    show_figures(survey, taxa)
    with st.container(key="overview"):
        groups = compared_table(survey) if survey.comparison.by else None
        with st.container(key="area_taxa", border=True):
            show_taxa(survey, taxa) if groups is None else show_groups(survey, groups)
        with st.container(key="area_where", border=True):
            show_where(survey)
        with st.container(key="area_when", border=True):
            show_when(survey) if groups is None else show_differences(survey, groups)
        with st.container(key="area_seeing", border=True):
            show_worth_seeing(survey, seen.remarkable)
        with st.container(key="area_asks", border=True):
            show_what_asks(survey, seen.asking)
    survey.say_rule(*change_words(survey))
