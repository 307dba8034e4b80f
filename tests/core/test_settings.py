"""Settings take every value that they say is allowed."""

from __future__ import annotations

import pytest

from core.settings import load_settings


@pytest.mark.parametrize(("said", "limit"), [("50", 50), ("12.5", 13), ("0.5", 1)])
def test_a_photo_as_large_as_the_limit_is_not_refused(said, limit):
    assert load_settings({"BLOOM_MAX_MEGAPIXELS": said}).photo_limits.megapixels == limit
