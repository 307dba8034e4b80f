"""The engine and both images, made once for all tests that ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.deploy.engine import Engine, NoEngine, running_engine


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A Docker engine; tests that need one are skipped where none can start."""
    with ExitStack() as stack:
        try:
            engine = stack.enter_context(running_engine())
        except NoEngine as problem:
            pytest.skip(str(problem))
        yield engine


@pytest.fixture(scope="session")
def image(engine: Engine) -> str:
    """The image that `docker build .` makes."""
    return engine.build("bloomcount")


@pytest.fixture(scope="session")
def full_image(engine: Engine, image: str) -> str:
    """The image that `docker build --target full .` makes."""
    return engine.build("bloomcount-full", target="full")
