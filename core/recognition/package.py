"""A model package: a folder with model.toml, labels.csv and the networks, all checked before anything is used."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

from core.errors import InvalidModel

FORMAT = 1
RANKS = ("species", "cultivar", "genus", "family")
_MAX_INPUT_PX = 4096


@dataclass(frozen=True, slots=True)
class Label:
    """One row of labels.csv. flowering_months: as in "5-7", empty where unknown."""

    taxon: str
    scientific_name: str
    rank: str
    genus: str
    family: str
    english: str
    dutch: str
    floral_unit: str
    flowering_months: str
    status_nl: str


@dataclass(frozen=True, slots=True)
class Network:
    """One network file. input_px: side of its square input, pixels 0..255 as float32; it scales them itself."""

    path: Path
    input_px: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """What turns raw outputs into probabilities that mean what they say; fitted on photos that taught neither network.

    A box is a flower with the sigmoid of its evidence times these weights, in their order (core.recognition.evidence).
    temperature: the classifier's logits are divided by it.
    """

    bias: float
    detector_weight: float
    flower_weight: float
    surest_weight: float
    size_weight: float
    covered_weight: float
    temperature: float


@dataclass(frozen=True, slots=True)
class ModelPackage:
    """A checked package. default_threshold and recall, in 0..1, were measured by training (see its README.md)."""

    directory: Path
    name: str
    version: str
    labels: tuple[Label, ...]
    detector: Network
    classifier: Network
    calibration: Calibration
    default_threshold: float
    recall: float


def load_package(directory: Path) -> ModelPackage:
    """The package in a folder, every file compared with its sha256.

    Raises InvalidModel with one sentence about the first thing that is wrong.
    """
    table = _read_toml(directory / "model.toml")
    if table.get("format") != FORMAT:
        raise InvalidModel(
            f"{directory} is a model package of format {table.get('format')!r}; this app reads {FORMAT}."
        )
    calibration = _Section(directory, table, "calibration")
    counting = _Section(directory, table, "counting")
    return ModelPackage(
        directory=directory,
        name=_text(directory, table, "name"),
        version=_text(directory, table, "version"),
        labels=_labels(directory, _Section(directory, table, "labels")),
        detector=_network(directory, _Section(directory, table, "detector")),
        classifier=_network(directory, _Section(directory, table, "classifier")),
        calibration=Calibration(
            bias=calibration.number("bias", -50, 50),
            detector_weight=calibration.number("detector_weight", 0, 50),
            flower_weight=calibration.number("flower_weight", 0, 50),
            surest_weight=calibration.number("surest_weight", -50, 50),
            size_weight=calibration.number("size_weight", -50, 50),
            covered_weight=calibration.number("covered_weight", -50, 50),
            temperature=calibration.number("temperature", 0.01, 100),
        ),
        default_threshold=counting.number("default_threshold", 0.05, 1),
        recall=counting.number("recall", 0.01, 1),
    )


class _Section:
    """One table of model.toml, whose values are checked as they are read."""

    def __init__(self, directory: Path, table: dict[str, Any], name: str) -> None:
        self._where = f"{directory / 'model.toml'}, [{name}]"
        values = table.get(name)
        if not isinstance(values, dict):
            raise InvalidModel(f"{directory / 'model.toml'} has no part [{name}].")
        self._values = values

    def number(self, key: str, low: float, high: float) -> float:
        value = self._values.get(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise InvalidModel(f"{self._where}: {key} is {value!r}; it takes a number from {low} to {high}.")
        return float(value)

    def file(self, directory: Path) -> Path:
        """The file it names, inside the folder and with the sha256 it names."""
        name, expected = self._values.get("file"), self._values.get("sha256")
        if not isinstance(name, str) or Path(name).name != name:
            raise InvalidModel(f"{self._where}: file is {name!r}; it takes the name of a file in the same folder.")
        path = directory / name
        if not path.is_file():
            raise InvalidModel(f"{path} is missing; model.toml names it.")
        if sha256(path.read_bytes()).hexdigest() != expected:
            raise InvalidModel(f"{path} is not the file that model.toml was written for (its sha256 differs).")
        return path


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InvalidModel(f"{path} is missing; a model package is a folder with a model.toml.") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidModel(f"{path} cannot be read: {error}.") from error


def _text(directory: Path, table: dict[str, Any], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise InvalidModel(f"{directory / 'model.toml'}: {key} is {value!r}; it takes a text.")
    return value


def _network(directory: Path, section: _Section) -> Network:
    return Network(path=section.file(directory), input_px=int(section.number("input_px", 32, _MAX_INPUT_PX)))


def _labels(directory: Path, section: _Section) -> tuple[Label, ...]:
    path = section.file(directory)
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        missing = {field.name for field in fields(Label)} - set(reader.fieldnames or ())
        if missing:
            raise InvalidModel(f"{path} has no column {', '.join(sorted(missing))}.")
        labels = tuple(Label(**{field.name: row[field.name] or "" for field in fields(Label)}) for row in reader)
    _check_labels(path, labels)
    return labels


def _check_labels(path: Path, labels: tuple[Label, ...]) -> None:
    if not labels:
        raise InvalidModel(f"{path} names no taxon.")
    if len({label.taxon for label in labels}) < len(labels):
        raise InvalidModel(f"{path} names a taxon twice.")
    for label in labels:
        if not label.taxon or not label.scientific_name or not label.family or label.rank not in RANKS:
            raise InvalidModel(
                f"{path}: {label.taxon or 'a row'} needs a taxon, a scientific name, a family "
                f"and a rank of {', '.join(RANKS)}."
            )
