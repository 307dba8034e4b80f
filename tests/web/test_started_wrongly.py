"""Streamlit started with a page's file, as its own documentation teaches, serves no page and says what to start."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from core.people.accounts import Accounts
from core.settings import Settings
from core.store.blobs import open_blobs
from tests.app_server import ROOT, free_port, running
from tests.people import ADMIN
from tests.web.tab import labels, open_tab
from tests.web.test_closed_to_strangers import PASSWORD, admins_cookie, stored, wait_until_it_listens

REFUSED = ["alert: Streamlit runs the wrong file. Stop it and start Bloomcount with `streamlit run streamlit_app.py`."]


@pytest.mark.parametrize("file", ["pages/front_door.py", "pages/field/count.py"])
def test_nobody_gets_further_than_the_sentence_that_names_the_right_command(tmp_path, file):
    store, port = str(tmp_path / "store"), free_port()
    accounts = Accounts(open_blobs(Settings(store=store)))
    accounts.first_start()
    accounts.set_password("admin", PASSWORD, address=ADMIN.address)
    (tmp_path / "home").mkdir()
    with running(
        [sys.executable, "-m", "streamlit", "run", file, "--server.port", str(port), "--server.address", "127.0.0.1"],
        f"http://127.0.0.1:{port}",
        HOME=str(tmp_path / "home"),
        BLOOM_STORE=store,
    ) as app:
        wait_until_it_listens(app)
        for cookies in ({}, admins_cookie(store)):
            with open_tab(app.url, cookies) as tab:
                for page in ("", "count-flowers", "people"):
                    assert labels(tab.run(page_name=page)) == REFUSED
    assert stored(store) == set()


@pytest.mark.parametrize("base_path", ["bloom", "/a/b/"])
def test_a_path_before_all_addresses_is_refused_in_a_sentence(tmp_path, base_path):
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", "0"]
    environment = {**os.environ, "BLOOM_STORE": str(tmp_path), "STREAMLIT_SERVER_BASE_URL_PATH": base_path}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode != 0
    (said,) = [line for line in ended.stderr.splitlines() if "server.baseUrlPath" in line]
    assert said.endswith("Leave the setting out, and give Bloomcount a name or a port of its own.")
    assert "Traceback" not in ended.stderr
