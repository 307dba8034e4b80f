"""Split photos into those that teach, choose thresholds or only measure, by the hash of the photo's group.

Near-duplicates share a group, so none of them is on both sides. Nothing random: the same folder splits the same way for
ever. A photo added later moves no other, but a blind count by eye its whole group. Photos of kinds that have no taxon
are split by their kind, so that the kinds that validate are truly never seen.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

Split = Literal["train", "calibration", "validation"]
_VALIDATION_PERCENT, _CALIBRATION_PERCENT = 10, 7
_STRANGE_VALIDATION_PERCENT, _STRANGE_CALIBRATION_PERCENT = 25, 15
"""More of the kinds without a taxon are kept apart: hundreds have one photo each, and no name is hardest to learn."""


def split_of(group: str, *, counted: bool) -> Split:
    """The split of a group. A group with a blind count by eye never teaches: half calibrate, half validate."""
    number = _number(group)
    if counted:
        return "validation" if number % 2 else "calibration"
    return _part(number % 100, _VALIDATION_PERCENT, _CALIBRATION_PERCENT)


def split_of_kind(scientific_name: str) -> Split:
    """The split of all photos of a kind that has no taxon."""
    return _part(_number(scientific_name) % 100, _STRANGE_VALIDATION_PERCENT, _STRANGE_CALIBRATION_PERCENT)


def _number(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:4], "big")


def _part(percent: int, validation: int, calibration: int) -> Split:
    if percent < validation:
        return "validation"
    return "calibration" if percent < validation + calibration else "train"
