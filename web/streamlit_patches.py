"""All that Bloomcount changes inside Streamlit and uvicorn: each patch with its reason, release and test.

A new release of Streamlit may need none of them, or others: a test fails until each names it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from streamlit import logger as streamlit_logger
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import app_session, get_instance
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.media_file_manager import MediaFileManager
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from web.process import made_files, open_drops
from web.uploads import UPLOAD_PATH
from web.visitors import LIMITS, STRANGERS_MESSAGE_BYTES, UNFINISHED_S


@dataclass(frozen=True, slots=True)
class Patch:
    """A change of Streamlit's internals. seen_in: the release. test: a file below tests/web and the function there."""

    apply: Callable[[], None]
    reason: str
    seen_in: str
    test: str


class KeepsUploadAnswers(ForwardMsgQueue):
    """The messages to one browser tab, with answers to its drop zone that no run of the page clears."""

    def enqueue(self, msg: ForwardMsg) -> None:
        """Take a message to send."""
        for file in msg.file_urls_response.file_urls if msg.WhichOneof("type") == "file_urls_response" else ():
            if match := UPLOAD_PATH.search(file.upload_url):
                open_drops().expect(match["session"], match["file"])
        super().enqueue(msg)

    def clear(self, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None) -> None:
        """Forget what need not be sent any more: all of it, or where a run starts all but what is not of a run."""
        run_of_all_starts = retain_lifecycle_msgs and fragment_ids_this_run is None
        answers = [m for m in self._queue if run_of_all_starts and m.WhichOneof("type") == "file_urls_response"]
        super().clear(retain_lifecycle_msgs, fragment_ids_this_run)
        self._queue.extend(answers)


def hand_on(logger: logging.Logger) -> None:
    """Make a logger use the handlers of the whole process, and no others."""
    logger.handlers.clear()
    logger.propagate = True


def _let_no_browser_clear_caches() -> None:
    app_session.AppSession._handle_clear_cache_request = lambda _: None  # type: ignore[method-assign,assignment]


def _keep_upload_answers() -> None:
    app_session.ForwardMsgQueue = KeepsUploadAnswers  # type: ignore[attr-defined]


def _give_strangers_small_messages() -> None:
    made, connected = WebSocketsSansIOProtocol.__init__, WebSocketsSansIOProtocol.handle_connect

    def init(self: WebSocketsSansIOProtocol, *given: Any, **named: Any) -> None:
        made(self, *given, **named)
        self.conn.max_message_size = STRANGERS_MESSAGE_BYTES

    def handle_connect(self: WebSocketsSansIOProtocol, event: Any) -> None:
        connected(self, event)
        if hasattr(self, "scope"):
            self.scope["extensions"][LIMITS] = self.conn  # type: ignore[assignment]

    WebSocketsSansIOProtocol.__init__ = init  # type: ignore[method-assign]
    WebSocketsSansIOProtocol.handle_connect = handle_connect  # type: ignore[method-assign]


def _end_unfinished_requests() -> None:
    made = H11Protocol.connection_made

    def connection_made(self: H11Protocol, transport: Any) -> None:
        made(self, transport)
        self.loop.call_later(UNFINISHED_S, end_unfinished, self)

    def end_unfinished(protocol: H11Protocol) -> None:
        if protocol.cycle is None and protocol.transport.get_protocol() is protocol:
            protocol.transport.close()

    H11Protocol.connection_made = connection_made  # type: ignore[method-assign]


def _note_whose_files_are_made() -> None:
    execute = MediaFileManager.execute_deferred

    def execute_deferred(self: MediaFileManager, file_id: str) -> str:
        button = self._deferred_callables.get(file_id)
        address = execute(self, file_id)
        if button:
            made_files().note(address, button["session_id"])
        return address

    MediaFileManager.execute_deferred = execute_deferred  # type: ignore[method-assign]


def holders(file: str) -> set[str]:
    """The sessions that a file below /media/ was made for, by its name without ending."""
    manager = get_instance().media_file_mgr
    with manager._lock:
        on_pages = {session for session, files in manager._files_by_session_and_coord.items() if file in files.values()}
    return on_pages | made_files().sessions(file)


def _hand_on_log_lines() -> None:
    streamlit_logger.setup_formatter = hand_on
    streamlit_logger.update_formatter()


PATCHES = (
    Patch(
        _let_no_browser_clear_caches,
        "Else any browser, a stranger's too, throws away store, recogniser and worker of all sessions, and they are "
        "made anew beside those that still count.",
        "1.67.0",
        "test_closed_to_strangers.py::test_a_stranger_throws_away_nothing_that_all_sessions_share",
    ),
    Patch(
        _keep_upload_answers,
        "The drop zone asks over the websocket where to send its files, once and without end. Streamlit clears what it "
        "has not yet sent when a run starts, these answers too: files dropped at that moment were never sent, and "
        "nobody was told. The answers also tell which files are still in the browser.",
        "1.67.0",
        "test_drops_are_answered.py::test_every_drop_is_told_where_to_send_its_files_while_the_page_runs",
    ),
    Patch(
        _give_strangers_small_messages,
        "server.maxMessageSize is for both directions: a chart of some MB must get out, so a stranger may send as "
        "much, and each unfinished message is held in memory. uvicorn makes the parser of a websocket before the app "
        "hears of it; the app raises the limit once it knows who is there.",
        "1.67.0",
        "test_visitors.py::test_a_stranger_sends_nothing_large",
    ),
    Patch(
        _end_unfinished_requests,
        "uvicorn waits without end for the rest of a request that somebody began.",
        "1.67.0",
        "test_visitors.py::test_a_request_that_is_not_finished_is_ended",
    ),
    Patch(
        _note_whose_files_are_made,
        "A file that a download button makes is served to whoever has its address; whose it is nobody knows any more.",
        "1.67.0",
        "test_visitors.py::test_a_file_that_a_click_made_is_for_the_browser_that_clicked",
    ),
    Patch(
        _hand_on_log_lines,
        "Each logger of Streamlit has a handler of its own, whose lines are not JSON.",
        "1.67.0",
        "test_problems_are_said.py::test_a_problem_that_no_page_expects_is_said_with_the_way_out",
    ),
)


def apply_patches() -> None:
    """Change Streamlit for the whole process. To be called before the app is made."""
    for patch in PATCHES:
        patch.apply()


def patched() -> bool:
    """True if this process serves Bloomcount as streamlit_app.py starts it, with the patches."""
    return app_session.ForwardMsgQueue is KeepsUploadAnswers  # type: ignore[attr-defined]
