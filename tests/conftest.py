"""Fixtures that several folders of tests share."""

from tests.s3 import s3_server, s3_settings

__all__ = ["s3_server", "s3_settings"]
