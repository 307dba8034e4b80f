"""The addresses of the page Review: what they take, from whom, and that nothing is saved twice."""

from __future__ import annotations

import time

import jwt
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.recognition.flowers import Flowers, TaxonScore
from core.review.reviews import Said, save_review
from core.store.records import Analysis
from tests.survey import UPLOADED, count, person, photo
from tests.tabs import PASSWORD
from web.cookie import COOKIE
from web.process import bloomcount, package
from web.reviews import ROUTES
from web.sign_ins import SignIn

POPPY = (TaxonScore("corn-poppy", 0.9), TaxonScore("rose", 0.04))
BOX = [4.0, 3.0, 12.0, 9.0]
RECORD = photo("meadow.jpg")


def found() -> Analysis:
    flowers = Flowers(np.float32([BOX]), np.float32([0.9]), (POPPY,))
    return Analysis(RECORD.photo_id, "bloom", package().version, UPLOADED, 0.9, "", flowers)


@pytest.fixture
def anna(browser) -> TestClient:
    """Anna's browser, on a store with a photo of one poppy; another of the site shows sunflowers."""
    accounts, sign_in = browser.accounts, SignIn("anna", time.time() + 3600)
    accounts.open_sign_in(accounts.sign_in("anna", PASSWORD, address="here"), sign_in.expires_at)
    claims = {"username": sign_in.username, "exp_date": sign_in.expires_at}
    cookie = jwt.encode(claims, accounts.cookie_key(), algorithm="HS256")
    library = bloomcount().library
    library.record([RECORD], [found()], [])
    count(library, photo("other.jpg"), {"sunflower": 3})
    return TestClient(Starlette(routes=ROUTES), cookies={COOKIE: cookie})


def review(**other: object) -> dict[str, object]:
    flower = {"box": BOX, "taxon": "corn-poppy", "from": 0}
    said = {
        "photo_id": RECORD.photo_id,
        "review_id": "r1",
        "by": "anna",
        "undoes": None,
        "seen": None,
        "analysis": found().analysis_id,
    }
    return {**said, "flowers": [flower], "more": [], "at_least": False, **other}


def stored() -> list[tuple[str, str, dict[str, int], str | None]]:
    records = bloomcount().library.review_records([RECORD.photo_id])
    return [(one.review_id, one.by, one.counts, one.undoes) for one in records]


def test_a_photo_is_given_with_its_boxes_names_and_number(anna):
    sheet = anna.get(f"/reviews/{RECORD.photo_id}").json()
    [flower] = sheet["sheet"]["flowers"]
    assert (flower["box"], flower["taxon"], flower["from"], flower["best"]) == (
        BOX,
        "corn-poppy",
        0,
        ["corn-poppy", "rose"],
    )
    assert sheet["taxa"]["corn-poppy"] == ["Papaver rhoeas", "corn poppy"]
    assert (sheet["sheet"]["rows"], sheet["sheet"]["more"], sheet["said"]) == (["corn-poppy"], {}, [])


def test_a_review_that_comes_twice_is_saved_once_and_so_is_its_undoing(anna):
    for _ in range(2):
        assert anna.post("/reviews", json=review(more=[{"taxon": "rose", "count": 2}])).status_code == 200
    assert stored() == [("r1", "anna", {"corn-poppy": 1, "rose": 2}, None)]
    for _ in range(2):
        assert anna.post("/reviews", json=review(review_id="r2", undoes="r1")).status_code == 200
    assert [undoes for *_, undoes in stored()] == [None, "r1"]
    assert bloomcount().library.reviews_of([RECORD.photo_id]) == {}


def test_candidates_of_an_analysis_that_is_no_longer_the_newest_are_kept_as_boxes(anna):
    for sent, place in (("another", None), (found().analysis_id, 0)):
        anna.post("/reviews", json=review(review_id=sent, analysis=sent))
        said = bloomcount().library.reviews_of([RECORD.photo_id])[RECORD.photo_id]
        assert [(flower.box_xyxy, flower.candidate) for flower in said.record.flowers] == [(tuple(BOX), place)]


def test_the_later_of_two_people_stands_and_is_told_of_the_other(anna):
    ben = save_review(
        bloomcount().library, RECORD.photo_id, Said(more={"rose": 7}), package=package(), by=person("ben")
    )
    seen = anna.get(f"/reviews/{RECORD.photo_id}").json()
    assert seen["said"][0].startswith("ben, ")
    answer = anna.post("/reviews", json=review()).json()
    assert "ben reviewed this photo too" in answer["news"]
    assert [line.partition(",")[0] for line in answer["said"]] == ["anna", "ben"]
    assert anna.post("/reviews", json=review(review_id="r2", seen=ben.review_id)).json()["news"] == ""


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param({"by": "lea"}, 403, id="another person signed in meanwhile"),
        pytest.param({"photo_id": "0" * 64}, 400, id="no such photo"),
        pytest.param({"photo_id": 7}, 400, id="no text"),
        pytest.param({"flowers": [{"box": [9, 9, 3, 3], "taxon": "rose", "from": None}]}, 400, id="a box inside out"),
        pytest.param({"flowers": [{"box": BOX, "taxon": "rose", "from": 1}]}, 400, id="no such candidate"),
        pytest.param({"flowers": [{"box": BOX, "taxon": "", "from": None}]}, 400, id="no name"),
        pytest.param({"more": [{"taxon": "rose", "count": 100_000}]}, 400, id="too many"),
        pytest.param({"more": None}, 400, id="nothing where a list belongs"),
        pytest.param({"undoes": "r9"}, 400, id="an undoing of nothing"),
    ],
)
def test_what_cannot_be_saved_is_refused_in_a_sentence(anna, sent, status):
    answer = anna.post("/reviews", json=review(**sent))
    assert answer.status_code == status, answer.text
    assert answer.text
    assert stored() == []


def test_only_json_of_people_who_are_signed_in_is_taken(anna):
    assert anna.post("/reviews", data={"photo_id": RECORD.photo_id}).status_code == 415
    assert anna.post("/reviews", content=b"[", headers={"content-type": "application/json"}).status_code == 400
    anna.cookies.clear()
    assert anna.post("/reviews", json=review()).status_code == 403
    assert stored() == []


def test_names_begin_with_what_the_model_thought_of_and_what_grows_here(anna):
    def found(query: str) -> list[str]:
        return [name for name, *_ in anna.get(f"/names?photo={RECORD.photo_id}&{query}").json()]

    assert found("q=cen+jac")[0] == "centaurea-jacea"
    assert found("q=ro&likely=rose")[0] == "rose"
    assert found("q=s")[0] == "sunflower"
    assert found("q=zzzzqqqq") == []


def test_a_name_that_no_list_has_is_taken_with_rank_and_family_and_then_found(anna):
    sent = {"typed": "Rudbeckia viridis", "rank": "species", "family": "Asteraceae"}
    refused = anna.post("/names", json={**sent, "rank": "tribe"})
    assert (refused.status_code, "rank" in refused.text) == (400, True)
    taken = anna.post("/names", json=sent).json()
    assert taken[:2] == ["rudbeckia-viridis", "Rudbeckia viridis"]
    assert anna.get(f"/names?photo={RECORD.photo_id}&q=rudb+vir").json()[0] == taken
    assert anna.post("/names", json={**sent, "typed": "papaver rhoeas"}).json()[0] == "corn-poppy"
