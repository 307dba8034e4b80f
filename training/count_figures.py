"""Figures on counts: against counts by eye, against drawn boxes, in beds, and in photos without flowers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import nan
from statistics import fmean, median

from training.answers import Answer
from training.dataset import EyeCount
from training.figure import Figure, share

_FEW, _BED = (1, 10), (20, 440)
"""Marked flowers a photo, from and to."""

SEVERAL_SHARE = 0.75
"""Three in four photos with several flowers: most photos of the folder show one, people's own photos often more."""

Mean = Callable[[Sequence[float], Sequence[bool]], float]
"""The mean of values; the flags say which photos have several boxes."""


def eye_figures(answers: Sequence[Answer]) -> list[Figure]:
    """The count against the count by eye."""
    eye = _seen_by_eye(answers)
    inside = (e.low <= a.count <= e.high for a, e in eye)
    near = (abs(a.count - e.best) <= 1 for a, e in eye)
    return [
        share("eye_inside", "count inside low-high of the count by eye", inside, at_least=80),
        share("eye_within_one", "count within ±1 of the best count by eye", near, at_least=75),
    ]


def interval_figures(answers: Sequence[Answer]) -> list[Figure]:
    """Our low-high: whether it holds the best count by eye, and its width, (high - low) / 2 / count."""
    eye = _seen_by_eye(answers)
    held = (a.counted.total.low <= e.best <= a.counted.total.high for a, e in eye)
    return [
        share("interval_holds", "our low-high contains the best count by eye", held, at_least=85),
        _width("interval_width", "counts above 10", [a for a in answers if a.count > 10]),
        _width("interval_width_eye", "counts by eye above 10", [a for a, e in eye if e.best > 10 and a.count]),
    ]


def holds(answer: Answer) -> bool:
    """True if our low-high contains the best count by eye; the number of a flagged photo is a lower bound."""
    total, eye = answer.counted.total, answer.row.eye
    return eye is not None and total.low <= eye.best and (total.lower_bound or eye.best <= total.high)


def _width(key: str, where: str, answers: Sequence[Answer]) -> Figure:
    totals = [a.counted.total for a in answers]
    width = fmean(100 * (t.high - t.low) / 2 / t.count for t in totals) if totals else nan
    return Figure(key, f"± of our low-high, of the count, mean ({where})", width, "%", len(totals), at_most=25)


def _seen_by_eye(answers: Sequence[Answer]) -> list[tuple[Answer, EyeCount]]:
    return [(a, a.row.eye) for a in answers if a.row.eye]


def marked(answer: Answer) -> int:
    """The number of flowers that people marked in a photo; 0 also where nobody looked."""
    return len(answer.row.boxes_xyxy) or answer.row.flowers or 0


def box_count_figures(answers: Sequence[Answer]) -> list[Figure]:
    """The count against the number of boxes, in photos with 1 to 10."""
    few = [a for a in answers if _FEW[0] <= marked(a) <= _FEW[1]]
    complete = [a for a in few if a.row.complete]
    targets = {"exact": 60.0, "within_one": 87.0, "error": 0.70}
    return [
        *_errors("boxes", "1-10, all boxed, 3 in 4 with several", complete, three_in_four, targets),
        *_errors("boxes_any", "1-10, all or the front boxed, 3 in 4 with several", few, three_in_four, targets),
        *_errors("boxes_plain", "1-10, all boxed, photos as they come", complete, as_they_come, {}),
    ]


def _errors(key: str, which: str, few: Sequence[Answer], mean: Mean, targets: dict[str, float]) -> list[Figure]:
    errors = [abs(a.count - marked(a)) for a in few]
    several = [marked(a) > 1 for a in few]
    exact = 100 * mean([error == 0 for error in errors], several)
    near = 100 * mean([error <= 1 for error in errors], several)
    return [
        Figure(f"{key}_exact", f"count equal to the boxes ({which})", exact, "%", len(few), targets.get("exact")),
        Figure(f"{key}_within_one", f"count within ±1 of the boxes ({which})", near, "%", len(few),
               targets.get("within_one")),
        Figure(f"{key}_error", f"mean absolute error of the count ({which})", mean(errors, several), "flowers",
               len(few), at_most=targets.get("error")),
    ]  # fmt: skip


def as_they_come(values: Sequence[float], _several: Sequence[bool]) -> float:
    """The plain mean, nan of nothing."""
    return fmean(values) if values else nan


def three_in_four(values: Sequence[float], several: Sequence[bool]) -> float:
    """The mean with weights by which three in four photos have several boxes; nan where one of the two is missing."""
    many = [value for value, more in zip(values, several, strict=True) if more]
    single = [value for value, more in zip(values, several, strict=True) if not more]
    return SEVERAL_SHARE * fmean(many) + (1 - SEVERAL_SHARE) * fmean(single) if many and single else nan


def bed_and_empty_figures(answers: Sequence[Answer]) -> list[Figure]:
    """Photos with many flowers, every one marked; and photos without any."""
    beds = [a for a in answers if a.row.boxed == "all" and _BED[0] <= marked(a) <= _BED[1]]
    error = median(100 * abs(a.count - marked(a)) / marked(a) for a in beds) if beds else nan
    empty = (a.count > 0 for a in answers if a.row.without_flowers)
    return [
        Figure("bed_error", "flowerbeds of 20-440 marked flowers: relative error of the count, median",
               error, "%", len(beds), at_most=5),
        share("empty_counted", "photos without flowers in which one is counted", empty, at_most=2),
    ]  # fmt: skip
