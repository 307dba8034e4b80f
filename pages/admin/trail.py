"""Trail: who changed what, when and from where, by person, action and day, and as a file."""

from __future__ import annotations

import streamlit as st

from core.csv_files import table_rows
from core.formatting import noted_at, number
from core.language import tr, translated
from core.store.schemas import TRAIL
from core.store.trail import ACTIONS, Part
from pages.parts.downloads import download_rows
from pages.parts.results import empty_page
from web.process import bloomcount
from web.session import require

require("admin")

MOST_SHOWN = 500

trail = bloomcount().library.trail


def choose_part() -> Part:
    """Show the filter, and return the entries that it asks for."""
    who, did, since, until = st.columns([2, 2, 1, 1])
    return Part(
        people=tuple(who.multiselect(tr("Person"), trail.people(), key="trail_people")),
        actions=tuple(did.multiselect(tr("Action"), ACTIONS, format_func=translated, key="trail_actions")),
        since=since.date_input(tr("From day"), None, key="trail_since"),
        until=until.date_input(tr("Until day"), None, key="trail_until"),
    )


def show_entries(part: Part, total: int) -> None:
    """Show the newest entries, and the button that saves all of them."""
    entries = trail.entries(part, most=MOST_SHOWN)
    st.dataframe(
        {
            tr("When"): [noted_at(at) for at in entries["at"]],
            tr("Person"): entries["by"].to_list(),
            tr("Acted from"): entries["from"].to_list(),
            tr("Action"): [translated(action) for action in entries["action"]],
            tr("What"): entries["what"].to_list(),
            tr("Before"): entries["before"].to_list(),
            tr("After"): entries["after"].to_list(),
        },
        hide_index=True,
        column_config={tr("What"): st.column_config.TextColumn(width="medium")},
    )
    shown = tr("{number} entries", number=number(total))
    st.caption(
        shown if total <= MOST_SHOWN else f"{shown}. {tr('The newest {most} are shown.', most=number(MOST_SHOWN))}"
    )
    with st.container(horizontal=True):
        download_rows(lambda: table_rows(trail.entries(part).to_pandas()), TRAIL.names, "bloomcount-trail", key="trail")


st.title(tr("Trail"))
st.caption(
    tr(
        "Sign-ins and changes of accounts, sites, reviews, photos, models and publication details. A photo is named by "
        "its fingerprint only."
    )
)
part = choose_part()
if total := trail.number(part):
    show_entries(part, total)
else:
    empty_page(tr("No entries match these filters. Widen or clear them."))
