"""A researcher's way in a real browser: sign in, drop photos, see the counts, save the CSV, find the photos again."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.app_server import ROOT, RunningApp, running_app
from web.cookie import COOKIE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SAMPLES = ROOT / "pages" / "parts" / "samples"
NEW_PASSWORD = "heather and bilberry"
SLOW_MS = 60_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: install chromium to walk the pages"),
]


@pytest.fixture(scope="module")
def app(tmp_path_factory) -> Iterator[RunningApp]:
    folder = tmp_path_factory.mktemp("walk")
    with running_app(str(folder / "store"), folder / "home") as app:
        app.wait_until_ready()
        yield app


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(browser) -> Iterator[Page]:
    context = browser.new_context(accept_downloads=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(SLOW_MS)
    expect.set_options(timeout=SLOW_MS)
    yield page
    context.close()


@pytest.fixture
def photos(tmp_path) -> list[Path]:
    """A flower, a photo without one, and a file that is no photo."""
    broken = tmp_path / "broken.jpg"
    broken.write_bytes((SAMPLES / "dahlia.jpg").read_bytes()[:9000])
    return [SAMPLES / "dahlia.jpg", SAMPLES / "temple.jpg", broken]


def sign_in(page: Page, app: RunningApp, password: str, username: str = "admin") -> None:
    """Sign in by a link to *Count flowers*."""
    page.goto(app.url + "/count-flowers")
    page.get_by_label("Name").wait_for()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.get_by_label("Name").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Password", exact=True).press("Enter")


def choose_password(page: Page, password: str) -> None:
    page.get_by_label("New password", exact=True).fill(password)
    page.get_by_label("Repeat it").fill(password)
    page.get_by_role("button", name="Save password").click()


def test_from_sign_in_to_a_csv_with_the_counts(page, app, photos, tmp_path):
    sign_in(page, app, app.one_time_password)
    choose_password(page, NEW_PASSWORD)

    page.get_by_label("Note").fill("after rain")
    page.get_by_label("Note").press("Enter")
    page.locator("input[type=file]").set_input_files(photos)
    expect(page.get_by_text("in 1 photo · 1 without flowers · 1 could not be read")).to_be_visible()
    expect(page.locator(".bloom-photo .box")).to_have_count(1)

    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    saved = tmp_path / "counts.csv"
    download.value.save_as(saved)
    with saved.open(newline="", encoding="utf-8") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    assert set(rows) == {"dahlia.jpg", "temple.jpg", "broken.jpg"}
    assert (rows["dahlia.jpg"]["count"], rows["temple.jpg"]["count"]) == ("1", "0")
    assert "broken.jpg" in rows["broken.jpg"]["problem"]

    page.get_by_role("link", name="Photos").click()
    expect(page.get_by_text("3 photos", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="dahlia.jpg")).to_be_visible()


def test_a_newcomer_tries_the_samples_and_comes_back_to_them(page, app):
    sign_in(page, app, NEW_PASSWORD)
    page.get_by_role("button", name="Try two samples").click()
    expect(page.get_by_text("in 1 photo · 1 without flowers")).to_be_visible()
    page.reload()
    expect(page.get_by_text("in 1 photo · 1 without flowers")).to_be_visible()


def test_what_is_typed_or_clicked_right_after_sign_in_and_reload_counts(page, app):
    """No answer of a component runs the page again under the hands of a person who has just come in."""
    note = page.get_by_label("Note")
    sign_in(page, app, NEW_PASSWORD)
    note.press_sequentially("after rain")
    expect(note).to_have_value("after rain")
    assert COOKIE in {cookie["name"] for cookie in page.context.cookies()}
    page.reload()
    note.press_sequentially("mown lately")
    expect(note).to_have_value("mown lately")
    assert page.evaluate("frames.length") == 0
