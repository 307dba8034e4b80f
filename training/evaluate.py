"""How good the recogniser is on a folder of photos, through the very code that the app uses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from core.photos import read_photo
from core.recognition.counting import count_flowers
from core.recognition.recogniser import LONG_SIDE_PX, Recogniser
from training.dataset import PhotoRow
from training.progress import Progress

_MAX_MEGAPIXELS = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What the app would show for a photo at the default threshold, beside what is known of it.

    named: the most counted taxon. ranked: five taxa by the scores of the flowers, each weighed by its probability.
    """

    row: PhotoRow
    count: int
    low: int
    high: int
    named: str
    ranked: tuple[str, ...]
    flag: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A share of photos: `good` of `photos`."""

    what: str
    good: int
    photos: int

    @property
    def percent(self) -> float:
        """0..100, or nan without photos."""
        return 100 * self.good / self.photos if self.photos else float("nan")


def answers(recogniser: Recogniser, rows: Sequence[PhotoRow], data: Path) -> list[Answer]:
    """Every photo recognised and counted, in order."""
    progress, done = Progress("evaluate", len(rows)), []
    for row in rows:
        done.append(answer(recogniser, row, data))
        progress.step()
    return done


def answer(recogniser: Recogniser, row: PhotoRow, data: Path) -> Answer:
    """One photo, from its bytes to its counts."""
    package = recogniser.package
    photo = read_photo(
        (data / row.photo).read_bytes(), name=row.photo, max_megapixels=_MAX_MEGAPIXELS, long_side_px=LONG_SIDE_PX
    )
    flowers, flag = recogniser.recognise(photo)
    counted = count_flowers(
        flowers, package_labels=package.labels, threshold=package.default_threshold, recall=package.recall, flag=flag
    )
    sums: dict[str, float] = defaultdict(float)
    for probability, taxa in zip(flowers.probability, flowers.taxa, strict=True):
        for taxon, score in taxa:
            sums[taxon] += float(probability) * score
    ranked = tuple(sorted(sums, key=lambda taxon: (-sums[taxon], taxon))[:5])
    named = counted.taxa[0].taxon if counted.taxa else ""
    total = counted.total
    return Answer(row, total.count, total.low, total.high, named, ranked, flag)


def figures(done: Sequence[Answer]) -> list[Figure]:
    """The figures of the model card, in its order."""
    kinds = [a for a in done if a.row.taxon]
    eye = [(a, a.row.eye) for a in done if a.row.eye]
    boxed = [(a.count, len(a.row.boxes_xyxy)) for a in done if a.row.boxed == "foreground"]
    empty = [a for a in done if a.row.without_flowers]

    def first(source: str) -> Iterable[bool]:
        return (a.ranked[:1] == (a.row.taxon,) for a in kinds if source in (a.row.source, ""))

    return [
        _share("species top-1: the taxon of the most counted flowers", (a.named == a.row.taxon for a in kinds)),
        _share("species top-1 by summed scores", first("")),
        _share("species top-5 by summed scores", (a.row.taxon in a.ranked for a in kinds)),
        *(_share(f"- top-1 by summed scores, {name}", first(name)) for name in sorted({a.row.source for a in kinds})),
        _share("photos of one kind without any counted flower (less is better)", (a.count == 0 for a in kinds)),
        _share("count inside low-high of the count by eye", (e.low <= a.count <= e.high for a, e in eye)),
        _share("count within one of the count by eye", (abs(a.count - e.best) <= 1 for a, e in eye)),
        _share("the eye's best count inside our low-high (90 % wanted)", (a.low <= e.best <= a.high for a, e in eye)),
        _share("count equal to the number of boxes", (count == boxes for count, boxes in boxed)),
        _share("count within one of the number of boxes", (abs(count - boxes) <= 1 for count, boxes in boxed)),
        _share("a flower counted in a photo without any (less is better)", (a.count > 0 for a in empty)),
    ]


def _share(what: str, good: Iterable[bool]) -> Figure:
    marks = [bool(mark) for mark in good]
    return Figure(what, sum(marks), len(marks))


def markdown(found: Sequence[Figure]) -> str:
    """The figures as a Markdown table; what there are no photos for is left out."""
    lines = ["| measured | share | photos |", "|---|---|---|"]
    lines += [f"| {f.what} | {f.percent:.1f} % | {f.photos} |" for f in found if f.photos]
    return "\n".join(lines) + "\n"


def as_json(found: Sequence[Figure]) -> list[dict[str, object]]:
    """The figures as plain values."""
    return [asdict(f) | {"percent": round(f.percent, 2)} for f in found if f.photos]
