"""Figures on names: the right kind named, and no name of ours for kinds that are not ours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from core.recognition.counting import TaxonCount
from core.recognition.taxa import Label
from training.answers import Answer, known
from training.figure import Figure, share
from training.reliability import Bin, calibration_error, reliability

_MAIN_COLLECTIONS = ("oxford102", "oxford17")
"""Collections that nearly every taxon was learned from; other sources are other people's photos."""

_NAMED, _SURELY = ("confident", "uncertain"), ("confident",)


def species_figures(answers: Sequence[Answer], labels: Sequence[Label]) -> list[Figure]:
    """Photos of one kind: is it named right?"""
    kinds = known(answers, labels)
    others = [a for a in kinds if a.row.source not in _MAIN_COLLECTIONS]
    return [
        *_named("species", "species", kinds, first=98, five=99.8),
        *_named("others", "species on other people's photos", others, first=93),
        share("none_counted", "photos of one kind in which no flower is counted", (a.count == 0 for a in kinds)),
    ]


def _named(key: str, what: str, kinds: Sequence[Answer], *, first: float, five: float | None = None) -> list[Figure]:
    counted = (a.named == a.row.taxon for a in kinds)
    summed = (a.ranked[:1] == (a.row.taxon,) for a in kinds)
    among = (a.row.taxon in a.ranked for a in kinds)
    return [
        share(f"{key}_top1_counted", f"{what}, top-1 by the most counted taxon", counted, at_least=first),
        share(f"{key}_top1", f"{what}, top-1 by summed scores", summed, at_least=first),
        share(f"{key}_top5", f"{what}, top-5 by summed scores", among, at_least=five),
    ]


def other_genera_figures(answers: Sequence[Answer], labels: Sequence[Label]) -> list[Figure]:
    """Photos of flowers that have no name here: do they get one, and do the others keep theirs?"""
    genera = {label.genus for label in labels}
    kinds = known(answers, labels)
    nameless = [a for a in answers if not a.row.taxon and not a.row.without_flowers]
    others = [a for a in nameless if a.row.genus and genera.isdisjoint(a.row.genus.split())]
    unsaid = [a for a in nameless if not a.row.genus]

    def given(photos: Sequence[Answer], bands: Sequence[str]) -> Iterable[bool]:
        return (bool(a.counted.taxa) and is_name(a.counted.taxa[0], labels, bands) for a in photos)

    return [
        share("other_named", "genera not among ours, given one of our names", given(others, _NAMED), at_most=20),
        share("known_named", "our own kinds, given one of our names", given(kinds, _NAMED), at_least=95),
        share(
            "other_named_surely", "genera not among ours, confidently given one of our names", given(others, _SURELY)
        ),
        share("known_named_surely", "our own kinds, confidently given one of our names", given(kinds, _SURELY)),
        share(
            "unsaid_named", "flowers whose genus the folder does not say, given one of our names", given(unsaid, _NAMED)
        ),
    ]


def is_name(count: TaxonCount, labels: Sequence[Label], bands: Sequence[str]) -> bool:
    """True if this is a label or the genus of one, in one of these bands; a family alone is no name."""
    taxon = count.taxon
    ours = any(label.taxon == taxon.name != label.family.lower() for label in labels)
    return count.band in bands and (taxon.rank == "genus" or ours)


def name_reliability(answers: Sequence[Answer], labels: Sequence[Label]) -> list[Bin]:
    """The confidence of the most counted taxon in photos of one kind: right is the kind, its genus or its family."""
    of = {label.taxon: label for label in labels}
    named = [(a.counted.taxa[0], of[a.row.taxon]) for a in known(answers, labels) if a.named not in ("", "unknown")]
    right = [row.taxon.name in (label.taxon, label.genus.lower(), label.family.lower()) for row, label in named]
    return reliability(np.array([row.confidence for row, _ in named]), np.array(right, bool))


def name_calibration_figure(answers: Sequence[Answer], labels: Sequence[Label]) -> Figure:
    """The calibration error of the confidence of names."""
    bins = name_reliability(answers, labels)
    return Figure("name_calibration", "confidence of a name: mean distance from the share that is right",
                  100 * calibration_error(bins), "%", sum(b.n for b in bins))  # fmt: skip
