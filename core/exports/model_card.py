"""The measurements in a model package's card."""

from __future__ import annotations

from itertools import takewhile
from typing import NamedTuple

from core.recognition.package import ModelPackage

CARD = "README.md"
_MEASURED = ("measured", "value", "photos")


class Measured(NamedTuple):
    """One line of the card: what was measured, the value as written there, and on how many photos."""

    what: str
    value: str
    photos: str


def measured(package: ModelPackage) -> list[Measured]:
    """The lines of the card's table of measurements; none where the package has no such card."""
    try:
        lines = (package.directory / CARD).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    head = next((place for place, line in enumerate(lines) if tuple(_cells(line)[:3]) == _MEASURED), len(lines))
    table = takewhile(lambda line: line.startswith("|"), lines[head + 2 :])
    return [Measured(*cells[:3]) for line in table if len(cells := _cells(line)) >= len(_MEASURED)]


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("**", "") for cell in line.strip().strip("|").split("|")]
