"""The addresses of the page Crops: what waits, pictures of flowers, and what is said of them."""

from __future__ import annotations

import time
from io import BytesIO

import jwt
import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.recognition.flowers import Flowers, TaxonScore
from core.store.records import Analysis, Observation
from tests.survey import UPLOADED, photo
from tests.tabs import PASSWORD
from web.cookie import COOKIE
from web.crops import MOST_MARKS, ROUTES
from web.pictures import CUT_PX
from web.process import bloomcount, package
from web.sign_ins import SignIn

WIDTH, HEIGHT = 900, 600
BOX = [700.0, 100.0, 800.0, 200.0]


def turned_jpeg() -> bytes:
    """A photo that its camera stored on its side: upright, it is green and has a white flower in BOX."""
    upright = Image.new("RGB", (WIDTH, HEIGHT), (30, 120, 30))
    upright.paste((255, 255, 255), tuple(map(int, BOX)))
    file, exif = BytesIO(), Image.Exif()
    exif[0x0112] = 6
    upright.transpose(Image.Transpose.ROTATE_90).save(file, "JPEG", quality=95, exif=exif)
    return file.getvalue()


@pytest.fixture
def photo_id(browser) -> str:
    library = bloomcount().library
    record = photo("meadow.jpg", photo_id=library.pictures.add(turned_jpeg()), width=WIDTH, height=HEIGHT)
    flowers = Flowers(np.float32([BOX]), np.float32([0.9]), ((TaxonScore("corn-poppy", 0.9),),))
    analysis = Analysis(record.photo_id, "bloom", package().version, UPLOADED, 0.9, "", flowers)
    row = Observation(
        record.photo_id, "corn-poppy", 1, 1, 2, 0.9, "confident", "flower", "bloom", UPLOADED, analysis.analysis_id
    )
    library.record([record], [analysis], [row])
    return record.photo_id


@pytest.fixture
def anna(browser, photo_id) -> TestClient:
    accounts, sign_in = browser.accounts, SignIn("anna", time.time() + 3600)
    accounts.open_sign_in(accounts.sign_in("anna", PASSWORD, address="here"), sign_in.expires_at)
    claims = {"username": sign_in.username, "exp_date": sign_in.expires_at}
    cookie = jwt.encode(claims, accounts.cookie_key(), algorithm="HS256")
    return TestClient(Starlette(routes=ROUTES), cookies={COOKIE: cookie})


def step(photo_id: str, taxon: str | None, **other: object) -> dict[str, object]:
    marks = [{"photo": photo_id, "box": BOX, "was": "corn-poppy", "taxon": taxon}]
    return {"by": "anna", "review_id": "s1", "marks": marks, **other}


def waiting(anna: TestClient) -> list[dict[str, object]]:
    return anna.get("/flowers/waiting?of=corn-poppy").json()["crops"]


def test_a_flower_waits_with_its_picture_upright_and_cut_around_it(anna, photo_id):
    [crop] = waiting(anna)
    answer = anna.get(crop["picture"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    picture = Image.open(BytesIO(answer.content))
    assert picture.size == (CUT_PX, CUT_PX)
    pixels = np.asarray(picture.convert("RGB"), np.int16)
    assert pixels[CUT_PX // 2, CUT_PX // 2].min() > 240, "the flower is in the middle"
    assert pixels[2, 2, 0] < 80, "and has a margin"


def test_pictures_are_for_people_who_are_signed_in_and_of_photos_that_are_there(anna, photo_id):
    stranger = TestClient(Starlette(routes=ROUTES))
    picture = waiting(anna)[0]["picture"]
    assert stranger.get(picture).status_code == 403
    assert stranger.get("/flowers/waiting?of=corn-poppy").status_code == 403
    assert stranger.post("/flowers", json=step(photo_id, "rose")).status_code == 403
    assert anna.get(picture.replace(photo_id, "0" * 64)).status_code == 404
    assert anna.get(f"/flowers/{photo_id}/1-2-3.webp").status_code == 404


def test_what_is_said_is_saved_once_undone_and_redone(anna, photo_id):
    for _ in range(2):
        assert anna.post("/flowers", json=step(photo_id, "rose")).json() == {"news": ""}
    assert waiting(anna) == []
    library = bloomcount().library
    assert [record.counts for record in library.review_records([photo_id])] == [{"rose": 1}]
    assert anna.post("/flowers", json=step(photo_id, "rose", review_id="s2", undoes="s1")).json() == {"news": ""}
    assert len(waiting(anna)) == 1
    assert anna.post("/flowers", json=step(photo_id, "rose", review_id="s3", redoes="s1")).json() == {"news": ""}
    assert library.reviews_of([photo_id])[photo_id].counts == {"rose": 1}


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"marks": []}, id="no flower"),
        pytest.param({"marks": [{"photo": "a", "box": [1, 2, 3, 4], "was": "rose", "taxon": None}] * (MOST_MARKS + 1)},
                     id="too many"),
        pytest.param({"marks": [{"photo": "a", "box": [1, 2], "was": "rose", "taxon": None}]}, id="half a box"),
        pytest.param({"marks": [{"photo": 3, "box": [1, 2, 3, 4], "was": "rose", "taxon": None}]}, id="no photo"),
        pytest.param({"marks": None}, id="no marks"),
        pytest.param({"review_id": 5}, id="a number as id"),
    ],
)  # fmt: skip
def test_what_is_no_step_is_refused_in_a_sentence(anna, photo_id, wrong):
    answer = anna.post("/flowers", json={**step(photo_id, "rose"), **wrong})
    assert answer.status_code == 400
    assert answer.text
    assert bloomcount().library.review_records([photo_id]) == []


def test_a_step_of_somebody_else_waits_for_them(anna, photo_id):
    assert anna.post("/flowers", json=step(photo_id, "rose", by="ben")).status_code == 403
