"""A browser tab without a browser: speaks to the real app as Streamlit's own page does."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.cookies import SimpleCookie

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

RUN_S = 60
BOUNDARY = "flowers"


class Tab:
    """One session of the app. cookies: those its browser holds. page_was_found: whether the last run knew its page."""

    def __init__(self, connection: ClientConnection, url: str, cookies: dict[str, str]) -> None:
        self._connection = connection
        self._url = url
        self._cookies = cookies
        self.session_id = ""
        self.page_was_found = True

    def run(self, *, page_name: str = "", page_script_hash: str = "", query: str = "") -> list[Delta]:
        """The elements that one run of the script sends, as the browser asks for it when a page is opened."""
        message = BackMsg()
        message.rerun_script.page_name = page_name
        message.rerun_script.page_script_hash = page_script_hash
        message.rerun_script.query_string = query
        self._connection.send(message.SerializeToString())
        deltas = []
        self.page_was_found = True
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(self._connection.recv(RUN_S))
            kind = answer.WhichOneof("type")
            if kind == "new_session":
                self.session_id = answer.new_session.initialize.session_id
            elif kind == "page_not_found":
                self.page_was_found = False
            elif kind == "delta":
                deltas.append(answer.delta)
            elif kind == "script_finished" and answer.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return deltas

    def fetch(self, path: str) -> int:
        """Status of the answer to a plain GET with the cookies of this tab."""
        request = urllib.request.Request(self._url + path, headers={"Cookie": _header(self._cookies)})
        try:
            with urllib.request.urlopen(request, timeout=RUN_S) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def send(self, data: bytes) -> None:
        """Send a message that is none of Streamlit's, as far as the server reads it."""
        with suppress(ConnectionClosed):
            self._connection.send(data)

    def close_code(self) -> int | None:
        """Wait for the end of the connection, and return its code."""
        try:
            while True:
                self._connection.recv(RUN_S)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None

    def clear_caches(self) -> None:
        """Clear the caches, as Streamlit's own page does in a developer's browser."""
        self._connection.send(BackMsg(clear_cache=True).SerializeToString())

    def download(self, deltas: list[Delta], label: str) -> str:
        """Address of the file that a click on this download button makes; empty where it makes none."""
        elements = [delta.new_element for delta in deltas if delta.WhichOneof("type") == "new_element"]
        buttons = [element.download_button for element in elements if element.WhichOneof("type") == "download_button"]
        (button,) = (button for button in buttons if button.label == label)
        click = BackMsg()
        click.backend_operation_request.request_id = label
        click.backend_operation_request.session_id = self.session_id
        click.backend_operation_request.deferred_file.file_id = button.deferred_file_id
        self._connection.send(click.SerializeToString())
        answer = ForwardMsg()
        while answer.WhichOneof("type") != "backend_operation_response":
            answer.ParseFromString(self._connection.recv(RUN_S))
        return answer.backend_operation_response.deferred_file.url

    def ask_for_upload_addresses(self, drops: int) -> set[str]:
        """Drops, of so many, that are told an upload address when the page is run anew with each."""
        asked = [str(number) for number in range(drops)]
        for number in asked:
            run, drop = BackMsg(), BackMsg()
            run.rerun_script.query_string = f"drop={number}"
            drop.file_urls_request.request_id = number
            drop.file_urls_request.session_id = self.session_id
            drop.file_urls_request.file_names.append("photo.jpg")
            self._connection.send(drop.SerializeToString())
            self._connection.send(run.SerializeToString())
        answered: set[str] = set()
        answer = ForwardMsg()
        with suppress(TimeoutError):
            while len(answered) < drops:
                answer.ParseFromString(self._connection.recv(RUN_S))
                if answer.WhichOneof("type") == "file_urls_response":
                    answered.add(answer.file_urls_response.response_id)
        return answered

    def drop(self, files: int) -> list[str]:
        """Upload addresses that the drop zone gets for so many files."""
        drop = BackMsg()
        drop.file_urls_request.request_id = "drop"
        drop.file_urls_request.session_id = self.session_id
        drop.file_urls_request.file_names.extend(["photo.jpg"] * files)
        self._connection.send(drop.SerializeToString())
        answer = ForwardMsg()
        while answer.WhichOneof("type") != "file_urls_response":
            answer.ParseFromString(self._connection.recv(RUN_S))
        return [file.upload_url for file in answer.file_urls_response.file_urls]

    def upload(
        self, data: bytes, *, file: str = "photo.jpg", session_id: str = "", address: str = ""
    ) -> tuple[int, str]:
        """Status and body of the answer to a file sent as the drop zone sends it, cross-site token and all."""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{file}"\r\n'
        body = f"{head}Content-Type: image/jpeg\r\n\r\n".encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()
        request = urllib.request.Request(
            self._url + (address or f"/_stcore/upload_file/{session_id or self.session_id}/{file}"),
            data=body,
            method="PUT",
            headers={
                "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
                "Cookie": _header(self._cookies),
                "X-Xsrftoken": self._cookies["_streamlit_xsrf"],
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=RUN_S) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


@contextmanager
def open_tab(url: str, cookies: dict[str, str] | None = None, *, session: str = "") -> Iterator[Tab]:
    """A tab of a browser that holds these cookies; closed at the end. session: it asks to go on with this one."""
    held = _given_cookies(url) | (cookies or {})
    headers = {"Cookie": _header(held)}
    address = url.replace("http", "ws", 1) + "/_stcore/stream"
    protocols = ["streamlit", held["_streamlit_xsrf"], *([session] if session else [])]
    with connect(
        address,
        origin=url,
        subprotocols=protocols,
        additional_headers=headers,
        max_size=None,
        proxy=None,
        open_timeout=RUN_S,
    ) as connection:
        yield Tab(connection, url, held)


def labels(deltas: list[Delta]) -> list[str]:
    """Texts that a person could read or click, an element a line, in order of arrival."""
    return [
        label for delta in deltas if delta.WhichOneof("type") == "new_element" for label in [_label(delta)] if label
    ]


def _label(delta: Delta) -> str:
    element = delta.new_element
    kind = element.WhichOneof("type")
    if kind in ("empty", "html", "component_instance"):
        return ""
    content = getattr(element, kind)
    text = next((getattr(content, name) for name in ("label", "body") if getattr(content, name, "")), "")
    return f"{kind}: {text}"


def _given_cookies(url: str) -> dict[str, str]:
    with urllib.request.urlopen(url + "/_stcore/health", timeout=RUN_S) as answer:
        given = SimpleCookie()
        for line in answer.headers.get_all("Set-Cookie") or []:
            given.load(line)
    return {name: morsel.value for name, morsel in given.items()}


def _header(cookies: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())
