"""How often two packages say the same of a photo: float16 beside int8, or this version beside the last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.photos import read_photo
from core.recognition.counting import count_flowers
from core.recognition.recogniser import LONG_SIDE_PX, Recogniser

_MAX_MEGAPIXELS = 200


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of so many photos: those with the same count, with counts one apart at most, with the same most counted taxon."""

    photos: int
    same_count: int
    within_one: int
    same_name: int

    def __str__(self) -> str:
        shares = (f"{100 * n / max(self.photos, 1):.1f} %" for n in (self.same_count, self.within_one, self.same_name))
        return "of {} photos the same count in {}, within one in {}, the same name in {}".format(self.photos, *shares)


def agreement(one: Recogniser, other: Recogniser, photos: Iterable[Path]) -> Agreement:
    """Both look at each photo, each counts at its own threshold."""
    said = [(_said(one, photo), _said(other, photo)) for photo in photos]
    return Agreement(
        photos=len(said),
        same_count=sum(a == b for (a, _), (b, _) in said),
        within_one=sum(abs(a - b) <= 1 for (a, _), (b, _) in said),
        same_name=sum(a == b for (_, a), (_, b) in said),
    )


def _said(recogniser: Recogniser, file: Path) -> tuple[int, str]:
    """The count of a photo, and its most counted taxon, empty without any."""
    package = recogniser.package
    photo = read_photo(file.read_bytes(), name=file.name, max_megapixels=_MAX_MEGAPIXELS, long_side_px=LONG_SIDE_PX)
    flowers, flag = recogniser.recognise(photo)
    counted = count_flowers(
        flowers, package_labels=package.labels, threshold=package.default_threshold, recall=package.recall, flag=flag
    )
    return counted.total.count, counted.taxa[0].taxon if counted.taxa else ""
