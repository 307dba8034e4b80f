"""The browser's cookie: a signed token that names one sign-in. streamlit-authenticator reads it, a script writes it.

A token proves nothing but that it was signed here: whether its sign-in still holds, the accounts say on every run.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import uuid4

import jwt
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitDuplicateElementKey

from web.process import bloomcount
from web.sign_ins import SignIn

COOKIE = "bloomcount"
COOKIE_DAYS = 30.0
PLACE = "bloom-cookie"
"""Start of the keys of containers that hold the library's component; bloom.css takes them out of the page."""

READ = "bloom_cookie_read"
ORDER = "bloom_cookie_order"
LIBRARY_STATE = ("name", "authentication_status", "username", "email", "roles", "logout")


class Order(NamedTuple):
    """The cookie that the browser is to set, in the words of a Set-Cookie header; key: tells it from earlier orders."""

    cookie: str
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
    """The container where read_cookie draws the library's component, in every run, with or without a cookie to read.

    Else all that follows on the page moves up once the component has answered, the browser makes it anew, and what a
    person is typing there is lost.
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
    mark_cookie_as_read()
    drawn = st.empty()
    with drawn.container():
        library = _library()
    drawn.empty()  # its component would answer by running the page again
    try:
        library.login(location="unrendered")
        known = st.session_state["authentication_status"] is True
    except Exception:  # whatever a forged, expired or orphaned cookie makes the library raise: a stranger
        known = False
    for key in LIBRARY_STATE:
        st.session_state.pop(key, None)
    return sign_in_of(st.context.cookies) if known else None


def mark_cookie_as_read() -> None:
    """Ignore the cookie that this tab came with: it keeps that of its first request as long as it is open."""
    st.session_state[READ] = st.context.cookies.get(COOKIE)


def order_cookie(sign_in: SignIn | None) -> None:
    """Have the browser keep the cookie of this sign-in, or with None delete what it has."""
    if sign_in is None:
        value, seconds = "", 0
    else:
        value, seconds = _token(sign_in), int(sign_in.expires_at - time.time())
    secure = "; Secure" if (st.context.url or "").startswith("https://") else ""
    cookie = f"{COOKIE}={value}; Max-Age={seconds}; Path=/; SameSite=Strict{secure}"
    st.session_state[ORDER] = Order(cookie, uuid4().hex)


def order_script() -> str:
    """JavaScript that carries out this tab's last order, for the front door to send with each run.

    A run that is overtaken by the next may never reach the browser; the tab carries out an order once, however often it
    is sent. Not by the library's component: that answers by running the page again, and Streamlit forgets a click that
    another run overtakes.
    """
    order: Order | None = st.session_state.get(ORDER)
    if order is None:
        return ""
    cookie, key = json.dumps(order.cookie), json.dumps(order.key)
    return f"if (window.bloomOrder !== {key}) {{ window.bloomOrder = {key}; document.cookie = {cookie} }}"


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
