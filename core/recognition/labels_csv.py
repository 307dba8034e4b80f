"""labels.csv of a package: one taxon a row, in the order of the network's outputs."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import fields
from pathlib import Path

from core.errors import InvalidModel
from core.recognition.taxa import RANKS, UNKNOWN_TAXON, Label

_NO_FLOWER = ("background", "none", "nothing", "no flower", "not flower", "not a flower", "geen bloem", "achtergrond")
_IF_NO_COLUMN = {"rank": "species", "floral_unit": "flower", "flowering_months": "", "status_nl": ""}


def read_labels(path: Path) -> tuple[Label, ...]:
    """The rows of a labels.csv. Raises InvalidModel with a sentence about what is wrong in it."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = set(reader.fieldnames or ())
            rows = list(reader)
    except OSError as error:
        raise InvalidModel(f"{path} cannot be opened: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidModel(f"{path} cannot be read: {error}. Save it as CSV in UTF-8.") from error
    names = [field.name for field in fields(Label)]
    if missing := set(names) - columns - _IF_NO_COLUMN.keys():
        raise InvalidModel(f"{path} has no column {', '.join(sorted(missing))}; columns are separated by commas.")
    labels = tuple(Label(**{name: row.get(name, _IF_NO_COLUMN.get(name)) or "" for name in names}) for row in rows)
    _check_labels(path, labels)
    return labels


def is_no_flower(name: str) -> bool:
    """True for the name of a class that stands for no flower, as `background`."""
    return name.replace("_", " ").replace("-", " ").strip().lower() in _NO_FLOWER


def _check_labels(path: Path, labels: tuple[Label, ...]) -> None:
    if not labels:
        raise InvalidModel(f"{path} has no taxa. Write one in each row.")
    taxon, times = Counter(label.taxon for label in labels).most_common(1)[0]
    if times > 1:
        raise InvalidModel(f"{path} has the taxon {taxon!r} {times} times. Keep one.")
    for label in labels:
        if is_no_flower(label.taxon):
            raise InvalidModel(
                f"{path} has {label.taxon!r} among its taxa, which is no flower. Take its row out, and write in "
                'model.toml where it stands: not_a_flower = "first" or "last" for a classifier, background = true for '
                "a detector that has it first."
            )
        if label.taxon == UNKNOWN_TAXON:
            raise InvalidModel(f"{path}: the taxon {UNKNOWN_TAXON!r} is kept for flowers without a name. Rename it.")
        if not label.taxon or not label.scientific_name or not label.family or label.rank not in RANKS:
            raise InvalidModel(
                f"{path}: {label.taxon or 'a row'} needs a taxon, a scientific name, a family "
                f"and a rank of {', '.join(RANKS)}."
            )
    _check_names_above(path, labels)


def _check_names_above(path: Path, labels: tuple[Label, ...]) -> None:
    """Refuse a taxon that is called like a genus or family of several labels, which is a name too (counting.py)."""
    above = Counter(name for label in labels for name in (label.genus, label.family) if name)
    several = {name.lower(): name for name, times in above.items() if times > 1}
    for label in labels:
        if several.get(label.taxon, label.scientific_name) != label.scientific_name:
            raise InvalidModel(
                f"{path}: the taxon {label.taxon!r} is {label.scientific_name}, but flowers that are named only as "
                f"{several[label.taxon]} get that name too. Rename it."
            )
