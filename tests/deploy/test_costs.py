"""The arithmetic of docs/why-beanstalk.md: by hand, by laws, and that the document shows what it gives."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.bloomcount import assemble
from core.intake.inbox import new_drop_id
from core.intake.pipeline import accept
from core.intake.worker import Worker
from core.store.records import Drop
from deploy.costs import (
    GETS_A_LOOK,
    GETS_A_PHOTO,
    LISTS_A_LOOK,
    LOADS,
    PUTS_A_PHOTO,
    WAYS,
    elastic_beanstalk,
    requests,
    tables,
    with_lambda,
)
from tests.core.counting_squares import Squares, photo_of
from tests.deploy.recorder import Recorder, recording

FIVE_A_DAY, TWO_THOUSAND_A_WEEK, DRONES = LOADS
PHOTOS = 20
DOCUMENT = Path(__file__).parents[2] / "docs" / "why-beanstalk.md"


@pytest.mark.parametrize("position", range(3))
def test_the_document_shows_these_tables(position: int) -> None:
    assert tables()[position] in DOCUMENT.read_text(encoding="utf-8")


def test_five_photos_a_day_by_hand() -> None:
    server, balancer, addresses = 0.0416 * 730, 0.0225 * 730 + 0.008 * 0.608, 0.005 * 730 * 3
    looks = 525_600 * (0.005 + 0.0004) / 1000
    photos = 152.1 * (10 * 0.005 + 10 * 0.0004) / 1000
    assert elastic_beanstalk(FIVE_A_DAY) == pytest.approx(server + balancer + addresses + looks + photos, abs=0.01)
    assert requests(FIVE_A_DAY) == pytest.approx(looks + photos, abs=0.01)


def test_a_million_drone_photos_by_hand() -> None:
    assert DRONES.counting_hours == pytest.approx(333_333 / (1.7 * 12 / 20) / 3600, rel=1e-4)
    call_s = 20 / 12 * 2 / 1.7
    calls = 333_333 * (call_s * 1.769 * 0.00001667 + 0.0000002)
    assert with_lambda(DRONES) - elastic_beanstalk(DRONES) == pytest.approx(calls, rel=1e-4)


@pytest.mark.parametrize("load", LOADS, ids=lambda load: load.name)
def test_its_servers_keep_up_without_bursting(load) -> None:
    """A t3.medium may use a fifth of its two cores for ever."""
    assert load.counting_hours / (730 * load.servers) < 0.2


def asked_for(recorder: Recorder) -> tuple[int, int]:
    """Requests so far: what costs as a put, what costs as a get. Deleting is free."""
    times = Counter(dict.fromkeys(("s3:PutObject", "s3:ListBucket", "s3:GetObject"), 0))
    for asked, often in recorder.asked.items():
        times[asked.action] += often
    return times["s3:PutObject"] + times["s3:ListBucket"], times["s3:GetObject"]


def test_a_server_asks_s3_no_more_often_than_the_arithmetic_says(s3_server, s3_settings, capsys) -> None:
    with recording(s3_server.endpoint) as recorder:
        bloom = assemble(replace(s3_settings, s3_endpoint=recorder.endpoint))
        worker = Worker(bloom.library, bloom.inbox, Squares, bloom.settings)
        for number in range(PHOTOS):
            data, drop = photo_of(1, number=number), Drop(new_drop_id(), "", "", "anna")
            accept(bloom.library, bloom.inbox, data, file=f"{number}.jpg", drop=drop)
        worker.count_all()
        photos = asked_for(recorder)
        worker.count_all()
        look = tuple(after - before for before, after in zip(photos, asked_for(recorder), strict=True))
    with capsys.disabled():
        print(f"\nputs and gets: {photos[0] / PHOTOS:.1f} and {photos[1] / PHOTOS:.1f} a photo, {look} a look for work")
    assert photos <= (PUTS_A_PHOTO * PHOTOS, GETS_A_PHOTO * PHOTOS)
    assert photos[1] <= GETS_A_PHOTO * PHOTOS
    assert look == (LISTS_A_LOOK, GETS_A_LOOK)


@pytest.mark.parametrize("way", WAYS)
@given(photos=st.floats(0, 1e6), more=st.floats(0, 1e6))
def test_more_photos_never_cost_less(way: str, photos: float, more: float) -> None:
    few, many = (replace(DRONES, photos_a_month=n) for n in (photos, photos + more))
    assert WAYS[way](few) <= WAYS[way](many)
