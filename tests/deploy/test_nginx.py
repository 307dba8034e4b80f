"""Elastic Beanstalk's nginx: which paths are refused to whoever comes from outside."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CONF_D = Path(__file__).parents[2] / ".platform" / "nginx" / "conf.d"
METRICS = (CONF_D / "elasticbeanstalk" / "metrics.conf").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/_stcore/metrics", "/count/_stcore/metrics", "/metrics/x"])
def test_figures_about_the_app_are_not_for_outside(path: str) -> None:
    pattern, body = re.findall(r"^location ~ (\S+) \{\s*(.*?)\s*\}", METRICS, re.MULTILINE | re.DOTALL)[0]
    assert re.search(pattern, path)
    assert body == "return 404;"


@pytest.mark.parametrize(
    "path", ["/", "/readyz", "/count", "/_stcore/stream", "/_stcore/upload_file/a/b", "/thumbs/a.webp"]
)
def test_everything_else_goes_on_to_the_app(path: str) -> None:
    (pattern,) = re.findall(r"^location ~ (\S+)", METRICS, re.MULTILINE)
    assert not re.search(pattern, path)
