"""People: the accounts of this Bloomcount and their roles."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.errors import AccountProblem
from core.formatting import day
from core.language import tr
from core.people.person import ROLES, Person, role_word
from web.markdown import plain
from web.process import bloomcount
from web.session import require

admin = require("admin")

accounts = bloomcount().accounts
state = st.session_state


def change(what: str, action: Callable[[], str | None]) -> None:
    """Change an account and say so, or say why not. action: returns the one-time password that it made, if any."""
    try:
        password = action()
    except AccountProblem as problem:
        st.error(plain(str(problem)))
        return
    state.people_done = (what, password)
    st.rerun()


def show_done() -> None:
    """Show the result of the last click; its one-time password is shown until the next click."""
    what, password = state.pop("people_done", (None, None))
    if what is None:
        return
    with st.container(border=True):
        st.markdown(what)
        if password is not None:
            st.code(password, language=None)
            st.caption(tr("Pass it on now: it is shown only once and must be changed at the first sign-in."))


def state_of(person: Person) -> str:
    """One word or two on whether the account is in use."""
    if person.disabled:
        return tr("disabled")
    return tr("waits for first sign-in") if person.must_change_password else tr("in use")


def add_person(number: int) -> None:
    """Show the form for a new account, empty again when there is one more. number: of people there are."""
    with st.form(f"add_person-{number}", width=400):
        name = st.text_input(tr("Full name"), key=f"new_name-{number}", max_chars=80)
        username = st.text_input(
            tr("User name"),
            key=f"new_username-{number}",
            max_chars=32,
            help=tr("Small letters: {example}", example="anna, j.smith"),
        )
        role = st.selectbox(tr("Role"), ROLES, format_func=role_word, key=f"new_role-{number}")
        add = st.form_submit_button(tr("Add person"))
    if add:
        change(
            tr("{name} can sign in as **{username}** with", name=plain(name), username=plain(username)),
            lambda: accounts.add(username.strip(), name, role, by=admin),
        )


def change_person(people: list[Person]) -> None:
    """Role, password and state of one person."""
    chosen = st.selectbox(tr("Person"), [person.username for person in people], key="person", width=400)
    person = next(person for person in people if person.username == chosen)
    role = st.selectbox(
        tr("Role"),
        ROLES,
        ROLES.index(person.role),
        format_func=role_word,
        key=f"role-{chosen}-{person.role}",
        width=400,
    )
    buttons = st.container(horizontal=True)
    if buttons.button(tr("Change role"), key="change_role", disabled=role == person.role):
        change(
            tr("**{username}** is now {role}.", username=plain(chosen), role=role_word(role)),
            lambda: accounts.set_role(chosen, role, by=admin),
        )
    own = chosen == admin.username  # ends the sign-in of who would have to read it
    why = tr("Change your own password on the page Your account.") if own else None
    if buttons.button(tr("New one-time password"), key="one_time", disabled=own, help=why):
        change(
            tr("**{username}** is signed out and can sign in with", username=plain(chosen)),
            lambda: accounts.one_time_password(chosen, by=admin),
        )
    if person.disabled and buttons.button(tr("Enable"), key="enable"):
        change(
            tr("**{username}** can sign in again.", username=plain(chosen)), lambda: accounts.enable(chosen, by=admin)
        )
    if not person.disabled and buttons.button(tr("Disable"), key="disable"):
        change(
            tr("**{username}** is signed out and cannot sign in any more.", username=plain(chosen)),
            lambda: accounts.disable(chosen, by=admin),
        )


st.title(tr("People"))
show_done()
people = accounts.people()
for problem in accounts.damaged():
    st.error(plain(problem))
st.dataframe(
    {
        tr("User name"): [person.username for person in people],
        tr("Name"): [person.name for person in people],
        tr("Role"): [role_word(person.role) for person in people],
        tr("State"): [state_of(person) for person in people],
        tr("Changed"): [day(person.changed_at) for person in people],
    },
    hide_index=True,
)
left, right = st.columns(2, gap="large")
with left:
    st.subheader(tr("Add a person"))
    add_person(len(people))
with right:
    st.subheader(tr("Change a person"))
    change_person(people)
