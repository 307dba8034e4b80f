"""Count flowers: drop photos, see which flowers each shows and how many."""

from __future__ import annotations

import streamlit as st

from core.formatting import number, photos
from core.intake.drops import move_here
from core.intake.progress import DropOrder, DropProgress, drop_progress, in_order, movable_to
from core.language import tr
from core.survey.counted_photos import count_photos
from pages.parts.changes import change, say_changed
from pages.parts.choices import choose_one
from pages.parts.dropping import open_drop, sample_button, start_drop
from pages.parts.fieldwork import ask_fieldwork
from pages.parts.results import (
    download_counts,
    empty_page,
    say_model_problem,
    show_counted,
    show_gallery,
    show_totals,
    threshold_slider,
)
from web.markdown import plain
from web.process import bloomcount, model_problem, open_drops, package, session_id, worker
from web.session import require

person = require("researcher")

POLL_S = 1.0

bloom = bloomcount()
state = st.session_state


def show_drop(drop_id: str) -> None:
    """Progress, totals and photos of one drop."""
    require("researcher")
    progress = drop_progress(bloom.library, bloom.inbox, drop_id)
    awaited = open_drops().awaited(session_id())
    if awaited:
        show_counted(len(progress.results), progress.arrived + awaited, None, arriving=True)
    elif progress.waiting:
        show_counted(len(progress.results), progress.arrived, worker().seconds_left(progress.waiting))
    elif state.get("moving") and not open_drops().arriving(session_id()):
        state.moving = False
        st.rerun()
    if progress.again or progress.hidden:
        say_again(drop_id, progress)
    if not progress.results or model_problem():
        return
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        threshold = threshold_slider(package())
    order = choose_order()
    results = in_order(progress.results, order)
    counted = count_photos(results, package_of=bloom.models.package_of, threshold=threshold)
    with right, st.container(horizontal=True, horizontal_alignment="right"):
        download_counts(results, bloom.models.package_of, threshold=threshold, name=f"bloomcount-{drop_id}")
    show_totals(counted)
    show_gallery(counted, key="drop", query={"drop": [drop_id], "sort": [order]})


def choose_order() -> DropOrder:
    """Choose the order of the photos."""
    words: dict[DropOrder, str] = {"file": tr("By file name"), "taken": tr("By time taken")}
    return choose_one(tr("Order"), words, key="drop_order")


def say_again(drop_id: str, progress: DropProgress) -> None:
    """Say which photos were here already, and offer to move them to the site that was typed with them."""
    person = require("researcher")
    again, arrived = number(len(progress.again)), number(progress.arrived)
    hidden = number(len(progress.hidden))
    sentences = [
        *(
            [tr("{again} of {arrived} were here already; kept as they were.", again=again, arrived=arrived)]
            if progress.again
            else []
        ),
        *(
            [tr("{hidden} of {arrived} were here and hidden; they stay so.", hidden=hidden, arrived=arrived)]
            if progress.hidden
            else []
        ),
    ]
    st.info(" ".join(sentences))
    if movable := movable_to(progress, by=person):
        number_of, sites = photos(sum(movable.values())), plain(", ".join(movable))
        label = tr("Move {photos} to {site}", photos=number_of, site=sites)
        if st.button(label, key=f"move-{drop_id}", icon=":material/drive_file_move:"):
            change(lambda: move_here(bloom.library, drop_id, by=person))


@st.fragment(run_every=POLL_S)
def watch_for_arrivals(seen: int) -> None:
    """Run the page again when photos arrive while it rests; asks this process's memory, not the store."""
    require("researcher")
    if open_drops().arrivals(session_id()) > seen:
        st.rerun()


if state.pop("drop_ended", False):  # before the field of the note is there
    start_drop()

st.title(tr("Count flowers"))
say_changed(person)
say_model_problem()
arrived_before = open_drops().arrivals(session_id())
drop = open_drop(person)

own = drop_progress(bloom.library, bloom.inbox, drop.drop_id)
shown = drop.drop_id if own.arrived else bloom.latest_drop(person.username)
with st.container(horizontal=True):
    if sample_button(drop):
        st.rerun()
    with st.popover(tr("Field work"), icon=":material/grid_on:"):
        ask_fieldwork(drop.drop_id, person, key=drop.drop_id)
    if own.arrived and st.button(tr("Start a new drop"), icon=":material/add:", key="new_drop"):
        state.drop_ended = True
        st.rerun()

if shown is None:
    empty_page(tr("Nothing counted yet. Drop photos above, or try the two samples: the count starts by itself."))
else:
    worker()
    state.moving = open_drops().arriving(session_id()) or bool(bloom.inbox.waiting(shown))
    st.fragment(show_drop, run_every=POLL_S if state.moving else None)(shown)
if not state.get("moving"):
    watch_for_arrivals(arrived_before)
