"""Capitals of proper names in the English and Dutch names of plants, which the tables have in small letters."""

from __future__ import annotations

import re
from dataclasses import replace

from core.recognition.taxa import Label

_SPELT = {
    "amerikaanse": "Amerikaanse", "barbeton": "Barberton", "bishop": "Bishop", "californian": "Californian",
    "canterbury": "Canterbury", "cape": "Cape", "cautleya": "Cautleya", "england": "England", "english": "English",
    "europese": "Europese", "japanese": "Japanese", "japanse": "Japanse", "lenten": "Lenten", "llandaff": "Llandaff",
    "mexicaanse": "Mexicaanse", "mexican": "Mexican", "new england": "New England", "nieuw-engelse": "Nieuw-Engelse",
    "oost-indische": "Oost-Indische", "peruvian": "Peruvian", "siam": "Siam", "spaanse": "Spaanse", "susan": "Susan",
    "sweet william": "sweet William",
}  # fmt: skip
_WORDS = re.compile(rf"\b({'|'.join(sorted(_SPELT, key=len, reverse=True))})\b")


def proper(label: Label) -> Label:
    """The label with its names as a book has them."""
    return replace(label, english=_spelt(label.english), dutch=_spelt(label.dutch))


def _spelt(name: str) -> str:
    return _WORDS.sub(lambda found: _SPELT[found[0]], name)
