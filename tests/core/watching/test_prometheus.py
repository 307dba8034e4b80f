"""Prometheus reads figures on an address of their own, true at that moment, also when the store is away."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from core import VERSION
from core.bloomcount import Bloomcount, assemble
from core.intake.worker import Worker
from core.recognition.package import load_package
from core.settings import SHIPPED_MODEL, Address, Settings
from core.watching.prometheus import figures_served
from tests.app_server import free_port
from tests.core.counting_squares import Squares, photo_of
from tests.core.watching.test_metrics import upload


@pytest.fixture
def address() -> Address:
    return Address("127.0.0.1", free_port())


@pytest.fixture
def bloom(tmp_path: Path, address: Address) -> Iterator[Bloomcount]:
    """A store whose figures are served."""
    bloom = assemble(Settings(store=str(tmp_path / "store")))
    with figures_served(bloom, address):
        yield bloom


def figures(address: Address) -> dict[str, float]:
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in families
        for sample in family.samples
    }


def test_the_queue_is_as_long_and_as_old_as_it_is_at_this_moment(bloom, address):
    assert figures(address)["bloom_queue_photos"] == 0
    assert figures(address)["bloom_queue_oldest_seconds"] == 0
    upload(bloom, photo_of(1), photo_of(2))
    waits = figures(address)
    assert waits["bloom_queue_photos"] == 2
    assert 0 < waits["bloom_queue_oldest_seconds"] < 60
    Worker(bloom.library, bloom.inbox, Squares, bloom.settings).count_all()
    assert figures(address)["bloom_queue_photos"] == 0


def test_figures_of_photos_stages_errors_and_sign_ins_are_there_from_the_start(bloom, address):
    told = figures(address)
    for name in (
        "bloom_photos_arrived_total", "bloom_photos_finished_total counted", "bloom_stage_seconds_count recognise",
        "bloom_sign_in_failures_total disabled account",
    ):  # fmt: skip
        assert name in told
    package = load_package(SHIPPED_MODEL)
    assert any(name.startswith("bloom_info") and VERSION in name and package.version in name for name in told)


def test_a_store_that_is_away_is_told_and_its_queue_is_not_said_to_be_empty(s3_settings, address):
    away = assemble(replace(s3_settings, store="s3://no-such-bucket-here/x"))
    with figures_served(away, address):
        told = figures(address)
    assert told["bloom_store_up"] == 0
    assert "bloom_queue_photos" not in told


def test_an_address_that_is_taken_is_told_and_stops_nothing(bloom, address, caplog):
    with figures_served(bloom, address):
        assert f"{address} is not free" in caplog.text
    assert figures(address)["bloom_store_up"] == 1


def test_afterwards_nobody_listens_and_off_is_off(tmp_path, address):
    bloom = assemble(Settings(store=str(tmp_path)))
    with figures_served(bloom, address):
        figures(address)
    with figures_served(bloom, None), pytest.raises(OSError, match="refused"):
        figures(address)
