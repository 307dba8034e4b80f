"""The whole way from a folder of photos to models/bloom-108. Each stage is done once: what is in `work` is not redone.

Cost on two cores: 160 minutes; docs/recognition.md has them stage by stage. Expect the figures of
models/bloom-108/README.md.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras

from core.recognition.interpreters import Interpreters
from core.recognition.package import Label, load_package
from training.calibration import calibrate
from training.card import write_card
from training.classifier import build_classifier, classifier_loss, crop_maker, saved_classifier
from training.dataset import PhotoRow, read_dataset
from training.detector import build_detector, detector_loss, saved_detector, scene_maker, take_backbone
from training.export import export_networks
from training.finds import Finds, false_finds, true_finds, with_finds
from training.loop import Schedule, fit, weights_file
from training.package_files import DETECTOR_PX, UNCALIBRATED, write_package
from training.packing import PackedPhotos, pack
from training.soup import mean_of
from training.unboxed import unboxed_flowers, with_unboxed

_SEED = 7
_SMALL_PX = 288
FIRST_CLASSIFIER = Schedule(steps=800, rate=6e-4)
SMALL_DETECTOR = Schedule(steps=1200, rate=8e-4, warm_up=100)
FULL_DETECTOR = Schedule(steps=1800, rate=5e-4, warm_up=60)
WIDE_DETECTOR = Schedule(steps=2600, rate=4e-4, warm_up=60)
WIDE_CLASSIFIER = Schedule(steps=2600, rate=5e-4)


def train(data: Path, work: Path, out: Path) -> None:
    """Make the package `out` from the photos in `data`; `work` keeps what an interrupted run goes on from."""
    keras.utils.set_random_seed(_SEED)
    rows = read_dataset(data)
    with (data / "labels.csv").open(encoding="utf-8", newline="") as file:
        labels = [Label(**row) for row in csv.DictReader(file)]
    work.mkdir(parents=True, exist_ok=True)
    photos = pack(rows, data, work / "pack")
    learned = [row for row in rows if row.split == "train"]
    first = _first_classifier(photos, learned, labels, work)
    detector = _first_detector(photos, learned, first, work)
    finds = _finds(detector, photos, learned, data, first, work)
    detector = _second_detector(photos, learned, finds, detector, work)
    classifier = _second_classifier(photos, learned, labels, finds, first, work)
    made = work / "package"
    export_networks(detector, classifier, made)
    write_package(data / "labels.csv", UNCALIBRATED, made)
    write_package(data / "labels.csv", calibrate(rows, photos, made), made)
    write_card(rows, data, made)
    shutil.copytree(made, out, dirs_exist_ok=True, copy_function=shutil.copyfile)


def _first_classifier(photos: PackedPhotos, rows: Sequence[PhotoRow], labels: Sequence[Label], work: Path) -> Any:
    network = build_classifier(len(labels), frozen_stages=5)
    maker = crop_maker(photos, rows, labels)
    fit(network, classifier_loss, maker, stage="classifier-1", schedule=FIRST_CLASSIFIER, work=work)
    return network


def _first_detector(photos: PackedPhotos, rows: Sequence[PhotoRow], classifier: Any, work: Path) -> Any:
    """At a lower resolution first, from the flower classifier's backbone, then at full size."""
    small = build_detector(_SMALL_PX)
    take_backbone(small, classifier)
    maker = scene_maker(photos, rows, size_px=_SMALL_PX, batch=16)
    fit(small, detector_loss, maker, stage="detector-1", schedule=SMALL_DETECTOR, work=work)
    full = build_detector(DETECTOR_PX)
    full.set_weights(small.get_weights())
    maker = scene_maker(photos, rows, size_px=DETECTOR_PX, batch=8)
    fit(full, detector_loss, maker, stage="detector-2", schedule=FULL_DETECTOR, work=work)
    return saved_detector(weights_file(work, "detector-2"))


class _Found(NamedTuple):
    """What the first detector finds: its false finds on photos without flowers, its finds on the others, and which of
    these are flowers that nobody boxed.
    """

    hard: Finds
    found: Finds
    unboxed: Finds


def _finds(
    detector: Any, photos: PackedPhotos, rows: Sequence[PhotoRow], data: Path, classifier: Any, work: Path
) -> _Found:
    export_networks(detector, classifier, work / "early")
    write_package(data / "labels.csv", UNCALIBRATED, work / "early")
    early = load_package(work / "early")
    network, naming = Interpreters(early.detector), Interpreters(early.classifier)
    flowers = [row for row in rows if not row.without_flowers and row.source != "flowerbed"]
    hard = false_finds(rows, photos, network, input_px=network.input_px, file=work / "hard.npz")
    found = true_finds(flowers, photos, network, input_px=network.input_px, file=work / "found.npz")
    unboxed = unboxed_flowers(
        flowers, photos, found, naming, early.labels, input_px=naming.input_px, file=work / "unboxed.npz"
    )
    return _Found(hard, found, unboxed)


def _second_detector(photos: PackedPhotos, rows: Sequence[PhotoRow], finds: _Found, first: Any, work: Path) -> Any:
    """On from the first, with flowers that nobody boxed; what is used is the mean of both."""
    network = build_detector(DETECTOR_PX)
    network.set_weights(first.get_weights())
    maker = scene_maker(photos, [with_unboxed(row, finds.unboxed) for row in rows], size_px=DETECTOR_PX, batch=8)
    fit(network, detector_loss, maker, stage="detector-wide", schedule=WIDE_DETECTOR, work=work)
    mean_of(network, first, maker, stage="detector-mean", work=work)
    return saved_detector(weights_file(work, "detector-mean"))


def _second_classifier(
    photos: PackedPhotos, rows: Sequence[PhotoRow], labels: Sequence[Label], finds: _Found, first: Any, work: Path
) -> Any:
    """On from the first, with what the detector finds: its own boxes, and its false finds as "not a flower"."""
    network = build_classifier(len(labels), frozen_stages=2)
    network.set_weights(first.get_weights())
    maker = crop_maker(photos, [with_finds(row, finds.found) for row in rows], labels, hard=finds.hard)
    fit(network, classifier_loss, maker, stage="classifier-wide", schedule=WIDE_CLASSIFIER, work=work)
    return saved_classifier(weights_file(work, "classifier-wide"), len(labels))
