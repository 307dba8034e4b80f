"""Your drops and ticked photos in a browser: a range by shift, one step and its undo, a drop undone, on a phone too."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, ViewportSize, expect

from core.people.accounts import Accounts
from core.settings import Settings
from core.store.blobs import open_blobs
from tests.app_server import ROOT, RunningApp, running_app
from tests.browser import test_walk as walk
from tests.people import ADMIN

PASSWORD = "four calm yellow daisies"
PHONE: ViewportSize = {"width": 390, "height": 844}
FILES = [f"IMG_{number}.png" for number in range(1, 7)]

pytestmark = walk.pytestmark
browser, page = walk.browser, walk.page


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app with a drop of six photos by lea and one of one photo by anna."""
    folder = tmp_path_factory.mktemp("drops")
    store = str(folder / "store")
    accounts = Accounts(open_blobs(Settings(store=store)))
    accounts.first_start()
    for name, role in (("lea", "lead"), ("anna", "researcher")):
        accounts.add(name, name.title(), role, by=ADMIN)
        accounts.set_password(name, PASSWORD, address=ADMIN.address)
    for person, site, files in (("lea", "dunes", FILES), ("anna", "wood", ["moss.png"])):
        photos = folder / person
        photos.mkdir()
        for number, file in enumerate(files):
            Image.new("RGB", (320, 240), (20 + 30 * number, 90, 40 + len(file))).save(photos / file)
        command = [sys.executable, "-m", "core", "ingest", str(photos), "--site", site, "--by", person]
        subprocess.run(command, cwd=ROOT, env={"BLOOM_STORE": store, "HOME": str(folder)}, check=True)
    with running_app(store, folder / "home") as app:
        app.wait_until_ready()
        yield app


def open_as(page: Page, app: RunningApp, person: str, link: str) -> None:
    """The page of this link as this person sees it."""
    page.goto(app.url + link)
    page.get_by_label("Name").fill(person)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password", exact=True).press("Enter")


def box(page: Page, file: str) -> Locator:
    """The label that ticks the photo of this file."""
    card = page.locator("[class*=st-key-card-]", has=page.get_by_role("link", name=file))
    return card.locator("[data-testid=stCheckbox] label")


def no_wider_than_the_window(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_range_is_ticked_with_shift_changed_in_one_step_and_undone(page: Page, app: RunningApp) -> None:
    open_as(page, app, "lea", "/photos?sort=file&site=dunes")
    box(page, "IMG_2.png").click()
    expect(page.get_by_text("1 photo chosen")).to_be_visible()
    box(page, "IMG_5.png").click(modifiers=["Shift"])
    expect(page.get_by_text("4 photos chosen")).to_be_visible()
    page.get_by_test_id("stButtonGroup").get_by_role("radio", name="Note").click()
    note = page.locator("[class*=st-key-to_note]").get_by_role("textbox")
    note.fill("mown last week")
    note.press("Enter")
    page.get_by_role("button", name="Change 4 photos").click()
    expect(page.get_by_text("Changed: 4 photos.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("As before: 4 photos.")).to_be_visible()


def test_a_drop_is_undone_and_brought_back(page: Page, app: RunningApp) -> None:
    open_as(page, app, "lea", "/your-drops")
    expect(page.get_by_text("2 drops")).to_be_visible()
    page.get_by_role("button", name="Undo drop").last.click()
    expect(page.get_by_text("The drop is undone: its photos are hidden.")).to_be_visible()
    page.get_by_role("button", name="Bring back").click()
    expect(page.get_by_text("The drop is back.")).to_be_visible()


def test_on_a_phone_a_researcher_changes_her_own_drop(page: Page, app: RunningApp) -> None:
    page.set_viewport_size(PHONE)
    open_as(page, app, "anna", "/your-drops")
    page.get_by_role("button", name="Correct").click()
    page.get_by_role("radio", name="Hide").click()
    page.get_by_role("button", name="Change 1 photo").click()
    expect(page.get_by_text("Changed: 1 photo.")).to_be_visible()
    assert no_wider_than_the_window(page)
    page.get_by_role("link", name="Open in Photos").click()
    expect(page.get_by_text("hidden by anna")).to_be_visible()
    assert no_wider_than_the_window(page)
