"""labels.csv and model.toml of a package, as core.recognition.package reads them. Needs no TensorFlow."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from pathlib import Path

from core.recognition.intervals import NO_WIDENING, Widening
from core.recognition.package import FORMAT, Calibration
from core.recognition.taxa import Label

NAME, VERSION = "bloom", "2.0.0b1"
DETECTOR_PX, CLASSIFIER_PX = 416, 256
"""Sides of the networks' square inputs; multiples of 32, see backbone.py."""
SMALL_CROP_PX = 160
"""Flowers of no more pixels are named at this side, in two fifths of the time. Measured in docs/experiments/names.md.
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """Results of calibration, see core.recognition.package."""

    calibration: Calibration
    default_threshold: float
    recall: float
    widening: Widening = NO_WIDENING


UNCALIBRATED = Measured(Calibration(0.0, 1.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, temperature=1.0), 0.4, 0.9)
"""Before calibration, which itself looks at photos through the exported networks."""


def write_labels(labels: Iterable[Label], labels_csv: Path) -> None:
    """Write the labels as core.recognition.package reads them."""
    with labels_csv.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Label)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(label) for label in labels)


def write_package(
    labels_csv: Path,
    measured: Measured,
    out: Path,
    *,
    kinds: int | None = None,
    name: str = NAME,
    version: str = VERSION,
    small_px: int = SMALL_CROP_PX,
    made_by: str = "train",
) -> None:
    """Write labels.csv and model.toml beside the networks.

    kinds: of labels by rank, as in training.leaves, how many are taxa; None where all are. small_px: of the classifier.
    """
    by_rank = ("", "") if kinds is None else (f"kinds = {kinds}\n", "other_kind = true\n")
    if labels_csv.resolve() != (out / "labels.csv").resolve():
        shutil.copyfile(labels_csv, out / "labels.csv")
    c = measured.calibration
    text = f"""# Written by python -m training {made_by}; README.md beside it is the model card.
format = {FORMAT}
name = "{name}"
version = "{version}"

{_file_section("labels", out / "labels.csv")}{by_rank[0]}
{_file_section("detector", out / "detector.tflite")}input_px = {DETECTOR_PX}

{_file_section("classifier", out / "classifier.tflite")}input_px = {CLASSIFIER_PX}
small_px = {small_px}
{by_rank[1]}
[calibration]
bias = {c.bias:.4f}
detector_weight = {c.detector_weight:.4f}
flower_weight = {c.flower_weight:.4f}
photo_weight = {c.photo_weight:.4f}
surest_weight = {c.surest_weight:.4f}
size_weight = {c.size_weight:.4f}
company_weight = {c.company_weight:.4f}
share_weight = {c.share_weight:.4f}
temperature = {c.temperature:.3f}

[counting]
default_threshold = {measured.default_threshold:.2f}
recall = {measured.recall:.3f}

[interval]
counts = {list(measured.widening.counts)}
doubts = {list(measured.widening.doubts)}
low = {_rounded(measured.widening.low)}
high = {_rounded(measured.widening.high)}
"""
    (out / "model.toml").write_text(text, encoding="utf-8")


def _rounded(shares: Sequence[float]) -> list[float]:
    return [round(share, 3) for share in shares]


def _file_section(name: str, path: Path) -> str:
    return f'[{name}]\nfile = "{path.name}"\nsha256 = "{sha256(path.read_bytes()).hexdigest()}"\n'
