"""Streamlit's answers to the drop zone, kept when a run of the page starts before they are sent.

The drop zone asks over the websocket where to send its files, once and without end. Streamlit 1.67 clears what it has
not yet sent when a run starts, these answers too: files dropped at that moment were never sent, and nobody was told.
The answers also tell which files are still in the browser.
"""

from __future__ import annotations

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from web.drops import OPEN_DROPS
from web.uploads import UPLOAD_PATH


class KeepsUploadAnswers(ForwardMsgQueue):
    """The messages to one browser tab. To be put in the place of the class in streamlit.runtime.app_session."""

    def enqueue(self, msg: ForwardMsg) -> None:
        """Take a message to send."""
        for file in msg.file_urls_response.file_urls if msg.WhichOneof("type") == "file_urls_response" else ():
            if match := UPLOAD_PATH.search(file.upload_url):
                OPEN_DROPS.expect(match["session"], match["file"])
        super().enqueue(msg)

    def clear(self, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None) -> None:
        """Forget what need not be sent any more: all of it, or where a run starts all but what is not of a run."""
        run_of_all_starts = retain_lifecycle_msgs and fragment_ids_this_run is None
        answers = [m for m in self._queue if run_of_all_starts and m.WhichOneof("type") == "file_urls_response"]
        super().clear(retain_lifecycle_msgs, fragment_ids_this_run)
        self._queue.extend(answers)
