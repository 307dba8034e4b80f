"""Fixtures that several folders of tests share, and what `make test-fast` leaves out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.s3 import s3_server, s3_settings

__all__ = ["s3_server", "s3_settings"]

HERE = Path(__file__).parent
SLOW = {
    *("browser", "deploy", "web", "pages", "training"),  # Chromium, containers, the real server, AppTest, TensorFlow
    *("core/commands/test_commands.py", "core/test_models.py", "core/recognition/test_brought.py"),
    *("core/demo", "core/intake/test_survives_kill.py", "core/store/test_now.py"),
    *("core/recognition/test_large_photos.py", "core/cluster"),
}
"""Folders and files that need a browser, a container or a network, or take long by `pytest --durations=0`."""


def is_slow(path: Path) -> bool:
    """Tell whether the file is in SLOW, or in a folder that is."""
    below = path.relative_to(HERE)
    return any(place.as_posix() in SLOW for place in (below, *below.parents))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import no slow file where none is asked for: that alone would take half a minute."""
    return True if config.getoption("markexpr") == "not slow" and is_slow(collection_path) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow, and every test that asks for an S3."""
    for item in items:
        parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
        on_s3 = "s3_server" in item.fixturenames or any(isinstance(one, str) and one == "s3" for one in parameters)
        if on_s3 or is_slow(item.path):
            item.add_marker(pytest.mark.slow)
