"""Signing in and out at a browser tab: the forms, and what they do to the tab, its browser and the accounts.

Addresses are those of the connection, or where uvicorn is told to trust a proxy (FORWARDED_ALLOW_IPS, by default
127.0.0.1 only) the one that this proxy reports.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import streamlit as st

from core.errors import AccountProblem, BloomError
from core.language import LANGUAGES, current_language, tr
from core.people.person import Person, role_word
from web.cookie import COOKIE_DAYS, mark_cookie_as_read, order_cookie
from web.markdown import plain
from web.process import bloomcount, session_id, sign_ins
from web.sign_ins import SignIn
from web.visitors import HANDSHAKE

log = logging.getLogger(__name__)

SIGN_IN = "bloom_sign_in"
CONNECTION = "bloom_connection"
"""State key of the connection that a tab's sign-in was made over, or that brought its cookie."""
LANGUAGE = "bloom_language"
"""State key of the language that a stranger chose at this tab; kept with the account at sign-in."""


def show_sign_in() -> None:
    """Show all that a stranger sees: name and password, and the language to read them in."""
    with st.container(horizontal_alignment="center"), st.container(width=400):
        st.title("Bloomcount")
        st.markdown(tr("Names and counts the flowers in your photos."))
        with st.form("sign_in", border=False):
            username = st.text_input(tr("Name"), key="sign_in_name", autocomplete="username")
            password = st.text_input(
                tr("Password"), key="sign_in_password", type="password", autocomplete="current-password"
            )
            clicked = st.form_submit_button(tr("Sign in"), type="primary", width="stretch")
        if clicked:
            _attempt(lambda: begin(bloomcount().accounts.sign_in(username, password, address=address())))
        st.caption(tr("No account, or a forgotten password? An administrator of your Bloomcount can help."))
        choose_language("sign_in_language", _choose_for_tab)


def show_first_password(person: Person) -> None:
    """Show all that a person with a one-time password sees: the choice of another, and the way out."""
    with st.container(horizontal_alignment="center"), st.container(width=400):
        st.title(tr("Choose your password"))
        st.markdown(tr("Replace your one-time password. Use 12 characters or more; a few words work well."))
        with st.form("first_password", border=False):
            new, repeated = new_password_fields("first_password")
            clicked = st.form_submit_button(tr("Save password"), type="primary", width="stretch")
        if clicked:
            accounts = bloomcount().accounts
            _attempt(
                lambda: keep_password(
                    new, repeated, lambda new: accounts.set_password(person.username, new, address=address())
                )
            )
        _sign_out_button()


def show_person(person: Person) -> None:
    """Show who is signed in, and the way out."""
    st.caption(f"{person.username} · {role_word(person.role)}")
    _sign_out_button()


def new_password_fields(form: str) -> tuple[str, str]:
    """The new password and its repetition, as typed. form: the key of the form that they are in."""
    return (
        st.text_input(tr("New password"), key=f"{form}_new", type="password", autocomplete="new-password"),
        st.text_input(tr("Repeat it"), key=f"{form}_again", type="password", autocomplete="new-password"),
    )


def choose_language(key: str, keep: Callable[[str], None]) -> None:
    """The choice between languages, each in its own words; what is chosen is kept, and the page is drawn in it."""
    chosen = st.segmented_control(
        tr("Language"),
        list(LANGUAGES),
        default=current_language(),
        format_func=lambda language: LANGUAGES[language],
        required=True,
        key=f"{key}-{current_language()}",  # a widget for each language: one chosen in another tab is no choice here
        label_visibility="collapsed",
    )
    if chosen != current_language():
        keep(str(chosen))
        st.rerun()


def address() -> str:
    """The IP address of this tab's person, for the limits on guessing."""
    return st.context.ip_address or "this machine"


def connection_key() -> str | None:
    """The key that the browser made up for the connection of this run; None where there is none."""
    return st.context.headers.get(HANDSHAKE)


def begin(person: Person) -> None:
    """Sign this tab and its browser in as somebody who has just proved their password."""
    sign_in = SignIn(person.username, time.time() + COOKIE_DAYS * 86_400)
    bloomcount().accounts.open_sign_in(person, sign_in.expires_at)
    if chosen := st.session_state.pop(LANGUAGE, None):
        bloomcount().accounts.set_language(person.username, chosen)
    st.session_state[SIGN_IN], st.session_state[CONNECTION] = sign_in, connection_key()
    order_cookie(sign_in)


def keep_password(new: str, repeated: str, change: Callable[[str], Person]) -> None:
    """Change the password of the person at this tab, who stays signed in here; all other sign-ins end.

    change: keeps the new password and returns the person. Raises AccountProblem.
    """
    if new != repeated:
        raise AccountProblem(tr("The two new passwords differ. Type the same one twice."))
    begin(change(new))


def sign_out() -> None:
    """End the sign-in of this browser and forget what its tab held."""
    sign_in = st.session_state.get(SIGN_IN)
    if sign_in is not None:
        bloomcount().accounts.sign_out(*sign_in, address=address())
    forget_tab()
    order_cookie(None)


def forget_tab() -> None:
    """Make the person at this tab a stranger, of whom it holds nothing."""
    st.session_state.clear()
    mark_cookie_as_read()
    sign_ins().forget(session_id())


def _choose_for_tab(language: str) -> None:
    st.session_state[LANGUAGE] = language


def _attempt(change: Callable[[], None]) -> None:
    """Make a change and run the page again, or say why the change failed; a stranger learns of no file."""
    try:
        change()
    except AccountProblem as problem:
        st.error(plain(str(problem)))
    except BloomError as problem:
        log.error("Nobody can sign in: %s", problem)
        st.error(tr("Bloomcount cannot read its accounts now. Try again in a minute."))
    else:
        st.rerun()


def _sign_out_button() -> None:
    if st.button(tr("Sign out"), icon=":material/logout:", key="sign_out"):
        sign_out()
        st.rerun()
