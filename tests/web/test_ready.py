"""The real server says truly when it can be used, and never loads TensorFlow for the shipped model."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from core.people.accounts import Accounts
from core.settings import Settings
from core.store.blobs import open_blobs
from core.store.documents import change_document
from tests.app_server import ROOT, free_port, running_app

METRICS = f"127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ready")
    with running_app(str(folder / "store"), folder / "home", BLOOM_METRICS=METRICS) as app:
        app.wait_until_ready()
        yield app


def test_a_started_app_is_ready_for_photos(app):
    assert app.get("/readyz") == (200, '{"store":"ok","recogniser":"ok","counting":"ok"}')
    assert app.get("/_stcore/health") == (200, "ok")


def test_docker_asks_the_app_itself_whatever_proxy_containers_are_told_to_use(app):
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    (check,) = re.findall(r"^HEALTHCHECK .*\n *(\[.*\])$", dockerfile, re.M)
    told = {"http_proxy": "http://127.0.0.1:1", "STREAMLIT_SERVER_PORT": app.url.rpartition(":")[2]}
    asked = [sys.executable, *json.loads(check)[1:]]
    assert subprocess.run(asked, env=os.environ | told, capture_output=True, timeout=60, check=False).returncode == 0


def test_the_first_start_prints_a_password_and_the_address(app):
    assert len(app.one_time_password) >= 12
    assert app.waited_for(r"answers at ([^\s\"]+)") == app.url


def test_the_shipped_model_is_served_without_tensorflow(app):
    loaded = Path(f"/proc/{app.process.pid}/maps").read_text()
    assert "/site-packages/ai_edge_litert/" in loaded
    assert "/site-packages/tensorflow/" not in loaded


@pytest.mark.parametrize(
    "path", ["/thumbs/" + "ab" * 32 + ".webp", "/pictures/" + "ab" * 32 + ".webp", "/fine/" + "ab" * 32 + ".webp"]
)
def test_pictures_are_for_people_who_are_signed_in(app, path):
    assert app.get(path)[0] == 403


def test_every_line_is_json_from_the_first_to_the_last(app):
    assert app.get("/thumbs/" + "cd" * 32 + ".webp")[0] == 403
    app.waited_for(r"(/thumbs/cdcd)")
    assert all({"at", "level", "logger", "message"} <= set(event) for event in app.events)
    refused = next(event for event in app.events if "/thumbs/cdcd" in event["message"])
    assert (refused["status"], refused["level"]) == (403, "INFO")
    assert refused["request"]


def test_prometheus_reads_on_a_port_of_its_own_and_nobody_on_the_apps(app):
    with urllib.request.urlopen(f"http://{METRICS}/metrics", timeout=30) as answer:
        assert "bloom_queue_photos 0.0" in answer.read().decode()
    for path in ("/metrics", "/_stcore/metrics", "//metrics"):
        assert "bloom_" not in app.get(path)[1]


def test_a_model_that_cannot_be_used_is_said_in_a_sentence(tmp_path):
    with running_app(str(tmp_path / "store"), tmp_path / "home", BLOOM_MODEL=str(tmp_path)) as app:
        app.waited_for(r"(could not start)")
        status, body = app.get("/readyz")
    assert status == 503
    assert json.loads(body)["store"] == "ok"
    assert f"…/{tmp_path.name}/model.toml" in json.loads(body)["recogniser"]
    assert str(tmp_path) not in body  # anybody may ask


def why_not_ready(store: Path, home: Path) -> str:
    """The answer of /readyz on the store of an app that could not start with it."""
    with running_app(str(store), home) as app:
        app.waited_for(r"(could not start)")
        status, body = app.get("/readyz")
    assert (status, json.loads(body)["recogniser"]) == (503, "ok")
    return str(json.loads(body)["store"])


def test_a_store_that_could_not_be_written_at_the_start_is_not_ready(tmp_path):
    (tmp_path / "no folder").write_bytes(b"")
    assert why_not_ready(tmp_path / "no folder", tmp_path / "home").startswith("There are no accounts yet.")


def test_accounts_that_let_nobody_sign_in_are_not_ready(tmp_path):
    blobs = open_blobs(Settings(store=str(tmp_path / "store")))
    Accounts(blobs).first_start()
    change_document(blobs, "accounts/accounts.json", lambda document: document.update(cookie_key="some_key"))
    said = why_not_ready(tmp_path / "store", tmp_path / "home")
    assert said.startswith("The cookie key in accounts/accounts.json is missing, too short")


def test_what_an_administrator_mends_is_enough_to_start_all_that_the_server_does(tmp_path):
    blobs, figures = open_blobs(Settings(store=str(tmp_path / "store"))), f"127.0.0.1:{free_port()}"
    Accounts(blobs).first_start()
    key = Accounts(blobs).cookie_key()
    change_document(blobs, "accounts/accounts.json", lambda document: document.update(cookie_key="some_key"))
    with running_app(str(tmp_path / "store"), tmp_path / "home", BLOOM_METRICS=figures) as app:
        app.waited_for(r"(could not start)")
        change_document(blobs, "accounts/accounts.json", lambda document: document.update(cookie_key=key))
        assert app.waited_for(r"Figures for Prometheus are at http://([\d.:]+)/") == figures
        app.wait_until_ready()


def test_a_store_that_is_there_later_than_the_app_gets_its_first_account_all_the_same(tmp_path):
    in_the_way = tmp_path / "disk"
    in_the_way.write_bytes(b"")
    with running_app(str(in_the_way / "store"), tmp_path / "home") as app:
        app.waited_for(r"(could not start)")
        in_the_way.unlink()
        assert len(app.one_time_password) >= 12
        app.wait_until_ready()
