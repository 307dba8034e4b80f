"""Every test of a page has a store of its own."""

from __future__ import annotations

import pytest

from tests.tabs import PASSWORD, ROOT, Browser, browser, own_store

__all__ = ["PASSWORD", "ROOT", "Browser", "browser", "own_store"]


@pytest.fixture(autouse=True)
def _own_store(own_store):
    pass
