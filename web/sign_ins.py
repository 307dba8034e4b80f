"""Sign-ins, and which of them each browser session of a process has, so that uploads can be told whose they are."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import NamedTuple

MOST_SESSIONS = 10_000


class SignIn(NamedTuple):
    """One sign-in: whose, and the moment it expires (seconds since 1970), which is also what tells it from others."""

    username: str
    expires_at: float


class SignIns:
    """The sign-in of each browser session; the longest unused are forgotten. Threads may share one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of_session: OrderedDict[str, SignIn] = OrderedDict()

    def keep(self, session_id: str, sign_in: SignIn) -> None:
        """Keep this sign-in for the session."""
        with self._lock:
            self._of_session[session_id] = sign_in
            self._of_session.move_to_end(session_id)
            while len(self._of_session) > MOST_SESSIONS:
                self._of_session.popitem(last=False)

    def get(self, session_id: str) -> SignIn | None:
        """The session's sign-in; None where it has none."""
        with self._lock:
            return self._of_session.get(session_id)

    def forget(self, session_id: str) -> None:
        """Forget the session's sign-in."""
        with self._lock:
            self._of_session.pop(session_id, None)

    def __len__(self) -> int:
        return len(self._of_session)
