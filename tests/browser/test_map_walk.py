"""The map in a real browser: its ground with and without tiles, and what a click does. A tile server runs beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from core.bloomcount import Bloomcount, assemble
from core.charts.map import LIGHT
from core.settings import Settings
from core.store.records import Site
from tests.app_server import RunningApp, running_app
from tests.browser.let_in import PASSWORD, let_in
from tests.browser.test_walk import CHROMIUM, QUIET, SLOW_MS, pytestmark
from tests.people import ADMIN
from tests.survey import UPLOADED, count, photo

__all__ = ["pytestmark"]

PINK = (250, 180, 200)
SITES = {"dunes": (52.4, 4.55), "shore": (52.401, 4.551), "heath": (52.3, 6.2)}
AT_SEA, ON_LAND = (4.46, 52.45), (5.9, 52.15)
ATTRIBUTION = "© Tiles of this test"
MAP = "document.querySelector('.js-plotly-plot')?._fullLayout?.map?._subplot?.map"


class Tiles(BaseHTTPRequestHandler):
    """Answers each request for a tile with a pink one, or with 503 where the server is to fail."""

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Referer"]))  # type: ignore[attr-defined]
        self.send_response(503 if self.server.fails else 200)  # type: ignore[attr-defined]
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        Image.new("RGB", (256, 256), PINK).save(self.wfile, "PNG")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium with a graphics card made of software, which MapLibre needs."""
    drawing = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    with sync_playwright() as playwright:
        args = [*(arg for arg in QUIET if arg != "--disable-gpu"), *drawing]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=args)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def bloom(tmp_path_factory) -> Bloomcount:
    """A store with a site far from two that lie close together, and an account."""
    bloom = assemble(Settings(store=str(tmp_path_factory.mktemp("map") / "store")))
    bloom.accounts.first_start()
    bloom.accounts.set_password("admin", PASSWORD, address=ADMIN.address)
    for name in SITES:
        count(bloom.library, photo(name, site=name), {"corn-poppy": 40})
    described = [Site(name, *where, "", 10.0, "lea", UPLOADED) for name, where in SITES.items()]
    bloom.library.describe_sites(described, by=ADMIN)
    return bloom


@pytest.fixture(scope="module")
def tiles() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Tiles)
    server.asked, server.fails = [], False  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture(scope="module")
def plain_app(bloom, tmp_path_factory) -> Iterator[RunningApp]:
    with running_app(bloom.settings.store, tmp_path_factory.mktemp("plain")) as app:
        app.wait_until_ready()
        yield app


@pytest.fixture(scope="module")
def tiled_app(bloom, tiles, tmp_path_factory) -> Iterator[RunningApp]:
    address = f"http://127.0.0.1:{tiles.server_port}/{{z}}/{{x}}/{{y}}.png {ATTRIBUTION}"
    with running_app(bloom.settings.store, tmp_path_factory.mktemp("tiled"), BLOOM_MAP_TILES=address) as app:
        app.wait_until_ready()
        yield app


@pytest.fixture
def visit(bloom, browser) -> Iterator[Callable[[RunningApp, str], Page]]:
    """Open an address of an app in a browser of its own, signed in."""
    contexts = []

    def open_page(app: RunningApp, address: str) -> Page:
        contexts.append(context := browser.new_context(viewport={"width": 1280, "height": 900}))
        let_in(context, bloom.accounts, app.url)
        page = context.new_page()
        page.set_default_timeout(SLOW_MS)
        expect.set_options(timeout=SLOW_MS)
        page.goto(f"{app.url}/{address}")
        return page

    yield open_page
    for context in contexts:
        context.close()


def drawn(page: Page) -> Page:
    """The page once its map is drawn and lies still."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.wait_for_function(f"{MAP}?.loaded() && !{MAP}.isMoving()")
    return page


def on_screen(page: Page, longitude: float, latitude: float) -> tuple[float, float]:
    """The pixel of the window at a position of the map."""
    box = page.locator(".maplibregl-canvas").bounding_box()
    assert box
    x, y = page.evaluate(f"(() => {{ const at = {MAP}.project([{longitude}, {latitude}]); return [at.x, at.y]; }})()")
    return box["x"] + x, box["y"] + y


def hovers_over(page: Page, x: float, y: float) -> None:
    """Move the mouse, as a hand does, until the map says what is there."""
    moves = 0
    while not page.locator(".hovertext").count() and moves < 100:
        page.mouse.move(x + moves % 2, y)
        page.wait_for_timeout(100)
        moves += 1
    page.locator(".hovertext").wait_for()


def colour_at(page: Page, place: tuple[float, float]) -> tuple[int, ...]:
    """The colour of the screen at a position of the map."""
    x, y = on_screen(page, *place)
    pixel = Image.open(BytesIO(page.screenshot())).convert("RGB").getpixel((round(x), round(y)))
    assert isinstance(pixel, tuple)
    return tuple(map(int, pixel))


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


def test_without_tiles_land_and_sea_are_told_apart_and_nobody_else_is_asked(visit, plain_app):
    page = visit(plain_app, "system")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{plain_app.url}/map")
    drawn(page)
    assert colour_at(page, AT_SEA) == rgb(LIGHT["sea"])
    assert colour_at(page, ON_LAND) == rgb(LIGHT["land"])
    assert {url for url in asked if not url.startswith((plain_app.url, "blob:", "data:"))} == set()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the chart as PNG").click()
    with Image.open(download.value.path()) as picture:
        seen = {colour: n for n, colour in picture.convert("RGB").getcolors(picture.width * picture.height) or ()}
    assert seen[rgb(LIGHT["land"])] > seen[rgb(LIGHT["sea"])] > 1000


def test_a_click_tells_about_a_place_and_on_places_together_zooms_in(visit, plain_app):
    page = drawn(visit(plain_app, "map"))
    position = "[4.5505, 52.4005]"
    there = f"{MAP}.queryRenderedFeatures({MAP}.project({position}))"
    page.wait_for_function(
        f"{there}.some(({{ properties }}) => properties.cluster_id !== undefined)"
    )  # seen on the map
    before = page.evaluate(f"{MAP}.getZoom()")
    expect(page.locator(".st-key-place")).to_have_count(0)
    page.mouse.click(*on_screen(page, 4.5505, 52.4005))
    page.wait_for_function(f"{MAP}.getZoom() > {before} + 1")
    drawn(page)
    assert page.evaluate(f"{MAP}.getZoom()") > before + 1
    expect(page.locator(".st-key-place")).to_have_count(0)
    page = drawn(visit(plain_app, "map"))
    x, y = on_screen(page, *SITES["heath"][::-1])
    hovers_over(page, x, y)
    page.mouse.click(x, y)
    card = page.locator(".st-key-place")
    expect(card).to_contain_text("heath")
    expect(card).to_contain_text("40 (40-41)")
    assert card.locator("img").get_attribute("src").startswith("/thumbs/")
    card.get_by_role("link", name="See its photos").click()
    page.wait_for_url("**/photos?site=heath")


def test_tiles_cover_the_land_and_say_who_made_them(visit, tiled_app, tiles):
    page = drawn(visit(tiled_app, "map"))
    assert colour_at(page, AT_SEA) == colour_at(page, ON_LAND) == PINK
    expect(page.locator(".annotation-text")).to_have_text(ATTRIBUTION)
    assert {referer for _, referer in tiles.asked} == {f"{tiled_app.url}/"}


def test_where_tiles_fail_the_land_beneath_is_the_map(visit, tiled_app, tiles):
    tiles.fails, tiles.asked[:] = True, []
    page = visit(tiled_app, "map")
    page.wait_for_function(f"{MAP}?.getSource('land') && {MAP}.isSourceLoaded('land')")
    expect(page.locator(".annotation-text")).to_have_text(ATTRIBUTION)
    page.wait_for_function(f"{MAP}.areTilesLoaded()")
    assert tiles.asked
    assert colour_at(page, AT_SEA) == rgb(LIGHT["sea"])
    assert colour_at(page, ON_LAND) == rgb(LIGHT["land"])


def test_a_mark_of_the_small_map_leads_to_the_photos_of_its_site(visit, plain_app):
    page = visit(plain_app, "overview")
    marks = page.locator(".st-key-small_where .points path")
    marks.first.wait_for()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    boxes = [mark.bounding_box() for mark in marks.all()]
    east = max((box for box in boxes if box), key=lambda box: box["x"])  # heath is the one in the east
    x, y = east["x"] + east["width"] / 2, east["y"] + east["height"] / 2
    page.mouse.move(x, y)
    page.locator(".st-key-small_where .hovertext").wait_for()
    page.mouse.click(x, y)
    page.wait_for_url("**/photos?site=heath")
    page.go_back()
    page.wait_for_url("**/overview")
