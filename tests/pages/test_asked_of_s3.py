"""Requests of a page to S3, once it has been opened: its seconds on AWS, and its part of the bill."""

from __future__ import annotations

import pytest

from core.bloomcount import assemble
from core.demo.store import fill
from core.intake.naming_again import NamingAgain
from core.settings import load_settings
from core.store import commits, names
from pages.navigation import PAGES
from tests.deploy.recorder import recording
from tests.people import ADMIN
from tests.survey import count, photo
from tests.tabs import PASSWORD, Browser
from web.process import bloomcount
from web.tables import edition, open_ahead

A_HANDFUL, OF_A_DASHBOARD = 9, 2
DASHBOARDS = ("Overview", "Species", "Diversity")
PHOTOS = 60


@pytest.fixture
def on_s3(s3_server, s3_settings, monkeypatch):
    """A browser on a demo store in S3, and what is asked of it. However slow the machine, a run is one moment."""
    monkeypatch.setattr(commits, "MOMENT_S", 60.0)
    monkeypatch.setattr(names, "LOOK_EVERY_S", 60.0)
    with recording(s3_server.endpoint) as recorder:
        monkeypatch.setenv("BLOOM_STORE", s3_settings.store)
        monkeypatch.setenv("BLOOM_S3_ENDPOINT", recorder.endpoint)
        accounts = bloomcount().accounts
        accounts.first_start()
        accounts.set_password("admin", PASSWORD, address=ADMIN.address)
        fill(bloomcount().library, bloomcount().models.package(), PHOTOS)
        bloomcount().models.recogniser()
        open_ahead()
        browser = Browser(accounts)
        browser.stand_in(monkeypatch)
        yield browser, recorder


def test_a_warm_page_asks_a_handful_of_times(on_s3):
    browser, recorder = on_s3
    (newest,) = bloomcount().library.gallery(order="newest", page=0, per_page=1).photos
    too_often = {}
    for page in PAGES:
        tab = browser.open_as("admin", f"pages/{page.file}", {"id": newest.result.photo.photo_id})
        assert not tab.exception
        edition.clear()
        edition()  # is warm for half a minute from now on, so that a slow machine is not mistaken for many questions
        bloomcount().models.names.all()
        recorder.asked.clear()
        tab.run()
        if recorder.asked.total() > (OF_A_DASHBOARD if page.title in DASHBOARDS else A_HANDFUL):
            too_often[page.title] = recorder.asked.copy()
    assert not too_often, str(too_often)


def test_a_worker_without_lists_of_names_asks_for_no_rows(on_s3):
    _, recorder = on_s3
    bloom = bloomcount()
    naming = NamingAgain(bloom.library, lambda: bloom.models.names.all().lists, bloom.models.package_of)
    recorder.asked.clear()
    assert naming.some() == 0
    assert not any("/tables/" in str(asked.key) for asked in recorder.asked)


def test_what_another_process_wrote_is_on_the_next_page(on_s3):
    browser, _ = on_s3
    tab = browser.open_as("admin", "pages/field/photos.py")
    other = assemble(load_settings()).library
    count(other, photo("from elsewhere", file="elsewhere.jpg"), {"corn-poppy": 3})
    assert f"{PHOTOS + 1} photos" in [caption.value for caption in tab.run().caption]
