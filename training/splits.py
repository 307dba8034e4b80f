"""Split photos into those that teach, choose thresholds or only measure, by the hash of the photo's group.

Near-duplicates share a group, so none of them is on both sides. Nothing random: the same folder splits the same way for
ever. A photo added later moves no other, but a count by eye its whole group.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

Split = Literal["train", "calibration", "validation"]
_VALIDATION_PERCENT, _CALIBRATION_PERCENT = 10, 7


def split_of(group: str, *, counted: bool) -> Split:
    """The split of a group. A group with a count by eye never teaches: half of them calibrate, half validate."""
    number = int.from_bytes(sha256(group.encode()).digest()[:4], "big")
    if counted:
        return "validation" if number % 2 else "calibration"
    percent = number % 100
    if percent < _VALIDATION_PERCENT:
        return "validation"
    return "calibration" if percent < _VALIDATION_PERCENT + _CALIBRATION_PERCENT else "train"
