"""Species: how abundant each taxon is, in which families, when it flowers and where it grows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from core.charts.abundance import abundance, families, most_abundant, rank_abundance
from core.charts.colours import taxon_colours
from core.charts.form import with_doubt
from core.charts.sites import sites_by_taxa
from core.charts.time import calendar as calendar_figure
from core.charts.time import over_time as time_figure
from core.formatting import number
from core.language import tr
from core.recognition.taxa import UNKNOWN_TAXON
from core.store.selection import Selection
from core.survey.phenology import calendar, expected_months, out_of_season
from core.survey.repeats import Repeats
from core.survey.season import Step
from core.survey.totals import (
    by_family,
    by_site_and_taxon,
    by_taxon,
    display_names,
    first_and_last_day,
    over_time,
    step_of_curves,
)
from pages.parts.chart import download_table, show_chart
from pages.parts.comparing import show_comparison
from pages.parts.survey import Survey, open_survey
from pages.parts.tabs import show_tabs
from web.session import require
from web.tables import labels

require("researcher")

MOST_TAXA, MOST_CURVES, MOST_SITES = 25, 8, 40
CHOSEN = "species_taxon"
TAXON_PAGE = Path(__file__).parent / "taxon.py"


def show_abundance(survey: Survey, table: pd.DataFrame) -> None:
    """Show the flowers of each taxon, with what they may be, and their ranks."""
    st.subheader(tr("Abundance"))
    shown = table.head(MOST_TAXA)
    show_chart(
        partial(abundance, shown, taxon_colours(table["taxon"]), note=survey.note),
        shown,
        name="abundance",
        alt=most_abundant(table, len(shown)),
        on_select=partial(choose_bar, list(shown["taxon"])),
    )
    if taxon := st.session_state.pop(CHOSEN, ""):
        st.switch_page(TAXON_PAGE, query_params={"id": [taxon], **survey.which.to_query()})
    show_ranks(survey, table)


def choose_bar(taxa: list[str]) -> None:
    """Choose the taxon whose bar was clicked, to show its page."""
    if points := st.session_state.plot_abundance.selection.points:
        st.session_state[CHOSEN] = taxa[points[0]["point_index"]]


def show_ranks(survey: Survey, table: pd.DataFrame) -> None:
    """Show whether few taxa rule or many share."""
    st.subheader(tr("Rank and abundance"))
    named = table[table["taxon"] != UNKNOWN_TAXON].reset_index(drop=True)
    show_chart(
        partial(rank_abundance, named, note=survey.note),
        named,
        name="rank-abundance",
        alt=tr(
            "Flowers of each taxon by rank ({names} names, without unknown flowers). A steep curve means "
            "that a few taxa dominate.",
            names=len(named),
        ),
    )


def show_families(survey: Survey) -> None:
    """Show each family's share of the flowers."""
    st.subheader(tr("Families"))
    table = survey.figures(by_family, survey.visits)
    if table.empty:
        st.markdown(tr("No families to show: all flowers here are unknown."))
        return
    shown = table.head(MOST_TAXA)
    first = shown.iloc[0]
    show_chart(
        partial(families, shown, note=survey.note),
        shown,
        name="families",
        alt=tr(
            "Share of flowers by family, {families} families. Largest: {family}, {percent}%.",
            percent=round(100 * first["share"]),
            family=first["family"],
            families=len(table),
        ),
    )


def show_season(survey: Survey, table: pd.DataFrame) -> None:
    """Show when the taxa flower: the calendar, and the most abundant ones over time."""
    show_calendar(survey, table)
    first, last = survey.figures(first_and_last_day, survey.visits)
    if not pd.isna(first):
        show_time(survey, table, step_of_curves(first, last))


def choose_step(usual: Step) -> Step:
    """Choose the step of time."""
    words: dict[Step, str] = {"day": tr("Day"), "week": tr("Week"), "month": tr("Month"), "year": tr("Year")}
    chosen = st.segmented_control(
        tr("Step"), list(words), default=usual, format_func=lambda step: words[step], required=True, key="step"
    )
    return chosen or usual


def show_time(survey: Survey, table: pd.DataFrame, usual: Step) -> None:
    """Show the most abundant taxa over time."""
    st.subheader(tr("Over time"))
    step = choose_step(usual)
    shown = survey.figures(over_time, survey.visits, step, list(table["taxon"][:MOST_CURVES]))
    show_chart(
        partial(time_figure, shown, taxon_colours(table["taxon"]), note=survey.note),
        shown,
        name="over-time",
        alt=tr(
            "Flowers per visit of the {taxa} most abundant taxa, one curve each. Band: 90 % interval.",
            taxa=shown["taxon"].nunique(),
        ),
    )


def show_calendar(survey: Survey, table: pd.DataFrame) -> None:
    """Show the weeks in which each taxon flowers, and the finds out of season."""
    st.subheader(tr("Flowering calendar"))
    expected = expected_months(labels())
    names = dict(zip(table["taxon"][:MOST_TAXA], table["name"], strict=False))
    weeks = survey.figures(calendar, survey.visits, expected)
    shown = weeks[weeks["taxon"].isin(list(names))]
    if shown.empty:
        st.markdown(tr("No photo has a date, so there is no season to show."))
        return
    odd = survey.figures(out_of_season, survey.visits, expected)
    show_chart(
        partial(calendar_figure, shown, expected, names, note=survey.note),
        shown,
        name="calendar",
        alt=tr(
            "Weeks in which each taxon was found, all years together, over the months in which it is "
            "expected. Ring: upper bound of the flowers. Finds out of season: {finds}.",
            finds=number(len(odd)),
        ),
    )
    if len(odd):
        ask_about(survey, odd)


def ask_about(survey: Survey, odd: pd.DataFrame) -> None:
    """The finds out of season, with the way to their photos."""
    st.markdown(
        tr(
            "**Out of season, please check.** These are counted like all others. The cause may be a mild "
            "autumn, a garden plant or a wrong name."
        )
    )
    st.dataframe(
        survey.figures(to_ask, odd, survey.which, survey.repeats),
        column_config={
            tr("Day"): st.column_config.DateColumn(format=tr("D MMM YYYY")),
            tr("Photos"): st.column_config.LinkColumn(display_text=tr("See them")),
        },
        hide_index=True,
        alt=tr("Finds out of season, newest first, with a link to the photos of each."),
    )


def to_ask(odd: pd.DataFrame, which: Selection, repeats: Repeats) -> dict[str, list[object]]:
    """The table of finds out of season."""
    return {
        tr("Day"): list(odd["found_on"].dt.date),
        tr("Site"): list(odd["site"]),
        tr("Taxon"): list(display_names(odd)),
        tr("Flowers"): list(with_doubt(odd)),
        tr("Photos"): [
            f"/photos?{urlencode(photos_of(row, which, repeats).to_query(), doseq=True)}"
            for row in odd.to_dict("records")
        ],
    }


def photos_of(row: dict[str, object], which: Selection, repeats: Repeats) -> Selection:
    """The photos of one find, of those of the selection."""
    first = pd.Timestamp(str(row["day"])).date()
    last = first + timedelta(days=repeats.window_days - 1)
    sites, taxa = (str(row["site"]),), (str(row["taxon"]),)
    return replace(which, sites=sites, taxa=taxa, taken_from=first, taken_to=last)


def show_where(survey: Survey, table: pd.DataFrame) -> None:
    """Show which taxa grow at which site."""
    st.subheader(tr("Sites and taxa"))
    most = survey.figures(by_site_and_taxon, survey.visits)
    sites = most.groupby("site")["count"].sum().nlargest(MOST_SITES).index
    taxa = list(table["taxon"][:MOST_TAXA])
    shown = most[most["site"].isin(sites) & most["taxon"].isin(taxa)]
    shown = shown.sort_values("taxon", key=lambda names: names.map(taxa.index), kind="stable")
    top = shown.sort_values("per_visit", ascending=False).iloc[0]
    show_chart(
        partial(sites_by_taxa, shown, note=survey.note),
        shown,
        name="sites-and-taxa",
        alt=tr(
            "Flowers per visit of each taxon at each site; empty where it was not found. Most: {taxon} at {site}.",
            taxon=top["name"],
            site=top["site"] or tr("no site given"),
        ),
    )


def show_table(table: pd.DataFrame, which: Selection) -> None:
    """Show a table of every taxon."""
    st.subheader(tr("All taxa"))
    about = [urlencode({"id": [taxon], **which.to_query()}, doseq=True) for taxon in table["taxon"]]
    st.dataframe(
        {
            tr("Taxon"): table["name"],
            tr("About it"): [f"/taxon?{query}" for query in about],
            tr("Family"): table["family"],
            tr("Flowers"): with_doubt(table),
            tr("Visits"): table["visits"],
        },
        column_config={tr("About it"): st.column_config.LinkColumn(display_text=tr("See it"))},
        hide_index=True,
        alt=tr("Flowers and visits of every taxon, most abundant first."),
    )
    download_table(table, "taxa")


survey = open_survey(tr("Species"), compares=True)
if survey:
    survey.say_rule()
    taxa = survey.figures(by_taxon, survey.visits)
    if taxa.empty:
        st.markdown(tr("No flowers in these photos. That is a result too: the exports keep them as zeros."))
    else:
        compared = tr("Compared") if survey.comparison.by else ""
        show_tabs(
            ({compared: partial(show_comparison, survey)} if compared else {})
            | {
                tr("Abundance"): partial(show_abundance, survey, taxa),
                tr("Families"): partial(show_families, survey),
                tr("Season"): partial(show_season, survey, taxa),
                tr("Sites and taxa"): partial(show_where, survey, taxa),
                tr("All taxa"): partial(show_table, taxa, survey.which),
            },
            compared=compared,
        )
