"""A selection of photos and observations for a question, chart or export; and its form in an address.

Photos are chosen by where, when, who, which drop, how many flowers they show and what of them needs attention; of their
observations, those of some taxa or sure enough. A photo that is chosen stays even where none of its observations is: it
was looked at, and absence counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

Attention = Literal["doubtful", "flagged", "undated", "misdated", "unplaced", "far", "failed"]
"""A reason why a photo needs a person: its count is in much doubt (core/store/conditions.py) or a lower bound; it tells
no day, or neither site nor position; it was taken far from its site; it could not be read."""


@dataclass(frozen=True, slots=True)
class Selection:
    """An empty tuple or None means any. Days include both ends: taken as the camera wrote it, uploaded in UTC.

    sites: with their plots; "" stands for photos without a site. min_confidence: 0..1, of the name. reviewed_only: what
    a person said. drop_id: its own photos, and those that were here already when it came. text: in file name or note.
    count_from, count_to: flowers of the chosen observations in a photo, both included.
    hidden: only photos that somebody hid; else only those that nobody did.
    """

    sites: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    taxa: tuple[str, ...] = ()
    taken_from: date | None = None
    taken_to: date | None = None
    uploaded_from: date | None = None
    uploaded_to: date | None = None
    min_confidence: float = 0.0
    reviewed_only: bool = False
    drop_id: str | None = None
    count_from: int | None = None
    count_to: int | None = None
    attention: Attention | None = None
    text: str = ""
    hidden: bool = False

    @property
    def of_some_flowers(self) -> bool:
        """Tell whether only some flowers are asked for: a photo in which none of them was found may show others."""
        return bool(self.taxa) or self.min_confidence > 0

    @property
    def of_counts(self) -> bool:
        """Tell whether the count of a photo, or its doubt, decides if it is chosen."""
        return self.count_from is not None or self.count_to is not None or self.attention in ("doubtful", "flagged")

    def to_query(self) -> dict[str, list[str]]:
        """The selection as the query of an address, without what is left at any."""
        days = {name: getattr(self, name) for name in _DAYS}
        query = {
            "site": list(self.sites),
            "who": list(self.people),
            "taxon": list(self.taxa),
            **{name.replace("_", "-"): [day.isoformat()] for name, day in days.items() if day},
            "surer-than": [f"{self.min_confidence:g}"] if self.min_confidence > 0 else [],
            "reviewed": ["only"] if self.reviewed_only else [],
            "drop": [self.drop_id] if self.drop_id is not None else [],
            "count-from": [str(self.count_from)] if self.count_from is not None else [],
            "count-to": [str(self.count_to)] if self.count_to is not None else [],
            "attention": [self.attention] if self.attention else [],
            "text": [self.text] if self.text else [],
            "hidden": ["only"] if self.hidden else [],
        }
        return {name: values for name, values in query.items() if values}

    @classmethod
    def from_query(cls, query: Mapping[str, Sequence[str]]) -> Selection:
        """Read the selection from an address; words in it that mean nothing are left out."""
        days = {name: _day(query.get(name.replace("_", "-"), ())) for name in _DAYS}
        return cls(
            sites=tuple(query.get("site", ())),
            people=tuple(query.get("who", ())),
            taxa=tuple(query.get("taxon", ())),
            **days,
            min_confidence=_share(query.get("surer-than", ())),
            reviewed_only=list(query.get("reviewed", ())) == ["only"],
            drop_id=next(iter(query.get("drop", ())), None),
            count_from=_number(query.get("count-from", ())),
            count_to=_number(query.get("count-to", ())),
            attention=_attention(query.get("attention", ())),
            text=next(iter(query.get("text", ())), ""),
            hidden=list(query.get("hidden", ())) == ["only"],
        )


EVERYTHING = Selection()
_DAYS = ("taken_from", "taken_to", "uploaded_from", "uploaded_to")
QUERY_WORDS = (
    *("site", "who", "taxon", *(name.replace("_", "-") for name in _DAYS), "surer-than", "reviewed", "drop"),
    *("count-from", "count-to", "attention", "text", "hidden"),
)
"""The words of to_query; an address may hold others, which are not about the selection."""


def _day(words: Sequence[str]) -> date | None:
    try:
        return date.fromisoformat(words[0]) if words else None
    except ValueError:
        return None


def _share(words: Sequence[str]) -> float:
    try:
        share = float(words[0]) if words else 0.0
    except ValueError:
        return 0.0
    return share if 0 <= share <= 1 else 0.0


def _number(words: Sequence[str]) -> int | None:
    return int(words[0]) if words and words[0].isascii() and words[0].isdigit() and len(words[0]) < 10 else None


def _attention(words: Sequence[str]) -> Attention | None:
    return next((kind for kind in get_args(Attention) if words and words[0] == kind), None)
