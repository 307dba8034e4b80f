"""Files that are dropped are sent: each drop hears where to, and the page is to stay open until the last is there."""

from __future__ import annotations

import time

import pytest

from core.people.accounts import Accounts
from core.settings import Settings
from core.store.blobs import open_blobs
from tests.app_server import ROOT, running_app
from tests.people import ADMIN
from tests.web.tab import open_tab
from tests.web.test_closed_to_strangers import PASSWORD, admins_cookie
from web.uploads import STILL_ARRIVING_S

DROPS = 40
SENT_S = 30
KEEP_OPEN, CLOSE = "keep this page open until all photos are sent", "you may close this page"
SAMPLES = ROOT / "pages" / "parts" / "samples"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store with a password for the admin."""
    store = str(tmp_path_factory.mktemp("drops") / "store")
    accounts = Accounts(open_blobs(Settings(store=store)))
    accounts.first_start()
    accounts.set_password("admin", PASSWORD, address=ADMIN.address)
    return store


@pytest.fixture(scope="module")
def app(store, tmp_path_factory):
    with running_app(store, tmp_path_factory.mktemp("home")) as app:
        app.wait_until_ready()
        yield app


def test_every_drop_is_told_where_to_send_its_files_while_the_page_runs(app, store):
    with open_tab(app.url, admins_cookie(store)) as tab:
        tab.run()
        assert tab.ask_for_upload_addresses(DROPS) == {str(number) for number in range(DROPS)}


def test_the_page_asks_to_stay_open_until_the_last_photo_of_the_drop_is_sent(app, store):
    with open_tab(app.url, admins_cookie(store)) as tab:

        def said() -> str:
            return " ".join(delta.new_element.progress.text for delta in tab.run(page_name="count-flowers"))

        said()
        first, second = tab.drop(2)
        assert tab.upload((SAMPLES / "temple.jpg").read_bytes(), address=first)[0] == 204
        time.sleep(STILL_ARRIVING_S)
        words = said()
        assert f"1 of 2 counted · {KEEP_OPEN}" in words or f"0 of 2 counted · {KEEP_OPEN}" in words
        assert CLOSE not in words
        assert tab.upload((SAMPLES / "dahlia.jpg").read_bytes(), address=second)[0] == 204
        deadline = time.monotonic() + SENT_S
        while KEEP_OPEN in said():
            assert time.monotonic() < deadline
            time.sleep(0.5)
