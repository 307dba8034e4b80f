"""The survey pages in a real browser: a link to a colleague, pictures of charts, the phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from xml.etree import ElementTree

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from core.bloomcount import Bloomcount, assemble
from core.settings import Settings
from tests.app_server import RunningApp, running_app
from tests.browser.filter import ask_for_site
from tests.browser.let_in import PASSWORD, let_in
from tests.browser.test_walk import SLOW_MS, browser, pytestmark
from tests.people import ADMIN
from tests.survey import count, photo

__all__ = ["browser", "pytestmark"]

PAGES = ["overview", "species", "diversity?tab=Sites+compared"]
MAIN = "[data-testid=stMain]"
"""The page itself: the navigation beside it is the same on every page."""


@pytest.fixture(scope="module")
def bloom(tmp_path_factory) -> Bloomcount:
    """A store with two sites in two years, and an account."""
    bloom = assemble(Settings(store=str(tmp_path_factory.mktemp("survey") / "store")))
    bloom.accounts.first_start()
    bloom.accounts.set_password("admin", PASSWORD, address=ADMIN.address)
    for site, taxa in (("dunes", {"corn-poppy": 40, "yellow-iris": 12}), ("wood", {"daffodil": 9, "corn-poppy": 30})):
        for year in (2025, 2026):
            for month in (4, 6, 12):
                taken = photo(f"{site} {year} {month}", site=site, taken_at=f"{year}-{month:02}-12T12:00:00")
                count(bloom.library, taken, taxa)
    return bloom


@pytest.fixture(scope="module")
def app(bloom, tmp_path_factory) -> Iterator[RunningApp]:
    with running_app(bloom.settings.store, tmp_path_factory.mktemp("home")) as app:
        app.wait_until_ready()
        yield app


@pytest.fixture
def visit(app, bloom, browser) -> Iterator[Callable[..., Page]]:
    """Open an address in a browser of its own, signed in, until its last chart is there."""
    contexts = []

    def open_address(address: str, *, width: int = 1280) -> Page:
        viewport = {"width": width, "height": 900}
        context = browser.new_context(viewport=viewport)
        contexts.append(context)
        let_in(context, bloom.accounts, app.url)
        page = context.new_page()
        page.set_default_timeout(SLOW_MS)
        expect.set_options(timeout=SLOW_MS)
        page.goto(f"{app.url}/{address}")
        page.locator(".js-plotly-plot .main-svg").first.wait_for(state="attached")
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        return page

    yield open_address
    for context in contexts:
        context.close()


def test_a_filter_link_opens_the_same_for_a_colleague(visit):
    mine = visit("overview")
    ask_for_site(mine, "wood")
    mine.wait_for_url("**/overview?site=wood")
    photos = mine.locator(".bloom-tile .value").nth(1)
    expect(photos).to_have_text("6")
    theirs = visit(mine.url.split("/")[-1])
    numbers = [page.locator(".bloom-tile").all_inner_texts() for page in (mine, theirs)]
    assert numbers[0] == numbers[1]


def test_the_first_screen_needs_no_scrolling_and_a_row_and_a_week_lead_to_their_photos(visit):
    page = visit("overview")
    main = page.locator(MAIN)
    assert main.evaluate("main => main.scrollHeight <= main.clientHeight")
    page.get_by_role("link", name=re.compile("^Papaver rhoeas")).click(position={"x": 200, "y": 36})  # the bar
    page.wait_for_url("**/photos?taxon=corn-poppy")
    page.go_back()
    page.wait_for_url("**/overview")
    point = page.locator(".st-key-small_when .points path").last.bounding_box()
    assert point
    page.mouse.move(point["x"] + 3, point["y"] + 3)
    page.locator(".st-key-small_when .hovertext").wait_for()  # a click counts for what is hovered over
    page.mouse.down()
    page.mouse.up()
    page.wait_for_url("**/photos?taken-from=202*-12-*&taken-to=202*-12-*")
    page.go_back()
    page.wait_for_url("**/overview")


@pytest.mark.parametrize("size", [(1280, 900), (1920, 1080)], ids=["laptop", "desk"])
def test_the_first_screen_fits_also_with_a_filter_and_a_comparison(visit, size):
    page = visit("overview")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for address in (
        "overview",
        "overview?site=wood&taken-from=2026-01-01&taken-to=2026-12-31",
        "overview?compare=year",
    ):
        page.goto(f"{page.url.split('/overview')[0]}/{address}")
        page.locator(".js-plotly-plot .main-svg").first.wait_for()
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        page.wait_for_function(f"(main => main.scrollHeight <= main.clientHeight)(document.querySelector('{MAIN}'))")


def test_the_way_back_leads_to_the_same_place_on_the_page(visit):
    page = visit("overview", width=390)
    seasons = page.get_by_role("link", name="Seasons")
    seasons.evaluate("link => link.scrollIntoView({ block: 'center' })")
    before = page.locator(MAIN).evaluate("main => main.scrollTop")
    assert before > 300
    seasons.click()
    page.wait_for_url("**/species")
    page.get_by_role("heading", name="Species").wait_for()
    page.go_back()
    page.wait_for_url("**/overview")
    page.wait_for_function(f"Math.abs(document.querySelector('{MAIN}').scrollTop - {before}) < 3")


def test_on_a_phone_the_menu_closes_after_a_choice(visit):
    page = visit("overview", width=390)
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_test_id("stSidebar").get_by_role("link", name="Species").click()
    page.wait_for_url("**/species")
    expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "true")


def test_the_filter_goes_along_to_the_next_page(visit):
    page = visit("overview?site=wood")
    page.get_by_role("link", name="Species").click()
    page.wait_for_url("**/species?site=wood")
    expect(page.get_by_role("button", name="Clear filters")).to_be_visible()


def test_a_chart_is_saved_as_picture_and_as_table(visit, tmp_path):
    page = visit("species")
    for kind, begins in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Save the chart as {kind}").first.click()
        assert download.value.suggested_filename == f"bloomcount-abundance.{kind.lower()}"
        saved = tmp_path / kind
        download.value.save_as(saved)
        assert saved.read_bytes().startswith(begins)
    words = " ".join(ElementTree.parse(tmp_path / "SVG").getroot().itertext())
    assert "Papaver rhoeas" in words
    assert "Maximum per site and day" in words
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").first.click()
    assert download.value.suggested_filename == "bloomcount-abundance.csv"


@pytest.mark.parametrize("address", PAGES)
def test_nothing_is_wider_than_a_phone(visit, address):
    page = visit(address, width=390)
    page.wait_for_function(f"document.querySelector('{MAIN}').scrollWidth <= 390")  # a table takes its width late


@pytest.mark.parametrize(
    ("address", "tab", "words"),
    [
        ("diversity?tab=Sampling+completeness", "Sampling completeness", ".legendtext"),
        ("species", "Season", ".annotation-text"),
    ],
)
def test_on_a_phone_the_buttons_of_a_chart_do_not_lie_on_its_words(visit, address, tab, words):
    page = visit(address, width=390)
    page.get_by_role("tab", name=tab).click()
    chart = page.locator(".js-plotly-plot").filter(has=page.locator(words)).last
    chart.hover()
    buttons, first = chart.locator(".modebar").bounding_box(), chart.locator(words).first.bounding_box()
    assert buttons
    assert first
    assert buttons["y"] + buttons["height"] <= first["y"]


@pytest.mark.parametrize(
    ("address", "tab"),
    [
        pytest.param("species", "Abundance", id="bars and ranks"),
        pytest.param("species", "Season", id="calendar and curves"),
        pytest.param("species", "Sites and taxa", id="heat map"),
        pytest.param("diversity?tab=Sites+compared", "Sites compared", id="dots"),
        pytest.param("species?compare=site", "Compared", id="groups"),
    ],
)
@pytest.mark.parametrize("width", [1280, 390], ids=["laptop", "phone"])
def test_a_saved_chart_stands_on_a_slide(visit, browser, tmp_path, address, tab, width):
    page = visit(f"{address}{'&' if '?' in address else '?'}site=wood&site=dunes", width=width)
    page.get_by_role("tab", name=tab).click()
    buttons = page.get_by_role("tabpanel").get_by_role("button", name="Save the chart as SVG")
    buttons.first.wait_for()
    slide = browser.new_page()
    for place in range(buttons.count()):
        with page.expect_download() as download:
            buttons.nth(place).click()
        download.value.save_as(saved := tmp_path / f"{place}.svg")
        slide.goto(saved.as_uri())
        cut = slide.evaluate(
            """() => {
                const edge = document.documentElement.getBoundingClientRect();
                return [...document.querySelectorAll("text")].filter((word) => {
                    const box = word.getBoundingClientRect(), inside = 1;
                    return box.width && (box.left < edge.left - inside || box.right > edge.right + inside
                        || box.top < edge.top - inside || box.bottom > edge.bottom + inside);
                }).map((word) => word.textContent);
            }"""
        )
        assert cut == []
        picture = saved.read_text(encoding="utf-8")
        assert "src: url(" in picture.replace('"', "").replace("src:url(", "src: url(")
        assert "data:font/" in picture or "data:application/" in picture
        assert 'fill="#FFFFFF"' in picture
        said = " ".join(ElementTree.fromstring(picture).itertext())
        for words in ("wood, dunes", "per site and day", "Bloomcount, "):
            assert words in said
    with page.expect_download() as download:
        page.get_by_role("tabpanel").get_by_role("button", name="Save the chart as PNG").first.click()
    download.value.save_as(saved := tmp_path / "chart.png")
    with Image.open(saved) as picture:
        assert picture.convert("RGB").getpixel((3, 3)) == (255, 255, 255)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_letters_of_charts_are_large_and_stand_out_in_both_themes(visit, scheme):
    page = visit("species")
    page.emulate_media(color_scheme=scheme)
    page.reload()
    for tab in ("Abundance", "Season", "Sites and taxa"):
        page.get_by_role("tab", name=tab).click()
        page.get_by_role("tabpanel").locator(".js-plotly-plot .main-svg text").first.wait_for()
        words = (
            page.get_by_role("tabpanel")
            .locator(".js-plotly-plot .main-svg text")
            .evaluate_all(
                """words => words.filter((word) => word.getBoundingClientRect().width).map((word) => [
                word.textContent, getComputedStyle(word).fill, parseFloat(getComputedStyle(word).fontSize)])"""
            )
        )
        paper = page.locator("[data-testid=stApp]").evaluate("app => getComputedStyle(app).backgroundColor")
        assert words
        assert [text for text, _, px in words if px < 13 and text.strip()] == []
        assert [text for text, ink, _ in words if contrast(ink, paper) < 4.5 and text.strip()] == []


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, "rgb(1, 2, 3)", as WCAG 2.2 counts it."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    shares = [int(share) / 255 for share in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
