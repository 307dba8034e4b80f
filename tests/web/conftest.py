"""A browser tab without a server, for tests of who is at it."""

from tests.tabs import browser, own_store

__all__ = ["browser", "own_store"]
