"""The groups of a survey side by side: charts, differences and their table."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from core.charts.comparison import differences, in_words, side_by_side, signed
from core.charts.form import with_doubt
from core.language import tr
from core.survey.comparison import ALL, compared, group_words, why_no_difference
from core.survey.totals import display_names
from pages.parts.chart import show_chart
from pages.parts.survey import Survey
from web.markdown import plain
from web.tables import described_sites


def compared_table(survey: Survey) -> pd.DataFrame:
    """The table of the survey's comparison."""
    table: pd.DataFrame = survey.figures(compared, survey.visits, survey.comparison, described_sites())
    return table


def words_of_groups(survey: Survey, table: pd.DataFrame) -> dict[str, str]:
    """The name of each group that has visits, the one that others are compared with first."""
    assert survey.comparison.by
    there = set(table["group"])
    return {group: group_words(survey.comparison.by, group) for group in survey.comparison.groups if group in there}


def say_not_comparable(survey: Survey) -> None:
    """Say why there are no differences, where protocols differ."""
    if why := survey.figures(why_no_difference, survey.visits, survey.comparison, described_sites()):
        st.warning(plain(why), icon=":material/warning:")


def show_comparison(survey: Survey) -> None:
    """Flowers per visit of each taxon in each group, and the differences to the first."""
    table = compared_table(survey)
    words = words_of_groups(survey, table)
    say_not_comparable(survey)
    if not (table["taxon"] != ALL).any():
        st.markdown(tr("No flowers in these groups, so there is nothing to compare."))
        return
    st.caption(
        tr(
            "Mean flowers per visit. Intervals join two errors: the visits that were made, drawn again 1 000 times, "
            "and the bounds of each count. A difference is clear where its 90 % interval leaves out 0."
        )
    )
    sentence = in_words(table, words)
    show_chart(partial(side_by_side, table, words, note=survey.note), table, name="compared", alt=sentence)
    if table["difference"].notna().any():
        st.subheader(tr("Differences"))
        draw = partial(differences, table, words, note=survey.note)
        alt = tr(
            "Difference of each taxon to {group}, in flowers per visit. Filled signs: the interval leaves out 0.",
            group=next(iter(words.values())),
        )
        show_chart(draw, table[table["difference"].notna()], name="differences", alt=alt)
    show_table(table, words)


def show_table(table: pd.DataFrame, words: dict[str, str]) -> None:
    """Every figure of the comparison, a row a taxon."""
    names = {**dict(zip(table["taxon"], display_names(table), strict=True)), ALL: tr("all flowers")}
    cells = table.assign(mean=with_doubt(table, "per_visit", "low", "high"), more=signed(table))
    columns: dict[str, list[str]] = {tr("Taxon"): [names[taxon] for taxon in dict.fromkeys(table["taxon"])]}
    for place, (group, word) in enumerate(words.items()):
        of = cells[cells["group"] == group]
        columns[word] = list(of["mean"])
        if place:
            columns[tr("{group}: difference", group=word)] = list(of["more"])
    st.dataframe(
        columns,
        hide_index=True,
        alt=tr("Flowers per visit of each taxon in each group, with differences to the first."),
    )
