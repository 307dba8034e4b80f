"""Texts in the reader's language: English in the code, Dutch in core/dutch/*.toml, chosen in this one place.

A sentence that has no Dutch yet is shown in English; a test lists every such sentence, and every Dutch one that no
code says any more.
"""

from __future__ import annotations

import tomllib
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

DUTCH_TIME = ZoneInfo("Europe/Amsterdam")
"""Days and hours that people read and choose are those of the Netherlands; stored ones are UTC."""

LANGUAGES = {"en": "English", "nl": "Nederlands"}
DUTCH = Path(__file__).parent / "dutch"

_spoken: ContextVar[str] = ContextVar("language", default="en")


class Vernacular(Protocol):
    """Something with a name in each language."""

    @property
    def english(self) -> str:
        """Its English name."""
        ...

    @property
    def dutch(self) -> str:
        """Its Dutch name."""
        ...


def use_language(language: str) -> None:
    """Use this language (a key of LANGUAGES) from now on in this thread or task."""
    _spoken.set(language if language in LANGUAGES else "en")


def current_language() -> str:
    """The language in use here, a key of LANGUAGES."""
    return _spoken.get()


def tr(sentence: str, /, **values: object) -> str:
    """The sentence in the language in use, its {places} filled with the values."""
    text = translated(sentence)
    return text.format(**values) if values else text


def translated(sentence: str) -> str:
    """Translate an English text from the code, such as a page's title in the table of pages."""
    return dutch_sentences().get(sentence, sentence) if current_language() == "nl" else sentence


def language_of(locale: str | None) -> str:
    """The key of LANGUAGES for the locale of a browser or system, as `nl-BE`; English for other languages."""
    asked = (locale or "").split("-")[0].split("_")[0].lower()
    return asked if asked in LANGUAGES else "en"


def vernacular(name: Vernacular) -> str:
    """The name of a taxon in the language in use."""
    return name.dutch if current_language() == "nl" else name.english


@lru_cache(maxsize=1)
def dutch_sentences() -> dict[str, str]:
    """The Dutch of each English sentence."""
    sentences: dict[str, str] = {}
    for file in sorted(DUTCH.glob("*.toml")):
        sentences |= tomllib.loads(file.read_text(encoding="utf-8"))
    return sentences
