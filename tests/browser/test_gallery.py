"""From the gallery to a photo and its boxes, by mouse and by keyboard, from a link, and on a phone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect

from core.people.accounts import Accounts
from core.settings import Settings
from core.store.blobs import open_blobs
from tests.app_server import ROOT, RunningApp, running_app
from tests.browser import test_walk as walk
from tests.browser.filter import ask_for_site
from tests.people import ADMIN

PASSWORD = "four calm yellow daisies"
BY_ITSELF = "This flower alone"
PHONE: ViewportSize = {"width": 390, "height": 844}

pytestmark = walk.pytestmark
browser, page = walk.browser, walk.page


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("gallery") / "store")


@pytest.fixture(scope="module")
def app(store: str) -> Iterator[RunningApp]:
    """An app whose store has a dahlia in the garden and a temple in the city."""
    folder = Path(store).parent
    for file, site in (("dahlia.jpg", "garden"), ("temple.jpg", "city")):
        command = [sys.executable, "-m", "core", "ingest", str(walk.SAMPLES / file), "--site", site]
        subprocess.run(command, cwd=ROOT, env={"BLOOM_STORE": store, "HOME": str(folder)}, check=True)
    accounts = Accounts(open_blobs(Settings(store=store)))
    accounts.first_start()
    accounts.add("lea", "Lea", "lead", by=ADMIN)
    accounts.set_password("lea", PASSWORD, address=ADMIN.address)
    with running_app(store, folder / "home") as app:
        app.wait_until_ready()
        yield app


def open_link(page: Page, app: RunningApp, link: str) -> None:
    """The link as somebody opens it who is not signed in yet."""
    page.goto(app.url + link)
    page.get_by_label("Name").fill("lea")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password", exact=True).press("Enter")


def no_wider_than_the_window(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def boxes(page: Page) -> int:
    return page.locator(".stage .box").count()


def test_from_the_gallery_to_a_photo_its_boxes_and_its_neighbour(page: Page, app: RunningApp, tmp_path: Path) -> None:
    open_link(page, app, "/photos")
    card = page.locator("[class*=st-key-card-]", has=page.get_by_role("link", name="dahlia.jpg"))
    card.locator("img").click(force=True)  # the link lies over the picture
    expect(page.get_by_role("heading", name="dahlia.jpg")).to_be_visible()

    box = page.locator(".stage .box").first
    box.hover()
    said = page.locator(".said")
    expect(said).to_contain_text(BY_ITSELF)
    expect(said.locator("li")).to_have_count(5)

    before = boxes(page)
    slider = page.get_by_role("slider", name="Minimum confidence")
    slider.focus()
    for _ in range(45):
        slider.press("ArrowLeft")
    expect(page.locator(".stage .box")).not_to_have_count(before)
    expect(page.get_by_role("heading", name="dahlia.jpg")).to_be_visible()  # the slider's arrows are not the page's

    page.locator(".stage").focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(page.locator(".frame img")).to_have_attribute("src", "/fine/" + page.url.split("id=")[1][:64] + ".webp")
    page.get_by_role("button", name="Whole photo").click()

    with page.expect_download() as download:
        page.get_by_role("button", name="Picture with boxes").click()
    picture = Image.open(BytesIO(Path(download.value.path()).read_bytes()))
    assert (picture.format, picture.width) == ("JPEG", Image.open(walk.SAMPLES / "dahlia.jpg").width)

    page.get_by_role("heading", name="dahlia.jpg").click()
    page.keyboard.press("ArrowRight" if page.get_by_role("button", name="Previous").is_disabled() else "ArrowLeft")
    expect(page.get_by_role("heading", name="temple.jpg")).to_be_visible()
    page.get_by_role("link", name="All photos").click()
    expect(page.get_by_text("2 photos", exact=True)).to_be_visible()


def test_the_keyboard_alone_reaches_every_box(page: Page, app: RunningApp) -> None:
    open_link(page, app, "/photos?site=garden")
    link = page.get_by_role("link", name="dahlia.jpg")
    link.focus()
    link.press("Enter")
    stage = page.locator(".stage")
    stage.focus()
    page.keyboard.press("Tab")
    expect(page.locator(".said")).to_contain_text(BY_ITSELF)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="dahlia.jpg")).to_be_visible()


def test_a_link_with_a_filter_opens_the_same_photos_for_somebody_else(browser: Browser, app: RunningApp) -> None:
    first, second = (browser.new_context().new_page() for _ in range(2))
    open_link(first, app, "/photos")
    expect(first.get_by_text("2 photos", exact=True)).to_be_visible()
    ask_for_site(first, "city")
    expect(first.get_by_text("1 photo", exact=True)).to_be_visible()
    expect(first).to_have_url(f"{app.url}/photos?site=city")
    open_link(second, app, first.url.removeprefix(app.url))
    expect(second.get_by_role("link", name="temple.jpg")).to_be_visible()
    expect(second.get_by_text("1 photo", exact=True)).to_be_visible()
    for one in (first, second):
        one.context.close()


def test_gallery_and_photo_fit_a_phone(browser: Browser, app: RunningApp) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    open_link(page, app, "/photos")
    picture = page.locator(".bloom-photo").first
    expect(picture).to_be_visible()
    assert no_wider_than_the_window(page)
    page.get_by_role("link", name="dahlia.jpg").tap()
    box = page.locator(".stage .box").first
    box.tap()
    expect(page.locator(".said")).to_contain_text(BY_ITSELF)
    assert no_wider_than_the_window(page)
    stage = page.locator(".stage").bounding_box()
    assert stage is not None
    assert stage["width"] > 0.85 * PHONE["width"]
    context.close()
