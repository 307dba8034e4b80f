"""A model package: a folder with model.toml, labels.csv and the networks, all checked before anything is used.

A package of kind "recogniser" finds, counts and names; one of kind "classifier" names what the shipped recogniser
finds and counts; one of kind "detector" finds and counts, and names or leaves that to a classifier. docs/models.md says
what a person who brings one writes into model.toml.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.errors import InvalidModel
from core.flora.plants import PlantList
from core.recognition.brought.described import Finding, Naming, read_calibration, read_finding, read_naming
from core.recognition.intervals import NO_INTERVAL, NO_WIDENING, Widening, read_widening
from core.recognition.labels_csv import read_labels
from core.recognition.model_toml import Section, read_toml, text
from core.recognition.name_lists import NameList, NameLists
from core.recognition.network import MAX_INPUT_PX, Network
from core.recognition.taxa import Label, Names
from core.settings import SHIPPED_MODEL

FORMAT = 1
KINDS = ("recogniser", "classifier", "detector")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}"), "small letters, digits, - and _"
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+-]{0,63}"), "letters, digits, '.', '+', '-' and '_'"
WITH = " with "
"""Separates the own version of a brought package from the shipped one's name and version, where that helped."""

NOT_CALIBRATED = " (not calibrated)"
"""Stands in the version of a detector whose scores nobody compared with photos that people counted."""


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
    plants: names that people of the store added, which no network knows. name_lists: those that may be given, by site.
    naming, finding: of a package that people brought, its classifier and its detector. With naming alone it has its own
    name and labels; networks, calibration, threshold and recall are the shipped recogniser's. With finding the counting
    is its own too. brought_version: of such a package, as its model.toml has it; version says more, as a count is the
    work of two packages, or not calibrated.
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
    name_lists: NameLists | None = None
    finding: Finding | None = None
    brought_version: str = ""

    @property
    def taxa(self) -> tuple[Label, ...]:
        """The labels that are kinds."""
        return self.labels[: self.kinds]

    @property
    def names(self) -> Names:
        """All that a flower may be called beside the flora: the labels, and what people of the store added."""
        return (*self.labels, self.plants) if self.plants else self.labels

    def name_list(self, site: str) -> NameList | None:
        """The names that may be given at a site, None for all."""
        return self.name_lists.at(site) if self.name_lists else None

    @property
    def own_version(self) -> str:
        """The version that its model.toml has."""
        return self.brought_version or self.version


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
    if kind == "recogniser":
        return _recogniser(directory, table)
    read = _classifier if kind == "classifier" else _detector
    return read(directory, table, finder or load_package(SHIPPED_MODEL))


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
        widening=read_widening(directory, table),
    )


def _classifier(directory: Path, table: dict[str, Any], finder: ModelPackage) -> ModelPackage:
    """Load a classifier; calibration, threshold and recall are the finder's, which finds and counts."""
    labels = read_labels(Section(directory, table, "labels").file(directory))
    version = text(directory, table, "version", *_VERSION)
    return replace(
        finder,
        directory=directory,
        name=text(directory, table, "name", *_NAME),
        version=f"{version}{WITH}{finder.name} {finder.version}",
        brought_version=version,
        labels=labels,
        kinds=len(labels),
        naming=read_naming(directory, table),
    )


def _detector(directory: Path, table: dict[str, Any], shipped: ModelPackage) -> ModelPackage:
    """Load a detector; labels are its own, its classifier's, or the shipped package's where that names its flowers."""
    finding = read_finding(directory, table)
    version = text(directory, table, "version", *_VERSION)
    calibration = read_calibration(directory, table)
    labels, kinds = shipped.labels, shipped.kinds
    if finding.named_by in ("labels", "classifier"):
        labels = read_labels(Section(directory, table, "labels").file(directory))
        kinds = len(labels)
    shown = version if calibration else version + NOT_CALIBRATED
    return replace(
        shipped,
        directory=directory,
        name=text(directory, table, "name", *_NAME),
        version=f"{shown}{WITH}{shipped.name} {shipped.version}" if finding.named_by == "bloom" else shown,
        brought_version=version,
        labels=labels,
        kinds=kinds,
        default_threshold=calibration.threshold if calibration else finding.threshold,
        recall=calibration.recall if calibration else 1.0,
        widening=calibration.widening if calibration else NO_INTERVAL,
        naming=read_naming(directory, table) if finding.named_by == "classifier" else None,
        finding=replace(finding, calibration=calibration),
    )


def _network(directory: Path, section: Section) -> Network:
    input_px = section.whole_number("input_px", 32, MAX_INPUT_PX)
    small_px = section.whole_number("small_px", 0, input_px, default=0)
    return Network(path=section.file(directory), input_px=input_px, small_px=small_px)
