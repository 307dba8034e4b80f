"""Streamlit's answers to the drop zone, kept when a run of the page starts before they are sent.

The drop zone asks over the websocket where to send its files, once and without end. Streamlit 1.67 clears what it has
not yet sent when a run starts, these answers too: files dropped at that moment were never sent, and nobody was told.
"""

from __future__ import annotations

from streamlit.runtime.forward_msg_queue import ForwardMsgQueue


class KeepsUploadAnswers(ForwardMsgQueue):
    """The messages to one browser tab. To be put in the place of the class in streamlit.runtime.app_session."""

    def clear(self, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None) -> None:
        """Forget what need not be sent any more: all of it, or where a run starts all but what is not of a run."""
        run_of_all_starts = retain_lifecycle_msgs and fragment_ids_this_run is None
        answers = [m for m in self._queue if run_of_all_starts and m.WhichOneof("type") == "file_urls_response"]
        super().clear(retain_lifecycle_msgs, fragment_ids_this_run)
        self._queue.extend(answers)
