"""The page of a store without photos: the drop zone, the two samples, and the three steps from photos to counts."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.language import tr
from core.people.person import Person
from pages.parts.dropping import open_drop, sample_button
from web.process import bloomcount, open_drops, session_id

COUNT_PAGE = Path(__file__).parent.parent / "field" / "count.py"
POLL_S = 1.0


def show_first_steps(person: Person) -> None:
    """Show the way to the first counts, which goes on at *Count flowers* once a photo has arrived."""
    show_steps()
    drop = open_drop(person)
    if sample_button(drop) or bloomcount().inbox.waiting(drop.drop_id):
        st.switch_page(COUNT_PAGE)
    _watch_for_arrivals(open_drops().arrivals(session_id()))


def show_steps() -> None:
    """The three steps from photos to counts."""
    steps = (
        (":material/add_a_photo:", tr("**1. Drop photos**, or a whole folder, and say which site they are of.")),
        (
            ":material/checklist:",
            tr("**2. Look at the counts.** Each has an interval; confirm or correct doubtful ones."),
        ),
        (":material/monitoring:", tr("**3. See what grows where and when**, and take the data along from *Export*.")),
    )
    for column, (icon, words) in zip(st.columns(3), steps, strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"{icon} {words}")


@st.fragment(run_every=POLL_S)
def _watch_for_arrivals(seen: int) -> None:
    """Go on when photos have arrived."""
    if open_drops().arrivals(session_id()) > seen:
        st.rerun()
