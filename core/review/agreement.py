"""Agreement of two counts of the same flowers: machine against people, and person against person.

Blind recounts alone are evidence: who saw the suggestion tends to take it. All figures are of photos one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt

from core.recognition.counting import PhotoCount
from core.recognition.package import PackageOf
from core.store.records import How, PhotoResult, ReviewRecord
from core.survey.counted_photos import count_photo

ENOUGH = 30
"""Photos from which on figures are given as evidence: from fewer, even a share of 9 in 10 may be 7 in 10 (Wilson)."""

Z_95 = 1.959964
"""The 97.5 % quantile of the normal distribution."""


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


def against_machine(result: PhotoResult, records: Iterable[ReviewRecord], package_of: PackageOf) -> Iterator[Pair]:
    """The machine's count of a photo beside that of each review of it: of all flowers, and of each taxon that either

    found. Reviews that sign no number are left out.
    """
    count = count_photo(_unreviewed(result), package_of, None)
    if count is None:
        return
    for record in records:
        if record.numbers:
            yield from _pairs(result, _by_taxon(count), record)


def between_people(result: PhotoResult, records: Sequence[ReviewRecord]) -> Iterator[Pair]:
    """The counts of every two people who recounted a photo blind."""
    blind = {record.by: record for record in records if record.numbers == "blind"}
    for first, second in combinations(sorted(blind), 2):
        counts = {taxon: (count, count, count) for taxon, count in blind[first].counts.items()}
        total = sum(blind[first].counts.values())
        yield from _pairs(result, {"": (total, total, total), **counts}, blind[second])


Counts = Mapping[str, tuple[int, int, int]]
"""Count, low and high by taxon; of "" for all."""


def _by_taxon(count: PhotoCount) -> Counts:
    total = count.total
    rows = {row.taxon.name: (row.flowers.count, row.flowers.low, row.flowers.high) for row in count.taxa}
    return {"": (total.count, total.low, total.high), **rows}


def _pairs(result: PhotoResult, first: Counts, record: ReviewRecord) -> Iterator[Pair]:
    said = {"": sum(record.counts.values()), **record.counts}
    photo = result.photo
    for taxon in dict.fromkeys([*first, *said]):
        yield Pair(photo.photo_id, photo.site, taxon, *first.get(taxon, (0, 0, 0)), said.get(taxon, 0), record.numbers)


def names_agree(result: PhotoResult, record: ReviewRecord, named: Mapping[int, str]) -> Share:
    """The flowers that a person named as the machine did, of the candidates that both count.

    named: the machine's name of each counted candidate, by its place.
    """
    own = record.analysis_id == (result.analysis and result.analysis.analysis_id)
    both = [one for one in record.flowers if own and one.candidate in named]
    return Share(sum(named[one.candidate] == one.taxon for one in both if one.candidate is not None), len(both))


def _unreviewed(result: PhotoResult) -> PhotoResult:
    return PhotoResult(result.photo, result.analysis)
