"""The one place where settings become a working Bloomcount; app, commands and tests all start here."""

from __future__ import annotations

from dataclasses import dataclass

from core.intake.inbox import Inbox
from core.intake.recount import Recount
from core.models import Models
from core.people.accounts import Accounts
from core.settings import Settings
from core.store.blobs import Blobs, open_blobs
from core.store.library import Library
from core.store.tables import Tables


@dataclass(frozen=True, slots=True)
class Bloomcount:
    """Settings, and the parts that share one store."""

    settings: Settings
    blobs: Blobs
    library: Library
    inbox: Inbox
    accounts: Accounts
    models: Models
    recount: Recount

    def latest_drop(self, username: str) -> str | None:
        """The newest drop of this person, counted or still waiting. Drop ids sort by time."""
        drops = (self.library.latest_drop(username), self.inbox.latest_drop(username))
        return max((drop for drop in drops if drop), default=None)


def assemble(settings: Settings) -> Bloomcount:
    """Assemble store, accounts, inbox and models; the recogniser takes a while to load, so only when asked for."""
    blobs = open_blobs(settings)
    library, inbox = Library(blobs, Tables(settings)), Inbox(blobs, lease_s=settings.lease_s)
    return Bloomcount(
        settings, blobs, library, inbox, Accounts(blobs), Models(blobs, settings), Recount(library, inbox)
    )
