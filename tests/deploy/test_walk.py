"""The walk of tests/browser, through Elastic Beanstalk's nginx to a container whose root is read-only."""

from __future__ import annotations

import urllib.request
from dataclasses import replace

import pytest

from tests.app_server import free_port
from tests.browser import test_walk as walk
from tests.deploy.containers import mounted, running_container, wait_until
from tests.deploy.proxies import beanstalk_nginx

METRICS = f"127.0.0.1:{free_port()}"

ARRIVED, FINISHED = "A photo arrived", "A photo is finished: "
pytestmark = walk.pytestmark
browser, page, photos = walk.browser, walk.page, walk.photos
test_from_sign_in_to_a_csv_with_the_counts = walk.test_from_sign_in_to_a_csv_with_the_counts
test_a_newcomer_tries_the_samples_and_comes_back_to_them = walk.test_a_newcomer_tries_the_samples_and_comes_back_to_them


@pytest.fixture(scope="module")
def container(engine, image, tmp_path_factory):
    store = mounted(tmp_path_factory.mktemp("walk") / "store")
    with running_container(engine, image, store, BLOOM_METRICS=METRICS) as container:
        yield container


@pytest.fixture(scope="module")
def app(container, tmp_path_factory):
    """The app at nginx's address, as the browser meets it."""
    with beanstalk_nginx(container.app.url, tmp_path_factory.mktemp("nginx") / "prefix") as url:
        yield replace(container.app, url=url)


def test_docker_finds_it_healthy(container):
    wait_until(lambda: container.state("Health.Status") == "healthy", "it was not healthy", seconds=60)


def test_what_it_told_is_json_and_names_each_photo_from_arrival_to_result(app):
    arrived = [event for event in app.events if event["message"] == ARRIVED]
    assert arrived
    assert all(event["request"] for event in arrived)
    photos = {event["photo"] for event in arrived}
    wait_until(
        lambda: photos <= {event["photo"] for event in app.events if event["message"].startswith(FINISHED)},
        "a photo that arrived was not finished",
    )


def test_prometheus_reads_beside_it_and_nothing_of_that_comes_through_nginx(app):
    with urllib.request.urlopen(f"http://{METRICS}/metrics", timeout=30) as answer:
        assert 'bloom_photos_finished_total{result="counted"}' in answer.read().decode()
    assert "bloom_" not in app.get("/metrics")[1]


def test_nothing_was_killed_for_memory_and_nothing_written_outside_the_store(container):
    assert container.state("OOMKilled") == "false"
    assert container.engine("diff", container.name).split() == []
