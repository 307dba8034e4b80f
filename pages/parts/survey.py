"""What the survey pages share: observations and visits of a selection, and the choice of what repeated photos mean.

Several people look at the same tables, so they are made once and kept for half a minute; nobody may change them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from importlib import import_module
from typing import Any, TypeVar, get_args

import pandas as pd
import streamlit as st

from core.charts.form import with_doubt
from core.language import spoken, tr
from core.recognition.package import Label
from core.store.selection import EVERYTHING, Attention, Selection
from core.survey.observed import CHARTED, observed
from core.survey.repeats import LONGEST_WINDOW_DAYS, RULES, Repeats, Rule, visits
from pages.parts.address import Address
from pages.parts.app import bloomcount, edition, model_problem, package
from pages.parts.filter_bar import filter_bar
from pages.parts.results import PHOTOS_PAGE, empty_page
from pages.parts.words import number

MOST_TABLES, MOST_FIGURES = 4, 100
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
        figures: Figures = _worked_out(key, given, _work=work, _visits=self.visits)
        return figures


def open_survey(title: str) -> Survey | None:
    """The head of a survey page with its filter, and what it is about; None, after saying so, where that is nothing."""
    st.title(title)
    which = filter_bar()
    repeats = choose_repeats()
    with st.spinner(tr("Adding up …")):
        now = edition()
        observations, visits = _observations(which, now), _visits(which, repeats, now)
    if observations.empty:
        say_nothing_there(which)
        return None
    reviewed, photos, alone = _what_stands(which, repeats, now)
    st.caption(f"{repeats.in_words()} {_who_counted(reviewed, photos)}")
    if alone:
        st.caption(
            tr(
                "Photos without site or date cannot be told to repeat others: each counts by itself ({photos}).",
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


def observations_of(which: Selection) -> pd.DataFrame:
    """The observations of these photos with CHARTED, not to be changed."""
    return _observations(which, edition())


def visits_of(which: Selection, repeats: Repeats) -> pd.DataFrame:
    """The visits of these photos, not to be changed."""
    return _visits(which, repeats, edition())


def photos_that_ask(which: Selection) -> dict[Attention, int]:
    """How many photos of the selection need a person's look, by why."""
    return _photos_that_ask(which, edition())


@st.cache_resource(max_entries=MOST_TABLES, show_spinner=False)
def _observations(which: Selection, edition: str) -> pd.DataFrame:
    return observed(bloomcount().library, labels(), which, CHARTED)


@st.cache_resource(max_entries=MOST_TABLES, show_spinner=False)
def _visits(which: Selection, repeats: Repeats, edition: str) -> pd.DataFrame:
    return visits(_observations(which, edition), repeats)


@st.cache_data(max_entries=MOST_FIGURES, show_spinner=False)
def _what_stands(which: Selection, repeats: Repeats, edition: str) -> tuple[int, int, int]:
    """Photos reviewed, photos in all, and those of which nobody knows whether they repeat others."""
    photos = _observations(which, edition).drop_duplicates("photo")["reviewed"]
    alone = _visits(which, repeats, edition).drop_duplicates("visit")["alone"]
    return int(photos.sum()), len(photos), int(alone.sum())


@st.cache_data(max_entries=MOST_FIGURES, show_spinner=False)
def _photos_that_ask(which: Selection, edition: str) -> dict[Attention, int]:
    library = bloomcount().library
    return {kind: library.number_of_photos(replace(which, attention=kind)) for kind in get_args(Attention)}


@st.cache_data(max_entries=MOST_FIGURES, show_spinner=False)
def _worked_out(key: object, given: Any, _work: Callable[..., Any], _visits: pd.DataFrame) -> Any:
    return _work(_visits, *given)


def open_ahead() -> None:
    """Add up what most people look at first, before they do: everything. Raises StoreError."""
    now = edition()
    _what_stands(EVERYTHING, Repeats(), now)
    _photos_that_ask(EVERYTHING, now)
    import_module("skbio.diversity")  # one or two seconds, for which the first on *Diversity* would wait


def newest_day(observations: pd.DataFrame) -> date | None:
    """On which day the newest photo was taken."""
    newest = observations["day"].max()
    return None if pd.isna(newest) else newest.date()


def labels() -> tuple[Label, ...]:
    """The taxa of the model in use; none while no model can be used: taxa are then called as they are stored."""
    return () if model_problem() else package().labels


def choose_repeats() -> Repeats:
    """What becomes of photos of the same flowers, as the person chose it here, on another page or by a link."""
    words: dict[Rule, str] = {"maximum": tr("Maximum"), "median": tr("Median"), "sum": tr("Sum")}
    repeats, is_news = REPEATS.asked()
    if is_news:
        st.session_state[RULE], st.session_state[WINDOW] = repeats.rule, repeats.window_days
    with st.popover(tr("Repeated photos"), icon=":material/filter_none:"):
        rule = st.segmented_control(
            tr("Of repeated photos counts"), RULES, format_func=lambda rule: words[rule], required=True, key=RULE
        )
        days = st.number_input(
            tr("Repeats are within so many days"),
            1,
            LONGEST_WINDOW_DAYS,
            key=WINDOW,
            help=tr("1 is the same day. A longer window suits plots where the same flowers stand for weeks."),
        )
    chosen = Repeats(rule or Repeats().rule, int(days))
    REPEATS.keep(chosen)
    return chosen


def _who_counted(reviewed: int, photos: int) -> str:
    if reviewed == photos:
        return tr("Every photo was reviewed by a person.")
    if not reviewed:
        return tr("Counts are the model's: no photo was reviewed by a person.")
    return tr(
        "{reviewed} of {photos} photos were reviewed by a person; of the others the model's counts stand.",
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
        "Flowers by taxon, {shown} of {names} names with {percent}% of the flowers; lines go from the lowest to the "
        "highest they may be. Most: {most}.",
        shown=number(shown),
        names=number(len(table)),
        percent=round(100 * table["count"].head(shown).sum() / max(1, table["count"].sum())),
        most=", ".join(most),
    )


def say_nothing_there(which: Selection) -> None:
    """What would be on the page, and the way to it."""
    if which == Selection():
        empty_page(tr("Nothing to show yet. Drop photos on *Count flowers*: what is found in them is added up here."))
    else:
        empty_page(tr("No counted photo is like that. Widen the filter, or clear it."))


def link_to_photos(label: str, which: Selection, *, icon: str = ":material/photo_library:") -> None:
    """A link to the gallery that shows these photos."""
    st.page_link(PHOTOS_PAGE, label=label, icon=icon, query_params=which.to_query())
