"""Figures on wild flowers: named right at the rank that is given, no species for kinds never seen, and counts.

Photos are of the tables in wild/, whose boxes and counts an eye made with a machine's finds in view.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from statistics import median

from core.recognition.taxa import UNKNOWN_FLOWER, Taxon
from training.answers import Answer
from training.box_figures import detection_figures
from training.count_figures import holds
from training.dataset import PhotoRow
from training.figure import Figure, share

_MANY = 10


def wild_figures(answers: Sequence[Answer]) -> list[Figure]:
    """All of them; the order of the photos does not matter."""
    answers = [a for a in answers if a.row.wild]
    taught = [a for a in answers if a.row.taxon]
    strange = [a for a in answers if not a.row.taxon and not a.row.without_flowers]
    return [
        *_taught(taught),
        *_strange(strange),
        *_counts(answers),
        *detection_figures(
            "_wild",
            "wild flowers, judged photos with nothing missed",
            [a for a in answers if len(a.row.boxes_xyxy) and a.row.complete],
            precision=0.62,
        ),
    ]


def given(answer: Answer) -> Taxon | None:
    """The name of the most counted flowers; None where they have none or none is counted."""
    taxon = answer.counted.taxa[0].taxon if answer.counted.taxa else UNKNOWN_FLOWER
    return None if taxon == UNKNOWN_FLOWER else taxon


def right(taxon: Taxon, row: PhotoRow) -> bool:
    """True if the name is right at its own rank."""
    if taxon.rank == "family":
        return taxon.family == row.family
    if taxon.rank == "genus":
        return taxon.scientific_name == row.genus
    return taxon.name == row.taxon if row.taxon else taxon.scientific_name == row.kind


def _taught(answers: Sequence[Answer]) -> list[Figure]:
    named = [(taxon, a.row) for a in answers if (taxon := given(a))]
    return [
        share(
            "wild_top1_counted",
            "wild flowers of the taxa, top-1 by the most counted taxon",
            (a.named == a.row.taxon for a in answers),
            at_least=80,
        ),
        share(
            "wild_names_right",
            "… of all names given (species, genus or family), right at their rank",
            (right(taxon, row) for taxon, row in named),
            at_least=92,
        ),
        share("wild_none_counted", "… no flower counted", (a.count == 0 for a in answers), at_most=5),
    ]


def _strange(answers: Sequence[Answer]) -> list[Figure]:
    names = [given(a) for a in answers]
    low = [taxon is not None and taxon.rank != "family" for taxon in names]
    surely = [below and a.counted.taxa[0].band == "confident" for below, a in zip(low, answers, strict=True)]
    families = [(taxon, a.row) for taxon, a in zip(names, answers, strict=True) if taxon and taxon.rank == "family"]
    wrong = [below and not (taxon and right(taxon, a.row)) for below, taxon, a in zip(low, names, answers, strict=True)]
    kinds = "kinds that have no taxon"
    return [
        share("strange_named", f"{kinds}, given a species or genus", low, at_most=12),
        share("strange_named_surely", f"{kinds}, confidently given a species or genus", surely, at_most=2),
        share("strange_misnamed", f"{kinds}, given a wrong species or genus", wrong),
        share(
            "strange_family_given",
            f"{kinds}, given a family",
            (taxon is not None and taxon.rank == "family" for taxon in names),
            at_least=40,
        ),
        share(
            "strange_family_right",
            "… of the families given, right",
            (right(taxon, row) for taxon, row in families),
            at_least=65,
        ),
    ]


def _counts(answers: Sequence[Answer]) -> list[Figure]:
    eye = [(a, a.row.eye) for a in answers if a.row.eye]
    many = [(a, e) for a, e in eye if e.best > _MANY]
    ratio = median(a.count / e.best for a, e in many) if many else nan
    return [
        share(
            "wild_eye_inside",
            "wild flowers, count inside low-high of the count by eye",
            (e.low <= a.count <= e.high for a, e in eye),
            at_least=60,
        ),
        share(
            "wild_interval_holds",
            "wild flowers, our low-high contains the best count by eye (flagged: low is not above it)",
            (holds(a) for a, _ in eye),
            at_least=82,
        ),
        Figure("wild_many_ratio", "wild flowers, more than ten by eye: count over the best count by eye, median",
               ratio, "", len(many), at_least=0.7),
        share(
            "wild_many_holds",
            "wild flowers, more than ten by eye: our low-high contains the best",
            (holds(a) for a, _ in many),
            at_least=75,
        ),
    ]  # fmt: skip
