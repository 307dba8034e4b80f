"""A gate before an endpoint, which a test opens, closes, or leaves without an answer."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

OPEN, CLOSED, SILENT = "open", "closed", "silent"


@dataclass
class Gate:
    """The address to use, and the state for connections and bytes that come from now on.

    closed: connections are ended without a word. silent: they are taken, and nothing is ever said.
    """

    endpoint: str
    state: str = OPEN


@contextmanager
def gate_before(endpoint: str, state: str = OPEN) -> Iterator[Gate]:
    """A gate before that endpoint, on a free port of this machine."""
    address = urlsplit(endpoint)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((address.hostname, address.port)) as behind:
                back = threading.Thread(target=pass_on, args=(behind, self.request), daemon=True)
                back.start()
                pass_on(self.request, behind)
                back.join()

    def pass_on(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while gate.state != CLOSED and (data := source.recv(65536)):
                if gate.state == SILENT:
                    ended.wait()
                if gate.state == OPEN:
                    target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    ended = threading.Event()
    with Server(("127.0.0.1", 0), Handler) as server:
        gate = Gate(f"http://127.0.0.1:{server.server_address[1]}", state)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield gate
        finally:
            gate.state = CLOSED
            ended.set()
            server.shutdown()
