"""Who is at this browser tab: the guard of every page, the sign-in form, sign-out.

Nothing that a tab remembers is believed: each run asks the accounts whether its sign-in still holds, and for which
role. "Sign out" ends the sign-in of this browser, with all its tabs and any copy of its cookie; "Sign out everywhere"
ends those of all browsers. Addresses are those of the connection, or where uvicorn is told to trust a proxy
(FORWARDED_ALLOW_IPS, by default 127.0.0.1 only) the one that this proxy reports.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.errors import AccountProblem, BloomError
from core.formatting import role_word
from core.language import LANGUAGES, language_of, speak, spoken, tr
from core.people.accounts import Person
from core.store.commits import look_once
from core.watching.logs import REQUEST
from web.cookie import (
    COOKIE_DAYS,
    SignIn,
    mark_cookie_as_read,
    order_cookie,
    place_to_read,
    read_cookie,
    sign_in_of,
)
from web.process import bloomcount, session_id

MOST_SESSIONS = 10_000
SIGN_IN = "bloom_sign_in"
LANGUAGE = "bloom_language"
"""What a stranger chose to read at this tab; kept with the account at sign-in."""
TAB_CHARACTERS = 8
"""So much of a session's id tells tabs apart in the log, and is of no use to anybody else."""

_sign_ins: OrderedDict[str, SignIn] = OrderedDict()
"""The sign-in of each browser session of this process, for uploads; the longest unused are forgotten."""
_sign_ins_lock = threading.Lock()


def require(role: str) -> Person:
    """The person at this tab, who may do what `role` may; for anybody else the script ends here.

    Strangers see the sign-in form only, people with a one-time password the form that changes it. From here on tr()
    speaks the person's language. First statement of every page, and of every fragment that a click or a timer runs
    again.
    """
    try:
        person = current_person()
    except BloomError as problem:
        st.error(str(problem))
        st.stop()
    if _in_fragment():
        if person is None or person.must_change_password or not person.may(role):
            st.rerun()
        return person
    if person is None:
        _show_sign_in()
        st.stop()
    if person.must_change_password:
        _show_first_password(person)
        st.stop()
    if not person.may(role):
        st.error(
            tr(
                "This page is for the role {role}; yours is {yours}. An administrator can change that.",
                role=role_word(role),
                yours=role_word(person.role),
            )
        )
        st.stop()
    return person


def current_person() -> Person | None:
    """The person at this tab as the accounts have them at this moment, None for a stranger. Speaks their language.

    That is the one they chose; for who chose none, the browser's where it is spoken here.
    """
    REQUEST.set(session_id()[:TAB_CHARACTERS])
    look_once()
    state = st.session_state
    speak(state.get(LANGUAGE) or language_of(st.context.locale))
    with place_to_read():
        sign_in = state.get(SIGN_IN) or read_cookie()
    person = bloomcount().accounts.signed_in(*sign_in) if sign_in else None
    if sign_in is None or person is None:
        if SIGN_IN in state:
            _forget()
        return None
    state[SIGN_IN] = sign_in
    if person.language:
        speak(person.language)
    with _sign_ins_lock:
        _sign_ins[session_id()] = sign_in
        _sign_ins.move_to_end(session_id())
        while len(_sign_ins) > MOST_SESSIONS:
            _sign_ins.popitem(last=False)
    return person


def person_inside() -> Person | None:
    """The person at this tab who sees pages; None where the page's guard shows a form or a problem instead."""
    try:
        person = current_person()
    except BloomError:
        return None
    return person if person and not person.must_change_password else None


def username_of_session(session: str) -> str | None:
    """Who is signed in to a browser session and may upload at this moment; None for strangers."""
    with _sign_ins_lock:
        sign_in = _sign_ins.get(session)
    person = _ready(sign_in)
    return person.username if person else None


def while_signed_in(make: Callable[[], bytes]) -> Callable[[], bytes]:
    """The same for a download button, which makes its file at a click without running the page and its guard."""
    session = session_id()

    def made() -> bytes:
        if username_of_session(session) is None:
            raise AccountProblem("Who asks for this file is not signed in any more.")
        return make()

    return made


def person_of_cookies(cookies: Mapping[str, str]) -> Person | None:
    """Who sends these cookies with a request of their own, as for a picture; None for strangers."""
    return _ready(sign_in_of(cookies))


def address() -> str:
    """Where this tab's person is, for the limits on guessing."""
    return st.context.ip_address or "this machine"


def begin(person: Person) -> None:
    """Sign this tab and its browser in as somebody who has just proved their password."""
    sign_in = SignIn(person.username, time.time() + COOKIE_DAYS * 86_400)
    bloomcount().accounts.open_sign_in(person, sign_in.expires_at)
    if chosen := st.session_state.pop(LANGUAGE, None):
        bloomcount().accounts.set_language(person.username, chosen)
    st.session_state[SIGN_IN] = sign_in
    order_cookie(sign_in)


def sign_out() -> None:
    """End the sign-in of this browser and forget what its tab held."""
    sign_in = st.session_state.get(SIGN_IN)
    if sign_in is not None:
        bloomcount().accounts.sign_out(*sign_in)
    _forget()
    order_cookie(None)


def show_person(person: Person) -> None:
    """Who is signed in, and the way out."""
    st.caption(f"{person.username} · {role_word(person.role)}")
    _sign_out_button()


def new_password_fields(form: str) -> tuple[str, str]:
    """The new password and its repetition, as typed. form: the key of the form that they are in."""
    return (
        st.text_input(tr("New password"), key=f"{form}_new", type="password", autocomplete="new-password"),
        st.text_input(tr("Repeat it"), key=f"{form}_again", type="password", autocomplete="new-password"),
    )


def keep_password(new: str, repeated: str, change: Callable[[str], Person]) -> None:
    """Change the password of the person at this tab, who stays signed in here; all other sign-ins end.

    change: keeps the new password and returns the person. Raises AccountProblem.
    """
    if new != repeated:
        raise AccountProblem(tr("The two new passwords differ. Type the same one twice."))
    begin(change(new))


def choose_language(key: str, keep: Callable[[str], None]) -> None:
    """The choice between languages, each in its own words; what is chosen is kept, and the page is drawn in it."""
    chosen = st.segmented_control(
        tr("Language"),
        list(LANGUAGES),
        default=spoken(),
        format_func=lambda language: LANGUAGES[language],
        required=True,
        key=f"{key}-{spoken()}",  # another widget in each language: a language chosen in another tab is no choice here
        label_visibility="collapsed",
    )
    if chosen != spoken():
        keep(str(chosen))
        st.rerun()


def _choose_for_tab(language: str) -> None:
    st.session_state[LANGUAGE] = language


def _ready(sign_in: SignIn | None) -> Person | None:
    person = bloomcount().accounts.signed_in(*sign_in) if sign_in else None
    return person if person and not person.must_change_password else None


def _in_fragment() -> bool:
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)


def _forget() -> None:
    st.session_state.clear()
    mark_cookie_as_read()
    with _sign_ins_lock:
        _sign_ins.pop(session_id(), None)


def _show_sign_in() -> None:
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


def _show_first_password(person: Person) -> None:
    with st.container(horizontal_alignment="center"), st.container(width=400):
        st.title(tr("Choose your password"))
        st.markdown(tr("Replace your one-time password. Use 12 characters or more; a few words work well."))
        with st.form("first_password", border=False):
            new, repeated = new_password_fields("first_password")
            clicked = st.form_submit_button(tr("Save password"), type="primary", width="stretch")
        if clicked:
            accounts = bloomcount().accounts
            _attempt(lambda: keep_password(new, repeated, lambda new: accounts.set_password(person.username, new)))
        _sign_out_button()


def _attempt(change: Callable[[], None]) -> None:
    """Run again as who one is after it, or say why not."""
    try:
        change()
    except BloomError as problem:
        st.error(str(problem))
    else:
        st.rerun()


def _sign_out_button() -> None:
    if st.button(tr("Sign out"), icon=":material/logout:", key="sign_out"):
        sign_out()
        st.rerun()
