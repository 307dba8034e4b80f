"""Two containers on one S3 store, behind a load balancer that keeps each browser with the one it met first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial

import pytest
from playwright.sync_api import Browser, Page, expect

from core.bloomcount import Bloomcount, assemble
from tests.app_server import RunningApp
from tests.browser.test_walk import SLOW_MS, browser, pytestmark, sign_in  # noqa: F401
from tests.deploy.containers import Container, running_container, wait_until
from tests.deploy.photos import FLOWERS, heavy_photos
from tests.deploy.proxies import STICKY, beanstalk_nginx, load_balancer
from tests.deploy.results import arrived, counted, flowers_of_photos
from tests.people import ADMIN
from web.cookie import COOKIE

PASSWORD = "four calm yellow daisies"
PHOTOS = 20
"""Photos of each of two people."""
LEASE_S = "5"


@dataclass(frozen=True)
class Pair:
    """Two containers. app: what is behind the load balancer's address."""

    bloom: Bloomcount
    first: Container
    second: Container
    app: RunningApp


@pytest.fixture
def pair(engine, image, s3_server, s3_settings, tmp_path) -> Iterator[Pair]:
    """Two containers that start at once on a store where Ann and Bob have accounts."""
    bloom = assemble(s3_settings)
    bloom.accounts.first_start()
    for name in ("ann", "bob"):
        bloom.accounts.add(name, name.title(), "researcher", by=ADMIN)
        bloom.accounts.set_password(name, PASSWORD, address=ADMIN.address)
    place = {"BLOOM_STORE": s3_settings.store, "BLOOM_S3_ENDPOINT": s3_settings.s3_endpoint, "BLOOM_LEASE_S": LEASE_S}
    with ExitStack() as stack:
        containers = [
            stack.enter_context(running_container(engine, image, **s3_server.environment, **place)) for _ in range(2)
        ]
        servers = [
            stack.enter_context(beanstalk_nginx(container.app.url, tmp_path / container.name))
            for container in containers
        ]
        url = stack.enter_context(load_balancer(*servers, tmp_path / "load-balancer"))
        yield Pair(bloom, *containers, replace(containers[0].app, url=url))


@contextmanager
def tab(browser: Browser, pair: Pair, server: str, cookies_of: Page | None = None) -> Iterator[Page]:  # noqa: F811
    """A tab of a browser of its own, which the load balancer has sent to this server."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    if cookies_of:
        context.add_cookies(cookies_of.context.cookies())
    context.add_cookies([{"name": STICKY, "value": server, "url": pair.app.url}])
    page = context.new_page()
    page.set_default_timeout(SLOW_MS)
    expect.set_options(timeout=SLOW_MS)
    yield page
    context.close()


def cookie(page: Page, name: str) -> str:
    """The value of a cookie that the browser of a tab holds, empty where it holds none."""
    return next((held["value"] for held in page.context.cookies() if held["name"] == name), "")


def expect_signed_in(page: Page) -> None:
    expect(page.get_by_role("button", name="Sign out", exact=True)).to_be_visible()


def expect_sign_in_form(page: Page) -> None:
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()


def test_a_killed_container_loses_no_photo_and_the_other_goes_on(pair, browser, tmp_path):  # noqa: F811
    with tab(browser, pair, "first") as ann, tab(browser, pair, "second") as bob:
        for name, page in (("ann", ann), ("bob", bob)):
            sign_in(page, pair.app, PASSWORD, name)
            expect_signed_in(page)
            photos = heavy_photos(tmp_path / name, photos=PHOTOS, bytes_each=1_000_000, seed=name)
            page.locator("input[type=file]").set_input_files(photos)
        assert (cookie(ann, STICKY), cookie(bob, STICKY)) == ("first", "second")

        wait_until(lambda: len(arrived(pair.bloom)) == 2 * PHOTOS, "photos were missing")
        wait_until(lambda: counted(pair.bloom), "nothing was counted")
        pair.first.kill()
        assert pair.bloom.inbox.waiting(), "nothing was left to count: give it larger photos"

        wait_until(lambda: not pair.bloom.inbox.waiting(), "photos still waited")
        for page in (ann, bob):
            expect(page.get_by_text(f"in {PHOTOS} photos")).to_be_visible()
        assert (cookie(ann, STICKY), cookie(bob, STICKY)) == ("second", "second")
    assert flowers_of_photos(pair.bloom) == [FLOWERS] * 2 * PHOTOS


def test_a_sign_out_and_a_disabled_account_hold_on_both_at_once(pair, browser):  # noqa: F811
    with tab(browser, pair, "first") as ann, tab(browser, pair, "second") as bob:
        for name, page in (("ann", ann), ("bob", bob)):
            sign_in(page, pair.app, PASSWORD, name)
            expect_signed_in(page)
            wait_until(partial(cookie, page, COOKIE), "the browser had no cookie")
        with tab(browser, pair, "second", ann) as ann_again, tab(browser, pair, "first", bob) as bob_again:
            for page in (ann_again, bob_again):
                page.goto(pair.app.url)
                expect_signed_in(page)

            ann.get_by_role("button", name="Sign out", exact=True).click()
            for page in (ann, ann_again):  # without a click: the page looks every second whether photos have come
                expect_sign_in_form(page)
            expect_signed_in(bob)

            pair.first.run("python", "-m", "core", "accounts", "disable", "bob")
            for page in (bob, bob_again):
                expect_sign_in_form(page)
            sign_in(bob, pair.app, PASSWORD, "bob")
            expect(bob.get_by_text("This account is disabled")).to_be_visible()
