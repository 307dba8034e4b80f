"""The person at this browser tab: the guard of every page, and of whatever a browser asks for beside its pages.

Nothing that a tab remembers is believed: each run asks the accounts whether its sign-in still holds, and for which
role. "Sign out" ends the sign-in of this browser, with all its tabs and any copy of its cookie; "Sign out everywhere"
ends those of all browsers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.errors import AccountProblem, BloomError
from core.language import language_of, tr, use_language
from core.people.person import Person, role_word
from core.store.commits import look_once
from core.watching.logs import REQUEST
from web.cookie import place_to_read, read_cookie, sign_in_of
from web.process import bloomcount, connections, session_id, sign_ins
from web.sign_in_forms import (
    CONNECTION,
    LANGUAGE,
    SIGN_IN,
    address,
    connection_key,
    forget_tab,
    show_first_password,
    show_sign_in,
)
from web.sign_ins import SignIn
from web.streamlit_patches import patched

log = logging.getLogger(__name__)
File = TypeVar("File", str, bytes)

START = "streamlit run streamlit_app.py"
TAB_CHARACTERS = 8
"""Characters that tell tabs apart in the log: of a hash, as a session's id is nobody's business."""


class StartedWrongly(BloomError):
    """Streamlit runs a page by itself, without the server that keeps uploads and answers /readyz."""


def require(role: str) -> Person:
    """The person at this tab, who may do what `role` may; for anybody else the script ends here.

    Strangers see the sign-in form only, people with a one-time password the form that changes it. From here on tr()
    speaks the person's language. First statement of every page, and of every fragment that a click or a timer runs
    again.
    """
    try:
        person = current_person()
    except StartedWrongly as problem:
        st.error(str(problem))
        st.stop()
    except BloomError as problem:  # a stranger may read this, and the problem names files of the server
        log.error("Nobody can be told from a stranger: %s", problem)
        st.error(tr("Bloomcount cannot read its accounts now. Try again in a minute."))
        st.stop()
    if _in_fragment():
        if person is None or person.must_change_password or not person.may(role):
            st.rerun()
        return person
    if person is None:
        show_sign_in()
        st.stop()
    if person.must_change_password:
        show_first_password(person)
        st.stop()
    if not person.may(role):
        st.error(_not_for(person, role))
        st.stop()
    return person


def current_person() -> Person | None:
    """The person at this tab as the accounts have them at this moment, None for a stranger. Speaks their language.

    That is the one they chose; for who chose none, the browser's where it is spoken here. Raises StartedWrongly.
    """
    REQUEST.set(sha256(session_id().encode()).hexdigest()[:TAB_CHARACTERS])
    look_once()
    state = st.session_state
    use_language(state.get(LANGUAGE) or language_of(st.context.locale))
    if not patched():
        raise StartedWrongly(
            tr("Streamlit runs the wrong file. Stop it and start Bloomcount with `{command}`.", command=START)
        )
    with place_to_read():
        sign_in = state.get(SIGN_IN) or read_cookie()
    person = bloomcount().accounts.signed_in(*sign_in) if sign_in and _brought(sign_in) else None
    if sign_in is None or person is None:
        if SIGN_IN in state:
            forget_tab()
        return None
    state[SIGN_IN] = sign_in
    if person.language:
        use_language(person.language)
    sign_ins().keep(session_id(), sign_in)
    connections().welcome(connection_key())
    return replace(person, address=address())


def person_inside() -> Person | None:
    """The person at this tab who sees pages; None where the page's guard shows a form or a problem instead."""
    try:
        person = current_person()
    except BloomError:
        return None
    return person if person and not person.must_change_password else None


def username_of_session(session: str) -> str | None:
    """The username signed in to a browser session that may download at this moment; None for strangers."""
    person = _ready(sign_ins().get(session))
    return person.username if person else None


def while_signed_in(make: Callable[[], File]) -> Callable[[], File]:
    """Guard a download button, which makes its file at a click without running the page and its guard."""
    session = session_id()

    def made() -> File:
        if username_of_session(session) is None:
            raise AccountProblem("Who asks for this file is not signed in any more.")
        return make()

    return made


def person_of_cookies(cookies: Mapping[str, str]) -> Person | None:
    """The person who sends these cookies with a request of their own, as for a picture; None for strangers."""
    return _ready(sign_in_of(cookies))


def sign_in_of_cookies(cookies: Mapping[str, str]) -> SignIn | None:
    """The sign-in of these cookies, where its person sees pages at this moment; None for strangers."""
    sign_in = sign_in_of(cookies)
    return sign_in if _ready(sign_in) else None


def _brought(sign_in: SignIn) -> bool:
    """True if this connection brought the cookie of the sign-in, or the sign-in was made over it.

    Who knows no more than a session's id comes over another connection.
    """
    key = connection_key()
    if st.session_state.get(CONNECTION) != key and sign_in_of(st.context.cookies) != sign_in:
        return False
    st.session_state[CONNECTION] = key
    return True


def _ready(sign_in: SignIn | None) -> Person | None:
    person = bloomcount().accounts.signed_in(*sign_in) if sign_in else None
    return person if person and not person.must_change_password else None


def _not_for(person: Person, role: str) -> str:
    yours = role_word(person.role)
    if role == "admin":
        return tr("This page is for administrators. Your role is {yours}.", yours=yours)
    return tr("This page is for team leads. Your role is {yours}.", yours=yours)


def _in_fragment() -> bool:
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)
