"""Sentences that a person reads when the bucket cannot be used."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import InvalidSettings, StoreError
from core.settings import Settings
from core.store import s3
from core.store.blobs import open_blobs
from core.store.records import Site
from core.store.s3 import DELTA_WAITS, Bucket
from core.store.schemas import site_rows
from core.store.tables import Tables
from tests.deploy.recorder import recording


@pytest.mark.parametrize(
    ("store", "endpoint", "sentence"),
    [
        ("s3://", None, "BLOOM_STORE is 's3://'; write an S3 store as s3://bucket or s3://bucket/prefix."),
        ("s3://bucket", "localhost:9000", "BLOOM_S3_ENDPOINT is 'localhost:9000'; it must be an address such as"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused_at_once(store: str, endpoint: str | None, sentence: str) -> None:
    with pytest.raises(InvalidSettings) as refusal:
        open_blobs(Settings(store=store, s3_endpoint=endpoint))
    assert str(refusal.value).startswith(sentence)


@pytest.mark.parametrize(
    ("store", "prefix", "address"),
    [
        ("s3://bucket", "", "s3://bucket"),
        ("s3://bucket/", "", "s3://bucket"),
        ("s3://bucket/a/b/", "a/b", "s3://bucket/a/b"),
    ],
)
def test_bucket_and_prefix(store: str, prefix: str, address: str) -> None:
    bucket = Bucket(store, None)
    assert (bucket.name, bucket.prefix, bucket.address) == ("bucket", prefix, address)


def _says(settings: Settings, sentence: str) -> None:
    """Every question says it (a put is not asked: seaweedfs makes a bucket that is not there)."""
    blobs, tables = open_blobs(settings), Tables(settings)
    for ask in (
        lambda: blobs.get("a"),
        lambda: blobs.delete("a"),
        lambda: list(blobs.list()),
        lambda: tables.query("SELECT 1 FROM photos", "photos"),
    ):
        with pytest.raises(StoreError, match=sentence):
            ask()


def test_a_bucket_that_is_not_there(s3_settings: Settings) -> None:
    _says(replace(s3_settings, store="s3://no-such-bucket/x"), r"There is no bucket 'no-such-bucket'.*BLOOM_STORE")


def test_credentials_that_are_refused(s3_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    _says(s3_settings, "refuses these credentials .* needs s3:ListBucket")


def test_no_credentials(s3_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    _says(s3_settings, "There are no AWS credentials for s3://.* Give the machine a role")


def test_an_endpoint_that_does_not_answer(s3_settings: Settings) -> None:
    _says(replace(s3_settings, s3_endpoint="http://127.0.0.1:1"), CANNOT_BE_REACHED)


CANNOT_BE_REACHED = "cannot be reached: check the network, BLOOM_STORE and BLOOM_S3_ENDPOINT"
ANSWERS = {
    "nothing": b"",
    "half an answer": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
    "no answer": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: x\r\n\r\nhello",
    "noise": b"\0\1\2\3" * 99,
}


@contextmanager
def odd_endpoint(answer: bytes, *, closes: bool) -> Iterator[str]:
    """The address of an endpoint that gives every request this answer, and then closes the connection or is silent."""
    ended = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(answer)
            if not closes:
                ended.wait()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            ended.set()
            server.shutdown()


@pytest.mark.parametrize("closes", [True, False], ids=["closes", "is silent"])
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_whatever_an_endpoint_answers_every_question_ends_in_a_sentence(
    s3_settings: Settings, monkeypatch: pytest.MonkeyPatch, answer: bytes, closes: bool
) -> None:
    for name in ("CONNECT_S", "ANSWER_S"):
        monkeypatch.setattr(s3, name, 0.2)
    with odd_endpoint(answer, closes=closes) as endpoint:
        blobs, tables = (
            open_blobs(replace(s3_settings, s3_endpoint=endpoint)),
            Tables(replace(s3_settings, s3_endpoint=endpoint)),
        )
        for ask in (
            lambda: blobs.put("a", b"a", if_absent=True),
            lambda: list(blobs.list()),
            lambda: tables.query("SELECT 1 FROM photos", "photos"),
        ):
            with pytest.raises(StoreError):
                ask()


def test_a_page_waits_less_than_twenty_seconds_for_an_s3_that_never_answers(s3_settings: Settings) -> None:
    config = Bucket(s3_settings.store, s3_settings.s3_endpoint).client.meta.config
    tries = config.retries["total_max_attempts"]
    pauses = 2**tries / 2 - 1  # botocore's own: at random, up to 1, 2, 4 ... s
    assert tries * max(config.connect_timeout, config.read_timeout) + pauses < 20
    assert int(DELTA_WAITS["timeout"].removesuffix("s")) < 20


def test_table_credentials_are_fresh_at_every_call(s3_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = Bucket(s3_settings.store, s3_settings.s3_endpoint)
    assert bucket.storage_options() == {
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bloom",
        "AWS_SECRET_ACCESS_KEY": "petals",
        "AWS_ENDPOINT_URL": s3_settings.s3_endpoint,
        "AWS_ALLOW_HTTP": "true",
        **DELTA_WAITS,
    }
    credentials = bucket._session.get_credentials()
    monkeypatch.setattr(credentials, "access_key", "rotated")
    monkeypatch.setattr(credentials, "token", "session")
    options = bucket.storage_options()
    assert (options["AWS_ACCESS_KEY_ID"], options["AWS_SESSION_TOKEN"]) == ("rotated", "session")


def test_an_open_table_is_read_with_new_credentials_once_there_are_some(
    s3_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables, options = Tables(s3_settings), Bucket.storage_options
    tables.append("sites", site_rows([Site("dunes", None, None, "grey dune", None, "lea", datetime.now(UTC))]))
    with recording(str(s3_settings.s3_endpoint)) as former:
        ending = {"AWS_ENDPOINT_URL": former.endpoint}  # an address of its own stands for credentials that end
        monkeypatch.setattr(Bucket, "storage_options", lambda bucket: options(bucket) | ending)
        tables.query("SELECT site FROM sites", "sites")
        assert former.asked
        monkeypatch.setattr(Bucket, "storage_options", options)
        former.asked.clear()
        assert tables.query("SELECT habitat FROM sites", "sites")["habitat"].to_pylist() == ["grey dune"]
        assert not former.asked
