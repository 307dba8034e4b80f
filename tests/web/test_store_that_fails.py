"""A store that fails is said in words where people and machines look, and what waits is counted once it is there."""

from __future__ import annotations

import json
import time

import jwt
import pytest

from core.bloomcount import assemble
from core.intake.pipeline import accept
from core.store.records import Drop
from tests.app_server import START_S, running_app
from tests.core.counting_squares import photo_of
from tests.gate import CLOSED, OPEN, SILENT, gate_before
from tests.web.tab import labels, open_tab
from tests.web.test_closed_to_strangers import PASSWORD
from web.cookie import COOKIE

DROP = Drop("20260501T102030-ab12", "", "", "anna")


@pytest.mark.parametrize("state", [CLOSED, SILENT])
def test_a_server_that_started_without_its_s3_counts_what_waits_though_nobody_opens_a_page(
    s3_settings, tmp_path, state
):
    bloom = assemble(s3_settings)
    bloom.accounts.first_start()
    photo_id = accept(bloom.library, bloom.inbox, photo_of(1), file="a.jpg", drop=DROP).photo_id
    with (
        gate_before(s3_settings.s3_endpoint, state) as gate,
        running_app(s3_settings.store, tmp_path / "home", BLOOM_S3_ENDPOINT=gate.endpoint) as app,
    ):
        app.waited_for(r"(could not start)")
        status, body = app.get("/readyz")
        assert status == 503
        assert "cannot be reached" in json.loads(body)["store"]
        gate.state = OPEN
        end = time.monotonic() + START_S
        while bloom.inbox.waiting():
            assert time.monotonic() < end, "".join(app.output)
            time.sleep(0.2)
        app.wait_until_ready()
    (result,) = bloom.library.results_for([photo_id])
    assert result.analysis is not None


def test_pages_say_that_the_store_does_not_answer(s3_settings, tmp_path):
    bloom = assemble(s3_settings)
    bloom.accounts.first_start()
    bloom.accounts.set_password("admin", PASSWORD, address="here")
    expires_at = time.time() + 3600
    bloom.accounts.open_sign_in(bloom.accounts.sign_in("admin", PASSWORD, address="here"), expires_at)
    claims = {"username": "admin", "exp_date": expires_at}
    cookie = {COOKIE: jwt.encode(claims, bloom.accounts.cookie_key(), algorithm="HS256")}
    with (
        gate_before(s3_settings.s3_endpoint) as gate,
        running_app(s3_settings.store, tmp_path / "home", BLOOM_S3_ENDPOINT=gate.endpoint) as app,
    ):
        app.wait_until_ready()
        with open_tab(app.url, cookie) as tab:
            tab.run(page_name="overview")
            for state in (CLOSED, SILENT):
                gate.state = state
                start = time.monotonic()
                said = labels(tab.run(page_name="overview"))
                print(state, time.monotonic() - start)
                assert "cannot read its accounts now" in said[-1]
                gate.state = OPEN
