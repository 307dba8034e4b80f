"""The whole way from a folder of photos to models/bloom. What was learned and found is in `work` and not redone.

From ImageNet weights: both networks, in 8 bits, and then as from a package: the detector is trained on with wild
flowers, and names by rank are learned anew on the features of the classifier. Cost on two cores: about 175 minutes and
50; docs/experiments/training.md has them stage by stage, and the figures that a run from zero gave.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from core.photo.reading import only_pixels
from core.recognition.interpreters import Interpreters
from core.recognition.network import Network
from core.recognition.package import ModelPackage, load_package
from core.recognition.recogniser import BloomRecogniser
from core.recognition.taxa import Label
from training.calibration import calibrate
from training.card import write_card
from training.classifier import build_classifier, classifier_loss, crop_maker, saved_classifier
from training.dataset import WILD, InvalidDataset, PhotoRow, expect_enough, read_all_labels, read_dataset
from training.detector import build_detector, detector_loss, saved_detector, scene_maker, take_backbone
from training.export import export_int8, export_networks, int8_classifier, int8_detector
from training.finds import MOST_UNBOXED, Finds, false_finds, true_finds, with_finds
from training.last_layer import features_file, with_likeness
from training.leaves import Leaves
from training.loop import Schedule, fit, weights_file
from training.named_crops import NamedCrops, names_loss
from training.names import CROPS, LastLayer, features_of, learn, photos_crops
from training.package_files import DETECTOR_PX, UNCALIBRATED, write_labels, write_package
from training.packing import PackedPhotos, pack
from training.recorded import NETWORKS, recorded_calls
from training.shipped import Parameters, parameters, settle, take_parameters
from training.soup import mean_of
from training.unboxed import unboxed_flowers, with_unboxed

_SEED = 7
_SMALL_PX = 288
_SCALING_PHOTOS, _SCALING_PICTURES = 120, 150
"""Number of training photos, and of what a network sees of them, that set the scales of the feature maps in 8 bits."""
_SETTLING_BATCHES = 5
FIRST_CLASSIFIER = Schedule(steps=800, rate=6e-4)
SMALL_DETECTOR = Schedule(steps=1200, rate=8e-4, warm_up=100)
FULL_DETECTOR = Schedule(steps=1800, rate=5e-4, warm_up=60)
DETECTOR_AGAIN = Schedule(steps=2400, rate=4e-4, warm_up=60)
WIDE_CLASSIFIER = Schedule(steps=2500, rate=5e-4)
WILD_DETECTOR = Schedule(steps=700, rate=3e-4)
NAMED_CLASSIFIER = Schedule(steps=4500, rate=5e-4)
_ROUNDS = 4
"""Draws of crops from each photo that the whole classifier learns from."""


class _Material(NamedTuple):
    """Material that every stage learns from, and the folder for what it makes."""

    photos: PackedPhotos
    rows: Sequence[PhotoRow]
    labels_csv: Path
    labels: Sequence[Label]
    work: Path


def train(data: Path, work: Path, out: Path, start: Path | None = None) -> None:
    """Make the package `out` from the photos in `data`; `work` keeps what an interrupted run goes on from.

    start: the package that is trained on from; its networks are trained from ImageNet weights first where it is None.
    Raises InvalidDataset, or InvalidModel about the labels, before anything is learned.
    """
    keras.utils.set_random_seed(_SEED)
    rows, labels = read_dataset(data), read_all_labels(data)
    expect_enough(rows, [label.taxon for label in labels])
    work.mkdir(parents=True, exist_ok=True)
    _expect_begun_with(data, work)
    labels_csv = work / "labels.csv"
    write_labels(labels, labels_csv)
    photos = pack(rows, data, work / "pack")
    material = _Material(photos, [row for row in rows if row.split == "train"], labels_csv, labels, work)
    made = _named(material, rows, _networks(material, rows) if start is None else start)
    write_card(rows, data, made)
    shutil.copytree(made, out, dirs_exist_ok=True, copy_function=shutil.copyfile)


def _networks(material: _Material, rows: Sequence[PhotoRow]) -> Path:
    """A package of both networks, trained from ImageNet weights, whose classifier knows the taxa alone."""
    classifier = _first_classifier(material)
    detector = _first_detector(material, classifier)
    found = _finds(material, detector, classifier, number=1)
    detector = _detector_again(material, detector, found, number=1)
    classifier = _wide_classifier(material, classifier, found)
    detector = _detector_again(material, detector, _finds(material, detector, classifier, number=2), number=2)
    made, in_float = material.work / "networks", material.work / "float16"
    _export(material, detector, classifier, made, in_float)
    for folder in (made, in_float):
        write_package(material.labels_csv, calibrate(rows, material.photos, folder), folder)
    return made


def _named(material: _Material, rows: Sequence[PhotoRow], start: Path) -> Path:
    """A package of the detector trained on with wild flowers and the same classifier with names by rank, calibrated."""
    made, work, leaves = material.work / "package", material.work / "names", Leaves(rows, material.labels)
    package = load_package(start)
    made.mkdir(parents=True, exist_ok=True)
    scenes, pictures = _scaling(material, BloomRecogniser(package))
    (made / "detector.tflite").write_bytes(int8_detector(_wild_detector(material, package), scenes))
    detector = Interpreters(Network(made / "detector.tflite", DETECTOR_PX))
    unboxed = [row for row in material.rows if row.wild and not row.without_flowers and not len(row.boxes_xyxy)]
    file = work / "found.npz"
    found = true_finds(unboxed, material.photos, detector, input_px=detector.input_px, file=file)
    most = {photo: boxes[:MOST_UNBOXED, :4] for photo, boxes in found.items() if len(boxes)}
    crops = photos_crops(material.rows, leaves, most)[:CROPS]
    network = features_file(package.classifier.path, work / "features.tflite")
    layer = learn(
        features_of(crops, material.photos, network, work / "features.npy"), [crop.truth for crop in crops], leaves
    )
    classifier = int8_classifier(_named_classifier(material, parameters(network), layer, leaves, most), pictures)
    (made / "classifier.tflite").write_bytes(with_likeness(classifier))
    write_labels(leaves.labels, made / "labels.csv")
    write_package(made / "labels.csv", UNCALIBRATED, made, kinds=leaves.kinds)
    measured = calibrate(rows, material.photos, made, leaves)
    write_package(made / "labels.csv", measured, made, kinds=leaves.kinds)
    return made


def _named_classifier(material: _Material, given: Parameters, layer: LastLayer, leaves: Leaves, unboxed: Finds) -> Any:
    """Train the whole classifier on, from a last layer learned on its features."""
    network = build_classifier(leaves.nothing, frozen_stages=2)
    take_parameters(network, given)
    network.get_layer("logits").set_weights(layer)
    crops = [crop for n in range(_ROUNDS) for crop in photos_crops(material.rows, leaves, unboxed, seed=n)]
    maker = NamedCrops(material.photos, crops, leaves)
    fit(network, names_loss(leaves), maker, stage="classifier-named", schedule=NAMED_CLASSIFIER, work=material.work)
    return saved_classifier(weights_file(material.work, "classifier-named"), leaves.nothing)


def _wild_detector(material: _Material, package: ModelPackage) -> Any:
    """Train on from a package's detector with flowers of gardens and wild ones, and boxes that an eye rejected; the
    result is the mean of both."""
    last, network = build_detector(DETECTOR_PX), build_detector(DETECTOR_PX)
    take_parameters(last, parameters(package.detector.path))
    maker = scene_maker(material.photos, material.rows, size_px=DETECTOR_PX, batch=8)
    random = np.random.default_rng(_SEED)
    settle(last, np.concatenate([maker(random)[0] for _ in range(_SETTLING_BATCHES)]))
    network.set_weights(last.get_weights())
    fit(network, detector_loss, maker, stage="detector-wild", schedule=WILD_DETECTOR, work=material.work)
    mean_of(network, last, maker, stage="detector-wild-mean", work=material.work)
    return saved_detector(weights_file(material.work, "detector-wild-mean"))


def _expect_begun_with(data: Path, work: Path) -> None:
    """Check that `work` was made from these very tables; pixels and stages of others would be taken for theirs."""
    names = ("photos.csv", "boxes.csv", "counts.csv", "labels.csv", "rejected.csv", "labels-new.csv")
    tables = [folder / name for folder in (data, data / WILD) for name in names]
    now = sha256(b"\n".join(table.read_bytes() for table in tables if table.is_file())).hexdigest()
    begun = work / "tables.sha256"
    if begun.is_file() and begun.read_text(encoding="ascii") != now:
        raise InvalidDataset(
            f"{work} was begun with other tables than {data} has now. Name another folder with --work."
        )
    begun.write_text(now, encoding="ascii")


def _first_classifier(material: _Material) -> Any:
    network = build_classifier(len(material.labels), frozen_stages=5)
    maker = crop_maker(material.photos, material.rows, material.labels)
    fit(network, classifier_loss, maker, stage="classifier-1", schedule=FIRST_CLASSIFIER, work=material.work)
    return network


def _first_detector(material: _Material, classifier: Any) -> Any:
    """Train the detector at a lower resolution first, from the flower classifier's backbone, then at full size."""
    small = build_detector(_SMALL_PX)
    take_backbone(small, classifier)
    maker = scene_maker(material.photos, material.rows, size_px=_SMALL_PX, batch=16)
    fit(small, detector_loss, maker, stage="detector-1", schedule=SMALL_DETECTOR, work=material.work)
    full = build_detector(DETECTOR_PX)
    full.set_weights(small.get_weights())
    maker = scene_maker(material.photos, material.rows, size_px=DETECTOR_PX, batch=8)
    fit(full, detector_loss, maker, stage="detector-2", schedule=FULL_DETECTOR, work=material.work)
    return saved_detector(weights_file(material.work, "detector-2"))


class _Found(NamedTuple):
    """Finds of the networks: the detector's false finds on photos without flowers, its finds on the others, and which
    of these are flowers that nobody boxed.
    """

    hard: Finds
    found: Finds
    unboxed: Finds


def _finds(material: _Material, detector: Any, classifier: Any, *, number: int) -> _Found:
    there = material.work / f"finds-{number}"
    early = _in_float(material, detector, classifier, there)
    network, naming = Interpreters(early.detector), Interpreters(early.classifier)
    rows, photos = material.rows, material.photos
    flowers = [row for row in rows if not row.without_flowers and row.source != "flowerbed"]
    hard = false_finds(rows, photos, network, input_px=network.input_px, file=there / "hard.npz")
    found = true_finds(flowers, photos, network, input_px=network.input_px, file=there / "found.npz")
    unboxed = unboxed_flowers(
        flowers, photos, found, naming, early.labels, input_px=naming.input_px, file=there / "unboxed.npz"
    )
    return _Found(hard, found, unboxed)


def _detector_again(material: _Material, last: Any, found: _Found, *, number: int) -> Any:
    """Train on from the last detector, with flowers that nobody boxed; the result is the mean of both."""
    network = build_detector(DETECTOR_PX)
    network.set_weights(last.get_weights())
    rows = [with_unboxed(row, found.unboxed) for row in material.rows]
    maker = scene_maker(material.photos, rows, size_px=DETECTOR_PX, batch=8)
    fit(network, detector_loss, maker, stage=f"detector-again-{number}", schedule=DETECTOR_AGAIN, work=material.work)
    mean_of(network, last, maker, stage=f"detector-mean-{number}", work=material.work)
    return saved_detector(weights_file(material.work, f"detector-mean-{number}"))


def _wide_classifier(material: _Material, first: Any, found: _Found) -> Any:
    """Train on from the first classifier, with the detector's own boxes, and its false finds as "not a flower"."""
    network = build_classifier(len(material.labels), frozen_stages=2)
    network.set_weights(first.get_weights())
    rows = [with_finds(row, found.found) for row in material.rows]
    maker = crop_maker(material.photos, rows, material.labels, hard=found.hard)
    fit(network, classifier_loss, maker, stage="classifier-wide", schedule=WIDE_CLASSIFIER, work=material.work)
    return saved_classifier(weights_file(material.work, "classifier-wide"), len(material.labels))


def _in_float(material: _Material, detector: Any, classifier: Any, folder: Path) -> ModelPackage:
    """Write both networks as a package that computes in float32, not calibrated."""
    export_networks(detector, classifier, folder)
    write_package(material.labels_csv, UNCALIBRATED, folder)
    return load_package(folder)


def _export(material: _Material, detector: Any, classifier: Any, made: Path, in_float: Path) -> None:
    """Write the package in 8 bits, and for comparison one that computes in float32; both not calibrated."""
    scenes, crops = _scaling(material, BloomRecogniser(_in_float(material, detector, classifier, in_float)))
    export_int8(detector, classifier, made, scenes=scenes, crops=crops)
    write_package(material.labels_csv, UNCALIBRATED, made)


def _scaling(material: _Material, recogniser: BloomRecogniser) -> list[list[NDArray[np.uint8]]]:
    """Pictures that both networks see of some training photos, _SCALING_PICTURES each."""
    random = np.random.default_rng(_SEED)
    chosen = random.permutation(len(material.rows))[:_SCALING_PHOTOS]
    photos = (only_pixels(np.ascontiguousarray(material.photos[material.rows[n].photo])) for n in chosen)
    calls = [call for photo in photos for call in recorded_calls(recogniser, photo)]
    pictures = [[call.pixels.astype(np.uint8) for call in calls if call.network == name] for name in NETWORKS]
    return [[of_one[n] for n in random.permutation(len(of_one))[:_SCALING_PICTURES]] for of_one in pictures]
