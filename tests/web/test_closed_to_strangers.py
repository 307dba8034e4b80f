"""The real app lets strangers do nothing but sign in: no page, no upload, no picture."""

from __future__ import annotations

import ast
import sys
import time
from dataclasses import replace
from pathlib import Path

import jwt
import pytest
from streamlit.util import calc_hash

from core.bloomcount import assemble
from core.people.accounts import Accounts
from core.settings import Settings
from core.store.blobs import open_blobs
from core.store.pictures import photo_key
from pages.navigation import PAGES
from tests.app_server import ROOT, free_port, running, running_app
from tests.people import ADMIN
from tests.survey import count, photo
from tests.web.tab import labels, open_tab
from web.cookie import COOKIE

PAGE_FILES = sorted(path for path in (ROOT / "pages").rglob("*/*.py") if ROOT / "pages" / "parts" not in path.parents)
ENTRY = ROOT / "pages" / "front_door.py"
BESIDE_SECTIONS = [ENTRY, ROOT / "pages" / "navigation.py"]
PASSWORD = "four calm yellow daisies"
SIGN_IN = [
    "heading: Bloomcount",
    "markdown: Names and counts the flowers in your photos.",
    "text_input: Name",
    "text_input: Password",
    "button: Sign in",
    "markdown: No account, or a forgotten password? An administrator of your Bloomcount can help.",
    "button_group: Language",
]
PHOTO = b"\xff\xd8" + bytes(range(256)) * 100


# --- the files


def statements(path: Path) -> list[ast.stmt]:
    """Statements of a file, after its docstring and imports."""
    body = ast.parse(path.read_text()).body
    return [
        statement
        for statement in body
        if not isinstance(statement, ast.Import | ast.ImportFrom)
        and not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
    ]


def is_guard(statement: ast.stmt) -> bool:
    """True if this is `require("role")`, its answer kept or not."""
    call = statement.value if isinstance(statement, ast.Expr | ast.Assign) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "require"


def test_there_are_pages():
    assert {path.relative_to(ROOT / "pages").as_posix() for path in PAGE_FILES} == {page.file for page in PAGES}


def test_no_page_lies_where_streamlit_serves_it_unasked():
    assert not (ENTRY.parent / "pages").exists()  # the folder that Streamlit serves page by page, to anybody
    assert sorted((ROOT / "pages").glob("*.py")) == BESIDE_SECTIONS


@pytest.mark.parametrize("path", PAGE_FILES, ids=lambda path: path.stem)
def test_the_first_thing_a_page_does_is_to_ask_who_is_there(path):
    first = statements(path)[0]
    assert is_guard(first), f"{path.name}:{first.lineno} comes before require(role)"
    (role,) = first.value.args
    assert role.value == {page.file: page.role for page in PAGES}[path.relative_to(ROOT / "pages").as_posix()]
    guard_imports = {
        alias.name: node.module
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert guard_imports["require"] == "web.session"


def fragments(tree: ast.Module) -> list[ast.FunctionDef]:
    """The functions that a click or a timer runs without the page around them."""
    named = {
        node.args[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "st.fragment" and node.args
    }
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and (node.name in named or any(ast.unparse(by).startswith("st.fragment") for by in node.decorator_list))
    ]


@pytest.mark.parametrize("path", PAGE_FILES, ids=lambda path: path.stem)
def test_the_first_thing_a_fragment_does_is_to_ask_who_is_there(path):
    for fragment in fragments(ast.parse(path.read_text())):
        assert is_guard(fragment.body[1]), f"{path.name}:{fragment.lineno} does not start with require(role)"


def test_fragments_are_found_however_they_are_made():
    functions = (
        "@st.fragment\ndef a(): ...",
        "@st.fragment(run_every=1)\ndef b(): ...",
        "def c(): ...",
        "def d(): ...",
    )
    source = "\n".join([*functions, "st.fragment(c)()"])
    assert [fragment.name for fragment in fragments(ast.parse(source))] == ["a", "b", "c"]


@pytest.mark.parametrize("path", PAGE_FILES, ids=lambda path: path.stem)
def test_no_page_acts_in_a_callback_which_would_run_before_its_guard(path):
    callbacks = [
        f"{path.name}:{node.lineno}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.keyword) and node.arg in ("on_click", "on_change", "on_submit")
        if ast.unparse(node.value) != "'ignore'"  # of a download button: nothing is called
    ]
    assert callbacks == []


@pytest.mark.parametrize(
    ("source", "guarded"),
    [
        ('"""Doc."""\nimport os\nrequire("lead")\n', True),
        ('person = require("lead")\n', True),
        ('import os\nos.remove("x")\nrequire("lead")\n', False),
        ('if True:\n    require("lead")\n', False),
        ("st.title('x')\n", False),
    ],
)
def test_a_page_without_its_guard_fails(tmp_path, source, guarded):
    page = tmp_path / "page.py"
    page.write_text(source)
    assert is_guard(statements(page)[0]) is guarded


# --- the server


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store with accounts, so that nothing is left to do at the start."""
    store = str(tmp_path_factory.mktemp("closed") / "store")
    accounts = Accounts(open_blobs(Settings(store=store)))
    accounts.first_start()
    accounts.set_password("admin", PASSWORD, address=ADMIN.address)
    return store


FORKS = """
import functools, os, signal, sys
import ai_edge_litert.interpreter, boto3, deltalake, pandas, plotly.graph_objects, polars, streamlit.web.cli
from streamlit.components.v2 import manifest_scanner
manifest_scanner.scan_component_manifests = functools.cache(manifest_scanner.scan_component_manifests)
manifest_scanner.scan_component_manifests()
while port := sys.stdin.readline().strip():
    if not (server := os.fork()):
        os.environ["STREAMLIT_SERVER_PORT"] = port
        sys.argv = ["streamlit", "run", "streamlit_app.py"]
        streamlit.web.cli.main()
    sys.stdin.readline()
    os.kill(server, signal.SIGKILL)
    os.waitpid(server, 0)
"""
"""A process that loads libraries, and nothing of the app: each port that it reads gets a server that is new."""


@pytest.fixture(scope="module")
def forks(store, tmp_path_factory):
    home, loopback = tmp_path_factory.mktemp("home"), "127.0.0.1"
    environment = {"HOME": str(home), "BLOOM_STORE": store, "STREAMLIT_SERVER_ADDRESS": loopback}
    with running([sys.executable, "-c", FORKS], "", **environment) as forks:
        yield forks
        forks.process.stdin.close()
        forks.process.wait(30)  # it ends its last server first


@pytest.fixture
def fresh_app(forks):
    """An app that no session has visited."""
    port = free_port()
    print(port, file=forks.process.stdin, flush=True)
    app = replace(forks, url=f"http://127.0.0.1:{port}")
    try:
        wait_until_it_listens(app)
        yield app
    finally:
        print(file=forks.process.stdin, flush=True)


@pytest.fixture(scope="module")
def app(store, tmp_path_factory):
    with running_app(store, tmp_path_factory.mktemp("home")) as app:
        wait_until_it_listens(app)
        yield app


def wait_until_it_listens(app):
    """Until the port answers; pages may be asked for before store and recogniser are there."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if app.get("/_stcore/health") == (200, "ok"):
                return
        except OSError:
            pass
        assert app.process.poll() is None, "".join(app.output)
        time.sleep(0.1)
    raise AssertionError("".join(app.output))


def address_of(page):
    """The path of a page's address; the first page has the app's own address and no other."""
    return "" if page is PAGES[0] else page.url_path


def stored(store):
    """Keys in the store, except those that the server keeps there itself: people, the trail, and the model in use."""
    keys = {blob.key for blob in open_blobs(Settings(store=store)).list()}
    return {key for key in keys if not key.startswith(("accounts/", "models/", "tables/trail/"))}


def admins_cookie(store):
    """The cookie of a browser in which the admin has signed in."""
    accounts = Accounts(open_blobs(Settings(store=store)))
    expires_at = time.time() + 3600
    accounts.open_sign_in(accounts.sign_in("admin", PASSWORD, address="here"), expires_at)
    claims = {"username": "admin", "exp_date": expires_at}
    return {COOKIE: jwt.encode(claims, accounts.cookie_key(), algorithm="HS256")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.url_path)
def test_a_deep_link_on_a_fresh_server_shows_only_the_sign_in(fresh_app, store, page):
    path = ROOT / "pages" / page.file
    for address in (page.url_path, path.stem, page.file.removesuffix(".py")):
        assert "<title>Streamlit</title>" in fresh_app.get(f"/{address}")[1]
    for link in (
        {"page_name": address_of(page)},
        {"page_name": page.url_path},
        {"page_name": path.stem},
        {"page_script_hash": calc_hash(page.url_path)},
        {"page_script_hash": calc_hash(str(path))},
        {"page_script_hash": calc_hash(str(ENTRY)), "query": "embed=true"},
    ):
        with open_tab(fresh_app.url) as tab:
            assert labels(tab.run(**link)) == SIGN_IN, link
            assert tab.page_was_found or link != {"page_name": address_of(page)}
    assert stored(store) == set()


def test_the_same_links_open_their_pages_once_signed_in(app, store):
    with open_tab(app.url, admins_cookie(store)) as tab:
        for page in PAGES:
            assert "button: Sign out" in labels(tab.run(page_name=address_of(page)))
            assert tab.page_was_found


@pytest.mark.parametrize("path", BESIDE_SECTIONS, ids=lambda path: path.stem)
def test_what_lies_beside_the_sections_of_pages_is_no_page_of_its_own(app, path):
    for link in ({"page_name": path.stem}, {"page_script_hash": calc_hash(str(path))}):
        with open_tab(app.url) as tab:
            assert labels(tab.run(**link)) == SIGN_IN, link


@pytest.mark.parametrize(
    "cookie",
    [
        pytest.param({}, id="no cookie"),
        pytest.param({COOKIE: "nonsense"}, id="nonsense"),
        pytest.param(
            {COOKIE: jwt.encode({"username": "admin", "exp_date": 4e9}, "some_key" * 4, algorithm="HS256")},
            id="forged with a guessed key",
        ),
    ],
)
def test_a_strangers_session_uploads_nothing(app, store, cookie):
    with open_tab(app.url, cookie) as tab:
        assert labels(tab.run()) == SIGN_IN
        status, answer = tab.upload(PHOTO)
        assert (status, "Sign in" in answer) == (403, True)
        for session_id in ("", "..", "another-session", "test%20session%20id"):
            assert tab.upload(PHOTO, session_id=session_id)[0] in (400, 403, 404, 405)
    assert stored(store) == set()


def test_a_stranger_throws_away_nothing_that_all_sessions_share(store, tmp_path):
    with running_app(store, tmp_path / "home", TMPDIR=str(tmp_path)) as app:
        app.wait_until_ready()
        shared = list(tmp_path.glob("bloomcount-models-*"))  # made anew with store, recogniser and worker
        with open_tab(app.url) as tab:
            assert labels(tab.run()) == SIGN_IN
            tab.clear_caches()
            assert labels(tab.run()) == SIGN_IN
        assert app.get("/readyz")[0] == 200
        assert list(tmp_path.glob("bloomcount-models-*")) == shared


@pytest.mark.parametrize(
    "path",
    [
        *("/thumbs/{}.webp", "/pictures/{}.webp", "/fine/{}.webp", "/media/{}.jpg", "/exports/{}/counts.csv"),
        *("/reviews/{}", "/names?q={}"),
    ],
)
def test_strangers_see_no_picture(app, path):
    assert app.get(path.format("ab" * 32))[0] in (403, 404)


@pytest.mark.parametrize("path", ["/pages/admin/people.py", "/data/accounts/accounts.json", "/accounts/accounts.json"])
def test_no_file_of_the_app_is_served(app, path):
    assert "<title>Streamlit</title>" in app.get(path)[1]


def test_a_signed_in_session_uploads_until_the_sign_in_ends(app, store):
    cookie = admins_cookie(store)
    with open_tab(app.url, cookie) as tab:
        assert "heading: Count flowers" in labels(tab.run(page_name="count-flowers"))
        status, _ = tab.upload(PHOTO)
        assert status == 204
        kept = stored(store)
        assert [key.split("/")[0] for key in sorted(kept) if key.startswith("photos/")] == ["photos"]
        Accounts(open_blobs(Settings(store=store))).sign_out_everywhere("admin", by=ADMIN)
        assert tab.upload(PHOTO + b"another")[0] == 403
        assert {key for key in stored(store) if key.startswith("photos/")} == {
            key for key in kept if key.startswith("photos/")
        }
        assert labels(tab.run()) == SIGN_IN
    with open_tab(app.url, cookie) as tab:
        assert labels(tab.run()) == SIGN_IN


def test_an_open_tab_downloads_its_photo_until_the_sign_in_ends(app, store):
    bloom, kept = assemble(Settings(store=store)), photo("poppies.jpg")
    bloom.blobs.put(photo_key(kept.photo_id), PHOTO)
    count(bloom.library, kept, {"corn-poppy": 3})
    with open_tab(app.url, admins_cookie(store)) as tab:
        page = tab.run(page_name="photo", query=f"id={kept.photo_id}")
        assert tab.download(page, "Photo as uploaded").startswith("/media/")
        bloom.accounts.sign_out_everywhere("admin", by=ADMIN)
        assert tab.download(page, "Photo as uploaded") == ""
