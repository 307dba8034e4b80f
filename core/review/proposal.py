"""The threshold and the recall under which a model's counts are nearest to those of people on the same photos.

A lead takes them over as a version of the package of its own, so that every figure, export and row says with which
numbers it was counted; to undo is to take the version before into use. Stored photos are then counted again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path
from re import sub
from shutil import copytree
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidModel
from core.intake.recount import Recount
from core.language import tr
from core.models import Models
from core.recognition.flowers import STORED_PROBABILITY
from core.recognition.package import ModelPackage
from core.review.agreement import ENOUGH
from core.review.reviews import history_of
from core.store.library import Library
from core.store.records import ReviewRecord
from core.store.selection import Selection
from core.store.trail import Actor

FITTED = "+fitted."
"""Stands in the version of a package whose threshold and recall were fitted to this store."""

_STEPS = np.arange(0.10, 0.901, 0.05)
_LEAST_RECALL = 0.3
"""A store in which people count more than three times what is found needs another model, not a wider interval."""


def best_threshold(probability: Sequence[NDArray[np.float32]], numbers: Sequence[int], *, usual: float) -> float:
    """The threshold with the least mean error of the count, in steps of 0.05; `usual` unless that is surely worse.

    Surely: photo by photo the error is less by more than twice the standard error of the difference, so that no few
    crowded photos decide. probability: of every candidate, one array a photo; numbers: flowers that a person counted.
    """
    of_photo = np.array(numbers)

    def errors(threshold: float) -> NDArray[np.float64]:
        counts = np.array([int((p >= threshold).sum()) for p in probability])
        return np.asarray(abs(counts - of_photo), np.float64)

    before = errors(usual)
    less = [before - errors(step) for step in _STEPS]
    smooth = np.convolve(np.pad([gain.mean() for gain in less], 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    best = int(smooth.argmax())
    gain = less[best]
    sure = len(gain) > 1 and gain.mean() > 2 * gain.std(ddof=1) / np.sqrt(len(gain))
    return float(np.round(_STEPS[best], 2)) if sure else usual


def recall_of(probability: Sequence[NDArray[np.float32]], numbers: Sequence[int]) -> float:
    """The flowers among all candidates, by their probabilities, as a share of those that people counted, at most 1."""
    found = sum(float(p[p >= STORED_PROBABILITY].sum()) for p in probability)
    there = sum(numbers)
    return float(np.clip(found / there, _LEAST_RECALL, 1.0)) if there else 1.0


@dataclass(frozen=True, slots=True)
class Proposal:
    """The numbers that hold for this store by blind recounts of `photos` photos. missing: photos that are needed still

    before anything is proposed; threshold and recall are then those in force.
    """

    photos: int
    missing: int
    threshold: float
    recall: float


def propose(library: Library, package: ModelPackage) -> Proposal:
    """Propose threshold and recall by the blind recounts of photos that this package counted. Raises StoreError."""
    reviewed = chain.from_iterable(library.export_results(Selection(reviewed_only=True)))
    mine = package.name, package.version
    probability = {
        result.photo.photo_id: result.analysis.flowers.probability
        for result in reviewed
        if result.analysis and (result.analysis.model, result.analysis.model_version) == mine
    }
    said = defaultdict[str, list[ReviewRecord]](list)
    for record in library.review_records(list(probability)):
        said[record.photo_id].append(record)
    numbers = {}
    for photo_id, records in said.items():
        blind = {one.by: sum(one.counts.values()) for one in history_of(records).holding if one.numbers == "blind"}
        if blind:
            numbers[photo_id] = round(sum(blind.values()) / len(blind))
    missing = max(0, ENOUGH - len(numbers))
    if missing:
        return Proposal(len(numbers), missing, package.default_threshold, package.recall)
    candidates = [probability[photo_id] for photo_id in numbers]
    by_person = list(numbers.values())
    threshold = best_threshold(candidates, by_person, usual=package.default_threshold)
    return Proposal(len(numbers), 0, threshold, round(recall_of(candidates, by_person), 3))


def take_over(models: Models, recount: Recount, proposal: Proposal, *, by: Actor) -> ModelPackage:
    """Take the package in use with the proposed numbers into use, and have stored photos counted again.

    Raises InvalidModel where its numbers are not its own (a brought classifier's are the shipped recogniser's),
    StoreError.
    """
    package = models.package()
    if package.naming or package.finding:
        raise InvalidModel(
            tr("{model} counts with numbers of another kind: fit a detector with models calibrate.", model=package.name)
        )
    with TemporaryDirectory(prefix="bloomcount-fitted-") as place:
        folder = Path(place) / package.name
        copytree(package.directory, folder)
        toml = folder / "model.toml"
        text = toml.read_text(encoding="utf-8")
        for key, value in (("default_threshold", f"{proposal.threshold:.2f}"), ("recall", f"{proposal.recall:.3f}")):
            text = sub(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
        digits = sha256(text.encode()).hexdigest()[:6]
        version = f"{package.version.partition(FITTED)[0]}{FITTED}{digits}"
        toml.write_text(sub(r"(?m)^version = .*$", f'version = "{version}"', text, count=1), encoding="utf-8")
        used = models.use(folder, by=by)
    recount.start(used.name, used.version, by=by)
    return used


def go_back(models: Models, recount: Recount, *, by: Actor) -> ModelPackage:
    """Take the version before it was fitted to this store into use again. Raises InvalidModel, StoreError."""
    package = models.package()
    before = package.version.partition(FITTED)[0]
    for listed in models.listed():
        if (listed.name, listed.version) == (package.name, before) and not listed.problem:
            used = models.use(models.folder_of(listed), by=by)
            recount.start(used.name, used.version, by=by)
            return used
    raise InvalidModel(
        tr("{model} {version} is no longer here. Choose another on Models.", model=package.name, version=before)
    )
