"""The arithmetic of docs/why-beanstalk.md: by hand, by laws, and that the document shows what it gives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.costs import LOADS, WAYS, elastic_beanstalk, requests, tables, with_lambda

FIVE_A_DAY, TWO_THOUSAND_A_WEEK, DRONES = LOADS
DOCUMENT = Path(__file__).parents[2] / "docs" / "why-beanstalk.md"


@pytest.mark.parametrize("position", range(3))
def test_the_document_shows_these_tables(position: int) -> None:
    assert tables()[position] in DOCUMENT.read_text(encoding="utf-8")


def test_five_photos_a_day_by_hand() -> None:
    server, balancer, addresses = 0.0416 * 730, 0.0225 * 730 + 0.008 * 0.608, 0.005 * 730 * 3
    looks = 525_600 * (2 * 0.005 + 10 * 0.0004) / 1000
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


@pytest.mark.parametrize("way", WAYS)
@given(photos=st.floats(0, 1e6), more=st.floats(0, 1e6))
def test_more_photos_never_cost_less(way: str, photos: float, more: float) -> None:
    few, many = (replace(DRONES, photos_a_month=n) for n in (photos, photos + more))
    assert WAYS[way](few) <= WAYS[way](many)
