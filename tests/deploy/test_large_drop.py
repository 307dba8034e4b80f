"""200 MB in 60 photos through Elastic Beanstalk's nginx, and a server that is replaced while it counts them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from core.bloomcount import assemble
from core.intake.inbox import INBOX
from core.settings import Settings
from tests.browser.test_walk import browser, page, pytestmark, sign_in  # noqa: F401
from tests.deploy.containers import mounted, running_container, wait_until
from tests.deploy.photos import FLOWERS, heavy_photos
from tests.deploy.proxies import beanstalk_nginx
from tests.deploy.results import analyses, arrived, counted, flowers_of_photos
from tests.people import ADMIN

PASSWORD = "four calm yellow daisies"
PHOTOS, DROP_BYTES = 60, 200_000_000


@pytest.fixture
def drop(tmp_path):
    """The files of the drop."""
    files = heavy_photos(tmp_path / "drop", photos=PHOTOS, bytes_each=DROP_BYTES // PHOTOS + 1)
    assert sum(file.stat().st_size for file in files) >= DROP_BYTES
    return files


def test_a_large_drop_arrives_and_outlives_the_server_that_counts_it(engine, image, page, drop, tmp_path):  # noqa: F811
    store = tmp_path / "store"
    bloom = assemble(Settings(store=str(store)))
    bloom.accounts.first_start()
    bloom.accounts.set_password("admin", PASSWORD, address=ADMIN.address)
    mount = mounted(store)

    with running_container(engine, image, mount) as first, beanstalk_nginx(first.app.url, tmp_path / "nginx") as url:
        sign_in(page, replace(first.app, url=url), PASSWORD)
        page.locator("input[type=file]").set_input_files(drop)
        wait_until(lambda: len(arrived(bloom)) == PHOTOS, "photos of the drop were missing")
        wait_until(lambda: counted(bloom), "nothing was counted")
        assert first.stop() == 0

        waiting, done = bloom.inbox.waiting(), counted(bloom)
        assert waiting, "nothing was left to count: give it larger photos"
        assert len(waiting) + len(done) == PHOTOS
        assert [blob.key for blob in bloom.blobs.list(INBOX) if blob.key.endswith(".lease")] == []
        assert analyses(bloom) == len(done)

        with running_container(engine, image, mount, port=first.port) as second:
            wait_until(lambda: not bloom.inbox.waiting(), "photos still waited")
            expect(page.get_by_text(f"in {PHOTOS} photos")).to_be_visible()
            assert second.state("OOMKilled") == "false"
            assert second.stop() == 0

    assert flowers_of_photos(bloom) == [FLOWERS] * PHOTOS
    assert analyses(bloom) == PHOTOS
