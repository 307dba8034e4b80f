"""Photos are deleted for privacy: bytes, pictures, rows and every older version of them; a tombstone stays.

What is to be done is noted first, so that a crash anywhere leaves a deletion that goes on: the worker of the next
process ends it, as does `store check`. Whoever works on the photo at the moment stores what is erased at once again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby

from core.intake.corrections import NotAllowed, Which
from core.intake.inbox import Inbox
from core.intake.recount import recount_id
from core.language import tr
from core.people.person import Person
from core.store.library import Library
from core.store.tombstones import Deletion
from core.store.trail import photos_named


def delete_photos(library: Library, inbox: Inbox, which: Which, *, keep_counts: bool, by: Person) -> int:
    """Delete photos for good, for privacy; return how many. Nobody can have them back.

    keep_counts: their counts stay, without file name, position, note or person; else these go too. Raises NotAllowed
    for whoever is no lead, StoreError: what was begun then goes on with the next process.
    """
    if not by.may("lead"):
        raise NotAllowed(tr("Only a lead can delete photos."))
    chosen = [photo.photo_id for batch in library.records_of(which) for photo in batch]
    tickets = list(inbox.names())
    if isinstance(which, Sequence):  # some may wait, and have no row yet
        waiting = {name.rpartition("-")[2] for name in tickets}
        chosen = list(dict.fromkeys([*chosen, *(photo_id for photo_id in which if photo_id in waiting)]))
    if not chosen:
        return 0
    at = datetime.now(UTC)
    for photo_id in chosen:
        names = _ticket_names(library, tickets, photo_id)
        library.tombstones.begin(Deletion(photo_id, by.username, at, keep_counts, names))
    after = {"counts": "kept" if keep_counts else "deleted"}
    library.trail.add("photos deleted", photos_named(chosen), by=by, after=after)  # whoever ends it
    end_deletions(library, inbox)
    return len(chosen)


def end_deletions(library: Library, inbox: Inbox) -> int:
    """Do what is still to be done of deletions that were begun; return of how many photos. Raises StoreError."""
    begun = sorted(library.tombstones.begun(), key=lambda deletion: deletion.counts_kept)
    for deletion in begun:
        library.tombstones.put(deletion)
        inbox.erase(deletion.tickets)
    for counts_kept, deletions in groupby(begun, key=lambda deletion: deletion.counts_kept):
        library.erase([deletion.photo_id for deletion in deletions], keep_counts=counts_kept)
    for deletion in begun:
        library.tombstones.end(deletion)
    return len(begun)


def delete_again(library: Library, inbox: Inbox, photo_ids: Sequence[str]) -> bool:
    """Erase those of these photos that were deleted and came back since; tell whether there were any."""
    back = [found for photo_id in photo_ids if (found := library.tombstones.of(photo_id))]
    tickets = list(inbox.names()) if back else []
    for found in back:
        names = _ticket_names(library, tickets, found.photo_id)
        library.tombstones.begin(Deletion(found.photo_id, found.by, found.at, found.counts_kept, names))
    return bool(back and end_deletions(library, inbox))


def _ticket_names(library: Library, waiting: Sequence[str], photo_id: str) -> tuple[str, ...]:
    """The names of tickets that a photo has or may have had."""
    drops = {
        *library.drops_of(photo_id),
        *(recount_id(one.model, one.model_version) for one in library.analyses_of(photo_id)),
        *(name.rpartition("-")[0] for name in waiting if name.endswith(photo_id)),
    }
    return tuple(f"{drop_id}-{photo_id}" for drop_id in sorted(drops))
