"""Every page for everyone: no serious or critical finding of axe-core, and the keyboard alone is enough."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from core.bloomcount import Bloomcount, assemble
from core.demo.store import fill
from core.settings import Settings
from core.store.selection import EVERYTHING
from pages.navigation import PAGES
from tests.app_server import RunningApp, running_app
from tests.browser import test_walk as walk
from tests.browser.let_in import PASSWORD, let_in
from tests.people import ADMIN

pytestmark = walk.pytestmark
browser = walk.browser

PHOTOS = 40
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
GRAVE = {"serious", "critical"}
AT_REST = "[data-testid=stApp][data-test-script-state=notRunning]"
MOST_TABS = 120
FOCUSED = """() => {
    const focused = document.activeElement, labels = Array.from(focused.labels ?? [], label => label.innerText);
    const text = focused.matches("a, button") ? focused.innerText : "";
    return [focused.ariaLabel, text, focused.title, ...labels].filter(Boolean).join(" ");
}"""
SETTLE_MS = 700
"""Streamlit fades in what is new: half-faded text has half the contrast."""


@pytest.fixture(scope="module")
def bloom(tmp_path_factory) -> Bloomcount:
    """A store with demo photos of several sites, some in doubt."""
    bloom = assemble(Settings(store=str(tmp_path_factory.mktemp("everyone") / "store")))
    bloom.accounts.first_start()
    bloom.accounts.set_password("admin", PASSWORD, address=ADMIN.address)
    fill(bloom.library, bloom.models.package(), PHOTOS)
    return bloom


@pytest.fixture(scope="module")
def app(bloom, tmp_path_factory) -> Iterator[RunningApp]:
    with running_app(bloom.settings.store, tmp_path_factory.mktemp("home")) as app:
        app.wait_until_ready()
        yield app


@pytest.fixture(scope="module")
def a_photo(bloom) -> str:
    return bloom.library.gallery(EVERYTHING, order="most", page=0, per_page=1).photos[0].result.photo.photo_id


@pytest.fixture(scope="module", params=["light desk", "dark phone"])
def inside(request, browser: Browser, bloom, app) -> Iterator[Page]:
    """A tab of the admin's, on a desk by day or on a phone by night."""
    colours, screen = request.param.split()
    context = browser.new_context(color_scheme=colours, viewport=DESK if screen == "desk" else PHONE)
    page = context.new_page()
    page.set_default_timeout(walk.SLOW_MS)
    expect.set_options(timeout=walk.SLOW_MS)
    let_in(context, bloom.accounts, app.url)
    yield page
    context.close()


def at_rest(page: Page) -> None:
    page.locator(AT_REST).wait_for()
    page.get_by_role("heading", level=1).first.wait_for()
    expect(page.locator("[data-testid=stSkeleton], [data-stale=true]")).to_have_count(0)
    page.wait_for_timeout(SETTLE_MS)


def findings(page: Page) -> list[str]:
    """Serious and critical findings of axe-core: rule, element, why."""
    found: list[dict[str, Any]] = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{rule['id']}: {' '.join(map(str, node['target']))}: {node['html'][:160]}: {node['failureSummary']}"
        for rule in found
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


def assert_open_to_all(page: Page, screen: dict[str, int]) -> None:
    """A screen to review, with its field of names and its list of keys: axe finds nothing, and the bar is at hand."""
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    bar = page.locator(".bar").bounding_box()
    assert bar is not None
    assert bar["y"] + bar["height"] <= screen["height"]
    page.get_by_role("button", name="Rename").click()
    assert findings(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Keys").click()
    assert findings(page) == []


@pytest.mark.parametrize("url_path", [page.url_path for page in PAGES])
def test_axe_finds_nothing_grave(inside, app, a_photo, url_path):
    inside.goto(f"{app.url}/{url_path}" + (f"?id={a_photo}" if url_path == "photo" else ""))
    at_rest(inside)
    expect(inside.get_by_text("Sign out", exact=True)).to_be_attached()
    assert findings(inside) == []
    assert inside.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the screen"


def test_the_keyboard_alone_is_enough(browser, app):
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    page.set_default_timeout(walk.SLOW_MS)
    page.goto(f"{app.url}/photos")
    page.get_by_label("Name").wait_for()
    at_rest(page)
    for label, text in (("Name", "admin"), ("Password", PASSWORD)):
        tab_to(page, label)
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Photos").wait_for()
    at_rest(page)
    tab_to(page, "IMG_00000")
    page.keyboard.press("Enter")
    page.wait_for_url("**/photo?*")
    at_rest(page)
    first = page.url
    page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda url: url != first)
    at_rest(page)
    tab_to(page, "Minimum confidence")
    shown = page.get_by_role("slider").get_attribute("aria-valuetext")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("slider")).not_to_have_attribute("aria-valuetext", str(shown))
    tab_to(page, "Diversity")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Diversity", exact=True).wait_for()
    context.close()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has the focus is called so."""
    names = []
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        names.append(page.evaluate(FOCUSED))
        if any(line.startswith(name) for line in names[-1].splitlines()):
            return
    raise AssertionError(f"Tab never came to {name!r}, only to {names}")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_grave_on_the_sign_in(browser, app, colours):
    context = browser.new_context(color_scheme=colours, viewport=PHONE)
    page = context.new_page()
    page.goto(app.url)
    page.get_by_label("Password", exact=True).wait_for()
    at_rest(page)
    assert findings(page) == []
    context.close()
