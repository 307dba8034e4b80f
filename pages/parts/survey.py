"""Parts that survey pages share: observations and visits of a selection, and the rule for repeated photos.

Several people look at the same tables, so they are made once and kept for half a minute; nobody may change them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import pandas as pd
import streamlit as st

from core.formatting import not_calibrated_words, number
from core.language import current_language, tr
from core.store.selection import Selection
from core.survey.comparison import Comparison, groups_there
from core.survey.repeats import LONGEST_WINDOW_DAYS, RULES, Repeats, Rule
from pages.parts.comparison_bar import choose_comparison
from pages.parts.filter_bar import filter_bar
from pages.parts.results import PHOTOS_PAGE, empty_page
from web.address import Address
from web.tables import cached_figures, described_sites, edition, observations_of, visits_of, what_stands

RULE, WINDOW = "repeats_rule", "repeats_window"
Figures = TypeVar("Figures")
REPEATS = Address("repeats", ("repeats", "window"), Repeats.from_query, Repeats.to_query, Repeats())


@dataclass(frozen=True, slots=True)
class Survey:
    """The selection of a survey page with its tables.

    reviewed, photos: photos that a person reviewed, and all. alone: those of which nobody knows whether they repeat
    others. doubt: what must be said of models that are not calibrated. note: what must be read with every figure of it.
    comparison: the groups that a person wants to see side by side.
    """

    which: Selection
    repeats: Repeats
    observations: pd.DataFrame
    visits: pd.DataFrame
    edition: str
    reviewed: int
    photos: int
    alone: int
    doubt: str
    note: str
    comparison: Comparison

    @property
    def all_taxa(self) -> Selection:
        """The selection without its taxa."""
        return replace(self.which, taxa=())

    def say_rule(self, *more: str) -> None:
        """Say how repeated photos were counted, and by whom; and more sentences."""
        sentences = [self.repeats.in_words(), _who_counted(self.reviewed, self.photos)]
        if self.alone:
            sentences.append(
                tr(
                    "Photos without a site or date cannot be recognised as repeats, so each is counted separately "
                    "({photos}).",
                    photos=number(self.alone),
                )
            )
        st.caption(" ".join(filter(None, [*sentences, self.doubt, *more])))

    def figures(self, work: Callable[..., Figures], *arguments: object) -> Figures:
        """`work(*arguments)`, made once for all who ask for the same in the same language.

        work: a function with a name, which depends on its arguments alone. arguments: this survey's own `observations`
        and `visits`, and small things; the tables are told apart by selection, rule and edition, all else by what it
        holds.
        """
        if work.__closure__ or "<" in work.__qualname__:
            raise TypeError(f"{work.__qualname__} may depend on more than its arguments: name a function of a module.")
        tables = {id(self.observations): "observations", id(self.visits): "visits"}
        told_apart = (self.which, self.repeats, self.edition, current_language())
        key = (*told_apart, *(tables.get(id(argument), argument) for argument in arguments))
        name = f"{work.__code__.co_filename} {work.__qualname__}"  # every page's module is called __main__
        figures: Figures = cached_figures(name, key, lambda: work(*arguments))
        return figures


def open_survey(title: str, *, compares: bool = False, taxon: str = "") -> Survey | None:
    """Show the head of a survey page with its filter; return its survey, or None after saying that nothing is there.

    compares: groups can be chosen to be seen side by side. taxon: of this one alone, whatever the filter says of taxa.
    """
    head = st.container(horizontal=True, vertical_alignment="center", key="head")
    with head:
        st.title(title, width="content", anchor=False)
        filtered = filter_bar()
        which = replace(filtered, taxa=(taxon,)) if taxon else filtered
        repeats = choose_repeats()
    with st.spinner(tr("Adding up …")):
        now = edition()
        observations, visits = observations_of(which, now), visits_of(which, repeats, now)
    if observations.empty:
        say_nothing_there(which)
        return None
    reviewed, photos, alone, raw = what_stands(which, repeats, now)
    note = tr(
        "{rule}; {reviewed} of {photos} photos reviewed",
        rule=repeats.in_short(),
        reviewed=number(reviewed),
        photos=number(photos),
    )
    doubt = not_calibrated_words(raw) if raw else ""
    note = f"{note}; {doubt}" if doubt else note
    survey = Survey(which, repeats, observations, visits, now, reviewed, photos, alone, doubt, note, Comparison())
    if not compares:
        return survey
    sites = described_sites()
    with head:
        comparison = choose_comparison(lambda by: survey.figures(groups_there, visits, by, sites))
    return replace(survey, comparison=comparison)


def choose_repeats() -> Repeats:
    """Choose the rule for repeated photos, at first the one chosen on another page or asked for by a link."""
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


def say_nothing_there(which: Selection) -> None:
    """Say what would be on the page, and the way to it."""
    if which == Selection():
        empty_page(tr("Nothing to show yet. Drop photos on *Count flowers*: their results are added up here."))
    else:
        empty_page(tr("No counted photos match these filters. Widen or clear them."))


def link_to_photos(label: str, which: Selection, *, icon: str = ":material/photo_library:") -> None:
    """A link to the gallery that shows these photos."""
    st.page_link(PHOTOS_PAGE, label=label, icon=icon, query_params=which.to_query())
