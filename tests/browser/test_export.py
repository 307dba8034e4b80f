"""A researcher's way to a file, in a real browser: choose a format, have it made, fetch it; nobody else can."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import expect

from core.exports.formats import FORMATS
from core.people.accounts import Accounts
from core.settings import Settings
from core.store.blobs import open_blobs
from core.store.library import Library
from core.store.tables import Tables
from tests.app_server import running_app
from tests.browser.test_walk import NEW_PASSWORD, browser, page, pytestmark, sign_in
from tests.core.exports.reading import READ_BACK
from tests.people import ADMIN
from tests.survey import count, photo

__all__ = ["browser", "page", "pytestmark"]


def test_a_file_is_prepared_and_fetched_by_whoever_had_it_made(page, tmp_path):
    store = Settings(store=str(tmp_path / "store"))
    library = Library(open_blobs(store), Tables(store))
    count(library, photo("a"), {"corn-poppy": 3})
    count(library, photo("b", site="wood"), {"daffodil": 2})
    accounts = Accounts(open_blobs(store))
    accounts.first_start()
    accounts.set_password("admin", NEW_PASSWORD, address=ADMIN.address)
    with running_app(store.store, tmp_path / "home") as app:
        app.wait_until_ready()
        sign_in(page, app, NEW_PASSWORD)
        expect(page.get_by_role("heading", name="Count flowers")).to_be_visible()
        page.get_by_role("link", name="Export").click()
        for name in ("csv", "dwca", "xlsx"):
            page.get_by_text(FORMATS[name].title, exact=True).first.click()
            page.get_by_role("button", name="Prepare the file").click()
            link = page.get_by_role("link", name=re.compile(rf"Download bloomcount-\S+{FORMATS[name].suffix}"))
            expect(link).to_be_visible()
            with page.expect_download() as download:
                link.click()
            file = tmp_path / name
            download.value.save_as(file)
            assert sum(READ_BACK[name](file.read_bytes()).flowers.values()) == 5
            address = urlsplit(link.get_attribute("href") or "")
        stranger = page.context.browser.new_context()
        assert stranger.request.get(app.url + address.path).status == 403
        assert page.context.request.get(app.url + address.path).status == 200
        assert page.context.request.get(app.url + "/exports/guessed/counts.csv").status == 404
        stranger.close()
