"""The figures by which a recogniser is judged, in the order of the model card."""

from __future__ import annotations

from collections.abc import Sequence

from core.recognition.taxa import Label
from training.answers import Answer
from training.box_figures import box_calibration_figure, box_figures
from training.count_figures import bed_and_empty_figures, box_count_figures, eye_figures, interval_figures
from training.figure import Figure
from training.name_figures import name_calibration_figure, other_genera_figures, species_figures
from training.wild_figures import wild_figures


def figures(answers: Sequence[Answer], labels: Sequence[Label]) -> list[Figure]:
    """All figures; the order of the photos does not matter. Photos of wild flowers have figures of their own."""
    wild, answers = answers, [a for a in answers if not a.row.wild]
    return [
        *species_figures(answers, labels),
        *eye_figures(answers),
        *box_count_figures(answers),
        *box_figures(answers),
        *bed_and_empty_figures(answers),
        *interval_figures(answers),
        *other_genera_figures(answers, labels),
        box_calibration_figure(answers),
        name_calibration_figure(answers, labels),
        *wild_figures(wild),
    ]
