"""Search for a name as a person types it: any word of it, the first letters of each, also joined, a letter wrong.

A search over two thousand taxa takes some milliseconds, so it may run at each key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from core.flora.plants import folded

MOST = 12
FORGIVEN = 0.72
"""The likeness from which on a text may be a name with errors: one in four letters, two in seven."""

MOST_JOINED = 5
"""Letters that may be the beginnings of two words, as cja and cejac are of Centaurea jacea."""

LEAST_LETTERS = 4
"""Shorter texts are like anything."""


class Match(NamedTuple):
    """A taxon by its short name, and the text of its names that the search met."""

    name: str
    text: str


class Search:
    """A search over the names of taxa. Threads may share one. names: of each taxon by its short name, best first."""

    def __init__(self, names: Mapping[str, Iterable[str]]) -> None:
        rows = [(name, text) for name, texts in names.items() for text in dict.fromkeys(filter(None, texts))]
        self._names = [name for name, _ in rows]
        self._texts = [text for _, text in rows]
        self._folded = [_plain(text) for text in self._texts]
        self._first = {name: self._texts[row] for row, name in reversed(list(enumerate(self._names)))}

    def find(
        self, typed: str, *, likely: Sequence[str] = (), here: Sequence[str] = (), most: int = MOST
    ) -> list[Match]:
        """The taxa that the text may mean: those that are `likely` first, in their order, then those that grow `here`,

        then all others; texts with errors after those without. An empty text means each of the first two.
        """
        place = {name: number for number, name in enumerate(dict.fromkeys((*likely, *here)))}
        if not (words := _plain(typed).split()):
            return [Match(name, self._first[name]) for name in place if name in self._first][:most]
        rows = self._without_errors(words)
        found = self._ordered(rows, place)
        if not found and sum(map(len, words)) >= LEAST_LETTERS:
            found = self._ordered(self._with_errors(words), place)
        return [Match(name, self._texts[row]) for name, row in list(found.items())[:most]]

    def _ordered(self, rows: Mapping[int, float], place: Mapping[str, int]) -> dict[str, int]:
        """The best row of each taxon, the taxa in the order of `place`, then of how well the text fits."""
        far = len(place)
        order = sorted(rows, key=lambda row: (place.get(self._names[row], far), rows[row], self._folded[row]))
        best: dict[str, int] = {}
        for row in order:
            best.setdefault(self._names[row], row)
        return best

    def _without_errors(self, words: Sequence[str]) -> dict[int, float]:
        """Rows that have each word, in this order, as the start of one of theirs; that have two words after each other

        which begin with the first letters and the last ones of a short word; or the text anywhere in them.
        """
        starts = re.compile(r"(?:^| )" + r"(?:.* )?".join(rf"{re.escape(word)}[^ ]*(?: |$)" for word in words))
        text, first = " ".join(words), words[0]
        joined = _joined(text) if len(words) == 1 and 2 <= len(text) <= MOST_JOINED else None
        rows: dict[int, float] = {}
        for row, name in enumerate(self._folded):
            if first in name:
                if name.startswith(text):
                    rows[row] = 0 if name == text else 1
                elif starts.search(name):
                    rows[row] = 2 if name.startswith(first) else 3
                elif text in name:
                    rows[row] = 6
            if joined and rows.get(row, 6) == 6 and (found := joined.search(name)):
                rows[row] = 4 if found.start() == 0 else 5
        return rows

    def _with_errors(self, words: Sequence[str]) -> dict[int, float]:
        """Rows that begin like the text, its letters wrong, missing, doubled or swapped; else that have it inside."""
        text, most = " ".join(words), 4 * MOST
        starts = [name[: len(text)] for name in self._folded]
        matches = process.extract(text, starts, scorer=OSA.normalized_similarity, score_cutoff=FORGIVEN, limit=most)
        if not matches:
            cutoff = 100 * FORGIVEN
            longer = [name if len(name) >= len(text) else "" for name in self._folded]
            matches = process.extract(text, longer, scorer=fuzz.partial_ratio, score_cutoff=cutoff, limit=most)
        return {row: -score for _, score, row in matches}


def _joined(letters: str) -> re.Pattern[str]:
    """The pattern of two words that begin so: `cja` as c and ja, or as cj and a."""
    parts = (rf"{re.escape(letters[:at])}[^ ]* {re.escape(letters[at:])}" for at in range(1, len(letters)))
    return re.compile(rf"(?:^| )(?:{'|'.join(parts)})")


def _plain(text: str) -> str:
    """The words of a text in the form that two spellings share; a hyphen parts words."""
    return " ".join(re.sub(r"[^\w']+", " ", folded(text)).split())
