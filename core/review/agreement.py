"""Agreement of two counts of the same flowers: machine against people, and person against person.

Blind recounts alone are evidence: who saw the suggestion tends to take it. All figures are of photos one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations
from math import sqrt
from typing import Literal

import pandas as pd

from core.formatting import photos
from core.language import tr
from core.review.reviews import history_of
from core.store.library import Library
from core.store.records import How, PhotoRecord, ReviewRecord
from core.store.selection import EVERYTHING, Selection

ENOUGH = 30
"""Photos from which on figures are given as evidence: from fewer, even a share of 9 in 10 may be 7 in 10 (Wilson)."""

STRATA = ((0, 0), (1, 1), (2, 4), (5, 9), (10, 24), (25, None))
"""Flowers in a photo, from and to, by which photos are parted."""

Z_95 = 1.959964
"""The 97.5 % quantile of the normal distribution."""


Counts = Mapping[str, tuple[int, int, int]]
"""Count, low and high by taxon; of "" for all."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The count of one taxon ("" for all) in one photo by the machine, or a first person, and by a person.

    low, high: the interval of the first; its count where it has none.
    """

    photo_id: str
    site: str
    taxon: str
    count: int
    low: int
    high: int
    by_person: int
    how: How


@dataclass(frozen=True, slots=True)
class Confusion:
    """Photos by who found any: both, the first alone, the person alone, nobody."""

    both: int
    first_alone: int
    person_alone: int
    nobody: int


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with the 95 % interval of Wilson (1927)."""

    some: int
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        """Its ends, 0 to 1; all of it where there is nothing."""
        if not self.of:
            return 0.0, 1.0
        share, per = self.some / self.of, Z_95**2 / self.of
        middle, half = share + per / 2, Z_95 * sqrt((share * (1 - share) + per / 4) / self.of)
        return max(0.0, (middle - half) / (1 + per)), min(1.0, (middle + half) / (1 + per))


@dataclass(frozen=True, slots=True)
class Agreement:
    """Figures over some pairs; None where there are too few to have any.

    bias: mean of the first less the person. error: mean absolute error. concordance: Lin (1989), 1 where all agree.
    limits: Bland and Altman (1986), within which 95 % of the differences lie.
    """

    pairs: int
    confusion: Confusion
    within_one: Share
    covered: Share
    bias: float | None
    error: float | None
    concordance: float | None
    limits: tuple[float, float] | None

    @property
    def missing(self) -> int:
        """The number of photos that are still needed before this is evidence."""
        return max(0, ENOUGH - self.pairs)


def agreement(pairs: Sequence[Pair]) -> Agreement:
    """The figures of these pairs; of nothing as well."""
    counts = [(pair.count, pair.by_person) for pair in pairs]
    n, differences = len(counts), [first - person for first, person in counts]
    bias = sum(differences) / n if n else None
    spread = sqrt(sum((d - bias) ** 2 for d in differences) / (n - 1)) if bias is not None and n > 1 else None
    return Agreement(
        n,
        Confusion(
            sum(first > 0 and person > 0 for first, person in counts),
            sum(first > 0 and person == 0 for first, person in counts),
            sum(first == 0 and person > 0 for first, person in counts),
            sum(first == 0 and person == 0 for first, person in counts),
        ),
        Share(sum(abs(d) <= 1 for d in differences), n),
        Share(sum(pair.low <= pair.by_person <= pair.high for pair in pairs), n),
        bias,
        sum(map(abs, differences)) / n if n else None,
        _concordance(counts),
        None if bias is None or spread is None else (bias - Z_95 * spread, bias + Z_95 * spread),
    )


def _concordance(counts: Sequence[tuple[int, int]]) -> float | None:
    """Lin's coefficient, with sums over n as in his paper; None of one pair, or where nothing varies and all agree."""
    n = len(counts)
    if n < 2:
        return None
    x, y = (sum(column) / n for column in zip(*counts, strict=True))
    both = 2 * sum((a - x) * (b - y) for a, b in counts) / n
    apart = sum((a - x) ** 2 + (b - y) ** 2 for a, b in counts) / n + (x - y) ** 2
    return both / apart if apart else None


def against_machine(photo: PhotoRecord, found: Counts, records: Iterable[ReviewRecord]) -> Iterator[Pair]:
    """The machine's count of a photo beside that of each review of it: of all flowers, and of each taxon that either

    found. Reviews that sign no number are left out. found: by taxon, of "" for all.
    """
    for record in records:
        if record.numbers:
            yield from _pairs(photo, found, record)


def between_people(photo: PhotoRecord, records: Sequence[ReviewRecord]) -> Iterator[Pair]:
    """The counts of every two people who recounted a photo blind."""
    blind = {record.by: record for record in records if record.numbers == "blind"}
    for first, second in combinations(sorted(blind), 2):
        counts = {taxon: (count, count, count) for taxon, count in blind[first].counts.items()}
        total = sum(blind[first].counts.values())
        yield from _pairs(photo, {"": (total, total, total), **counts}, blind[second])


def _pairs(photo: PhotoRecord, first: Counts, record: ReviewRecord) -> Iterator[Pair]:
    said = {"": sum(record.counts.values()), **record.counts}
    for taxon in dict.fromkeys([*first, *said]):
        yield Pair(photo.photo_id, photo.site, taxon, *first.get(taxon, (0, 0, 0)), said.get(taxon, 0), record.numbers)


def names_in_words(names: Share) -> str:
    """The sentence on the names of names_agree."""
    low, high = names.interval
    return tr(
        "Names: the taxon with most flowers is the same in {share} of {photos} in which both found some "
        "(95 % interval {low} to {high}).",
        share=f"{names.some / max(names.of, 1):.0%}",
        photos=photos(names.of),
        low=f"{low:.0%}",
        high=f"{high:.0%}",
    )


def names_agree(pairs: Iterable[Pair]) -> Share:
    """The photos in which both found flowers, and of these the ones in which both found most of the same taxon.

    Photos and not flowers are counted, as flowers of one photo are named alike. pairs: as compare has them, the total
    of a photo before its taxa.
    """
    of_photo: list[list[Pair]] = []
    for pair in pairs:
        if not pair.taxon:
            of_photo.append([pair])
        elif of_photo:
            of_photo[-1].append(pair)
    both = [taxa for total, *taxa in of_photo if taxa and total.count and total.by_person]
    same = sum(
        _most(taxa, [pair.count for pair in taxa]) == _most(taxa, [pair.by_person for pair in taxa]) for taxa in both
    )
    return Share(same, len(both))


def _most(taxa: Sequence[Pair], counts: Sequence[int]) -> str:
    return min(zip(counts, taxa, strict=True), key=lambda one: (-one[0], one[1].taxon))[1].taxon


@dataclass(frozen=True, slots=True)
class Compared:
    """Pairs of machine and people, and of people among themselves, of some photos."""

    machine: tuple[Pair, ...]
    people: tuple[Pair, ...]

    @property
    def blind(self) -> tuple[Pair, ...]:
        """The pairs of machine and people that are evidence."""
        return tuple(pair for pair in self.machine if pair.how == "blind")

    @property
    def seen(self) -> tuple[Pair, ...]:
        """The pairs of people who saw the suggestion."""
        return tuple(pair for pair in self.machine if pair.how != "blind")


def compare(library: Library, which: Selection = EVERYTHING) -> Compared:
    """Machine and people on the photos of a selection that people reviewed: the newest word of each person.

    The machine's counts are those that were stored when it counted, at its own threshold. Raises StoreError.
    """
    reviewed = chain.from_iterable(library.photo_records(replace(which, reviewed_only=True)))
    stored = {photo.photo_id: photo for photo in reviewed}
    found, said = library.counts_by_model(list(stored)), dict[str, list[ReviewRecord]]()
    for record in library.review_records(list(stored)):
        said.setdefault(record.photo_id, []).append(record)
    machine, people = list[Pair](), list[Pair]()
    for photo_id, photo in stored.items():
        holding = [one for one in history_of(said.get(photo_id, [])).holding if one.whole]
        newest = {(one.by, one.numbers == "blind"): one for one in holding}
        if photo_id in found:
            machine += against_machine(photo, found[photo_id], newest.values())
        people += between_people(photo, list(newest.values()))
    return Compared(tuple(machine), tuple(people))


def differences(pairs: Iterable[Pair]) -> pd.DataFrame:
    """Mean and difference of both counts of all flowers of a photo, and the number of photos of each such pair."""
    of_all = [pair for pair in pairs if not pair.taxon]
    both = Counter(((pair.count + pair.by_person) / 2, pair.count - pair.by_person) for pair in of_all)
    rows = [(mean, difference, photos) for (mean, difference), photos in sorted(both.items())]
    return pd.DataFrame(rows, columns=["mean", "difference", "photos"])


By = Literal["all", "taxon", "site", "stratum"]
"""The parts that figures may be given for; a stratum is of photos by the flowers that the machine counted in them."""


def by_part(pairs: Sequence[Pair], by: By) -> dict[str, Agreement]:
    """The figures of each part, the largest first: of all flowers of a photo, or of each taxon by its short name."""
    parts: dict[str, list[Pair]] = {}
    for pair in pairs:
        if bool(pair.taxon) == (by == "taxon"):
            parts.setdefault(_part(pair, by), []).append(pair)
    if by == "stratum":
        return {part: agreement(parts[part]) for part in map(_stratum, STRATA) if part in parts}
    return {part: agreement(parts[part]) for part in sorted(parts, key=lambda part: (-len(parts[part]), part))}


def _part(pair: Pair, by: By) -> str:
    match by:
        case "taxon":
            return pair.taxon
        case "site":
            return pair.site
        case "stratum":
            return _stratum(stratum_of(pair.count))
    return ""


def _stratum(ends: tuple[int, int | None]) -> str:
    low, high = ends
    return f"{low}+" if high is None else str(low) if low == high else f"{low}-{high}"


def stratum_of(count: int) -> tuple[int, int | None]:
    """The stratum of a number of flowers: from and to, None where there is no end."""
    return next((low, high) for low, high in STRATA if high is None or count <= high)
