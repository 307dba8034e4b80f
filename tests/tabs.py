"""A browser tab for pages under AppTest: its own store, its cookies and its address."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime import app_session
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from core.people import passwords
from core.people.accounts import Accounts
from pages.navigation import PAGES
from tests.people import ADMIN
from web.process import bloomcount
from web.sign_in_forms import SIGN_IN
from web.sign_ins import SignIn
from web.streamlit_patches import KeepsUploadAnswers

ROOT = Path(__file__).parent.parent
PASSWORD = "four calm yellow daisies"
INSTALLED_COMPONENTS = cache(manifest_scanner.scan_component_manifests)
"""Components of installed packages. A server reads them once, AppTest for each tab: most of its time."""


@dataclass
class Browser:
    """Headers of a browser, sent by every tab that opens. AppTest knows no browser: they stand in for st.context."""

    accounts: Accounts
    cookies: dict[str, str] = field(default_factory=dict)
    address: str = "192.0.2.1"
    url: str = "http://bloomcount.test/"

    def stand_in(self, patch: pytest.MonkeyPatch) -> None:
        """Open every tab in this browser, as served by our own server, while the patch lasts."""
        patch.setattr(app_session, "ForwardMsgQueue", KeepsUploadAnswers)
        patch.setattr(manifest_scanner, "scan_component_manifests", INSTALLED_COMPONENTS)
        for name, value in (("cookies", "cookies"), ("ip_address", "address"), ("url", "url")):
            patch.setattr(ContextProxy, name, property(lambda _, value=value: getattr(self, value)))

    def open(self, file: str = "pages/front_door.py") -> AppTest:
        """A new tab on a script of the app."""
        return AppTest.from_file(str(ROOT / file), default_timeout=60).run()

    def person(self, username: str, role: str = "researcher") -> str:
        """A new account with PASSWORD; returns its user name."""
        self.accounts.add(username, username.capitalize(), role, by=ADMIN)
        self.accounts.set_password(username, PASSWORD, address=ADMIN.address)
        return username

    def open_as(
        self, username: str, file: str = "pages/front_door.py", query: Mapping[str, str] | None = None, **state: object
    ) -> AppTest:
        """A new tab in which this person has signed in; state: what the tab remembers of other pages."""
        person = self.accounts.sign_in(username, PASSWORD, address=self.address)
        sign_in = SignIn(username, time.time() + 3600)
        self.accounts.open_sign_in(person, sign_in.expires_at)
        alone = file in {f"pages/{page.file}" for page in PAGES}
        tab = AppTest.from_file(str(ROOT / ("tests/pages/alone.py" if alone else file)), default_timeout=60)
        tab.session_state[SIGN_IN] = sign_in
        tab.session_state["page_alone"] = file
        for word, value in (query or {}).items():
            tab.query_params[word] = value
        for key, value in state.items():
            tab.session_state[key] = value
        return tab.run()


@pytest.fixture
def own_store(tmp_path, monkeypatch):
    """An empty store, and a process that has made nothing yet."""
    monkeypatch.setenv("BLOOM_STORE", str(tmp_path / "store"))
    monkeypatch.setattr(passwords, "BCRYPT_COST", 4)
    # AppTest leaves the page as __main__, and processes that later tests start would run it.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    st.cache_resource.clear()
    st.cache_data.clear()
    yield
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def browser(own_store, monkeypatch):
    """A stranger's browser, on a store where admin, anna (researcher) and lea (lead) have accounts."""
    accounts = bloomcount().accounts
    accounts.first_start()
    browser = Browser(accounts)
    browser.person("anna")
    browser.person("lea", "lead")
    accounts.set_password("admin", PASSWORD, address=ADMIN.address)
    browser.stand_in(monkeypatch)
    return browser
