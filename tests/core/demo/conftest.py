"""A folder and a real S3 endpoint, as for the store."""

from tests.core.store.conftest import store

__all__ = ["store"]
