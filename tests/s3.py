"""A real S3 endpoint on loopback (seaweedfs), started once for all tests that ask for it and stopped after them."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from core.settings import Settings

BUCKET = "bloom-tests"
START_S = 60
READER = "reader"
"""An access key that may look at everything and change nothing."""


@dataclass(frozen=True)
class S3Server:
    """Address and keys of the endpoint."""

    endpoint: str
    access_key: str = "bloom"
    secret_key: str = "petals"

    @property
    def environment(self) -> dict[str, str]:
        """The variables from which boto3's chain takes the credentials."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def settings(self) -> Settings:
        """A store of its own in the bucket."""
        return Settings(store=f"s3://{BUCKET}/{uuid4().hex[:12]}", s3_endpoint=self.endpoint)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """The endpoint, with a bucket; a test that needs credentials in its environment asks for s3_settings."""
    with running_seaweedfs() as server:
        yield server


@pytest.fixture
def s3_settings(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An empty store on S3, and the credentials for it in the environment (also of processes the test starts)."""
    for variable in ("AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in s3_server.environment.items():
        monkeypatch.setenv(variable, value)
    return s3_server.settings()


@contextmanager
def running_seaweedfs() -> Iterator[S3Server]:
    """A server in a folder of its own, gone with everything in it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="bloom-s3-"))
    try:
        for _ in range(3):
            process, server = _start(folder)
            try:
                if _make_bucket(process, server):
                    yield server
                    return
            finally:
                _stop(process)
        raise RuntimeError(f"seaweedfs does not start: {(folder / 'log').read_text()[-2000:]}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path) -> tuple[subprocess.Popen[bytes], S3Server]:
    names = ["master.port", "volume.port", "filer.port", "s3.port"]
    names += [f"{name}.grpc" for name in names]
    ports = dict(zip(names, _free_ports(len(names)), strict=True))
    server = S3Server(f"http://127.0.0.1:{ports['s3.port']}")
    identity = {"accessKey": server.access_key, "secretKey": server.secret_key}
    reading = {"accessKey": READER, "secretKey": server.secret_key}
    config = {
        "identities": [
            {"name": "tests", "credentials": [identity], "actions": ["Admin"]},
            {"name": READER, "credentials": [reading], "actions": ["Read", "List"]},
        ]
    }
    (folder / "s3.json").write_text(json.dumps(config))
    data = folder / uuid4().hex
    data.mkdir()
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [
                *(str(Path(sys.executable).parent / "weed"), "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
                *(
                    f"-dir={data}",
                    "-filer",
                    "-s3",
                    f"-s3.config={folder / 's3.json'}",
                    "-s3.port.iceberg=0",
                    "-s3.port.lance=0",
                ),
                *("-master.volumeSizeLimitMB=64", "-volume.max=40", "-master.telemetry=false"),
                *(f"-{name}={port}" for name, port in ports.items()),
            ],
            stdout=log,
            stderr=log,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        )
    return process, server


def _make_bucket(process: subprocess.Popen[bytes], server: S3Server) -> bool:
    """True if the server takes a bucket and an object; it answers before its volumes are ready."""
    client = boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=10),
    )
    give_up = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < give_up:
        try:
            client.create_bucket(Bucket=BUCKET)
            client.put_object(Bucket=BUCKET, Key="ready", Body=b"yes")
        except (BotoCoreError, ClientError):
            time.sleep(0.2)
        else:
            return True
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Kill the process: a clean end takes ten seconds, and nothing is kept."""
    process.kill()
    process.wait()


def _free_ports(count: int) -> list[int]:
    """Ports nobody listens on, below those the system hands out for outgoing connections."""
    ports: list[int] = []
    while len(ports) < count:
        port = random.randint(12000, 31000)
        with socket.socket() as probe:
            if port not in ports and probe.connect_ex(("127.0.0.1", port)):
                ports.append(port)
    return ports
