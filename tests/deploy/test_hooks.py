"""Hooks run on a server before the container: the hop limit, so that the container has its role's credentials."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

HOOK = Path(__file__).parents[2] / ".platform" / "hooks" / "prebuild" / "metadata.sh"
METADATA = {"api/token": "t0ken", "meta-data/placement/region": "eu-west-1", "meta-data/instance-id": "i-0123"}


def _server(folder: Path, *, metadata: dict[str, str], aws: str) -> subprocess.CompletedProcess[str]:
    """The hook on a server whose metadata service answers this; what `aws` was told is in folder/told."""
    answers = "\n".join(f'    *"/latest/{path}") echo "{answer}";;' for path, answer in metadata.items())
    _command(folder / "curl", f'echo "$*" >> "{folder}/asked"\ncase "$*" in\n{answers}\n    *) exit 22;;\nesac\n')
    _command(folder / "aws", f'echo "$*" > "{folder}/told"\n{aws}\n')
    return subprocess.run([HOOK], env={"PATH": f"{folder}:/usr/bin:/bin"}, capture_output=True, text=True, check=False)


def _command(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}", encoding="utf-8")
    path.chmod(0o755)


def test_the_hop_limit_becomes_two_and_tokens_stay_required(tmp_path: Path) -> None:
    done = _server(tmp_path, metadata=METADATA, aws="exit 0")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "told").read_text().split() == [
        *("ec2", "modify-instance-metadata-options", "--region", "eu-west-1", "--instance-id", "i-0123"),
        *("--http-tokens", "required", "--http-put-response-hop-limit", "2"),
    ]


def test_it_asks_with_a_token_as_version_2_wants_it(tmp_path: Path) -> None:
    _server(tmp_path, metadata=METADATA, aws="exit 0")
    token, *questions = (tmp_path / "asked").read_text().splitlines()
    assert "-X PUT" in token
    assert len(questions) == 2
    assert all("X-aws-ec2-metadata-token: t0ken" in question for question in questions)


@pytest.mark.parametrize(
    ("metadata", "aws"),
    [
        pytest.param({}, "exit 0", id="no metadata service"),
        pytest.param(METADATA, "echo AccessDenied >&2; exit 254", id="no permission"),
    ],
)
def test_a_server_on_which_it_fails_is_not_taken_into_use(tmp_path: Path, metadata: dict[str, str], aws: str) -> None:
    """Elastic Beanstalk ends a deployment whose hook fails."""
    assert _server(tmp_path, metadata=metadata, aws=aws).returncode != 0
