"""The same photos by source and by taxon, and which taxa are taken for which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.recognition.taxa import Label
from training.answers import Answer, known
from training.count_figures import marked


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the photos: how many of each sort, and how many of those are right.

    kinds: photos of one kind. named: by the most counted taxon. summed, in_five: by summed scores.
    """

    name: str
    photos: int
    kinds: int
    named: int
    summed: int
    in_five: int
    eye: int
    eye_inside: int
    boxed: int
    boxes_within_one: int
    empty: int
    empty_counted: int


def by_source(answers: Sequence[Answer], labels: Sequence[Label]) -> list[Part]:
    """One part a source, by name."""
    return _parts(answers, labels, lambda a: a.row.source)


def by_taxon(answers: Sequence[Answer], labels: Sequence[Label]) -> list[Part]:
    """One part a taxon that there are photos of, by name."""
    return _parts(known(answers, labels), labels, lambda a: a.row.taxon)


def _parts(answers: Sequence[Answer], labels: Sequence[Label], name: Callable[[Answer], str]) -> list[Part]:
    names = sorted({name(a) for a in answers})
    return [_part(each, [a for a in answers if name(a) == each], labels) for each in names]


def _part(name: str, answers: Sequence[Answer], labels: Sequence[Label]) -> Part:
    kinds = known(answers, labels)
    eye = [(a.count, a.row.eye) for a in answers if a.row.eye]
    boxed = [abs(a.count - marked(a)) <= 1 for a in answers if 1 <= marked(a) <= 10]
    empty = [a.count > 0 for a in answers if a.row.without_flowers]
    return Part(
        name=name,
        photos=len(answers),
        kinds=len(kinds),
        named=sum(a.named == a.row.taxon for a in kinds),
        summed=sum(a.ranked[:1] == (a.row.taxon,) for a in kinds),
        in_five=sum(a.row.taxon in a.ranked for a in kinds),
        eye=len(eye),
        eye_inside=sum(e.low <= count <= e.high for count, e in eye),
        boxed=len(boxed),
        boxes_within_one=sum(boxed),
        empty=len(empty),
        empty_counted=sum(empty),
    )


@dataclass(frozen=True, slots=True)
class Confusion:
    """Number of photos of a taxon whose most counted flowers were called something else; empty: none was counted.

    example: the first of them.
    """

    taxon: str
    named: str
    photos: int
    example: str


def confusions(answers: Sequence[Answer], labels: Sequence[Label]) -> list[Confusion]:
    """Taxa that were called something else, the most frequent first."""
    wrong: dict[tuple[str, str], list[str]] = defaultdict(list)
    for answer in known(answers, labels):
        if answer.named != answer.row.taxon:
            wrong[answer.row.taxon, answer.named].append(answer.row.photo)
    ordered = sorted(wrong.items(), key=lambda item: (-len(item[1]), item[0]))
    return [Confusion(taxon, named, len(photos), photos[0]) for (taxon, named), photos in ordered]
