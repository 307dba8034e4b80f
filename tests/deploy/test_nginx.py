"""Settings for Elastic Beanstalk's nginx: its own limits stop uploads and pages, and some paths are not for outside."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

CONF_D = Path(__file__).parents[2] / ".platform" / "nginx" / "conf.d"
CONFIG = tomllib.loads((CONF_D.parents[2] / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
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


def test_files_that_streamlit_takes_get_through() -> None:
    """nginx by itself takes 1 MB."""
    (megabytes,) = _values("client_max_body_size", r"(\d+)m", folder=CONF_D)
    assert megabytes > CONFIG["server"]["maxUploadSize"]  # a form is around the file


def test_nginx_waits_longer_than_its_minute() -> None:
    """Streamlit's pings come every 30 s, but a store may keep an upload waiting."""
    (seconds,) = _values("proxy_read_timeout", r"(\d+)s", folder=CONF_D / "elasticbeanstalk") or _values(
        "proxy_read_timeout", r"(\d+)s", folder=CONF_D
    )
    assert seconds > 60


def _values(directive: str, value: str, *, folder: Path) -> list[int]:
    """Values that the files of this folder set."""
    text = "\n".join(file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.conf")))
    return [int(found) for found in re.findall(rf"^\s*{directive} {value};", text, re.MULTILINE)]
