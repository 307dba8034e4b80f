"""The walk of tests/browser, through Elastic Beanstalk's nginx to a container whose root is read-only."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.browser import test_walk as walk
from tests.deploy.containers import mounted, running_container, wait_until
from tests.deploy.proxies import beanstalk_nginx

pytestmark = walk.pytestmark
browser, page, photos = walk.browser, walk.page, walk.photos
test_from_sign_in_to_a_csv_with_the_counts = walk.test_from_sign_in_to_a_csv_with_the_counts
test_a_newcomer_tries_the_samples_and_comes_back_to_them = walk.test_a_newcomer_tries_the_samples_and_comes_back_to_them


@pytest.fixture(scope="module")
def container(engine, image, tmp_path_factory):
    with running_container(engine, image, mounted(tmp_path_factory.mktemp("walk") / "store")) as container:
        yield container


@pytest.fixture(scope="module")
def app(container, tmp_path_factory):
    """The app as the browser meets it: at nginx's address."""
    with beanstalk_nginx(container.app.url, tmp_path_factory.mktemp("nginx") / "prefix") as url:
        yield replace(container.app, url=url)


def test_docker_finds_it_healthy(container):
    wait_until(lambda: container.state("Health.Status") == "healthy", "it was not healthy", seconds=60)


def test_nothing_was_killed_for_memory_and_nothing_written_outside_the_store(container):
    assert container.state("OOMKilled") == "false"
    assert container.engine("diff", container.name).split() == []
