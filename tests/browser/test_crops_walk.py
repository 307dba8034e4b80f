"""Crops in a browser: flowers of one name are marked, named, rejected, accepted and undone, by mouse, keys and finger.

The photos are crops of a real one. Figures of time are printed, not asserted: they are the machine's.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from core.bloomcount import Bloomcount, assemble
from core.recognition.flowers import Flowers, TaxonScore
from core.recognition.likeness import in_bytes
from core.settings import Settings
from core.store.records import Analysis, Observation
from core.store.selection import EVERYTHING
from tests.app_server import RunningApp, running_app
from tests.browser import test_walk as walk
from tests.browser.let_in import PASSWORD, let_in
from tests.browser.test_accessibility import DESK, PHONE, assert_open_to_all
from tests.browser.test_review_walk import Hand, boxes_of
from tests.people import ADMIN
from tests.survey import UPLOADED, photo

pytestmark = walk.pytestmark
browser = walk.browser

PHOTOS, OF_EACH, SIDE_PX = 13, 5, 1160
FLOWERS = PHOTOS * OF_EACH


@pytest.fixture(scope="module")
def bloom(tmp_path_factory: pytest.TempPathFactory) -> Bloomcount:
    """A store with photos of five poppies each, and one with five unknown flowers of two kinds."""
    bloom = assemble(Settings(store=str(tmp_path_factory.mktemp("crops") / "store")))
    bloom.accounts.first_start()
    bloom.accounts.set_password("admin", PASSWORD, address=ADMIN.address)
    picture, package = (
        Image.open(walk.SAMPLES / "dahlia.jpg").convert("RGB").resize((1200, 1200)),
        bloom.models.package(),
    )
    records, analyses, rows = [], [], []
    for nth in range(PHOTOS + 1):
        file, known = BytesIO(), nth < PHOTOS
        picture.crop((nth, nth, SIDE_PX + nth, SIDE_PX + nth)).save(file, "JPEG", quality=80)
        record = photo(
            f"IMG_{nth:02}.jpg", photo_id=bloom.library.pictures.add(file.getvalue()), width=SIDE_PX, height=SIDE_PX,
            uploaded_at=UPLOADED + timedelta(seconds=nth),
        )  # fmt: skip
        kinds = np.random.default_rng(1).normal(size=(2, 64))[[0, 0, 0, 1, 1]]
        looks = np.random.default_rng(nth).normal(size=(OF_EACH, 64)) * (1 if known else 0.1) + (0 if known else kinds)
        scores = (TaxonScore("corn-poppy", 0.9), TaxonScore("rose", 0.04)) if known else ()
        found = Flowers(
            np.float32(boxes_of(OF_EACH)), np.linspace(0.95, 0.7, OF_EACH, dtype=np.float32), (scores,) * OF_EACH,
            in_bytes(np.float32(looks)),
        )  # fmt: skip
        analysis = Analysis(record.photo_id, package.name, package.version, UPLOADED, 0.5, "", found)
        row = Observation(record.photo_id, "corn-poppy", OF_EACH, 4, 6, 0.9, "confident", "flower", "bloom", UPLOADED,
                          analysis.analysis_id)  # fmt: skip
        records.append(record)
        analyses.append(analysis)
        rows.append(row if known else replace(row, taxon="unknown", confidence=0.1, band="unknown"))
    bloom.library.record(records, analyses, rows)
    return bloom


@pytest.fixture(scope="module")
def app(bloom: Bloomcount, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    with running_app(bloom.settings.store, tmp_path_factory.mktemp("home")) as app:
        app.wait_until_ready()
        yield app


def named(bloom: Bloomcount) -> Counter[str]:
    """The flowers of each name that people reviewed."""
    found = Counter[str]()
    ids = [record.photo_id for batch in bloom.library.records_of(EVERYTHING) for record in batch]
    for review in bloom.library.reviews_of(ids).values():
        found.update({taxon: count for taxon, count in review.counts.items() if taxon != "corn-poppy"})
    return found


def wait_for(page: Page, done: object, is_so: object) -> None:
    for _ in range(100):
        if is_so():
            return
        page.wait_for_timeout(200)
    raise AssertionError(done)


def test_a_person_looks_through_flowers_page_by_page(browser: Browser, bloom: Bloomcount, app: RunningApp) -> None:
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    page.set_default_timeout(walk.SLOW_MS)
    expect.set_options(timeout=walk.SLOW_MS)
    let_in(context, bloom.accounts, app.url)
    page.goto(f"{app.url}/crops?of=corn-poppy")
    flowers, hint, where = page.locator(".crop"), page.locator(".hint"), page.locator(".place")
    flowers.first.wait_for()
    start = time.monotonic()
    page.wait_for_function(EVERY_PICTURE)
    print(f"60 flowers are seen {time.monotonic() - start:.1f} s after the first")
    expect(flowers).to_have_count(60)
    expect(where).to_have_text(f"60 flowers · {FLOWERS} wait")
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight <= innerHeight"), "it scrolls"
    hand = Hand(page)

    flowers.nth(3).click()
    flowers.nth(6).click(modifiers=["Shift"])
    expect(hint).to_have_text("4 marked")
    hand.press("r", *"cja", "2")
    expect(flowers).to_have_count(56)
    assert hand.spent() + 2 <= 7, "four of sixty are named: two clicks, R, three letters, a number"
    wait_for(page, "renamed", lambda: named(bloom) == {"centaurea-jacea": 4})

    hand.press("ArrowRight", " ", "ArrowDown", " ", "x")
    expect(flowers).to_have_count(54)
    expect(hint).to_have_text("2 are no flowers")

    hand.press(" ", "Enter")  # one is kept for later, the others are right
    expect(where).to_have_text(f"{FLOWERS - 4 - 2 - 53} flowers")
    expect(flowers.first).to_have_attribute("aria-selected", "true")
    hand.press("Escape", "Enter")
    expect(hint).to_contain_text("No flower of this name waits here")
    wait_for(page, "accepted", lambda: "corn-poppy" not in bloom.library.names_waiting(EVERYTHING))

    for _ in range(3):
        hand.press("u")
    expect(flowers).to_have_count(56)
    hand.press("u")
    expect(flowers).to_have_count(60)
    wait_for(page, "undone", lambda: bloom.library.names_waiting(EVERYTHING) == {"corn-poppy": FLOWERS, "unknown": 5})
    hand.press("Shift+U")
    wait_for(page, "redone", lambda: named(bloom) == {"centaurea-jacea": 4})

    context.set_offline(True)
    hand.press("Space", "x")
    expect(hint).to_contain_text("1 not saved yet")
    expect(flowers).to_have_count(55)
    context.set_offline(False)
    wait_for(page, "sent later", lambda: bloom.library.names_waiting(EVERYTHING)["corn-poppy"] < FLOWERS - 4)
    context.close()


def test_a_heap_of_unknown_flowers_is_named_at_once(browser: Browser, bloom: Bloomcount, app: RunningApp) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True)
    page = context.new_page()
    page.set_default_timeout(walk.SLOW_MS)
    let_in(context, bloom.accounts, app.url)
    page.goto(f"{app.url}/crops?of=unknown")
    flowers = page.locator(".crop")
    expect(flowers).to_have_count(3)
    flowers.first.tap()
    expect(page.locator(".hint")).to_have_text("1 marked")
    flowers.first.tap()
    page.get_by_role("button", name="Rename").tap()
    page.get_by_role("combobox", name="Another name").fill("daucus")
    page.get_by_role("option", name="Daucus carota").tap()
    expect(flowers).to_have_count(2)
    wait_for(page, "a heap", lambda: named(bloom)["wild-carrot"] == 3)
    context.close()


@pytest.mark.parametrize(
    ("colours", "screen"), [("light", DESK), ("dark", PHONE)], ids=["desk by day", "phone by night"]
)
def test_the_screen_is_for_everyone(browser: Browser, bloom: Bloomcount, app: RunningApp, colours, screen) -> None:
    context = browser.new_context(color_scheme=colours, viewport=screen, has_touch=True)
    page = context.new_page()
    page.set_default_timeout(walk.SLOW_MS)
    let_in(context, bloom.accounts, app.url)
    page.goto(f"{app.url}/crops")
    page.locator(".crop").nth(1).click()
    assert_open_to_all(page, screen)
    context.close()


EVERY_PICTURE = """() => {
    const find = (node) => [...node.querySelectorAll("*")].flatMap((one) =>
        [...(one.matches(".crop img") ? [one] : []), ...(one.shadowRoot ? find(one.shadowRoot) : [])]);
    const pictures = find(document);
    return pictures.length > 0 && pictures.every((one) => one.complete && one.naturalWidth > 0);
}"""
