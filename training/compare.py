"""Agreement of two packages on the same photos: float16 beside int8, or this version beside the last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.recognition.recogniser import Recogniser
from training.answers import recognise_all
from training.dataset import PhotoRow


@dataclass(frozen=True, slots=True)
class Agreement:
    """Numbers of photos: all, with the same count, with counts one apart at most, with the same most counted taxon."""

    photos: int
    same_count: int
    within_one: int
    same_name: int

    def __str__(self) -> str:
        shares = (f"{100 * n / max(self.photos, 1):.1f} %" for n in (self.same_count, self.within_one, self.same_name))
        return "of {} photos the same count in {}, within one in {}, the same name in {}".format(self.photos, *shares)


def agreement(one: Recogniser, other: Recogniser, rows: Sequence[PhotoRow], data: Path) -> tuple[Agreement, list[str]]:
    """Compare two packages, each at its own threshold; with a sentence for each photo that cannot be read."""
    (ours, left_out), (theirs, _) = (recognise_all(recogniser, rows, data) for recogniser in (one, other))
    said = list(zip(ours, theirs, strict=True))
    found = Agreement(
        photos=len(said),
        same_count=sum(a.count == b.count for a, b in said),
        within_one=sum(abs(a.count - b.count) <= 1 for a, b in said),
        same_name=sum(a.named == b.named for a, b in said),
    )
    return found, left_out
