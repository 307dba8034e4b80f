"""Overview: flowers by taxon, month and site, how sure the numbers are, and what needs a person's look."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import get_args

import streamlit as st

from core.charts.abundance import abundance, most_abundant
from core.charts.colours import taxon_colours
from core.charts.form import with_doubt
from core.charts.time import over_time as time_figure
from core.formatting import count_with_interval, day, number
from core.language import tr
from core.store.selection import Attention
from core.survey.filter_words import attention_words
from core.survey.headline import Headline, Periods, headline, periods
from core.survey.observed import newest_day
from core.survey.repeats import Repeats
from core.survey.totals import by_site, by_taxon, over_time
from pages.parts.changes import dismiss_unread, say_changed
from pages.parts.chart import show_chart
from pages.parts.survey import Survey, link_to_photos, open_survey
from web.session import require
from web.tables import observations_of, photos_that_ask, visits_of

person = require("researcher")

MOST_TAXA, MOST_CURVES = 8, 4


def show_headline(survey: Survey) -> None:
    """The five numbers, with their change against the period before."""
    now = survey.figures(headline, survey.observations, survey.visits)
    compared = periods(survey.which, newest_day(survey.observations))
    changes = survey.figures(changed, compared, survey.repeats, survey.edition) if compared else (None,) * 5
    values = (
        (tr("Photos"), number(now.photos)),
        (tr("Flowers"), count_with_interval(now.flowers)),
        (tr("Taxa"), number(now.taxa)),
        (tr("Sites"), number(now.sites)),
        (tr("People"), number(now.people)),
    )
    with st.container(horizontal=True, gap="large"):
        for (label, value), change in zip(values, changes, strict=True):
            st.metric(label, value, change, delta_color="off", width="content")
    if now.flowers.lower_bound:
        st.caption(tr("Minimum: some photos are too crowded or blurred to count fully."))
    if compared:
        st.caption(
            tr(
                "Change: the {days} days from {first} to {last}, against the {days} days before.",
                days=number(compared.days),
                first=day(compared.first),
                last=day(compared.last),
            )
        )


def changed(compared: Periods, repeats: Repeats, edition: str) -> tuple[str, ...]:
    """The change of each number since the period before, as `+3`."""
    now, before = (
        figures(headline(observations_of(days, edition), visits_of(days, repeats, edition)))
        for days in (compared.now, compared.before)
    )
    return tuple(f"{this - last:+d}" for this, last in zip(now, before, strict=True))


def figures(of: Headline) -> tuple[int, ...]:
    """The five numbers."""
    return of.photos, of.flowers.count, of.taxa, of.sites, of.people


def show_what_asks(survey: Survey) -> None:
    """Show what needs a person's look, each with a link to the photos concerned."""
    st.subheader(tr("Needs a look"))
    asking = photos_that_ask(survey.which)
    if not any(asking.values()):
        st.markdown(tr("Nothing at the moment: no doubtful or flagged counts, and every photo has a place and a date."))
    for kind in get_args(Attention):
        if asking[kind]:
            words = f"{number(asking[kind])} · {attention_words(kind)}"
            link_to_photos(words, replace(survey.which, attention=kind), icon=":material/visibility:")
        if asking[kind] and kind == "failed":
            dismiss_unread(survey.which, person)


def show_taxa(survey: Survey) -> None:
    """The most abundant taxa."""
    st.subheader(tr("What grows here"))
    table = survey.figures(by_taxon, survey.visits)
    shown = table.head(MOST_TAXA)
    show_chart(
        partial(abundance, shown, taxon_colours(table["taxon"]), note=survey.note),
        shown,
        name="most-abundant",
        alt=most_abundant(table, len(shown)),
    )


def show_time(survey: Survey) -> None:
    """The most abundant taxa month by month."""
    st.subheader(tr("When"))
    taxa = survey.figures(by_taxon, survey.visits)["taxon"]
    table = survey.figures(over_time, survey.visits, "month", list(taxa[:MOST_CURVES]))
    if table.empty:
        st.markdown(tr("No photo has a date, so there is no season to show."))
        return
    show_chart(
        partial(time_figure, table, taxon_colours(taxa), note=survey.note),
        table,
        name="by-month",
        alt=tr("Flowers per visit by month. Band: 90 % interval."),
    )


def show_sites(survey: Survey) -> None:
    """Show a table with one row per site."""
    st.subheader(tr("Where"))
    table = survey.figures(by_site, survey.visits)
    st.dataframe(
        {
            tr("Site"): [site or tr("no site given") for site in table["site"]],
            tr("Visits"): table["visits"],
            tr("Photos"): table["photos"],
            tr("Flowers"): with_doubt(table),
            tr("Taxa"): table["taxa"],
            tr("Last visit"): table["last_day"].dt.date,
        },
        hide_index=True,
        placeholder="",
        column_config={tr("Last visit"): st.column_config.DateColumn(format=tr("D MMM YYYY"))},
        alt=tr("Visits, photos, flowers and taxa of each site."),
    )


say_changed(person)
survey = open_survey(tr("Overview"))
if survey:
    show_headline(survey)
    show_what_asks(survey)
    show_taxa(survey)
    show_time(survey)
    show_sites(survey)
