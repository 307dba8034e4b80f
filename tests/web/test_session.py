"""The guard: who gets past it, with what cookie, and when a tab stops being somebody's."""

from __future__ import annotations

import time
from http.cookies import SimpleCookie

import jwt
import pytest
import streamlit_authenticator
from streamlit.testing.v1 import AppTest

from core.errors import AccountProblem
from tests.people import ADMIN
from tests.tabs import PASSWORD
from web import sign_ins
from web.cookie import COOKIE, ORDER
from web.markdown import plain
from web.process import sign_ins as sign_ins_here
from web.session import person_of_cookies, username_of_session
from web.sign_in_forms import SIGN_IN
from web.sign_ins import SignIn

PAGE = """
import streamlit as st
from web.session import require
from web.sign_in_forms import show_person

person = require({role!r})
st.title("Inside")
st.markdown(f"{{person.username}} is {{person.role}}")
show_person(person)
"""
FRAGMENT = """
import streamlit as st
from web.session import require

@st.fragment
def part():
    person = require("lead")
    st.markdown(f"part for {person.username}")
    st.button("again", key="again")

require("lead")
part()
"""
SESSION = "test session id"
NEW = "a new one of her own"


def open_page(role="researcher", page=PAGE):
    return AppTest.from_string(page.format(role=role) if page is PAGE else page, default_timeout=60)


def sign_in(tab, username="anna", password=PASSWORD):
    tab.text_input(key="sign_in_name").set_value(username)
    tab.text_input(key="sign_in_password").set_value(password)
    return tab.button(key="FormSubmitter:sign_in-Sign in").click().run()


def signed_in(username="anna", role="researcher"):
    """A tab in which somebody signed in by the form."""
    return sign_in(open_page(role).run(), username)


def inside(tab):
    """True if the tab shows the page itself."""
    assert not tab.exception
    titles = [title.value for title in tab.title]
    assert titles in (["Inside"], ["Bloomcount"], ["Choose your password"], [])
    return titles == ["Inside"]


def is_sign_in(tab):
    """True if the tab shows the sign-in form and nothing else."""
    return [title.value for title in tab.title] == ["Bloomcount"] and len(tab.button) == 1 and len(tab.text_input) == 2


def cookie_of(tab, browser):
    """Cookies that the browser would keep of this tab's sign-in."""
    username, expires_at = tab.session_state[SIGN_IN]
    claims = {"username": username, "exp_date": expires_at}
    return {COOKIE: jwt.encode(claims, browser.accounts.cookie_key(), algorithm="HS256")}


# --- the form


def test_a_stranger_sees_only_the_sign_in(browser):
    tab = open_page().run()
    assert is_sign_in(tab)
    assert not tab.sidebar.children


def test_name_and_password_open_the_page(browser):
    tab = signed_in()
    assert inside(tab)
    assert "anna is researcher" in [text.value for text in tab.markdown]


@pytest.mark.parametrize(
    ("username", "password", "sentence"),
    [
        ("anna", "wrong", "Name or password is wrong."),
        ("nobody", PASSWORD, "Name or password is wrong."),
        ("anna", "x" * 5000, "Name or password is wrong."),
        ("anna", "", "Fill in both name and password."),
    ],
)
def test_the_form_says_why_not(browser, username, password, sentence):
    tab = sign_in(open_page().run(), username, password)
    assert [error.value for error in tab.error] == [plain(sentence)]
    assert is_sign_in(tab)


def test_guessing_is_slowed_and_says_so(browser):
    tab = open_page().run()
    for _ in range(6):
        sign_in(tab, password="a guess")
    assert tab.error[0].value.startswith(plain("Too many attempts from here. Try again in "))
    assert is_sign_in(sign_in(tab))
    browser.address = "192.0.2.99"
    assert inside(sign_in(open_page().run()))


def test_a_one_time_password_opens_nothing_but_its_change(browser):
    one_time = browser.accounts.one_time_password("anna", by=ADMIN)
    tab = sign_in(open_page().run(), password=one_time)
    assert [title.value for title in tab.title] == ["Choose your password"]
    assert username_of_session(SESSION) is None

    def choose(new, repeated):
        tab.text_input(key="first_password_new").set_value(new)
        tab.text_input(key="first_password_again").set_value(repeated)
        return tab.button(key="FormSubmitter:first_password-Save password").click().run()

    assert "differ" in choose(NEW, "another one").error[0].value
    assert "12 or more" in choose("short", "short").error[0].value
    assert "current password" in choose(one_time, one_time).error[0].value
    assert inside(choose(NEW, NEW))
    assert browser.accounts.sign_in("anna", NEW, address="192.0.2.1").must_change_password is False


def test_a_stale_tab_cannot_choose_the_password(browser):
    tab = sign_in(open_page().run(), password=browser.accounts.one_time_password("anna", by=ADMIN))
    handed_over = browser.accounts.one_time_password("anna", by=ADMIN)
    tab.text_input(key="first_password_new").set_value(NEW)
    tab.text_input(key="first_password_again").set_value(NEW)
    assert is_sign_in(tab.button(key="FormSubmitter:first_password-Save password").click().run())
    assert browser.accounts.sign_in("anna", handed_over, address="192.0.2.1").must_change_password is True


def test_signing_out_closes_the_tab_and_forgets_what_it_held(browser):
    tab = signed_in()
    tab.session_state["drop_id"] = "annas"
    tab.button(key="sign_out").click().run()
    assert is_sign_in(tab)
    assert "drop_id" not in tab.session_state


# --- open tabs


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda accounts: accounts.set_password("anna", NEW, address=ADMIN.address), id="password changed"),
        pytest.param(lambda accounts: accounts.one_time_password("anna", by=ADMIN), id="one-time password given"),
        pytest.param(lambda accounts: accounts.disable("anna", by=ADMIN), id="disabled"),
        pytest.param(lambda accounts: accounts.sign_out_everywhere("anna", by=ADMIN), id="signed out everywhere"),
    ],
)
def test_a_change_closes_every_open_tab_and_older_cookie_at_the_next_click(browser, change):
    tab = signed_in()
    browser.cookies = cookie_of(tab, browser)
    another_tab, picture = open_page().run(), browser.cookies
    assert inside(another_tab)
    assert person_of_cookies(picture).username == "anna"
    change(browser.accounts)
    assert (is_sign_in(tab.run()), is_sign_in(another_tab.run())) == (True, True)
    assert is_sign_in(open_page().run())
    assert person_of_cookies(picture) is None
    assert username_of_session(SESSION) is None


def test_a_person_taken_out_of_the_store_is_a_stranger(browser, monkeypatch):
    tab = signed_in()
    browser.cookies = cookie_of(tab, browser)
    monkeypatch.setattr(browser.accounts, "find", lambda username: None)
    monkeypatch.setattr(browser.accounts, "credentials", lambda: {"usernames": {}})
    assert is_sign_in(tab.run())
    assert is_sign_in(open_page().run())


def test_a_new_role_holds_at_the_next_click(browser):
    tab = signed_in("lea", "lead")
    assert inside(tab)
    browser.accounts.set_role("lea", "researcher", by=ADMIN)
    tab.run()
    assert not inside(tab)
    assert tab.error[0].value == ("This page is for team leads. Your role is researcher.")
    browser.accounts.set_role("lea", "admin", by=ADMIN)
    assert inside(tab.run())


def test_what_a_tab_remembers_of_role_and_name_is_not_believed(browser):
    tab = open_page("admin")
    for key, value in {"username": "admin", "authentication_status": True, "roles": ["admin"], "name": "A"}.items():
        tab.session_state[key] = value
    tab.session_state[SIGN_IN] = SignIn("admin", time.time() + 3600)
    assert is_sign_in(tab.run())


def test_a_fragment_that_runs_alone_is_guarded_too(browser):
    tab = open_page(page=FRAGMENT).run()
    sign_in(tab, "lea")
    assert "part for lea" in [text.value for text in tab.markdown]
    browser.accounts.disable("lea", by=ADMIN)
    assert is_sign_in(tab.button(key="again").click().run())


# --- cookies


def forged(key, algorithm="HS256", **claims):
    return jwt.encode(claims, key, algorithm=algorithm)


@pytest.fixture
def annas(browser):
    """Cookie claims of an open sign-in of anna's, and the key that signs them."""
    username, expires_at = signed_in().session_state[SIGN_IN]
    return {"username": username, "exp_date": expires_at}, browser.accounts.cookie_key()


def test_the_cookie_opens_a_new_tab(browser, annas):
    claims, key = annas
    browser.cookies = {COOKIE: forged(key, **claims)}
    assert inside(open_page().run())
    assert person_of_cookies(browser.cookies).username == "anna"


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(lambda claims, key: "", id="empty"),
        pytest.param(lambda claims, key: "nonsense", id="no token"),
        pytest.param(lambda claims, key: "a.b.c", id="three parts of nothing"),
        pytest.param(lambda claims, key: forged("some_key" * 4, **claims), id="another key"),
        pytest.param(lambda claims, key: forged("some_key", **claims), id="the library's default key"),
        pytest.param(lambda claims, key: forged("", "none", **claims), id="alg none"),
        pytest.param(lambda claims, key: forged(key, "HS512", **claims), id="another algorithm"),
        pytest.param(lambda claims, key: forged(key, **claims)[:-3] + "AAA", id="tampered"),
        pytest.param(lambda claims, key: forged(key, **(claims | {"username": "admin"})), id="somebody else's"),
        pytest.param(lambda claims, key: forged(key, **(claims | {"username": "gone"})), id="deleted person"),
        pytest.param(lambda claims, key: forged(key, **(claims | {"username": None})), id="no person"),
        pytest.param(lambda claims, key: forged(key, **(claims | {"username": ["anna"]})), id="a list of people"),
        pytest.param(lambda claims, key: forged(key, exp_date=claims["exp_date"]), id="username missing"),
        pytest.param(lambda claims, key: forged(key, username="anna"), id="exp_date missing"),
        pytest.param(lambda claims, key: forged(key, username="anna", exp_date=1.0), id="exp_date past"),
        pytest.param(lambda claims, key: forged(key, username="anna", exp_date="never"), id="exp_date a word"),
        pytest.param(lambda claims, key: forged(key, username="anna", exp_date=float("inf")), id="exp_date endless"),
        pytest.param(lambda claims, key: forged(key, exp=1, **claims), id="exp past"),
        pytest.param(lambda claims, key: forged(key, username="anna", exp_date=time.time() + 999), id="never opened"),
    ],
)
@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
def test_any_other_cookie_is_a_strangers(browser, annas, token):
    browser.cookies = {COOKIE: token(*annas)}
    tab = open_page().run()
    assert is_sign_in(tab)
    assert not tab.exception
    assert person_of_cookies(browser.cookies) is None
    assert inside(sign_in(tab))


def kept(tab):
    """The cookie that the tab's last order has the browser keep, with its attributes."""
    return SimpleCookie(tab.session_state[ORDER].cookie)[COOKIE]


def test_the_browser_keeps_a_cookie_of_the_sign_in_and_deletes_it_at_sign_out(browser):
    browser.url = "https://bloomcount.test/count"
    tab = signed_in()
    cookie = kept(tab)
    assert {COOKIE: cookie.value} == cookie_of(tab, browser)
    assert cookie["secure"] is True
    assert (cookie["path"], cookie["samesite"]) == ("/", "Strict")
    assert float(cookie["max-age"]) == pytest.approx(tab.session_state[SIGN_IN].expires_at - time.time(), abs=60)
    browser.cookies = {COOKIE: cookie.value}
    assert inside(open_page().run())
    tab.button(key="sign_out").click().run()
    assert (kept(tab).value, kept(tab)["max-age"]) == ("", "0")
    assert is_sign_in(open_page().run())
    assert is_sign_in(tab.run())


def test_the_cookie_is_sent_with_every_run_until_the_next_order(browser):
    """A run that the next one overtakes may never reach the browser."""
    tab = sign_in(browser.open())
    sent = {
        script.proto.body for run in range(3) for script in tab.run().get("html") if "bloomOrder" in script.proto.body
    }
    assert len(sent) == 1
    assert kept(tab).value in sent.pop()


def test_a_cookie_of_a_one_time_password_opens_its_change_only(browser):
    tab = sign_in(open_page().run(), password=browser.accounts.one_time_password("anna", by=ADMIN))
    browser.cookies = {COOKIE: kept(tab).value}
    assert [title.value for title in open_page().run().title] == ["Choose your password"]
    assert person_of_cookies(browser.cookies) is None
    tab.text_input(key="first_password_new").set_value(NEW)
    tab.text_input(key="first_password_again").set_value(NEW)
    assert inside(tab.button(key="FormSubmitter:first_password-Save password").click().run())
    assert {COOKIE: kept(tab).value} == cookie_of(tab, browser)
    assert is_sign_in(open_page().run())
    browser.cookies = {COOKIE: kept(tab).value}
    assert inside(open_page().run())


def test_a_tab_can_be_signed_in_again_after_a_sign_out(browser):
    tab = signed_in()
    browser.cookies = cookie_of(tab, browser)
    tab.button(key="sign_out").click().run()
    assert inside(sign_in(tab, "lea"))
    assert "lea is lead" in [text.value for text in tab.markdown]


def test_the_library_shows_no_form_of_its_own(browser, monkeypatch):
    for widget in ("register_user", "forgot_password", "forgot_username", "reset_password", "update_user_details"):
        monkeypatch.setattr(streamlit_authenticator.Authenticate, widget, None)
    made = []
    real = streamlit_authenticator.Authenticate.__init__

    def record(self, *args, **options):
        made.append(options)
        real(self, *args, **options)

    monkeypatch.setattr(streamlit_authenticator.Authenticate, "__init__", record)
    browser.cookies = {COOKIE: "nonsense"}
    assert is_sign_in(open_page().run())
    assert made == [{"auto_hash": False, "login_sleep_time": 0}]


# --- sessions that may upload


def test_a_session_may_upload_from_sign_in_to_sign_out(browser):
    assert username_of_session(SESSION) is None
    tab = signed_in()
    assert username_of_session(SESSION) == "anna"
    assert username_of_session("another session") is None
    tab.button(key="sign_out").click().run()
    assert username_of_session(SESSION) is None


def test_sessions_that_are_long_gone_are_forgotten(browser, monkeypatch):
    signed_in()
    monkeypatch.setattr(sign_ins, "MOST_SESSIONS", 3)
    for number in range(10):
        sign_ins_here().keep(f"gone {number}", SignIn("anna", 1.0))
    signed_in("lea")
    assert len(sign_ins_here()) == 3
    assert username_of_session(SESSION) == "lea"


def test_a_store_that_cannot_be_reached_opens_nothing_and_says_so(browser, monkeypatch):
    tab = signed_in()

    def refuse(*_):
        raise AccountProblem("The store cannot be reached.")

    monkeypatch.setattr(browser.accounts, "signed_in", refuse)
    tab.run()
    assert not inside(tab)
    assert [error.value for error in tab.error] == ["Bloomcount cannot read its accounts now. Try again in a minute."]
