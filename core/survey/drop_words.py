"""A drop in words: its state, and what became of its photos; and a hidden photo: who hid it, when and why."""

from __future__ import annotations

from core.formatting import noted_at, number, photos
from core.intake.drops import ListedDrop, State
from core.language import tr
from core.store.drops import StoredDrop
from core.store.records import PhotoRecord
from core.survey.filter_words import site_words


def drop_state(drop: ListedDrop) -> str:
    """The state of a drop."""
    words: dict[State, str] = {
        "sent": tr("sent"),
        "counting": tr("counting, {number} to go", number=number(drop.waiting)),
        "done": tr("done"),
        "failed": tr("could not be read"),
    }
    return tr("undone") if drop.undone else words[drop.state]


def drop_words(drop: ListedDrop) -> str:
    """Sites, notes and numbers of photos; what is 0 is left out."""
    parts = [
        ", ".join(map(site_words, drop.sites)),
        *(f"“{note}”" for note in drop.notes if note),
        *([photos(drop.photos + drop.waiting)] if drop.photos + drop.waiting else []),
        *([tr("{number} doubtful", number=number(drop.doubtful))] if drop.doubtful else []),
        *([tr("{number} could not be read", number=number(drop.failed))] if drop.failed else []),
        *([tr("{number} were here already", number=number(drop.again))] if drop.again else []),
        *([tr("{number} hidden", number=number(drop.hidden))] if drop.hidden and not drop.undone else []),
    ]
    return " · ".join(parts)


def drop_name(drop: StoredDrop) -> str:
    """A short name of a drop: when, where, who and how many photos."""
    where = ", ".join(map(site_words, drop.sites))
    return " · ".join([noted_at(drop.at), where, drop.by, photos(drop.photos + drop.again)])


def hidden_words(photo: PhotoRecord) -> str:
    """The person who hid a photo, when, and why; empty for one that nobody hid."""
    if photo.hidden_at is None:
        return ""
    words = tr("hidden by {person}, {when}", person=photo.hidden_by, when=noted_at(photo.hidden_at))
    return f"{words}: {photo.hidden_why}" if photo.hidden_why else words
