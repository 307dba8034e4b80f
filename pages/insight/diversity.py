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
from core.survey.site_diversity import communities_by_site, curves_by_site, unlikeness_of_sites
from core.survey.totals import by_taxon
from pages.parts.chart import show_chart
from pages.parts.survey import Survey, open_survey
from web.markdown import plain
from web.session import require

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
    """One index, site by site."""
    st.subheader(tr("Sites compared"))
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
            "{index} of {sites} sites with intervals; the highest is {site} with {value}.",
            index=words.name,
            sites=table["value"].count(),
            site=best["community"],
            value=figure(best),
        ),
    )


def show_curves(survey: Survey, taxa: Countable, communities: Mapping[str, Community]) -> None:
    """Taxa expected among so many flowers or photos, of all together and of the sites with most flowers."""
    st.subheader(tr("Sampling completeness"))
    words = {"flower": tr("By flower"), "photo": tr("By photo")}
    by = st.segmented_control(
        tr("Curve"), list(words), default="flower", format_func=lambda unit: words[unit], required=True, key="curve"
    )
    unit = tr("flowers") if by == "flower" else tr("photos")
    together, one_by_one = survey.figures(curves_by_site, survey.observations, taxa, communities, by)
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
    matrix = survey.figures(unlikeness_of_sites, survey.visits, taxa, sites)
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


survey = open_survey(tr("Diversity"))
if survey:
    survey.say_rule()
    taxa = survey.figures(countable, survey.visits)
    communities = survey.figures(communities_by_site, survey.visits, taxa)
    whole = communities[""]
    if not whole.flowers:
        st.markdown(tr("No named flowers in these photos, so there is no diversity to measure."))
    else:
        with st.spinner(tr("Measuring …")):
            indices = survey.figures(index_table, {"": whole}).set_index("index")
        say_what_counts(survey, taxa, whole)
        show_indices(indices)
        sites = [site for site in communities if site]
        if sites:
            show_sites(survey, {site: communities[site] for site in sorted(sites)})
        show_curves(survey, taxa, communities)
        show_unlikeness(survey, taxa, sites)
