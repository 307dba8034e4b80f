"""One change of many photos: what it is, how many it changes, the button that makes it, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import streamlit as st

from core.errors import BloomError
from core.formatting import photos
from core.intake.corrections import Changed, Correction, Which, correct_many, count_changes, undo
from core.intake.deletion import delete_photos
from core.language import tr
from core.people.person import Person
from core.store.records import PositionOf
from core.store.selection import Selection
from web.markdown import plain
from web.process import bloomcount
from web.tables import edition

CHANGED = "photos_changed"
"""State key: the change that was made last, which can be taken back, or None; and the sentence on it."""

UNDO_STAYS = timedelta(minutes=10)

Make = Callable[[Correction], Changed]


def change_photos(
    which: Which, number: int, person: Person, *, key: str, make: Make, hidden: bool = False, waiting: int = 0
) -> None:
    """Choose a change of these photos, see how many it changes, and make it. make: makes the one that was chosen.

    hidden: they are hidden now, and may come back. waiting: how many of them still wait to be counted.
    """
    kinds = {
        "site": tr("Site"),
        "note": tr("Note"),
        "clock": tr("Clock"),
        "position": tr("Position"),
        **({"show": tr("Show again")} if hidden else {"hide": tr("Hide")}),
        **({"delete": tr("Delete")} if person.may("lead") else {}),
    }
    kind = st.segmented_control(
        tr("Change"), list(kinds), format_func=kinds.__getitem__, key=f"kind_{key}", label_visibility="collapsed"
    )
    if kind == "delete":
        delete(which, number, person, key=key)
    elif kind and (correction := choose_correction(kind, key)):
        make_change(which, correction, person, key=key, make=make, waiting=waiting)


def choose_correction(kind: str, key: str) -> Correction | None:
    """The correction that the fields say; None while they say none."""
    if kind == "site":
        site = st.selectbox(
            tr("Site"),
            bloomcount().library.sites(),
            index=None,
            placeholder=tr("Choose or type a name"),
            accept_new_options=True,
            key=f"to_site_{key}",
        )
        return Correction(site=site) if site and site.strip() else None
    if kind == "note":
        note = st.text_input(tr("Note"), max_chars=500, key=f"to_note_{key}", placeholder=tr("Empty: no note"))
        return Correction(note=note)
    if kind == "clock":
        days, hours, minutes = st.columns(3)
        shift = timedelta(
            days=days.number_input(tr("Days"), -20_000, 20_000, 0, key=f"days_{key}"),
            hours=hours.number_input(tr("Hours"), -23, 23, 0, key=f"hours_{key}"),
            minutes=minutes.number_input(tr("Minutes"), -59, 59, 0, key=f"minutes_{key}"),
        )
        st.caption(tr("Added to the time at which each photo was taken; minus is earlier."))
        return Correction(shift=shift) if shift else None
    if kind == "position":
        st.caption(tr("Of photos that have a site and a position of their own. It is the one on maps and in exports."))
        words = positions()
        holds = st.radio(
            tr("Position that holds"), list(words), index=None, format_func=words.__getitem__, key=f"holds_{key}"
        )
        return Correction(position_of=holds) if holds else None
    if kind == "show":
        return Correction(show=True)
    why = st.text_input(tr("Why"), max_chars=200, key=f"why_{key}", placeholder=tr("Optional: taken by mistake …"))
    st.caption(tr("Hidden photos are in no count, chart or export. *Photos* shows them under a filter."))
    return Correction(hide=why)


def positions() -> dict[PositionOf, str]:
    """The positions of a photo that a person can choose from, in words."""
    return {"site": tr("The position of the site"), "photo": tr("The position that the camera wrote")}


def make_change(which: Which, correction: Correction, person: Person, *, key: str, make: Make, waiting: int) -> None:
    """Say how many photos the correction changes, and show the button that makes it."""
    changes = count_changes(bloomcount().library, which, correction, by=person)
    if changes.of_others:
        st.caption(tr("Of other people, so not changed: {photos}", photos=photos(changes.of_others)))
    number = changes.photos + waiting
    label = tr("Change {photos}", photos=photos(number))
    if _button(label, f"make_{key}", ready=bool(number)):
        change(lambda: make(correction))


def delete(which: Which, number: int, person: Person, *, key: str) -> None:
    """Delete photos for good, once the person has typed how many."""
    st.warning(
        tr(
            "Deleting is for privacy and cannot be undone: the files and all that was made of them are removed, in "
            "every version. To take photos out of the counts, hide them."
        )
    )
    words = {True: tr("Keep the counts, without name, place and person"), False: tr("Delete the counts too")}
    keep = st.radio(tr("Their counts"), words, index=None, format_func=words.__getitem__, key=f"keep_{key}")
    typed = st.text_input(
        tr("Type {number} to delete {photos}", number=number, photos=photos(number)), key=f"sure_{key}"
    )
    sure = typed.strip() == str(number) and keep is not None
    if _button(tr("Delete {photos}", photos=photos(number)), f"delete_{key}", ready=sure):
        bloom = bloomcount()
        try:
            deleted = delete_photos(bloom.library, bloom.inbox, which, keep_counts=bool(keep), by=person)
        except BloomError as problem:
            st.error(plain(str(problem)))
        else:
            done(tr("Deleted: {photos}.", photos=photos(deleted)), None)


def change(make: Callable[[], Changed], sentence: str = "") -> None:
    """Make a change, and run the page again, which says so and offers the way back; or say why it cannot be made."""
    try:
        changed = make()
    except BloomError as problem:
        st.error(plain(str(problem)))
    else:
        done(sentence or tr("Changed: {photos}.", photos=photos(changed.photos)), changed if changed.photos else None)


def dismiss_unread(which: Selection, person: Person) -> None:
    """The one button that takes the files of a selection that could not be read off the list of those to look at."""
    unread, hide = replace(which, attention="failed"), Correction(hide=tr("could not be read"))
    if st.button(tr("Dismiss these files"), icon=":material/visibility_off:", key="dismiss", type="tertiary"):
        change(
            lambda: correct_many(bloomcount().library, unread, hide, by=person),
            tr("Dismissed. The filter *Hidden photos* shows these files."),
        )


def done(sentence: str, changed: Changed | None) -> None:
    """Run the page again, which then says so and offers the way back."""
    edition.clear()
    st.session_state[CHANGED] = changed, sentence
    st.rerun()


def say_changed(person: Person) -> None:
    """Say what was changed a moment ago, with the button that undoes it, which stays for a while."""
    changed, sentence = st.session_state.get(CHANGED, (None, ""))
    if changed is None or datetime.now(UTC) - changed.at > UNDO_STAYS:
        st.session_state.pop(CHANGED, None)
    if not sentence:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.success(sentence)
        if changed:
            st.button(tr("Undo"), icon=":material/undo:", key="undo_change", on_click=_undo, args=(changed, person))


def _undo(changed: Changed, person: Person) -> None:
    try:
        back = undo(bloomcount().library, changed, by=person)
    except BloomError as problem:
        st.session_state[CHANGED] = None, plain(str(problem))
    else:
        edition.clear()
        st.session_state[CHANGED] = None, tr("As before: {photos}.", photos=photos(back.photos))


def _button(label: str, key: str, *, ready: bool) -> bool:
    """The button that does it; grey until it can, as words on a pale primary button cannot be read."""
    return st.button(label, type="primary" if ready else "secondary", disabled=not ready, key=key)
