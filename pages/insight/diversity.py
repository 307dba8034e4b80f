"""Diversity: how many taxa, how evenly shared, how many not yet seen, and how unlike sites are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pandas as pd
import streamlit as st

from core.charts import sites as figures
from core.formatting import measure, number, with_interval
from core.language import tr
from core.recognition.taxa import UNKNOWN_TAXON
from core.survey.diversity import (
    FEW_FLOWERS,
    INDICES,
    Community,
    Countable,
    cautions,
    countable,
    index_table,
)
from core.survey.index_words import index_words
from core.survey.site_diversity import (
    communities_by_group,
    communities_by_site,
    curves_by_group,
    curves_by_site,
    index_differences,
    unlikeness_of_groups,
    unlikeness_of_sites,
)
from core.survey.totals import by_taxon
from pages.parts.chart import show_chart
from pages.parts.comparing import say_not_comparable
from pages.parts.survey import Survey, open_survey
from pages.parts.tabs import show_tabs
from web.markdown import plain
from web.session import require
from web.tables import described_sites

require("researcher")


def say_what_counts(survey: Survey, taxa: Countable, whole: Community) -> None:
    """Say which flowers the indices are about, and which are left out."""
    taxon_counts = survey.figures(by_taxon, survey.visits)
    unknown = int(taxon_counts.loc[taxon_counts["taxon"] == UNKNOWN_TAXON, "count"].sum())
    left_out = int(taxon_counts["count"].sum()) - unknown - whole.flowers
    lines = [
        tr("Counted here: flowers {flowers}, taxa {taxa}.", flowers=number(whole.flowers), taxa=number(len(whole.taxa)))
    ]
    if unknown:
        lines.append(tr("Unknown flowers, left out: {flowers}.", flowers=number(unknown)))
    if left_out:
        lines.append(
            tr(
                "Also left out: {flowers} named only {names}, because more precise names of these were found.",
                flowers=number(left_out),
                names=plain(", ".join(taxa.coarse)),
            )
        )
    lines.append(tr("Intervals show the doubt of counting: each count may be anything between its bounds."))
    st.caption(" ".join(lines))
    for sentence in cautions(whole):
        st.warning(sentence, icon=":material/warning:")


def show_indices(table: pd.DataFrame) -> None:
    """Show every index of all sites together, with what it says."""
    for first in range(0, len(INDICES), 4):
        for column, index in zip(st.columns(4), INDICES[first : first + 4], strict=True):
            words, row = index_words(index.key), table.loc[index.key]
            with column:
                st.metric(words.name, tr("no number") if pd.isna(row["value"]) else measure(row["value"]))
                st.caption(f"{interval(row)}{words.unit}. {words.sentence} ({words.source})")


def figure(row: pd.Series) -> str:
    """`2.49 (2.31-2.60)`, and words where there is no number."""
    value, low, high = row["value"], row["low"], row["high"]
    if pd.isna(value):
        return tr("no number")
    return with_interval(value, low, high, measure)


def interval(row: pd.Series) -> str:
    """`2.31-2.60 `, empty where there is no doubt or no number."""
    return (
        "" if pd.isna(row["value"]) or row["low"] == row["high"] else f"{measure(row['low'])}-{measure(row['high'])} "
    )


def show_sites(survey: Survey, communities: Mapping[str, Community]) -> None:
    """Show one index, site by site, or group by group."""
    if survey.comparison.by:
        say_not_comparable(survey)
    st.subheader(tr("Groups compared") if survey.comparison.by else tr("Sites compared"))
    key = st.selectbox(
        tr("Index"),
        [index.key for index in INDICES],
        index=5,
        format_func=lambda key: index_words(key).name,
        key="index",
    )
    table = survey.figures(index_table, communities, (key,))
    words = index_words(key)
    st.markdown(f"{words.sentence} ({words.unit}; {words.source})")
    if few := [site for site, of in communities.items() if of.flowers < FEW_FLOWERS]:
        st.warning(
            tr(
                "Fewer than {few} flowers, so the index depends mostly on chance: {sites}.",
                few=FEW_FLOWERS,
                sites=plain(", ".join(few)),
            ),
            icon=":material/warning:",
        )
    if table["value"].isna().all():
        st.markdown(tr("This index has no value for any site: none has enough taxa."))
        return
    best = table.loc[table["value"].idxmax()]
    show_chart(
        partial(figures.indices, table, title=f"{words.name}<br>{words.unit}", note=survey.note),
        table,
        name="index-by-site",
        alt=tr(
            "{index} of {sites} {places} with intervals; the highest is {site} with {value}.",
            index=words.name,
            sites=table["value"].count(),
            places=tr("groups") if survey.comparison.by else tr("sites"),
            site=best["community"],
            value=figure(best),
        ),
    )
    if survey.comparison.by:
        say_differences(table)


def say_differences(table: pd.DataFrame) -> None:
    """Say by how much each group's index differs from that of the first."""
    first, rows = table["community"].iloc[0], index_differences(table)
    lines = [
        tr(
            "{group}: {difference} ({low} to {high})",
            group=plain(row["community"]),
            **{name: f"{row[name]:+.2f}".replace("-", "−") for name in ("difference", "low", "high")},
        )
        for row in rows.to_dict("records")
    ]
    if lines:
        st.markdown(tr("Difference to {group}", group=plain(first)) + "\n" + "\n".join(f"- {line}" for line in lines))
        st.caption(tr("Bounds of both are subtracted: the difference is as wide as it may be."))


def show_curves(survey: Survey, taxa: Countable, communities: Mapping[str, Community]) -> None:
    """Taxa expected among so many flowers or photos, of all together and of the sites with most flowers."""
    st.subheader(tr("Sampling completeness"))
    words = {"flower": tr("By flower"), "photo": tr("By photo")}
    by = st.segmented_control(
        tr("Curve"), list(words), default="flower", format_func=lambda unit: words[unit], required=True, key="curve"
    )
    unit = tr("flowers") if by == "flower" else tr("photos")
    given = survey.observations, taxa, communities, by
    if survey.comparison.by:
        together, one_by_one = survey.figures(curves_by_group, *given, survey.comparison, described_sites())
    else:
        together, one_by_one = survey.figures(curves_by_site, *given)
    for name, table in (("curve", together), ("curves-of-sites", one_by_one)):
        if table.empty:
            continue
        show_chart(
            partial(figures.curves, table, x=unit.capitalize(), note=survey.note if by == "flower" else ""),
            table,
            name=f"{name}-by-{by}",
            alt=tr(
                "Expected number of taxa in a random sample of {unit}, with 95% bands: {parts}. If a curve still "
                "rises at its end, more taxa remain to be found. Compare sites at the same number of {unit}.",
                unit=unit,
                parts=", ".join(table["community"].unique()),
            ),
        )


def show_unlikeness(survey: Survey, taxa: Countable, sites: list[str]) -> None:
    """Show how much any two sites have in common."""
    st.subheader(tr("Dissimilarity between sites"))
    given = survey.visits, taxa, sites
    if survey.comparison.by:
        matrix = survey.figures(unlikeness_of_groups, *given, survey.comparison, described_sites())
    else:
        matrix = survey.figures(unlikeness_of_sites, *given)
    if len(matrix) < 2:
        st.markdown(tr("Two sites with flowers are needed to compare them."))
        return
    pairs = matrix.rename_axis("site").melt(ignore_index=False, var_name="other_site", value_name="bray_curtis")
    apart = pairs[pairs["bray_curtis"] == pairs["bray_curtis"].max()].reset_index().iloc[0]
    show_chart(
        partial(figures.unlikeness, matrix, note=survey.note),
        pairs.reset_index(),
        name="bray-curtis",
        alt=tr(
            "Bray-Curtis dissimilarity of flowers per visit between sites: 0 means the same flowers, 1 none "
            "in common (no unit; Bray and Curtis 1957). Least alike: {site} and {other}, {value}.",
            site=apart["site"],
            other=apart["other_site"],
            value=f"{apart['bray_curtis']:.2f}",
        ),
    )


def communities_compared(survey: Survey, taxa: Countable) -> dict[str, Community]:
    """The communities of the groups that are compared, or of sites; under "" all together."""
    if survey.comparison.by:
        given = survey.visits, taxa, survey.comparison, described_sites()
        groups: dict[str, Community] = survey.figures(communities_by_group, *given)
        return groups
    of_sites: dict[str, Community] = survey.figures(communities_by_site, survey.visits, taxa)
    return of_sites


survey = open_survey(tr("Diversity"), compares=True)
if survey:
    survey.say_rule()
    taxa = survey.figures(countable, survey.visits)
    communities = communities_compared(survey, taxa)
    whole = communities[""]
    if not whole.flowers:
        st.markdown(tr("No named flowers in these photos, so there is no diversity to measure."))
    else:
        with st.spinner(tr("Measuring …")):
            indices = survey.figures(index_table, {"": whole}).set_index("index")
        say_what_counts(survey, taxa, whole)
        sites = [site for site in communities if site]
        if not survey.comparison.by:
            sites.sort()
        comparing = tr("Groups compared") if survey.comparison.by else tr("Sites compared")
        show_tabs(
            {tr("Indices"): partial(show_indices, indices)}
            | ({comparing: partial(show_sites, survey, {site: communities[site] for site in sites})} if sites else {})
            | {
                tr("Sampling completeness"): partial(show_curves, survey, taxa, communities),
                tr("Dissimilarity"): partial(show_unlikeness, survey, taxa, sites),
            },
            compared=comparing if sites and survey.comparison.by else "",
        )
