"""The photo on Review: flowers chosen by lasso, Shift, Tab and Space, boxes moved and resized, fingers on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.bloomcount import Bloomcount
from core.store.selection import EVERYTHING
from tests.app_server import RunningApp
from tests.browser import test_walk as walk
from tests.browser.let_in import let_in
from tests.browser.test_accessibility import DESK, PHONE
from tests.browser.test_review_walk import PHOTOS, SIDE_PX, app, bloom, boxes_of

__all__ = ["app", "bloom"]

pytestmark = walk.pytestmark
browser = walk.browser

FIVE = "IMG_01.jpg"
"""A photo of five poppies in a row."""

DOUBLE_TAP_MS = 400
"""No hand is faster: what a browser sees within 300 ms of a touch may be the second half of a double tap."""

Boxes = list[list[float]]


def photo_id(bloom: Bloomcount) -> str:
    records = [record for batch in bloom.library.records_of(EVERYTHING) for record in batch]
    return next(record.photo_id for record in records if record.file == FIVE)


def opened(context: BrowserContext, bloom: Bloomcount, app: RunningApp) -> Page:
    page = context.new_page()
    page.set_default_timeout(walk.SLOW_MS)
    expect.set_options(timeout=walk.SLOW_MS)
    let_in(context, bloom.accounts, app.url)
    page.goto(f"{app.url}/review?id={photo_id(bloom)}")
    expect(page.locator(".box")).to_have_count(5)
    return page


@pytest.fixture
def page(browser: Browser, bloom: Bloomcount, app: RunningApp) -> Iterator[Page]:
    context = browser.new_context(viewport=DESK)
    yield opened(context, bloom, app)
    context.close()


def on_screen(page: Page, *places: tuple[float, float]) -> list[tuple[float, float]]:
    """Places in the photo's pixels, as places in the window."""
    frame = page.locator(".frame").bounding_box()
    assert frame is not None
    side = SIDE_PX - PHOTOS
    return [(frame["x"] + x * frame["width"] / side, frame["y"] + y * frame["height"] / side) for x, y in places]


def drag(page: Page, *places: tuple[float, float]) -> None:
    first, *others = on_screen(page, *places)
    page.mouse.move(*first)
    page.mouse.down()
    for place in others:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def around(first: int, last: int) -> list[tuple[float, float]]:
    """A line around some of the five flowers."""
    left, right = 60.0 + 200 * first, 260.0 + 200 * last
    return [(left, 350), (right, 350), (right, 570), (left, 570), (left, 360)]


def chosen(page: Page) -> list[int]:
    """The places in the row of the flowers that are chosen."""
    boxes = page.locator(".box.chosen").evaluate_all("boxes => boxes.map((box) => parseFloat(box.style.left))")
    return sorted(round((left / 100 * (SIDE_PX - PHOTOS) - 100) / 200) for left in boxes)


def saved(page: Page, bloom: Bloomcount) -> Boxes:
    """The boxes of the photo once it was finished, from left to right."""
    page.keyboard.press("Enter")
    for _ in range(100):
        if review := bloom.library.reviews_of([photo_id(bloom)]).get(photo_id(bloom)):
            assert review.record is not None
            boxes = sorted(list(flower.box_xyxy) for flower in review.record.flowers)
            page.keyboard.press("u")
            for _ in range(100):
                if not bloom.library.reviews_of([photo_id(bloom)]):
                    return boxes
                page.wait_for_timeout(100)
        page.wait_for_timeout(100)
    raise AssertionError(f"nothing was saved: {page.locator('.hint').inner_text()}")


def test_a_line_around_flowers_chooses_them_and_shift_adds_or_takes_away(page: Page) -> None:
    drag(page, *around(1, 3))
    assert chosen(page) == [1, 2, 3]
    expect(page.locator(".hint")).to_have_text("3 flowers chosen")
    page.keyboard.down("Shift")
    drag(page, *around(0, 0))
    page.keyboard.up("Shift")
    assert chosen(page) == [0, 1, 2, 3]
    boxes = page.locator(".box")
    at_2 = next(
        nth for nth in range(5) if "42." in boxes.nth(nth).evaluate("box => box.style.left")
    )  # the third of the row: 500 of 1168 px
    boxes.nth(at_2).click(modifiers=["Shift"])
    assert chosen(page) == [0, 1, 3]
    page.keyboard.press("l")
    drag(page, *around(4, 4))
    assert chosen(page) == [4]
    page.keyboard.press("x")
    expect(boxes).to_have_count(4)
    page.keyboard.press("u")
    expect(boxes).to_have_count(5)
    page.keyboard.press("l")
    page.keyboard.press("Escape")
    page.locator(".frame").click(position={"x": 5, "y": 5})
    assert chosen(page) == []


def test_several_flowers_are_chosen_without_a_mouse(page: Page) -> None:
    page.keyboard.press("Tab")
    first = chosen(page)
    assert len(first) == 1
    page.keyboard.press("Tab")
    second = chosen(page)
    assert len(second) == 1
    assert second != first
    page.keyboard.press(" ")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press(" ")
    both = chosen(page)
    assert len(both) == 2
    assert second[0] in both
    page.keyboard.press("x")
    expect(page.locator(".box")).to_have_count(3)
    page.keyboard.press("u")
    page.keyboard.press("Control+a")
    assert chosen(page) == [0, 1, 2, 3, 4]
    page.keyboard.press("Escape")
    assert chosen(page) == []


def test_a_box_is_moved_and_resized_by_mouse_and_by_keys(page: Page, bloom: Bloomcount) -> None:
    before = boxes_of(5)
    page.locator(".box").first.click()
    [at] = chosen(page)
    left, top, right, bottom = before[at]
    page.keyboard.press("m")
    drag(page, (left + 60, top + 60), (left + 60, top - 140))
    page.keyboard.press("Enter")
    moved = saved(page, bloom)[at]
    assert moved == pytest.approx([left, top - 200, right, bottom - 200], abs=4)

    page.locator(".box").first.click()
    page.keyboard.press("m")
    drag(page, (right, top - 200 + 60), (right + 50, top - 200 + 60))
    page.keyboard.press("m")
    wider = saved(page, bloom)[at]
    assert wider == pytest.approx([left, top - 200, right + 50, bottom - 200], abs=6)

    page.keyboard.press("u")
    page.keyboard.press("u")
    assert saved(page, bloom) == before
    page.locator(".box").first.click()
    page.keyboard.press("m")
    for key in ("ArrowDown", "ArrowDown", "Shift+ArrowRight"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    by_keys = saved(page, bloom)[at]
    step = (SIDE_PX - PHOTOS) / 100
    assert by_keys == pytest.approx([left, top + 2 * step, right + step, bottom + 2 * step], abs=1)
    page.locator(".box").first.click()
    page.keyboard.press("m")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Escape")
    assert saved(page, bloom)[at] == by_keys, "Escape gives the box up"


def test_a_finger_chooses_draws_and_lassoes_on_a_phone(browser: Browser, bloom: Bloomcount, app: RunningApp) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = opened(context, bloom, app)
    touch = context.new_cdp_session(page)

    def finger(*places: tuple[float, float]) -> None:
        points = on_screen(page, *places)
        steps = [points[0]]
        for (ax, ay), (bx, by) in pairwise(points):
            steps += [(ax + (bx - ax) * part / 4, ay + (by - ay) * part / 4) for part in range(1, 5)]
        for nth, (x, y) in enumerate(steps):
            kind = "touchMove" if nth else "touchStart"
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
            page.evaluate("new Promise(requestAnimationFrame)")  # a faster one flings
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_timeout(DOUBLE_TAP_MS)

    page.touchscreen.tap(*on_screen(page, (160, 460))[0])
    assert chosen(page) == [0]
    page.touchscreen.tap(*on_screen(page, (560, 460))[0])
    assert chosen(page) == [2]
    page.get_by_role("button", name="Lasso").tap()
    finger(*around(1, 3))
    assert chosen(page) == [1, 2, 3]
    page.get_by_role("button", name="Not a flower").tap()
    expect(page.locator(".box")).to_have_count(2)
    page.get_by_role("button", name="Add", exact=True).tap()
    finger((300, 700), (420, 820))
    expect(page.locator(".box")).to_have_count(3)
    page.get_by_role("button", name="Move").tap()
    finger((360, 760), (560, 760))
    page.get_by_role("button", name="Move").tap()
    boxes = saved(page, bloom)
    assert any(box == pytest.approx([500, 700, 620, 820], abs=12) for box in boxes)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
