"""A model package: a folder with model.toml, labels.csv and the networks, all checked before anything is used.

A package of kind "recogniser" finds, counts and names; one of kind "classifier" names what the shipped recogniser
finds and counts. docs/models.md says what a person who brings one writes into model.toml.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from core.errors import InvalidModel
from core.flora.plants import PlantList
from core.recognition.intervals import NO_WIDENING, Widening
from core.recognition.model_toml import Section, read_toml, text
from core.recognition.taxa import RANKS, UNKNOWN_TAXON, Label, Names
from core.settings import SHIPPED_MODEL

FORMAT = 1
KINDS = ("recogniser", "classifier")
NETWORK_SUFFIXES = (".tflite", ".keras", ".h5")
"""Endings of network files; a folder is a SavedModel."""

_MAX_INPUT_PX = 4096
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}"), "small letters, digits, - and _"
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+-]{0,63}"), "letters, digits, '.', '+', '-' and '_'"
_IF_NO_COLUMN = {"rank": "species", "floral_unit": "flower", "flowering_months": "", "status_nl": ""}
WITH = " with "
"""Separates the own version of a brought classifier from the finder's name and version."""
_CLASSIFIER_KEYS = {"file", "sha256", "input_px", "channels", "black", "white", "output", "not_a_flower", "temperature"}


@dataclass(frozen=True, slots=True)
class Network:
    """One network: a file, or the folder of a SavedModel.

    input_px: side of its square input. channels: 3 (RGB) or 1 (grey).
    black, white: the float32 number that it takes for 0 and for 255, one a channel; what lies between is in proportion.
    """

    path: Path
    input_px: int
    channels: int = 3
    black: tuple[float, ...] = (0.0, 0.0, 0.0)
    white: tuple[float, ...] = (255.0, 255.0, 255.0)


@dataclass(frozen=True, slots=True)
class Naming:
    """A classifier that people brought. version: as its model.toml has it.

    probabilities: whether it gives them; else logits. not_a_flower: whether its last output stands for none of the
    labels. temperature: its logits are divided by it.
    """

    network: Network
    version: str
    probabilities: bool
    not_a_flower: bool
    temperature: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights that turn raw outputs into calibrated probabilities; fitted on photos that taught neither network.

    A box is a flower with the sigmoid of its evidence times these weights, in their order (core.recognition.evidence).
    temperature: the classifier's logits are divided by it.
    """

    bias: float
    detector_weight: float
    flower_weight: float
    photo_weight: float
    surest_weight: float
    size_weight: float
    company_weight: float
    share_weight: float
    temperature: float


@dataclass(frozen=True, slots=True)
class ModelPackage:
    """A checked package. default_threshold and recall, in 0..1, were measured by training (see its README.md).

    kinds: number of labels that are kinds; each label after them stands for the other kinds of a genus or family.
    other_kind: whether the classifier's output before "not a flower" stands for kinds that no label stands for.
    plants: names that people of the store added, which no network knows.
    naming: None where the package does all itself. Of kind "classifier" it has its own name and labels; networks,
    calibration, threshold and recall are the shipped recogniser's, and version says which that was, because a count is
    the work of both.
    """

    directory: Path
    name: str
    version: str
    labels: tuple[Label, ...]
    detector: Network
    classifier: Network
    calibration: Calibration
    default_threshold: float
    recall: float
    kinds: int
    other_kind: bool = False
    widening: Widening = NO_WIDENING
    naming: Naming | None = None
    plants: PlantList | None = None

    @property
    def taxa(self) -> tuple[Label, ...]:
        """The labels that are kinds."""
        return self.labels[: self.kinds]

    @property
    def names(self) -> Names:
        """All that a flower may be called beside the flora: the labels, and what people of the store added."""
        return (*self.labels, self.plants) if self.plants else self.labels

    @property
    def own_version(self) -> str:
        """The version that its model.toml has."""
        return self.naming.version if self.naming else self.version


PackageOf = Callable[[str, str], ModelPackage]
"""(model, model_version) -> the package whose labels and recall an analysis by it is counted with."""


def load_package(directory: Path, finder: ModelPackage | None = None) -> ModelPackage:
    """The package in a folder, every file compared with its sha256.

    finder: what found the flowers that a brought classifier named, the shipped package where it is None.
    Raises InvalidModel with one sentence about the first thing that is wrong.
    """
    table = read_toml(directory / "model.toml")
    if table.get("format") != FORMAT:
        raise InvalidModel(
            f"{directory} is a model package of format {table.get('format')!r}; this Bloomcount reads format {FORMAT}."
        )
    kind = table.get("kind", KINDS[0])
    if kind not in KINDS:
        raise InvalidModel(f"{directory / 'model.toml'}: kind is {kind!r}; it must be {' or '.join(map(repr, KINDS))}.")
    if kind == "classifier":
        return _classifier(directory, table, finder or load_package(SHIPPED_MODEL))
    return _recogniser(directory, table)


def _recogniser(directory: Path, table: dict[str, Any]) -> ModelPackage:
    calibration = Section(directory, table, "calibration")
    counting = Section(directory, table, "counting")
    named = Section(directory, table, "labels")
    labels = read_labels(named.file(directory))
    classifier = Section(directory, table, "classifier")
    return ModelPackage(
        directory=directory,
        name=text(directory, table, "name", *_NAME),
        version=text(directory, table, "version", *_VERSION),
        labels=labels,
        detector=_network(directory, Section(directory, table, "detector")),
        classifier=_network(directory, classifier),
        calibration=Calibration(
            bias=calibration.number("bias", -50, 50),
            detector_weight=calibration.number("detector_weight", 0, 50),
            flower_weight=calibration.number("flower_weight", 0, 50),
            photo_weight=calibration.number("photo_weight", 0, 50),
            surest_weight=calibration.number("surest_weight", -50, 50),
            size_weight=calibration.number("size_weight", -50, 50),
            company_weight=calibration.number("company_weight", -50, 50),
            share_weight=calibration.number("share_weight", -50, 50),
            temperature=calibration.number("temperature", 0.01, 100),
        ),
        default_threshold=counting.number("default_threshold", 0.05, 1),
        recall=counting.number("recall", 0.01, 1),
        kinds=named.whole_number("kinds", 1, len(labels), default=len(labels)),
        other_kind=classifier.choice("other_kind", (False, True), default=False),
        widening=_widening(directory, table),
    )


def _widening(directory: Path, table: dict[str, Any]) -> Widening:
    """The section [interval], which a package need not have."""
    if "interval" not in table:
        return NO_WIDENING
    section = Section(directory, table, "interval")
    counts = section.list_of("counts", 1, 1_000_000)
    low, high = section.list_of("low", 0, 1, length=len(counts)), section.list_of("high", 1, 1000, length=len(counts))
    return Widening(tuple(int(count) for count in counts), low, high)


def _classifier(directory: Path, table: dict[str, Any], finder: ModelPackage) -> ModelPackage:
    """Load a classifier; calibration, threshold and recall are the finder's, which finds and counts."""
    section = Section(directory, table, "classifier")
    section.expect_only(_CLASSIFIER_KEYS)
    channels = section.choice("channels", (1, 3))
    naming = Naming(
        network=Network(
            path=section.file(directory),
            input_px=section.whole_number("input_px", 8, _MAX_INPUT_PX),
            channels=channels,
            black=section.numbers("black", channels),
            white=section.numbers("white", channels),
        ),
        version=text(directory, table, "version", *_VERSION),
        probabilities=section.choice("output", ("probabilities", "logits")) == "probabilities",
        not_a_flower=section.choice("not_a_flower", (False, True)),
        temperature=section.number("temperature", 0.01, 100, default=1.0),
    )
    if not naming.network.path.is_dir() and naming.network.path.suffix not in NETWORK_SUFFIXES:
        raise InvalidModel(
            f"{naming.network.path} is not a network that Bloomcount reads. Use a file that ends in "
            f"{', '.join(NETWORK_SUFFIXES)}, or the folder of a SavedModel."
        )
    labels = read_labels(Section(directory, table, "labels").file(directory))
    return replace(
        finder,
        directory=directory,
        name=text(directory, table, "name", *_NAME),
        version=f"{naming.version}{WITH}{finder.name} {finder.version}",
        labels=labels,
        kinds=len(labels),
        naming=naming,
    )


def _network(directory: Path, section: Section) -> Network:
    return Network(path=section.file(directory), input_px=section.whole_number("input_px", 32, _MAX_INPUT_PX))


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


def _check_labels(path: Path, labels: tuple[Label, ...]) -> None:
    if not labels:
        raise InvalidModel(f"{path} has no taxa. Write one in each row.")
    taxon, times = Counter(label.taxon for label in labels).most_common(1)[0]
    if times > 1:
        raise InvalidModel(f"{path} has the taxon {taxon!r} {times} times. Keep one.")
    for label in labels:
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
