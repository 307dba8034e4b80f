"""Fixtures that several folders of tests share, and which tests run one after the other."""

import pytest

from tests.s3 import s3_server, s3_settings

__all__ = ["s3_server", "s3_settings"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of a file share what they start; there is one Docker engine, whichever files ask for it.

    First of all: pytest-xdist hands tests out by the names that they have after this.
    """
    for item in items:
        engine = "engine" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("engine" if engine else item.location[0]))
