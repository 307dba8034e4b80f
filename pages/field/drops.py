"""Your drops: what was uploaded together, what became of it, and its site, note and clock; leads see all."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.formatting import noted_at, number
from core.intake.corrections import Changed, Correction
from core.intake.drops import ListedDrop, correct_drop, list_drops
from core.language import tr
from core.survey.drop_words import drop_state, drop_words
from core.survey.sampling import said_in_words
from pages.parts.changes import change, change_photos, say_changed
from pages.parts.choices import choose_one
from pages.parts.fieldwork import ask_fieldwork
from pages.parts.results import PHOTOS_PAGE, empty_page
from web.markdown import plain
from web.process import bloomcount
from web.session import require

person = require("researcher")

DROPS_A_PAGE = 24
OPEN = "drop_open"  # in the state: the drop whose change is chosen
FIELDWORK = "drop_fieldwork"  # in the state: the drop whose field work is described

bloom = bloomcount()
state = st.session_state


def choose_whose() -> str | None:
    """Choose between a lead's own drops and everybody's."""
    if not person.may("lead"):
        return person.username
    words = {"all": tr("All drops"), "mine": tr("My drops")}
    whose = choose_one(tr("Drops"), words, key="whose_drops")
    return None if whose == "all" else person.username


def show_drop(drop: ListedDrop) -> None:
    """One drop: its facts, the way to its photos, and its changes when asked for."""
    with st.container(border=True, gap="xsmall", key=f"drop-{drop.drop_id.replace('.', '-')}"):
        st.markdown(f"**{plain(noted_at(drop.at))}** · {plain(drop.by)} · {plain(drop_state(drop))}")
        st.markdown(plain(" · ".join(filter(None, (drop_words(drop), said_in_words(fieldwork.get(drop.drop_id)))))))
        with st.container(horizontal=True, vertical_alignment="center"):
            query = {"drop": [drop.drop_id], **({"hidden": ["only"]} if drop.undone else {})}
            st.page_link(PHOTOS_PAGE, label=tr("Open in Photos"), icon=":material/photo_library:", query_params=query)
            if drop.photos or drop.waiting:
                show_buttons(drop)
        if state.get(FIELDWORK) == drop.drop_id:
            ask_fieldwork(drop.drop_id, person, key=drop.drop_id)
        if state.get(OPEN) == drop.drop_id:
            waiting = bloom.inbox.waiting(drop.drop_id)
            ids = [*bloom.library.own_photos(drop.drop_id), *waiting]
            change_photos(
                ids,
                len(ids),
                person,
                key=drop.drop_id,
                make=partial(correct, drop),
                hidden=drop.undone,
                waiting=len(waiting),
            )


def show_buttons(drop: ListedDrop) -> None:
    """The buttons that open the changes of a drop, undo it and bring it back."""
    if st.button(tr("Correct"), key=f"correct-{drop.drop_id}", icon=":material/edit:", type="tertiary"):
        state[OPEN] = None if state.get(OPEN) == drop.drop_id else drop.drop_id
        st.rerun()
    if st.button(tr("Field work"), key=f"fieldwork-{drop.drop_id}", icon=":material/grid_on:", type="tertiary"):
        state[FIELDWORK] = None if state.get(FIELDWORK) == drop.drop_id else drop.drop_id
        st.rerun()
    if drop.undone:
        if st.button(tr("Bring back"), key=f"back-{drop.drop_id}", icon=":material/undo:", type="tertiary"):
            change(lambda: correct(drop, Correction(show=True)), tr("The drop is back."))
    elif st.button(tr("Undo drop"), key=f"undo-{drop.drop_id}", icon=":material/undo:", type="tertiary"):
        hidden = Correction(hide=tr("drop undone"))
        change(lambda: correct(drop, hidden), tr("The drop is undone: its photos are hidden."))


def correct(drop: ListedDrop, correction: Correction) -> Changed:
    """Correct the drop's photos, those that wait too."""
    return correct_drop(bloom.library, bloom.inbox, drop.drop_id, correction, by=person)


st.title(tr("Your drops"))
say_changed(person)
whose = choose_whose()
page = int(state.get("drops_page", 1)) - 1
fieldwork = bloom.library.fieldwork()
listed = list_drops(bloom.library, bloom.inbox, by=whose, page=page, per_page=DROPS_A_PAGE)
if not listed.total:
    empty_page(tr("No drops yet. Photos that are dropped together on *Count flowers* are listed here as one."))
else:
    st.caption(tr("1 drop") if listed.total == 1 else tr("{number} drops", number=number(listed.total)))
for drop in listed.drops:
    show_drop(drop)
if listed.total > DROPS_A_PAGE:
    state.drops_page = listed.page + 1
    st.pagination(-(-listed.total // DROPS_A_PAGE), key="drops_page")
