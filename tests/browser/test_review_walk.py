"""Review in a browser: keys, boxes, undo, two people, a connection that drops; and the keys and time that it takes.

The photos are crops of a real one. Figures of time are printed, not asserted: they are the machine's.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from core.bloomcount import Bloomcount, assemble
from core.recognition.flowers import Flowers, TaxonScore
from core.review.reviews import Said, save_review
from core.settings import Settings
from core.store.records import Analysis, Observation, Review
from core.store.selection import Selection
from tests.app_server import RunningApp, running_app
from tests.browser import test_walk as walk
from tests.browser.let_in import PASSWORD, let_in
from tests.browser.test_accessibility import DESK, PHONE, assert_open_to_all
from tests.people import ADMIN
from tests.survey import UPLOADED, person, photo

pytestmark = walk.pytestmark
browser = walk.browser

PHOTOS, CROWDED = 32, 5
SIDE_PX = 1200
NAMES = {"corn-poppy": 0.9, "rose": 0.04, "sunflower": 0.02}
"""The scores of every flower."""


def boxes_of(number: int) -> list[list[float]]:
    return [[100.0 + 200 * nth, 400.0, 220.0 + 200 * nth, 520.0] for nth in range(number)]


@pytest.fixture(scope="module")
def bloom(tmp_path_factory: pytest.TempPathFactory) -> Bloomcount:
    """A store with doubtful photos of two poppies each, in order of their doubt; two with five, one that is crowded."""
    bloom = assemble(Settings(store=str(tmp_path_factory.mktemp("review") / "store")))
    bloom.accounts.first_start()
    bloom.accounts.set_password("admin", PASSWORD, address=ADMIN.address)
    picture = Image.open(walk.SAMPLES / "dahlia.jpg").convert("RGB").resize((SIDE_PX, SIDE_PX))
    package, records, analyses, observations = bloom.models.package(), [], [], []
    for nth in range(PHOTOS):
        file = BytesIO()
        picture.crop((nth, nth, SIDE_PX - PHOTOS + nth, SIDE_PX - PHOTOS + nth)).save(file, "JPEG", quality=80)
        photo_id = bloom.library.pictures.add(file.getvalue())
        side = SIDE_PX - PHOTOS
        record = photo(
            f"IMG_{nth:02}.jpg", photo_id=photo_id, width=side, height=side,
            uploaded_at=UPLOADED + timedelta(seconds=nth),
        )  # fmt: skip
        flowers = 5 if nth in (1, 2) else 2
        scores = tuple(TaxonScore(taxon, score) for taxon, score in NAMES.items())
        found = Flowers(
            np.float32(boxes_of(flowers)), np.linspace(0.95, 0.7, flowers, dtype=np.float32), (scores,) * flowers
        )
        analysis = Analysis(
            photo_id, package.name, package.version, UPLOADED, 0.5, "crowded" if nth == CROWDED else "", found
        )
        records.append(record)
        analyses.append(analysis)
        high = flowers * (90 - nth - 2 * (nth == CROWDED))
        observations.append(
            Observation(photo_id, "corn-poppy", flowers, 0, high, 0.9, "confident", "flower", "bloom", UPLOADED,
                        analysis.analysis_id)
        )  # fmt: skip
    bloom.library.record(records, analyses, observations)
    return bloom


@pytest.fixture(scope="module")
def app(bloom: Bloomcount, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    with running_app(bloom.settings.store, tmp_path_factory.mktemp("home")) as app:
        app.wait_until_ready()
        yield app


@dataclass
class Hand:
    """A person at the keys: how many were pressed, and how long each photo took to give way to the next."""

    page: Page
    keys: int = 0
    pauses_ms: list[float] = field(default_factory=list)

    @property
    def place(self) -> str:
        return self.page.locator(".place").inner_text()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.keys += 1

    def finish(self, key: str = "Enter") -> None:
        """Press a key that ends a photo, and wait until the next one can be seen."""
        self.page.evaluate(NEXT_IS_SEEN)
        self.press(key)
        self.pauses_ms.append(float(self.page.evaluate("window.nextIsSeen")))

    def rows(self) -> str:
        return " ".join(self.page.locator(".rows").inner_text().split())

    def spent(self) -> int:
        """The keys since this was asked last."""
        keys, self.keys = self.keys, 0
        return keys


NEXT_IS_SEEN = """() => {
    const find = (node, name) => {
        for (const one of node.querySelectorAll("*")) {
            if (one.matches(name)) return one;
            const inner = one.shadowRoot && find(one.shadowRoot, name);
            if (inner) return inner;
        }
    };
    const before = find(document, ".frame img");
    window.nextIsSeen = new Promise((seen) => {
        const asked = performance.now();
        const look = () => {
            const now = find(document, ".frame img");
            const over = find(document, ".reviewer").classList.contains("over");
            const waited = performance.now() - asked;
            if (over || waited > 30_000 || (now !== before && now?.complete)) seen(waited);
            else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
    });
}"""


def test_a_person_reviews_doubtful_photos_with_few_keys(browser: Browser, bloom: Bloomcount, app: RunningApp) -> None:
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    page.set_default_timeout(walk.SLOW_MS)
    expect.set_options(timeout=walk.SLOW_MS)
    let_in(context, bloom.accounts, app.url)
    page.goto(f"{app.url}/review?site=dunes")
    page.locator(".frame img").wait_for()
    hand = Hand(page)
    assert hand.place == f"1 of {PHOTOS} · dunes · doubtful counts"
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight <= innerHeight"), "it scrolls"
    page.wait_for_timeout(walk.SLOW_MS / 20)  # the first pictures are made

    hand.finish()
    assert hand.spent() == 1, "a right photo"

    hand.press("r", *"cja")  # all five, as there is no other taxon
    expect(page.locator(".names li").nth(1)).to_have_text("2Centaurea jacea ")
    hand.press("2")
    expect(page.locator(".rows")).to_contain_text("Centaurea jacea")
    hand.finish()
    assert hand.spent() <= 6, "five wrong names, the name typed for the first time, and right"

    page.get_by_role("option", name="corn poppy").click()
    hand.press("r", "1")
    assert "Centaurea jacea knoopkruid" not in hand.rows()
    assert "Centaurea jacea" in hand.rows()
    hand.finish()
    assert 1 + hand.spent() - 1 <= 6, "five wrong names"

    hand.press("5")
    assert hand.rows().endswith("5")
    hand.finish()
    assert hand.spent() <= 3, "one wrong number"

    frame = page.locator(".frame").bounding_box()
    assert frame is not None
    hand.press("a")
    page.mouse.move(frame["x"] + 100, frame["y"] + 20)
    page.mouse.down()
    page.mouse.move(frame["x"] + 160, frame["y"] + 80, steps=3)
    page.mouse.up()
    expect(page.locator(".box")).to_have_count(3)
    hand.finish()
    assert hand.spent() + 1 <= 3, "a missed flower: its key, the box, and right"

    expect(page.locator(".side h2")).to_contain_text("≥ 2")
    hand.finish()  # a lower bound, confirmed as one
    hand.spent()

    wrong = [
        ["3"], ["ArrowDown", "4"], ["1", "2"], ["0"], ["r", *"dau car", "Enter"], ["r", "1"], ["Tab", "x"],
        ["a", "ArrowUp", "ArrowUp", "Enter"], ["t", *"rosa", "Enter", "2"], None,
    ]  # fmt: skip
    for nth in range(20):
        keys = wrong[nth // 2] if nth % 2 else []
        if keys is None:
            hand.finish("n")
            continue
        for key in keys:
            hand.press(key)
            if key == "Enter" and page.locator(".names").is_visible():
                page.locator(".names").wait_for(state="hidden")
        hand.finish()
    keys = hand.spent()
    print(f"20 doubtful photos, half of them wrong: {keys} keys")
    print(f"the next photo is seen after {statistics.median(hand.pauses_ms):.0f} ms (median), "
          f"{max(hand.pauses_ms):.0f} ms at most, of {len(hand.pauses_ms)}")  # fmt: skip
    assert keys <= 70

    ids = [record.photo_id for batch in bloom.library.records_of(Selection(sites=("dunes",))) for record in batch]
    ids.sort(key=lambda photo_id: bloom.library.photo(photo_id).file)

    def said(nth: int) -> Review | None:
        return bloom.library.reviews_of(ids).get(ids[nth])

    def wait_for(nth: int, counts: dict[str, int] | None) -> None:
        for _ in range(100):
            review = said(nth)
            if (review and dict(review.counts)) == counts:
                return
            page.wait_for_timeout(200)
        raise AssertionError(f"{review} instead of {counts}")

    wait_for(25, {})
    assert [said(nth).how for nth in (0, 1, 3)] == ["accepted", "chosen", "chosen"]
    assert dict(said(1).counts) == {"centaurea-jacea": 5} == dict(said(2).counts)
    assert dict(said(3).counts) == {"corn-poppy": 5}
    assert len(said(4).record.flowers) == 3
    assert said(5).at_least
    assert [box.box_xyxy for box in said(1).record.flowers] == [tuple(box) for box in boxes_of(5)]

    hand.press("u")  # the last photo comes back, with what was done to it
    expect(page.locator(".side h2")).to_have_text("0 flowers")
    wait_for(25, None)
    hand.press("u")
    expect(page.locator(".side h2")).to_contain_text("2")
    hand.press("Shift+U", "Shift+U")
    wait_for(25, {})
    hand.press("s")
    expect(page.locator(".place")).to_contain_text(f"28 of {PHOTOS}")

    ben = person("ben")
    package = bloom.models.package()
    save_review(bloom.library, ids[27], Said(more={"rose": 7}), package=package, by=ben)
    hand.press("Enter")
    expect(page.locator(".hint")).to_contain_text("ben reviewed this photo too")
    wait_for(27, {"corn-poppy": 2})
    hand.press("u")
    expect(page.locator(".said")).to_contain_text("ben")
    wait_for(27, {"rose": 7})
    hand.press("Shift+U")

    context.set_offline(True)
    hand.press("4", "Enter")
    expect(page.locator(".hint")).to_contain_text("1 not saved yet")
    context.set_offline(False)
    expect(page.locator(".hint")).to_have_text("")
    wait_for(28, {"corn-poppy": 4})
    context.close()


@pytest.mark.parametrize(
    ("colours", "screen"), [("light", DESK), ("dark", PHONE)], ids=["desk by day", "phone by night"]
)
def test_the_screen_is_for_everyone(browser: Browser, bloom: Bloomcount, app: RunningApp, colours, screen) -> None:
    context = browser.new_context(color_scheme=colours, viewport=screen, has_touch=True)
    page = context.new_page()
    let_in(context, bloom.accounts, app.url)
    page.goto(f"{app.url}/review")
    page.locator(".frame img").wait_for()
    page.locator(".box").first.dispatch_event("click")
    page.get_by_role("option").first.click()
    assert_open_to_all(page, screen)
    context.close()
