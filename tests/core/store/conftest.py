"""Every test that asks for `store` runs on a folder and on a real S3 endpoint."""

from pathlib import Path

import pytest

from core.settings import Settings


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "folder":
        return Settings(store=str(tmp_path / "data"))
    settings: Settings = request.getfixturevalue("s3_settings")
    return settings
