"""Stands before an S3 endpoint, passes every request on, and notes which permission Amazon would ask for."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree


@dataclass(frozen=True, order=True)
class Asked:
    """One permission that a request needs: the action, the bucket, and the key or (for lists) the prefix."""

    action: str
    bucket: str
    key: str | None
    prefix: str | None


@dataclass
class Recorder:
    """The endpoint to use, and what was asked for so far and how often."""

    endpoint: str
    asked: Counter[Asked] = field(default_factory=Counter)


LISTING = {"list-type", "prefix", "delimiter", "encoding-type", "max-keys", "continuation-token", "start-after"}
VERSIONS = {"versions", "prefix", "encoding-type", "max-keys", "key-marker", "version-id-marker"}
OF_OBJECTS = {"uploads", "uploadId", "partNumber", "x-id"}
ACTIONS = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "POST": "PutObject", "DELETE": "DeleteObject"}


def permissions(method: str, path: str, body: bytes) -> set[Asked]:
    """Permissions that Amazon wants for a request, by "Actions, resources, and condition keys for Amazon S3".

    A request that is none of the kinds known here asks for a permission that nobody has.
    """
    address = urlsplit(path)
    bucket, _, key = unquote(address.path).removeprefix("/").partition("/")
    query = parse_qs(address.query, keep_blank_values=True)
    if method == "POST" and "delete" in query:
        keys = [found.text for found in ElementTree.fromstring(body).iter() if found.tag.endswith("Key")]
        return {Asked("s3:DeleteObject", bucket, str(key), None) for key in keys}
    if not key and method in ("GET", "HEAD") and set(query) <= LISTING:
        return {Asked("s3:ListBucket", bucket, None, query.get("prefix", [None])[0])}
    if not key and method == "GET" and "versions" in query and set(query) <= VERSIONS:
        return {Asked("s3:ListBucketVersions", bucket, None, query.get("prefix", [None])[0])}
    if method == "DELETE" and set(query) == {"versionId"}:
        return {Asked("s3:DeleteObjectVersion", bucket, key, None)}
    if not key or not set(query) <= OF_OBJECTS:
        return {Asked(f"{method} {path}", bucket, key, None)}
    if method == "DELETE" and "uploadId" in query:
        return {Asked("s3:AbortMultipartUpload", bucket, key, None)}
    return {Asked(f"s3:{ACTIONS[method]}", bucket, key, None)}


@contextmanager
def recording(endpoint: str) -> Iterator[Recorder]:
    """A recorder before that endpoint, on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            recorder.asked.update(permissions(self.command, self.path, body))
            upstream = http.client.HTTPConnection(urlsplit(endpoint).netloc)
            # Host as the client signed it.
            upstream.request(self.command, self.path, body or None, dict(self.headers.items()))
            answer = upstream.getresponse()
            data = answer.read()
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection"):
                    self.send_header(name, value)
            if answer.getheader("Content-Length") is None and answer.status != http.client.NO_CONTENT:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            upstream.close()

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    recorder = Recorder(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
