"""The browser's cookie: a signed token that names one sign-in. streamlit-authenticator reads, writes and deletes it.

A token proves nothing but that it was signed here: whether its sign-in still holds, the accounts say on every run.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

import jwt
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitDuplicateElementKey

from pages.parts.app import bloomcount

COOKIE = "bloomcount"
COOKIE_DAYS = 30.0
PLACE = "bloom-cookie"
"""How the keys of the containers begin that hold the library's component; bloom.css takes them out of the page."""

READ = "bloom_cookie_read"
ORDER = "bloom_cookie_order"
LIBRARY_STATE = ("name", "authentication_status", "username", "email", "roles", "logout")


class SignIn(NamedTuple):
    """One sign-in: whose, and the moment it expires (seconds since 1970), which is also what tells it from others."""

    username: str
    expires_at: float


class Order(NamedTuple):
    """What the browser is to do: keep the cookie of a sign-in, or with None delete what it has.

    key: the component's, a new one each time, so that its answer is never taken for that to an earlier order.
    """

    sign_in: SignIn | None
    key: str


def sign_in_of(cookies: Mapping[str, str]) -> SignIn | None:
    """The sign-in that a request's cookies name, None for a cookie that is missing or not signed here."""
    token = cookies.get(COOKIE)
    if token is None:
        return None
    try:
        claims = jwt.decode(token, bloomcount().accounts.cookie_key(), algorithms=["HS256"])
        return SignIn(str(claims["username"]), float(claims["exp_date"]))
    except (jwt.PyJWTError, KeyError, TypeError, ValueError):
        return None


def place_to_read() -> DeltaGenerator:
    """Where read_cookie draws the library's component: in every run, whether or not there is something to read.

    Else all that follows on the page moves up once the component has answered, the browser makes it anew, and what a
    person is typing there is lost. The same holds for the place of an order.
    """
    try:
        return st.container(key=f"{PLACE}-read")
    except StreamlitDuplicateElementKey:  # the front door and its page both ask who is there
        return st.container()


def read_cookie() -> SignIn | None:
    """The sign-in of the cookie that this tab came with; None when there is none, or it was read before."""
    token = st.context.cookies.get(COOKIE)
    if token is None or token == st.session_state.get(READ):
        return None
    library = _library()
    mark_cookie_as_read()
    try:
        library.login(location="unrendered")
        known = st.session_state["authentication_status"] is True
    except Exception:  # whatever a forged, expired or orphaned cookie makes the library raise: a stranger
        known = False
    for key in LIBRARY_STATE:
        st.session_state.pop(key, None)
    return sign_in_of(st.context.cookies) if known else None


def mark_cookie_as_read() -> None:
    """Believe no more what this tab came with: it keeps the cookie of its first request as long as it is open."""
    st.session_state[READ] = st.context.cookies.get(COOKIE)


def order_cookie(sign_in: SignIn | None) -> None:
    """Have the browser keep the cookie of this sign-in, or with None delete what it has."""
    st.session_state[ORDER] = Order(sign_in, f"bloom-cookie-{uuid4().hex}")


def carry_out_order() -> None:
    """Draw the component that writes the cookie, in each run until it has answered.

    Only what the last of several quick runs draws is sure to reach the browser.
    """
    with suppress(StreamlitDuplicateElementKey), st.container(key=f"{PLACE}-order"):  # a second call draws nothing
        order: Order | None = st.session_state.get(ORDER)
        if order is None or st.session_state.get(order.key):
            st.session_state.pop(ORDER, None)
            return
        manager = _library().cookie_controller.cookie_model.cookie_manager
        if order.sign_in is None:
            with suppress(KeyError):  # the library forgets a cookie that it has not yet read
                manager.delete(COOKIE, key=order.key)
        else:
            manager.set(
                COOKIE,
                _token(order.sign_in),
                key=order.key,
                expires_at=datetime.fromtimestamp(order.sign_in.expires_at, UTC),
                secure=(st.context.url or "").startswith("https://"),
            )


def _token(sign_in: SignIn) -> str:
    claims = {"username": sign_in.username, "exp_date": sign_in.expires_at}
    return jwt.encode(claims, bloomcount().accounts.cookie_key(), algorithm="HS256")


def _library() -> Any:
    """streamlit-authenticator with the people of this moment. Once a run: it draws a component."""
    from streamlit_authenticator import Authenticate  # takes over a second: not at the start of the server

    accounts = bloomcount().accounts
    return Authenticate(
        accounts.credentials(), COOKIE, accounts.cookie_key(), COOKIE_DAYS, auto_hash=False, login_sleep_time=0
    )
