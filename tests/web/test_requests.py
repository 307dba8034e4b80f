"""Every request has an id in its answer and in its log lines; a session's id is never logged."""

from __future__ import annotations

import logging
import re

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from core.settings import MAP_TILES
from core.watching.logs import REQUEST
from web.requests import Requests, allowed


async def said(request) -> PlainTextResponse:
    if request.path_params["word"] == "broken":
        raise RuntimeError("broken")
    return PlainTextResponse(REQUEST.get(), 404 if request.path_params["word"] == "none" else 200)


@pytest.fixture
def client() -> TestClient:
    app = Starlette(
        routes=[Route("/{word}/{rest:path}", said, methods=["GET", "PUT", "DELETE"])],
        middleware=[Middleware(Requests, map_tiles=lambda: None)],
    )
    return TestClient(app, raise_server_exceptions=False)


def test_what_is_told_during_a_request_has_the_id_of_its_answer(client):
    answers = [client.get("/word/") for _ in range(3)]
    assert [answer.text for answer in answers] == [answer.headers["X-Request-Id"] for answer in answers]
    assert len({answer.text for answer in answers}) == 3
    assert REQUEST.get() == ""


def test_behind_a_load_balancer_the_id_is_the_balancers(client):
    given = "Root=1-67891233-abcdef012345678912345678"
    assert client.get("/word/", headers={"X-Amzn-Trace-Id": given}).headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["a b", "x" * 129, 'say "INFO', "<b>", "é"])
def test_an_id_that_could_spoil_a_log_is_replaced(client, given):
    answer = client.get("/word/", headers={"X-Request-Id": given.encode("latin-1")})
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-Id"])


def test_what_changed_something_or_failed_is_told_and_what_was_only_read_is_not(client, caplog):
    with caplog.at_level(logging.INFO, logger="web.requests"):
        client.get("/word/")
        assert caplog.records == []
        client.put("/word/a")
        client.get("/none/a")
        client.get("/broken/a")
    told = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert told == [("INFO", "PUT /word/a: 200"), ("INFO", "GET /none/a: 404"), ("ERROR", "GET /broken/a: 500")]


def test_the_session_in_an_uploads_path_is_not_told(client, caplog):
    with caplog.at_level(logging.INFO, logger="web.requests"):
        client.put("/_stcore/upload_file/5e55-10n/f11e")
    assert caplog.records[0].getMessage() == "PUT /_stcore/upload_file/…/f11e: 200"


@pytest.mark.parametrize("path", ["/word/", "/none/a"])
def test_every_answer_says_what_a_browser_may_do_with_it(client, path):
    headers = client.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert (policy["default-src"], policy["frame-ancestors"], policy["object-src"]) == ("'self'", "'self'", "'none'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_over_https_a_browser_is_told_to_stay_there(client):
    client.base_url = "https://bloomcount.test"
    assert client.get("/word/").headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize(("name", "server"), [("pdok", "service.pdok.nl"), ("osm", "tile.openstreetmap.org")])
def test_only_the_server_of_the_maps_tiles_is_opened_and_only_for_pictures(name, server):
    closed, opened = (_policy(allowed(tiles)) for tiles in (None, MAP_TILES[name]))
    assert {what for what in opened if opened[what] != closed[what]} == {"img-src", "connect-src"}
    for what in ("img-src", "connect-src"):
        assert opened[what] == f"{closed[what]} https://{server}"


def test_the_server_of_tiles_is_told_the_address_of_bloomcount_but_of_no_page():
    assert allowed(MAP_TILES["osm"])["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert allowed(None)["Referrer-Policy"] == "same-origin"


def _policy(headers):
    return dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
