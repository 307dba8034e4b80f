"""Taxon: photos, season, sites and doubt of one taxon, and the taxa that it is confused with."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from core.charts.colours import taxon_colour
from core.charts.form import with_doubt
from core.charts.place_words import in_words as map_in_words
from core.charts.season import in_words as season_in_words
from core.charts.season import weeks
from core.charts.small_map import small_map
from core.formatting import at_least, day, number
from core.language import tr, vernacular
from core.recognition.taxa import Taxon, taxa_of, taxon_named
from core.review.agreement import Share
from core.review.confusions import confused_with
from core.survey.certainty import PARTS, parted
from core.survey.places import places
from core.survey.sampling import samplings
from core.survey.season import by_week
from core.survey.taxon_season import MOMENTS, seasons
from core.survey.totals import by_site_and_taxon, by_taxon
from pages.parts.cards import part_key, show_remarkable, taxon_row, tile
from pages.parts.chart import show_chart, small_chart
from pages.parts.results import PHOTOS_PAGE, empty_page
from pages.parts.survey import Survey, link_to_photos, open_survey
from web.markdown import plain
from web.session import require
from web.tables import described_sites, glance, labels, pairs_with_people

require("researcher")

ACCURACY_PAGE = Path(__file__).parent / "accuracy.py"
MOST_CONFUSED = 8


def show_figures(survey: Survey, row: pd.Series) -> None:
    """Flowers, visits, sites and days of it."""
    found = survey.visits[survey.visits["count"] > 0]
    days = found["found_on"].dropna()
    count = number(row["count"])
    between = f"{number(row['count_low'])}-{number(row['count_high'])}"
    visits, sites = survey.visits["visit"].nunique(), len({one.site for one in samplings(found)} - {""})
    tiles = [
        tile(tr("Flowers"), at_least(count) if row["lower_bound"] else count, between),
        tile(
            tr("Visits"),
            number(row["visits"]),
            tr("of {visits}, or {percent} %", visits=number(visits), percent=round(100 * row["visits"] / visits)),
        ),
        tile(tr("Sites"), number(sites), tr("with this taxon")),
        tile(tr("Last seen"), day(days.max()), tr("first: {day}", day=day(days.min())))
        if len(days)
        else tile(tr("Last seen"), "–", tr("No photo has a date")),
    ]
    with st.container(horizontal=True, key="tiles", gap="small"):
        for html in tiles:
            st.html(html)


def show_photos(survey: Survey) -> None:
    """Three photos of it, and the way to all."""
    st.subheader(tr("Photos"), anchor=False)
    remarkable = glance(survey.which).remarkable
    for column, one in zip(st.columns(3), remarkable, strict=False):
        with column:
            show_remarkable([one], survey.which)
    link_to_photos(tr("All photos"), survey.which)


def show_season(survey: Survey) -> None:
    """The weeks of each year, and first, peak and last with their intervals."""
    st.subheader(tr("Season"), anchor=False)
    table = survey.figures(by_week, survey.visits)
    if table.empty:
        st.markdown(tr("No photo has a date, so there is no season to show."))
        return
    title = tr("Flowers per visit of {taxon}, week by week", taxon=name_of(taxon))
    show_chart(partial(weeks, table, note=survey.note), table, name="season", alt=season_in_words(table), title=title)
    years = survey.figures(seasons, survey.visits)
    words = {"first": tr("First seen"), "peak": tr("Peak"), "last": tr("Last seen")}
    st.dataframe(
        {
            tr("Year"): years["year"].astype("str"),
            **{words[moment]: [moment_in_words(row, moment) for row in years.to_dict("records")] for moment in MOMENTS},
            tr("Visits"): [f"{number(row['finds'])} / {number(row['visits'])}" for row in years.to_dict("records")],
        },
        hide_index=True,
        alt=tr("First, peak and last of each year, each with its interval; and the visits with finds."),
    )
    st.caption(
        tr(
            "First and last: from the day after a visit without it to the first find beyond doubt; … where no visit or "
            "find sets a bound. Peak: the day by which half of the flowers were seen, with its 90 % interval."
        )
    )


def moment_in_words(row: dict[str, object], moment: str) -> str:
    """`12 May 2026 (4 May 2026-14 May 2026)`, with … for an open end."""
    value, low, high = (pd.Timestamp(str(row[f"{moment}{end}"])) for end in ("", "_from", "_to"))
    ends = ["…" if pd.isna(end) else day(end) for end in (low, high)]
    return day(value) if low == high == value else f"{day(value)} ({'-'.join(ends)})"


def show_where(survey: Survey) -> None:
    """The map of its places, and the sites."""
    st.subheader(tr("Where"), anchor=False)
    found = survey.figures(places, survey.observations, survey.visits, described_sites(), "sites", survey.repeats).table
    if len(found):
        small_chart(partial(small_map, found), name="where", alt=map_in_words(found, colour="taxon"))
    table = survey.figures(by_site_and_taxon, survey.visits).sort_values("per_visit", ascending=False)
    st.dataframe(
        {
            tr("Site"): [site or tr("no site given") for site in table["site"]],
            tr("Flowers"): with_doubt(table),
            tr("Visits"): [f"{n} / {of}" for n, of in zip(table["visits"], table["visits_to_site"], strict=True)],
            tr("Flowers per visit"): table["per_visit"].round(1),
        },
        hide_index=True,
        alt=tr("The sites where it was found, most flowers per visit first."),
    )


def show_certainty(survey: Survey, table: pd.DataFrame, taxon: str) -> None:
    """The parts that people reviewed and that the machine is sure of, and how both agree."""
    st.subheader(tr("How sure"), anchor=False)
    row = survey.figures(parted, table, survey.observations).iloc[0]
    parts = {part: int(row[part]) for part in PARTS}
    st.html(taxon_row("", number(row["count"]), taxon_colour(taxon), parts, int(row["count"])) + part_key())
    own = [pair for pair in pairs_with_people(survey.all_taxa) if pair.taxon == taxon]
    if own:
        covered = Share(sum(pair.low <= pair.by_person <= pair.high for pair in own), len(own))
        low, high = covered.interval
        st.markdown(
            tr(
                "In {photos} reviewed photos where machine or people saw it, the number of people lies within the "
                "machine's interval in {percent} % ({low}-{high} %).",
                photos=number(len(own)),
                percent=round(100 * covered.some / covered.of),
                low=round(100 * low),
                high=round(100 * high),
            )
        )
    else:
        st.markdown(tr("No person has reviewed a photo with it."))
    st.page_link(ACCURACY_PAGE, label=tr("Accuracy"), icon=":material/fact_check:")


def show_confusions(survey: Survey, taxon: str) -> None:
    """The taxa that people named where the machine said this one, and the other way round."""
    st.subheader(tr("Confused with"), anchor=False)
    mixed = confused_with(pairs_with_people(survey.all_taxa), taxon)[:MOST_CONFUSED]
    if not mixed:
        st.markdown(tr("No review has named flowers of it otherwise."))
        return
    known = taxa_of(labels())
    st.dataframe(
        {
            tr("Taxon"): [name_of(taxon_named(one.taxon, known)) for one in mixed],
            tr("Machine said this, people that"): [one.to_other for one in mixed],
            tr("Machine said that, people this"): [one.from_other for one in mixed],
            tr("Photos"): [one.photos for one in mixed],
        },
        hide_index=True,
        alt=tr("Taxa that people named where the machine said this one, or the other way round, in flowers."),
    )


def name_of(taxon: Taxon) -> str:
    """`Papaver rhoeas · corn poppy`."""
    return " · ".join(dict.fromkeys(filter(None, (taxon.scientific_name, vernacular(taxon)))))


def title_of(taxon: Taxon) -> str:
    """The name as a heading, the scientific one in italics."""
    common = vernacular(taxon)
    if not taxon.scientific_name:
        return plain(common)
    other = f" · {plain(common)}" if common != taxon.scientific_name else ""
    return f"*{plain(taxon.scientific_name)}*{other}"


name = st.query_params.get("id", "")
if not name:
    st.title(tr("Taxon"))
    empty_page(tr("Taxon not found. The link may be incomplete."))
    st.page_link(PHOTOS_PAGE, label=tr("All photos"), icon=":material/photo_library:")
    st.stop()
taxon = taxon_named(name, taxa_of(labels()))
survey = open_survey(title_of(taxon), taxon=name)
if survey:
    survey.say_rule()
    table = survey.figures(by_taxon, survey.visits)
    if table.empty:
        empty_page(tr("No flowers of this taxon in these photos."))
    else:
        show_figures(survey, table.iloc[0])
        left, right = st.columns(2, gap="large")
        with left:
            with st.container(key="taxon_photos"):
                show_photos(survey)
            show_season(survey)
        with right:
            show_where(survey)
            show_certainty(survey, table, name)
            show_confusions(survey, name)
