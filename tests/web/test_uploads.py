"""The way of an upload through the middleware, with Starlette's own client and a small app in Streamlit's place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string

from core.errors import NotTaken, StoreError
from core.language import current_language, use_language
from core.store.records import Drop, Upload
from web import uploads
from web.sign_ins import SignIn, SignIns
from web.uploads import Arrivals, OpenDrops, OpenForm

DROP = Drop("drop-1", "plot 3", "after rain", "anna")
SITES = OpenForm((".csv",), max_bytes=1_000_000)
ANNA = SignIn("anna", 4e9)
PHOTO = bytes(range(256)) * 40_000


class Desk:
    """Arguments of the middleware: the signed-in person, and a place for photos."""

    def __init__(self) -> None:
        self.kept: list[tuple[bytes, str, Drop]] = []
        self.drops = OpenDrops()
        self.full = self.unreadable = self.deleted = False
        self.sign_ins = SignIns()
        self.sign_ins.keep("anna-session", ANNA)
        self.sign_ins.keep("ben-session", SignIn("ben", 4e9))

    def sign_in_of(self, cookies: Mapping[str, str]) -> SignIn | None:
        if self.unreadable:
            raise StoreError("The disk is gone.")
        return ANNA if cookies.get("bloomcount") == "anna" else None

    def accept(self, data: bytes, *, file: str, drop: Drop) -> Upload:
        if self.full:
            raise StoreError("The store is full.")
        if self.deleted:
            raise NotTaken(f"{current_language()}: {file} was deleted.")
        self.kept.append((data, file, drop))
        return Upload(
            drop_id=drop.drop_id, photo_id=sha256(data).hexdigest(), file=file, bytes=len(data), site=drop.site,
            note=drop.note, uploaded_by=drop.uploaded_by, uploaded_at=datetime.now(UTC),
        )  # fmt: skip


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def client(desk):
    async def streamlit(request: Request) -> JSONResponse:
        async with request.form() as form:
            (upload,) = form.values()
            return JSONResponse({"name": upload.filename, "content": (await upload.read()).decode()})

    routes = [Route("/_stcore/upload_file/{session}/{file}", streamlit, methods=["PUT", "DELETE"])]
    middleware = Middleware(
        Arrivals,
        sign_in_of=desk.sign_in_of,
        sign_ins=lambda: desk.sign_ins,
        drops=lambda: desk.drops,
        accept=desk.accept,
        max_upload_bytes=20_000_000,
    )
    client = TestClient(Starlette(routes=routes, middleware=[middleware]))
    token = generate_xsrf_token_string()
    client.cookies.update({"bloomcount": "anna", "_streamlit_xsrf": token})
    client.headers["X-Xsrftoken"] = token
    return client


def put(client, session="anna-session", name="IMG 1 é.jpg", data=PHOTO, file_id="f1", **options):
    return client.put(f"/_stcore/upload_file/{session}/{file_id}", files={"file": (name, data)}, **options)


def test_a_photo_is_stored_whole_and_streamlit_keeps_only_its_id(desk, client):
    desk.drops.open("anna-session", DROP)
    answer = put(client)
    ((data, file, drop),) = desk.kept
    assert (data, drop) == (PHOTO, DROP)
    assert answer.json() == {"name": file, "content": sha256(PHOTO).hexdigest()}
    assert file == "IMG 1 é.jpg"
    assert desk.drops.arrivals("anna-session") == 1


@pytest.mark.parametrize("full", [False, True], ids=["stored", "refused"])
def test_photos_are_on_their_way_until_each_was_sent(desk, client, full, monkeypatch):
    monkeypatch.setattr(uploads, "STILL_ARRIVING_S", 0.0)
    desk.drops.open("anna-session", DROP)
    desk.full = full
    for file_id in ("f1", "f2"):
        desk.drops.expect("anna-session", file_id)
    on_their_way = [(desk.drops.awaited("anna-session"), desk.drops.arriving("anna-session"))]
    for file_id in ("f1", "f2"):
        put(client, file_id=file_id)
        on_their_way.append((desk.drops.awaited("anna-session"), desk.drops.arriving("anna-session")))
    assert on_their_way == [(2, True), (1, True), (0, False)]


def test_of_a_session_without_a_drop_nothing_is_on_its_way(desk):
    desk.drops.expect("stranger-session", "f1")
    assert not desk.drops.arriving("stranger-session")


def test_a_stranger_is_refused_before_the_body_is_read(desk, client):
    desk.drops.open("stranger-session", DROP)
    body_was_read = []

    def body():
        body_was_read.append(True)
        yield PHOTO

    answer = client.put("/_stcore/upload_file/stranger-session/f1", content=body())
    assert (answer.status_code, desk.kept) == (403, [])
    assert client.delete("/_stcore/upload_file/stranger-session/f1").status_code == 403


def test_a_person_who_has_no_drop_open_can_upload_nothing(desk, client):
    assert (put(client).status_code, desk.kept) == (403, [])


def test_a_file_that_is_not_taken_in_is_refused_with_its_sentence_in_the_persons_language_until_the_next_drop(
    desk, client
):
    use_language("nl")
    desk.drops.open("anna-session", DROP)
    use_language("en")
    desk.deleted = True
    answer = put(client, name="a.jpg")
    assert (answer.status_code, answer.text, desk.kept) == (409, "nl: a.jpg was deleted.", [])
    assert desk.drops.refusals("anna-session") == ("nl: a.jpg was deleted.",)
    assert desk.drops.arrivals("anna-session") == 1  # the page runs again, and says so
    desk.drops.open("anna-session", DROP)
    assert desk.drops.refusals("anna-session") == ("nl: a.jpg was deleted.",)
    desk.drops.open("anna-session", replace(DROP, drop_id="drop-2"))
    assert desk.drops.refusals("anna-session") == ()


def test_a_store_that_refuses_lets_the_browser_know(desk, client):
    desk.drops.open("anna-session", DROP)
    desk.full = True
    assert put(client).status_code == 503
    desk.full = False
    assert put(client).status_code == 200
    assert len(desk.kept) == 1


def test_a_file_over_the_limit_is_refused_by_its_length(desk, client):
    desk.drops.open("anna-session", DROP)
    assert put(client, data=bytes(21_000_000)).status_code == 413
    assert desk.kept == []


def test_an_upload_without_a_file_is_refused(desk, client):
    desk.drops.open("anna-session", DROP)
    assert client.put("/_stcore/upload_file/anna-session/f1", data={"file": "text"}).status_code == 400


def test_a_photo_belongs_to_who_is_signed_in_when_it_arrives_whoever_opened_the_drop(desk, client):
    desk.drops.open("anna-session", replace(DROP, uploaded_by="lea"))
    put(client)
    assert [drop for _, _, drop in desk.kept] == [DROP]


def test_a_new_drop_takes_the_next_photos(desk, client):
    desk.drops.open("anna-session", DROP)
    put(client)
    later = Drop("drop-2", "", "", "anna")
    desk.drops.open("anna-session", later)
    put(client, data=b"another photo")
    assert [drop for _, _, drop in desk.kept] == [DROP, later]


def test_a_file_for_a_form_goes_to_the_page_and_is_no_photo(desk, client):
    desk.drops.open("anna-session", SITES)
    answer = put(client, name="sites.csv", data=b"site\ndunes\n")
    assert (answer.json(), desk.kept) == ({"name": "sites.csv", "content": "site\ndunes\n"}, [])
    assert desk.drops.arrivals("anna-session") == 0
    assert put(client, name="large.csv", data=bytes(1_100_000)).status_code == 413
    desk.drops.open("anna-session", DROP)
    assert put(client).json()["content"] == sha256(PHOTO).hexdigest()


def test_photos_that_are_still_on_their_way_when_a_form_is_opened_are_kept_in_their_drop(desk, client):
    desk.drops.open("anna-session", DROP)
    desk.drops.open("anna-session", SITES)
    assert put(client).json()["content"] == sha256(PHOTO).hexdigest()
    assert [(data, drop) for data, _, drop in desk.kept] == [(PHOTO, DROP)]
    assert put(client, name="SITES.CSV", data=b"site\n").json()["content"] == "site\n"
    assert put(client, name="large.csv", data=bytes(1_100_000)).status_code == 413
    assert len(desk.kept) == 1


def test_a_form_without_a_drop_takes_no_photos(desk, client):
    desk.drops.open("anna-session", SITES)
    assert (put(client, data=b"photo").status_code, desk.kept) == (403, [])


@pytest.mark.parametrize(
    ("session", "cookie", "token", "status"),
    [
        pytest.param("anna-session", "anna", None, 204, id="her own session"),
        pytest.param("ben-session", "anna", None, 403, id="another person's session"),
        pytest.param("anna-session", "", None, 403, id="a session's id without its cookie"),
        pytest.param("anna-session", "anna", "", 403, id="a form on another site"),
        pytest.param("anna-session", "anna", "2|00000000|00|1", 403, id="a wrong token"),
    ],
)
def test_a_photo_is_taken_from_the_browser_of_the_session_alone(desk, client, session, cookie, token, status):
    for one in ("anna-session", "ben-session"):
        desk.drops.open(one, DROP)
    client.cookies.set("bloomcount", cookie)
    if token is not None:
        client.headers["X-Xsrftoken"] = token
    answer = put(client, session)
    assert answer.status_code == (200 if status == 204 else status)  # Streamlit's stand-in says 200
    assert len(desk.kept) == (status == 204)


def test_an_upload_hears_in_a_sentence_that_accounts_cannot_be_read(desk, client):
    desk.drops.open("anna-session", DROP)
    desk.unreadable = True
    answer = put(client)
    assert (answer.status_code, desk.kept) == (503, [])
    assert answer.text == "Bloomcount cannot read its accounts now. Try again in a minute."
