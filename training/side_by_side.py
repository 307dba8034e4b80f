"""Two packages on reviewed photos that neither learned from, through the app's own code, and which one is better."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from core.errors import BloomError
from core.photo.reading import read_photo
from core.recognition.counting import count_by_package
from core.recognition.recogniser import LONG_SIDE_PX, Recogniser
from core.review.agreement import Share
from core.review.lessons import ReviewedPhoto
from core.settings import PhotoLimits
from training.progress import on_all_cores

MAY_LOSE = 0.015
"""The share of photos that may be lost: of old taxa, named right; without flowers, with none counted. Nothing is added
for chance: in a store with few photos of old taxa none may be lost."""
_MAY_ERR = 0.05
"""The mean error of the count may grow by this much of a flower."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The word of a package on a photo: flowers counted, whether low-high holds the person's number, and the most

    counted taxon ("" where none is counted).
    """

    count: int
    low: int
    high: int
    named: str


@dataclass(frozen=True, slots=True)
class Results:
    """The figures of a package. old, new: photos of taxa that the base knows, and of those it does not, whose most

    counted taxon is the person's. error: mean absolute, in flowers. empty: photos without flowers in which some are
    counted.
    """

    old: Share
    new: Share
    within_one: Share
    covered: Share
    error: float | None
    empty: Share

    @property
    def named(self) -> Share:
        """Photos named right, of all taxa."""
        return Share(self.old.some + self.new.some, self.old.of + self.new.of)


def answers(
    photos: Sequence[ReviewedPhoto], bytes_of: Callable[[str], bytes], recogniser: Recogniser, stage: str
) -> list[Answer | str]:
    """The word of a package on each photo, in order; a sentence where it cannot be read."""

    def answer(photo: ReviewedPhoto) -> Answer | str:
        try:
            pixels = read_photo(
                bytes_of(photo.photo_id), name=photo.file, limits=PhotoLimits(), long_side_px=LONG_SIDE_PX
            )
        except BloomError as problem:
            return str(problem)
        found = recogniser.recognise(pixels)
        count = count_by_package(found.flowers, found.flag, recogniser.package)
        named = count.taxa[0].taxon.name if count.taxa else ""
        return Answer(count.total.count, count.total.low, count.total.high, named)

    return list(on_all_cores(answer, photos, stage, len(photos)))


def results(photos: Iterable[ReviewedPhoto], words: Iterable[Answer | str], new: Collection[str]) -> Results:
    """The figures of one package. new: the taxa that the base does not know."""
    both = [(photo, word) for photo, word in zip(photos, words, strict=True) if isinstance(word, Answer)]
    kinds = [(photo.kind in new, photo.kind == word.named) for photo, word in both if photo.kind and photo.whole]
    counted = [(word, photo.number) for photo, word in both if photo.number]
    off = [abs(word.count - number) for word, number in counted]
    empty = [word.count > 0 for photo, word in both if photo.number == 0]
    return Results(
        old=_share(right for is_new, right in kinds if not is_new),
        new=_share(right for is_new, right in kinds if is_new),
        within_one=_share(each <= 1 for each in off),
        covered=_share(word.low <= number <= word.high for word, number in counted),
        error=sum(off) / len(off) if off else None,
        empty=_share(empty),
    )


def _share(good: Iterable[bool]) -> Share:
    marks = list(good)
    return Share(sum(marks), len(marks))


def faults(before: Results, after: Results) -> list[str]:
    """The reasons, in sentences, for which the second package is not better than the first; none where it is."""
    found = []
    if before.old.some - after.old.some > MAY_LOSE * before.old.of:
        found.append(f"Of the old taxa {after.old.some} photos are named right, and {before.old.some} were.")
    if before.error is not None and after.error is not None and after.error > before.error + _MAY_ERR:
        found.append(f"Counts are {after.error:.2f} flowers off, and were {before.error:.2f}.")
    if after.empty.some - before.empty.some > MAY_LOSE * before.empty.of:
        found.append(
            f"In {after.empty.some} of {after.empty.of} photos without flowers some are counted, and in "
            f"{before.empty.some} before."
        )
    more_right = after.named.some > before.named.some
    if not found and not more_right:
        found.append(f"It names {after.named.some} of {after.named.of} photos right, as many as before or fewer.")
    return found


def changed(
    photos: Iterable[ReviewedPhoto], before: Iterable[Answer | str], after: Iterable[Answer | str], new: Collection[str]
) -> tuple[int, int]:
    """The photos of taxa that the base knows which the second package alone names wrong, and alone names right."""
    lost = won = 0
    for photo, old, now in zip(photos, before, after, strict=True):
        known = photo.whole and photo.kind and photo.kind not in new
        if known and isinstance(old, Answer) and isinstance(now, Answer):
            lost += old.named == photo.kind != now.named
            won += old.named != photo.kind == now.named
    return lost, won


def verdict(reasons: Sequence[str], lost: int, won: int) -> str:
    """The judgement in the card. reasons: those of `faults`; lost, won: of `changed`."""
    photo_by_photo = (
        f" Of the photos of taxa that the base knew it names {lost} wrong that the base named right, and {won} the "
        "other way round."
    )
    if reasons:
        return "**It is not better, so it was not given out.** " + " ".join(reasons) + photo_by_photo
    return "It is better." + photo_by_photo


def figure_table(before: Results, after: Results, names: tuple[str, str]) -> str:
    """Both packages side by side, in Markdown; shares with their 95 % interval (Wilson)."""
    rows = [
        ("photos of taxa it knew, named right", _of(before.old), _of(after.old)),
        ("photos of new taxa, named right", _of(before.new), _of(after.new)),
        ("count within ±1 of the person's", _of(before.within_one), _of(after.within_one)),
        ("mean error of the count, flowers", _flowers(before.error), _flowers(after.error)),
        ("low-high holds the person's count", _of(before.covered), _of(after.covered)),
        ("photos without flowers in which some are counted", _of(before.empty), _of(after.empty)),
    ]
    head = [("on reviewed photos that taught it nothing", *names), ("---", "---", "---")]
    return "\n".join(f"| {' | '.join(row)} |" for row in [*head, *rows]) + "\n"


def _of(share: Share) -> str:
    if not share.of:
        return "no photos"
    low, high = share.interval
    return f"{share.some / share.of:.1%} of {share.of} ({low:.0%}-{high:.0%})"


def _flowers(error: float | None) -> str:
    return "no photos" if error is None else f"{error:.2f}"
