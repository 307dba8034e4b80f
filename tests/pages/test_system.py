"""System: an admin sees whether server and store are well, what waits, and what went wrong; nobody else does."""

from __future__ import annotations

import logging
import re
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core import formatting as written
from core.errors import StoreError
from core.intake.pipeline import accept
from core.intake.recount import WANTED
from core.store.folder import FolderBlobs
from core.store.records import Drop
from core.watching import logs, metrics
from core.watching.logs import about_photo
from tests.core.counting_squares import photo_of
from tests.pages.test_count import words
from web.markdown import plain
from web.process import bloomcount, stop_worker

SYSTEM = "pages/admin/system.py"


@pytest.fixture(autouse=True)
def _keeps_what_is_told():
    """The app's log keeps the last problems; under AppTest nobody has set it up."""
    logging.getLogger().addHandler(logs._last_problems)
    logs._last_problems.problems.clear()
    yield
    stop_worker()
    logging.getLogger().removeHandler(logs._last_problems)


def shown(tab) -> str:
    """All sentences, figures and tables on the tab."""
    assert not tab.exception
    figures = " ".join(f"{metric.label} {metric.value}" for metric in tab.metric)
    tables = " ".join(table.value.to_string() for table in [*tab.table, *tab.dataframe])
    said = " ".join(text.value for text in [*tab.success, *tab.error, *tab.caption])
    return " ".join([words(tab), said, figures, tables])


def test_a_new_server_is_well_and_says_what_will_be_shown(browser):
    page = shown(browser.open_as("admin", SYSTEM))
    assert "Everything works." in page
    assert "Photos waiting 0" in page
    assert "Longest wait –" in page
    assert "folder on this machine" in page
    assert "No warnings or errors since the start." in page


def test_what_the_figures_say_is_what_prometheus_reads(browser):
    before = metrics.totals(metrics.ARRIVED)[""]
    drop = Drop("20260501T102030-ab12", "", "", "anna")
    accept(bloomcount().library, bloomcount().inbox, photo_of(3), file="a.jpg", drop=drop)
    table = browser.open_as("admin", SYSTEM).table[1].value
    assert str(before + 1) in table.to_string()


def test_a_store_that_does_not_answer_is_said_in_a_sentence(browser, monkeypatch):
    tab = browser.open_as("admin", SYSTEM)

    def away(*_):
        raise StoreError("The disk is gone. Plug it in.")

    monkeypatch.setattr(FolderBlobs, "list", away)
    tab.run()
    page = shown(tab)
    assert plain("The store cannot be used: The disk is gone. Plug it in.") in page
    assert "Photos waiting" not in page
    assert "does not answer" in page


def test_as_long_as_photos_wait_the_page_says_why_and_not_when_it_is_mended(browser):
    tab = browser.open_as("admin", SYSTEM)
    log = Path(bloomcount().settings.store) / "tables/analyses/_delta_log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"")
    bloomcount().blobs.put(WANTED, b"{half")
    accept(
        bloomcount().library, bloomcount().inbox, photo_of(3), file="a.jpg", drop=Drop("20260501T1-ab", "", "", "anna")
    )
    said, end = [], time.monotonic() + 60
    while not any(text.startswith("Photos wait\\: ") for text in said):
        assert time.monotonic() < end, said
        said = [error.value for error in tab.run().error]
    log.unlink()
    bloomcount().blobs.delete(WANTED)
    end = time.monotonic() + 60
    while tab.run().error:
        assert time.monotonic() < end
    assert "Everything works." in shown(tab)


def test_the_last_problems_are_listed_with_their_photo(browser):
    with about_photo("ab12cd"):
        logging.getLogger("core").error("photo.jpg could not be counted")
    page = shown(browser.open_as("admin", SYSTEM))
    assert "photo.jpg could not be counted" in page
    assert "ab12cd" in page


def test_the_start_is_that_of_the_server_however_late_somebody_looks(browser, monkeypatch):
    first_look = datetime.now(UTC)
    monkeypatch.delitem(sys.modules, "core.watching.system", raising=False)
    monkeypatch.setattr(written, "noted_at", datetime.isoformat)
    said = re.search(r"Since its start, (\S+)\.", shown(browser.open_as("admin", SYSTEM)))
    assert datetime.fromisoformat(said[1]) < first_look


@pytest.mark.parametrize("role", ["researcher", "lead"])
def test_nobody_else_sees_it(browser, role):
    browser.person("otto", role)
    page = shown(browser.open_as("otto", SYSTEM))
    assert "Photos waiting" not in page
    assert "Versions" not in page
