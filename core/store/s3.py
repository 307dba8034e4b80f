"""Blobs in a bucket, and the bucket as Delta tables need it: client, storage options, errors as sentences.

Credentials come from boto3's own chain only (environment, shared files, container or instance role).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from core.errors import InvalidSettings, StoreError
from core.store.keys import BlobInfo, MissingBlob, changed, checked_key
from core.watching.metrics import S3_ERRORS

DEFAULT_REGION = "us-east-1"

CONFLICT_TRIES = 5
"""S3 asks to repeat a conditional write that met another one (409 ConditionalRequestConflict)."""

Failed = (BotoCoreError, ClientError, ResponseParserError)
"""The errors that boto3 raises when a request did not do what was asked."""

CONNECT_S, ANSWER_S, TRIES = 3, 5, 3
"""Seconds to wait for a connection and for an answer's next bytes, and how often: with the pauses between tries, under
20 in all, so that a page does not wait longer for an S3 that is silent."""

SILENT_FOR_S = 3.0
"""So long after S3 was silent nobody asks it again: a page with several questions, or one behind a lock, waits once."""

DELTA_WAITS = {"timeout": "18s", "retry_timeout": "10s"}
"""The same for Delta, in its own words: a whole request with its answer, and how long failed ones are repeated."""


class Bucket:
    """The address of an s3://bucket/prefix store. Threads may share one; nothing is connected before the first use."""

    def __init__(self, store: str, endpoint: str | None) -> None:
        """Raises InvalidSettings for a store without a bucket and for an endpoint that is no web address."""
        self.name, _, prefix = store.removeprefix("s3://").partition("/")
        self.prefix = prefix.strip("/")
        self.endpoint = endpoint
        if not self.name:
            raise InvalidSettings(f"BLOOM_STORE is {store!r}; write an S3 store as s3://bucket or s3://bucket/prefix.")
        if endpoint and (urlsplit(endpoint).scheme not in ("http", "https") or not urlsplit(endpoint).netloc):
            raise InvalidSettings(
                f"BLOOM_S3_ENDPOINT is {endpoint!r}; it must be an address such as https://s3.example.org."
            )
        self._lock = threading.Lock()
        self._session: Any = None
        self._client: Any = None
        self._region: str | None = None
        self._silence: tuple[float, StoreError] | None = None

    @property
    def address(self) -> str:
        """s3://bucket/prefix, as people and Delta write it."""
        return f"s3://{self.name}/{self.prefix}".rstrip("/")

    def key(self, key: str) -> str:
        """The whole key in the bucket."""
        return f"{self.prefix}/{key}" if self.prefix else key

    @property
    def client(self) -> Any:
        """The boto3 client: one for all threads, made on first use (making one is not thread-safe, using it is).

        Raises StoreError where the machine's settings for AWS cannot be used, and for a moment after S3 was silent.
        """
        with self._lock:
            if self._silence and time.monotonic() - self._silence[0] < SILENT_FOR_S:
                raise StoreError(str(self._silence[1])) from self._silence[1]
            if self._client is None:
                try:
                    self._session = boto3.session.Session()
                    self._client = self._session.client("s3", endpoint_url=self.endpoint, config=self._config())
                except BotoCoreError as error:
                    raise self.problem(error) from error
            return self._client

    def _config(self) -> Config:
        """Short waits, few tries; another S3 is addressed by path and spared Amazon's newer checksums."""
        common: dict[str, Any] = {
            "connect_timeout": CONNECT_S,
            "read_timeout": ANSWER_S,
            "retries": {"mode": "standard", "total_max_attempts": TRIES},
            "max_pool_connections": 32,
        }
        if self.endpoint:
            common |= {"s3": {"addressing_style": "path"}, "request_checksum_calculation": "when_required"}
        return Config(**common)

    def storage_options(self) -> dict[str, str]:
        """Options for deltalake to reach the bucket, fresh on every call: an instance role's credentials rotate.

        Raises StoreError when there are no credentials or the bucket cannot be reached.
        """
        region = self._bucket_region()
        try:
            credentials = self._session.get_credentials()
            frozen = credentials.get_frozen_credentials() if credentials else None
        except BotoCoreError as error:
            raise self.problem(error) from error
        if frozen is None:
            raise self.problem(NoCredentialsError())
        options = {
            "AWS_REGION": region,
            "AWS_ACCESS_KEY_ID": frozen.access_key,
            "AWS_SECRET_ACCESS_KEY": frozen.secret_key,
            **DELTA_WAITS,
        }
        if frozen.token:
            options["AWS_SESSION_TOKEN"] = frozen.token
        if self.endpoint:
            options["AWS_ENDPOINT_URL"] = self.endpoint
            if self.endpoint.startswith("http://"):
                options["AWS_ALLOW_HTTP"] = "true"
        return options

    def _bucket_region(self) -> str:
        """The bucket's region at Amazon (Delta has to know, boto3 finds out itself); elsewhere any name will do."""
        if self._region is None:
            client = self.client
            try:
                headers = client.head_bucket(Bucket=self.name)["ResponseMetadata"]["HTTPHeaders"]
            except Failed as error:
                raise self.problem(error) from error
            self._region = headers.get("x-amz-bucket-region") or self._session.region_name or DEFAULT_REGION
        return self._region

    def problem(self, error: Exception) -> StoreError:
        """The sentence for a request that failed: what happened and what to do."""
        S3_ERRORS.labels(error_code(error) or type(error).__name__).inc()
        where = f"{self.address} at {self.endpoint}" if self.endpoint else self.address
        if isinstance(error, (NoCredentialsError, PartialCredentialsError)):
            return StoreError(
                f"There are no AWS credentials for {where}. Give the machine a role that may use the bucket, "
                "or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
            )
        if not isinstance(error, ClientError):
            unreached = StoreError(
                f"{where} cannot be reached: check the network, BLOOM_STORE and BLOOM_S3_ENDPOINT ({error})."
            )
            if isinstance(error, (ReadTimeoutError, ConnectTimeoutError)):
                self._silence = time.monotonic(), unreached
            return unreached
        code = error_code(error)
        if code == "NoSuchBucket" or (code == "404" and error.operation_name == "HeadBucket"):
            return StoreError(f"There is no bucket {self.name!r} ({where}). Create it, or correct BLOOM_STORE.")
        if code in ("AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"):
            return StoreError(
                f"{where} refuses these credentials ({code}). The role needs s3:ListBucket on the bucket and "
                "s3:GetObject, s3:PutObject and s3:DeleteObject on everything in it; to delete photos for good also "
                "s3:ListBucketVersions and s3:DeleteObjectVersion."
            )
        return StoreError(f"{where} answered {code}: {error}")


class S3Blobs:
    """Blobs as objects of a bucket; conditions are S3's own If-None-Match and If-Match, versions its ETags."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket

    @property
    def address(self) -> str:
        """The bucket and prefix; see Blobs."""
        return self.bucket.address

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_version: str | None = None) -> str:
        """The ETag; see Blobs."""
        condition = {"IfNoneMatch": "*"} if if_absent else {"IfMatch": if_version} if if_version is not None else {}
        target = self._object(key)
        for _ in range(CONFLICT_TRIES):
            try:
                return str(self.bucket.client.put_object(**target, Body=data, **condition)["ETag"])
            except Failed as error:
                code = error_code(error)
                if code == "ConditionalRequestConflict":
                    continue
                if not condition or code not in ("PreconditionFailed", "NoSuchKey"):
                    raise self.bucket.problem(error) from error
                return self._written_by_an_unanswered_try(key, data, error)
        raise changed(key)

    def get(self, key: str) -> bytes:
        """The bytes; see Blobs."""
        return self.get_versioned(key)[0]

    def get_versioned(self, key: str) -> tuple[bytes, str]:
        """Bytes and ETag; see Blobs."""
        try:
            answer = self.bucket.client.get_object(**self._object(key))
            return answer["Body"].read(), answer["ETag"]
        except Failed as error:
            if error_code(error) == "NoSuchKey":
                raise MissingBlob(f"There is no {key} in {self.bucket.address}.") from error
            raise self.bucket.problem(error) from error

    def exists(self, key: str) -> bool:
        """Tell whether there is such an object."""
        try:
            self.bucket.client.head_object(**self._object(key))
        except Failed as error:
            if error_code(error) in ("404", "NoSuchKey"):
                return False
            raise self.bucket.problem(error) from error
        return True

    def list(self, prefix: str = "") -> Iterator[BlobInfo]:
        """Blobs by key, a thousand a request; see Blobs."""
        pages = self.bucket.client.get_paginator("list_objects_v2")
        try:
            for page in pages.paginate(Bucket=self.bucket.name, Prefix=self.bucket.key(prefix)):
                for found in page.get("Contents", []):
                    key = found["Key"].removeprefix(self.bucket.key(""))
                    yield BlobInfo(key, found["Size"], found["LastModified"].astimezone(UTC))
        except Failed as error:
            raise self.bucket.problem(error) from error

    def delete(self, key: str) -> None:
        """Remove the object; see Blobs."""
        try:
            self.bucket.client.delete_object(**self._object(key))
        except Failed as error:
            raise self.bucket.problem(error) from error

    def erase(self, key: str) -> None:
        """Remove every version of the object, and each delete marker; see Blobs."""
        checked_key(key)
        self._erase(key, lambda listed, _: listed == key)

    def erase_history(self, prefix: str) -> None:
        """Remove versions that are not the newest, and delete markers; see Blobs."""
        self._erase(prefix, lambda _, version: not version["IsLatest"] or "ETag" not in version)

    def _erase(self, prefix: str, wanted: Callable[[str, Any], bool]) -> None:
        """Remove the listed versions that are wanted. A bucket without versions lists one of each object, "null"."""
        pages = self.bucket.client.get_paginator("list_object_versions")
        own = self.bucket.key("")
        try:
            for page in pages.paginate(Bucket=self.bucket.name, Prefix=self.bucket.key(prefix)):
                for version in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                    if wanted(version["Key"].removeprefix(own), version):
                        self.bucket.client.delete_object(
                            Bucket=self.bucket.name, Key=version["Key"], VersionId=version["VersionId"]
                        )
        except Failed as error:
            if error_code(error) != "NotImplemented":
                raise self.bucket.problem(error) from error
            for blob in self.list(prefix):  # an S3 that keeps no versions
                if wanted(blob.key, {"IsLatest": True, "ETag": ""}):
                    self.delete(blob.key)

    def _object(self, key: str) -> dict[str, str]:
        return {"Bucket": self.bucket.name, "Key": self.bucket.key(checked_key(key))}

    def _written_by_an_unanswered_try(self, key: str, data: bytes, refusal: Exception) -> str:
        """The version when a first try succeeded but its answer was lost, so that its repetition was refused."""
        if _answer(refusal).get("ResponseMetadata", {}).get("RetryAttempts", 0) and self.exists(key):
            there, version = self.get_versioned(key)
            if there == data:
                return version
        raise changed(key) from refusal


def error_code(error: Exception) -> str:
    """S3's own word for what went wrong (NoSuchKey), the HTTP status where it sends none (HEAD), or ''."""
    return str(_answer(error).get("Error", {}).get("Code", ""))


def _answer(error: Exception) -> dict[str, Any]:
    """The answer that an error came with; empty where S3 sent none: the error then has a response that is None."""
    return getattr(error, "response", None) or {}
