"""An evaluation in Markdown, for people, and as plain values, for JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from math import isnan

from training.breakdown import Part
from training.evaluate import Evaluation
from training.figure import Figure

_WORST = 15
_REACHED = {True: "yes", False: "**no**", None: ""}


def as_json(evaluation: Evaluation) -> dict[str, object]:
    """Plain values. `figures` is a table by key; the other tables are lists of flat rows; nan becomes None."""
    return asdict(evaluation) | {"figures": {figure.key: _figure_values(figure) for figure in evaluation.figures}}


def _figure_values(figure: Figure) -> dict[str, object]:
    values = asdict(figure)
    del values["key"]
    return values | {"value": None if isnan(figure.value) else round(figure.value, 4), "reached": figure.reached}


def figure_table(figures: Iterable[Figure]) -> str:
    """The figures with their targets; what there are no photos for is left out."""
    return _table(
        ("measured", "value", "photos", "to reach", "reached"),
        [
            (f.what, _written(f.value, f.unit), str(f.photos), _target(f), _REACHED[f.reached])
            for f in figures
            if not isnan(f.value)
        ],
    )  # fmt: skip


def _written(value: float, unit: str) -> str:
    """A value as it is shown: 91.3 %, 0.82, 0.70."""
    return f"{value:.1f} %" if unit == "%" else f"{value:.2f}"


def _target(figure: Figure) -> str:
    if figure.at_least is not None:
        return f"≥ {_short(figure.at_least, figure.unit)}"
    return "" if figure.at_most is None else f"≤ {_short(figure.at_most, figure.unit)}"


def _short(value: float, unit: str) -> str:
    return f"{value:g} %" if unit == "%" else f"{value:.2f}"


def source_table(sources: Sequence[Part]) -> str:
    """One row a source."""
    return _table(
        ("source", "photos", "top-1, most counted", "top-1, summed", "top-5", "count inside the eye's low-high",
         "within ±1 of 1-10 boxes", "counted where none is"),
        [
            (p.name, str(p.photos), _of(p.named, p.kinds), _of(p.summed, p.kinds), _of(p.in_five, p.kinds),
             _of(p.eye_inside, p.eye), _of(p.boxes_within_one, p.boxed), _of(p.empty_counted, p.empty))
            for p in sources
        ],
    )  # fmt: skip


def strata_table(evaluation: Evaluation) -> str:
    """One row a stratum of photos counted by eye."""
    return _table(
        ("photos", "low-high holds the count by eye"), [(s.name, _of(s.held, s.photos)) for s in evaluation.strata]
    )


def taxon_table(taxa: Sequence[Part], trained_on: Callable[[str], int]) -> str:
    """One row a taxon, with the number of photos that it was learned from."""
    return _table(
        ("taxon", "training photos", "measured", "top-1, most counted", "top-1, summed", "top-5"),
        [
            (p.name, str(trained_on(p.name)), str(p.kinds), str(p.named), str(p.summed), str(p.in_five))
            for p in taxa
        ],
    )  # fmt: skip


def worst_taxa_table(taxa: Sequence[Part]) -> str:
    """The taxa with the smallest share named right; those that are always right are left out."""
    wrong = [p for p in taxa if p.named < p.kinds]
    wrong.sort(key=lambda p: (p.named / p.kinds, -p.kinds, p.name))
    return _table(
        ("taxon", "top-1, most counted", "top-5"),
        [(p.name, _of(p.named, p.kinds), _of(p.in_five, p.kinds)) for p in wrong[:_WORST]],
    )


def confusion_table(evaluation: Evaluation) -> str:
    """The most frequent confusions of taxa."""
    return _table(
        ("photos of", "called", "photos"),
        [(c.taxon, c.named or "(no flower counted)", str(c.photos)) for c in evaluation.confusions[:_WORST]],
    )


def markdown(evaluation: Evaluation) -> str:
    """The whole evaluation as Markdown; empty tables are left out."""
    parts = [
        f"{evaluation.model} on {evaluation.photos} photos; {len(evaluation.left_out)} could not be read.",
        *evaluation.notes,
        *evaluation.left_out,
        figure_table(evaluation.figures),
        "By source:\n\n" + source_table(evaluation.sources),
    ]
    if evaluation.strata:
        parts += ["Intervals:\n\n" + strata_table(evaluation)]
    if evaluation.confusions:
        parts += ["Worst taxa:\n\n" + worst_taxa_table(evaluation.taxa)]
        parts += ["Worst confusions, by the most counted taxon:\n\n" + confusion_table(evaluation)]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _of(good: int, photos: int) -> str:
    return f"{_written(100 * good / photos, '%')} of {photos}" if photos else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines) + "\n"
