"""What the survey pages share: observations and visits of a selection, and the choice of what repeated photos mean.

Several people look at the same tables, so they are made once and kept for half a minute; nobody may change them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import pandas as pd
import streamlit as st

from core.charts.form import with_doubt
from core.formatting import number
from core.language import spoken, tr
from core.store.selection import Selection
from core.survey.repeats import LONGEST_WINDOW_DAYS, RULES, Repeats, Rule
from pages.parts.address import Address
from pages.parts.filter_bar import filter_bar
from pages.parts.results import PHOTOS_PAGE, empty_page
from web.process import edition
from web.tables import observations_of, visits_of, what_stands, worked_out

RULE, WINDOW = "repeats_rule", "repeats_window"
Figures = TypeVar("Figures")
REPEATS = Address("repeats", ("repeats", "window"), Repeats.from_query, Repeats.to_query, Repeats())


@dataclass(frozen=True, slots=True)
class Survey:
    """What a survey page is about. note: what must be read with every figure of it."""

    which: Selection
    repeats: Repeats
    observations: pd.DataFrame
    visits: pd.DataFrame
    edition: str
    note: str

    def worked_out(self, work: Callable[..., Figures], *given: object) -> Figures:
        """What a function makes of the visits, worked out once for all who ask the same in the same language."""
        code = work.__code__
        key = (code.co_filename, code.co_firstlineno, self.which, self.repeats, self.edition, spoken())
        figures: Figures = worked_out(key, given, _work=work, _visits=self.visits)
        return figures


def open_survey(title: str) -> Survey | None:
    """The head of a survey page with its filter, and what it is about; None, after saying so, where that is nothing."""
    st.title(title)
    which = filter_bar()
    repeats = choose_repeats()
    with st.spinner(tr("Adding up …")):
        now = edition()
        observations, visits = observations_of(which, now), visits_of(which, repeats, now)
    if observations.empty:
        say_nothing_there(which)
        return None
    reviewed, photos, alone = what_stands(which, repeats, now)
    st.caption(f"{repeats.in_words()} {_who_counted(reviewed, photos)}")
    if alone:
        st.caption(
            tr(
                "Photos without a site or date cannot be recognised as repeats, so each is counted separately "
                "({photos}).",
                photos=number(alone),
            )
        )
    note = tr(
        "{rule}; {reviewed} of {photos} photos reviewed",
        rule=repeats.in_short(),
        reviewed=number(reviewed),
        photos=number(photos),
    )
    return Survey(which, repeats, observations, visits, now, note)


def newest_day(observations: pd.DataFrame) -> date | None:
    """On which day the newest photo was taken."""
    newest = observations["day"].max()
    return None if pd.isna(newest) else newest.date()


def choose_repeats() -> Repeats:
    """What becomes of photos of the same flowers, as the person chose it here, on another page or by a link."""
    words: dict[Rule, str] = {"maximum": tr("Maximum"), "median": tr("Median"), "sum": tr("Sum")}
    repeats, is_news = REPEATS.asked()
    if is_news:
        st.session_state[RULE], st.session_state[WINDOW] = repeats.rule, repeats.window_days
    with st.popover(tr("Repeated photos"), icon=":material/filter_none:"):
        rule = st.segmented_control(
            tr("Repeated photos: use the"), RULES, format_func=lambda rule: words[rule], required=True, key=RULE
        )
        days = st.number_input(
            tr("Days within which photos are repeats"),
            1,
            LONGEST_WINDOW_DAYS,
            key=WINDOW,
            help=tr("1 means the same day. Use more days for plots where the same flowers stand for weeks."),
        )
    chosen = Repeats(rule or Repeats().rule, int(days))
    REPEATS.keep(chosen)
    return chosen


def _who_counted(reviewed: int, photos: int) -> str:
    if reviewed == photos:
        return tr("All photos reviewed.")
    if not reviewed:
        return tr("No photos reviewed; all counts are model counts.")
    return tr(
        "{reviewed} of {photos} photos reviewed; the rest are model counts.",
        reviewed=number(reviewed),
        photos=number(photos),
    )


def say_most_abundant(table: pd.DataFrame, shown: int) -> str:
    """The sentence for a chart of the first rows of `by_taxon`."""
    most = [
        tr("{taxon} {count}", taxon=name, count=count)
        for name, count in zip(table["name"].head(3), with_doubt(table.head(3)), strict=True)
    ]
    return tr(
        "Flowers by taxon, {shown} of {names} names with {percent} % of the flowers. Error bars: 90 % "
        "interval. Most: {most}.",
        shown=number(shown),
        names=number(len(table)),
        percent=round(100 * table["count"].head(shown).sum() / max(1, table["count"].sum())),
        most=", ".join(most),
    )


def say_nothing_there(which: Selection) -> None:
    """What would be on the page, and the way to it."""
    if which == Selection():
        empty_page(tr("Nothing to show yet. Drop photos on *Count flowers*: their results are added up here."))
    else:
        empty_page(tr("No counted photos match these filters. Widen or clear them."))


def link_to_photos(label: str, which: Selection, *, icon: str = ":material/photo_library:") -> None:
    """A link to the gallery that shows these photos."""
    st.page_link(PHOTOS_PAGE, label=label, icon=icon, query_params=which.to_query())
