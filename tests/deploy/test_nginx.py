"""Settings for Elastic Beanstalk's nginx: its own limits stop uploads and pages, and some paths are not for outside."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from web.cookie import COOKIE
from web.visitors import STRANGERS_OF_ADDRESS

CONF_D = Path(__file__).parents[2] / ".platform" / "nginx" / "conf.d"
CONFIG = tomllib.loads((CONF_D.parents[2] / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
TEMPLATE = (CONF_D.parents[2] / "deploy" / "template.yaml").read_text(encoding="utf-8")
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


def test_no_log_of_nginx_has_the_id_of_a_session() -> None:
    uploads = (CONF_D / "elasticbeanstalk" / "uploads.conf").read_text(encoding="utf-8")
    pattern, body = re.findall(r"^location ~ (\S+) \{\s*(.*?)\s*\}", uploads, re.MULTILINE | re.DOTALL)[0]
    assert re.search(pattern, "/bloom/_stcore/upload_file/0b0f9c1e-6c7d-4d6f-8f0e-2f4e7f7d2c11/1")
    directives = {line.strip() for line in body.splitlines()}
    assert {"access_log off;", "error_log /var/log/nginx/error.log crit;", "proxy_pass http://docker;"} <= directives


def test_connections_without_a_sign_in_are_limited_by_address() -> None:
    http = (CONF_D / "strangers.conf").read_text(encoding="utf-8")
    assert f'map $cookie_{COOKIE} $stranger {{\n    "" $binary_remote_addr;\n    default "";\n}}' in http
    assert "limit_conn_zone $stranger zone=strangers:10m;" in http
    (most,) = _values("limit_conn strangers", r"(\d+)", folder=CONF_D / "elasticbeanstalk")
    assert most > STRANGERS_OF_ADDRESS  # pages load some files beside their socket
    (network,) = re.findall(r"^set_real_ip_from (\S+);", http, re.MULTILINE)
    assert f"CidrBlock: {network}" in TEMPLATE


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
