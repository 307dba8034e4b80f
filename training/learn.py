"""Learns from the reviews of a store: a package with more taxa, beside the one it began with on photos kept apart.

What both networks see stays what it is; the classifier's last layer, the threshold, the recall and the interval are
learned. So it takes minutes of a processor and needs no GPU. The looks are kept in the work folder, photo by photo: a
run that was stopped goes on where it was.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.bloomcount import Bloomcount
from core.errors import BloomError
from core.recognition.counting import unit_of
from core.recognition.evidence import flower_probability
from core.recognition.flags import LIKELY, flag_of_likely
from core.recognition.interpreters import Interpreters
from core.recognition.network import Network
from core.recognition.package import ModelPackage, load_package
from core.recognition.recogniser import load_recogniser
from core.recognition.taxa import RANKS, Label, Taxon, taxa_of
from core.review.lessons import ReviewedPhoto, kept_apart, reviewed_photos
from core.review.proposal import best_threshold, recall_of
from training.calibration import Seen, box_evidence, match
from training.dataset import EyeCount, PhotoRow
from training.last_layer import features_file, last_layer, with_last_layer
from training.learned import DIGITS, FILE, learned_from
from training.looks import REJECTED, WHOLE, Eyes, Look, looks
from training.more_names import Outputs, learn_more, remember
from training.names import LastLayer
from training.package_files import Measured, write_labels, write_package
from training.side_by_side import Results, answers, faults, figure_table, results, verdict
from training.widening import fit_widening

LEAST_PHOTOS_OF_TAXON = 10
"""Photos of a new taxon from which on it is learned."""
LEAST_APART = 20
"""Photos kept apart that are needed to tell better from worse."""
LEAST_COUNTED = 100
"""Photos that teach, with signed numbers, from which on threshold, recall and interval are fitted to the store."""
_FOLDS = 2
LEARNED = "+learned."


class NothingToLearn(BloomError):
    """A store whose reviews are too few to learn from, or a package that cannot learn."""


@dataclass(frozen=True, slots=True)
class Learned:
    """The outcome. package: the folder of the new package. reasons: why it is not better; none where it is.

    left_out: a sentence for each photo that could not be read. figures: both packages side by side, in Markdown.
    """

    package: Path
    version: str
    reasons: tuple[str, ...]
    left_out: tuple[str, ...]
    figures: str


@dataclass(frozen=True, slots=True)
class _Photo:
    reviewed: ReviewedPhoto
    look: Look


def learn(bloom: Bloomcount, base: Path, work: Path, out: Path) -> Learned:
    """Learn from the reviews of a store, and write the package to `out` where it is better than the base.

    Raises NothingToLearn before anything is looked at, InvalidModel about the base, StoreError.
    """
    package, bytes_of = _base(base), bloom.library.pictures.photo
    taxa = taxa_of(replace(package, plants=bloom.models.names.all()).names)
    reviewed = reviewed_photos(bloom.library, bloom.models.package_of, taxa)
    learned = learned_from(base)
    apart_visits = kept_apart(reviewed, {photo.photo_id for photo in reviewed if photo.photo_id[:DIGITS] in learned})
    teach = [photo for photo in reviewed if photo.visit not in apart_visits]
    apart = [photo for photo in reviewed if photo.whole and photo.visit in apart_visits]
    outputs = Outputs(package, new_taxa(reviewed, package, taxa))
    _expect_enough(reviewed, teach, apart)
    work.mkdir(parents=True, exist_ok=True)
    own = work / sha256(package.classifier.path.read_bytes() + package.detector.path.read_bytes()).hexdigest()[:12]
    features = Network(features_file(package.classifier.path, own / "features.tflite"), package.classifier.input_px)
    eyes = Eyes(Interpreters(package.detector), Interpreters(features), package.calibration)
    seen = list(looks(teach, bytes_of, eyes, own))
    left_out = [each for each in seen if isinstance(each, str)]
    photos = [_Photo(one, each) for one, each in zip(teach, seen, strict=True) if isinstance(each, Look)]
    teacher, made = _Teacher(photos, package, outputs), work / "package"
    _write(made, package, outputs, teacher.learned(photos), _calibrated(photos, package, outputs, teacher))
    version = _with_version(made, package, outputs)
    (made / FILE).write_text(
        "\n".join(sorted(learned | {photo.photo_id[:DIGITS] for photo in teach})) + "\n", encoding="ascii"
    )
    both = [
        answers(apart, bytes_of, load_recogniser(folder), f"{stage} package on photos kept apart")
        for stage, folder in (("old", base), ("new", made))
    ]
    left_out += [word for word in both[0] if isinstance(word, str)]
    new = {label.taxon for label in outputs.new}
    before, after = (results(apart, words, new) for words in both)
    reasons = faults(before, after)
    names = f"{package.name} {package.version}", f"{package.name} {version}"
    figures = figure_table(before, after, names)
    card = _card(names, outputs, teach, apart, before, after, figures, reasons, load_package(made))
    (made / "README.md").write_text(card, encoding="utf-8")
    if not reasons:
        shutil.copytree(made, out, dirs_exist_ok=True, copy_function=shutil.copyfile)
    return Learned(made if reasons else out, version, tuple(reasons), tuple(left_out), figures)


def _base(folder: Path) -> ModelPackage:
    package = load_package(folder)
    if package.naming or package.finding:
        raise NothingToLearn(
            f"{folder} is no recogniser of Bloomcount, which finds, counts and names by itself: name one with --from."
        )
    return package


def new_taxa(photos: Sequence[ReviewedPhoto], package: ModelPackage, taxa: Mapping[str, Taxon]) -> list[Label]:
    """Labels for the taxa that people named in ten photos or more and the package has no label for, by name.

    Species, cultivars and genera; of a family or a subspecies nothing is learned.
    """
    known = {label.taxon for label in package.labels}
    often = Counter(taxon for photo in photos for taxon in photo.counts if taxon not in known)
    found = []
    for name in sorted(name for name, many in often.items() if many >= LEAST_PHOTOS_OF_TAXON):
        taxon = taxa.get(name)
        if taxon and taxon.rank in RANKS and taxon.rank != "family":
            found.append(
                Label(
                    taxon=taxon.name,
                    scientific_name=taxon.scientific_name,
                    rank=taxon.rank,
                    genus=taxon.scientific_name.split()[0],
                    family=taxon.family,
                    english=taxon.english,
                    dutch=taxon.dutch,
                    floral_unit=unit_of(taxon, package.labels),
                    flowering_months="",
                    status_nl="",
                )
            )
    return found


def _expect_enough(
    reviewed: Sequence[ReviewedPhoto], teach: Sequence[ReviewedPhoto], apart: Sequence[ReviewedPhoto]
) -> None:
    if len(apart) < LEAST_APART or len(teach) < LEAST_APART:
        raise NothingToLearn(
            f"The store has {len(reviewed)} photos whose names people signed; {len(teach)} may teach and {len(apart)} "
            f"of other visits could tell whether that helped. Each of these must be {LEAST_APART} at least: review "
            "more, of several visits (a site on a day)."
        )


class _Teacher:
    """Learns last layers from photos, on from a package's, of which it remembers the taxa once."""

    def __init__(self, photos: Sequence[_Photo], package: ModelPackage, outputs: Outputs) -> None:
        self._old = LastLayer(*last_layer(package.classifier.path.read_bytes()))
        self._outputs = outputs
        features, shown = self._taught(photos)
        temperature = package.calibration.temperature
        self._memory = remember(features, shown, self._old, package.kinds, temperature=temperature)

    def learned(self, photos: Sequence[_Photo]) -> LastLayer:
        """The last layer that these photos teach."""
        seen = np.concatenate([each for photo in photos for each in (photo.look.crops, photo.look.features)])
        return learn_more(*self._taught(photos), seen, self._old, self._outputs, self._memory)

    def _taught(self, photos: Sequence[_Photo]) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
        """The features of the crops that teach an output, and which."""
        features, shown = [], []
        for photo in photos:
            for what, crop in zip(photo.look.shows, photo.look.crops, strict=True):
                place = _place(int(what), photo.reviewed, self._outputs)
                if place is not None:
                    features.append(crop)
                    shown.append(place)
        if not features:
            raise NothingToLearn(
                "No reviewed flower has a name that can be learned: a taxon needs a label, or ten photos to get one."
            )
        return np.stack(features), np.array(shown)


def _place(what: int, photo: ReviewedPhoto, outputs: Outputs) -> int | None:
    """The output that a crop teaches, None where it teaches none."""
    if what == REJECTED or (what == WHOLE and photo.number == 0):
        return outputs.nothing
    return outputs.of(photo.one_kind if what == WHOLE else photo.names[what])


def _calibrated(photos: Sequence[_Photo], package: ModelPackage, outputs: Outputs, teacher: _Teacher) -> Measured:
    """Threshold, recall and interval, each photo seen by a layer that its visit did not teach.

    Temperature and weights of the evidence stay the base's, which saw photos without flowers, of which a store has few;
    so does all where few photos have a signed number.
    """
    calibration = package.calibration
    same = Measured(calibration, package.default_threshold, package.recall, package.widening)
    counted = [photo for photo in photos if photo.reviewed.number is not None]
    if len(counted) < LEAST_COUNTED:
        return same
    seen: list[Seen] = []
    for fold in range(_FOLDS):
        inside = [photo for photo in counted if _fold(photo) == fold]
        outside = [photo for photo in photos if _fold(photo) != fold]
        if not outside:
            return same
        layer = teacher.learned(outside)
        seen += [_seen(photo, layer) for photo in inside]
    probability = [flower_probability(box_evidence(photo, calibration.temperature), calibration) for photo in seen]
    numbers = [photo.row.flowers or 0 for photo in seen]
    threshold = best_threshold(probability, numbers, usual=package.default_threshold)
    recall = recall_of(probability, numbers)
    flags = [
        flag_of_likely(photo.boxes_xyxy[p >= LIKELY], look_per_px=photo.look_per_px)
        for photo, p in zip(seen, probability, strict=True)
    ]
    widening = fit_widening([photo.row.eye for photo in seen], probability, flags, threshold, recall)
    return Measured(calibration, threshold, recall, widening)


def _fold(photo: _Photo) -> int:
    return int.from_bytes(sha256(f"fold {photo.reviewed.visit}".encode()).digest()[:4], "big") % _FOLDS


def _seen(photo: _Photo, layer: LastLayer) -> Seen:
    """The photo as training.calibration knows it, with the names of a layer."""
    reviewed, look = photo.reviewed, photo.look
    number = reviewed.number
    row = PhotoRow(
        photo=reviewed.file,
        width_px=look.width_px,
        height_px=look.height_px,
        source="bloomcount",
        group=reviewed.visit,
        taxon=reviewed.one_kind,
        flowers=number,
        boxed="all" if reviewed.drawn else "foreground" if len(reviewed.boxes_xyxy) else "no",
        boxes_xyxy=reviewed.boxes_xyxy,
        eye=EyeCount(number, number, number) if number else None,
        split="calibration",
        rejected_xyxy=reviewed.rejected_xyxy,
    )
    logits, whole = (x @ layer.kernel + layer.bias for x in (look.features, look.whole[None]))
    matched = match(look.boxes_xyxy, reviewed.boxes_xyxy)
    return Seen(row, look.boxes_xyxy, look.scores, logits, whole, matched, look.look_per_px)


def _write(made: Path, package: ModelPackage, outputs: Outputs, layer: LastLayer, measured: Measured) -> None:
    made.mkdir(parents=True, exist_ok=True)
    (made / "detector.tflite").write_bytes(package.detector.path.read_bytes())
    (made / "classifier.tflite").write_bytes(with_last_layer(package.classifier.path.read_bytes(), *layer))
    write_labels(outputs.labels, made / "labels.csv")
    by_rank = len(outputs.labels) > outputs.kinds or package.other_kind
    write_package(
        made / "labels.csv",
        measured,
        made,
        kinds=outputs.kinds if by_rank else None,
        name=package.name,
        version=package.version,
        made_by="learn",
    )


def _with_version(made: Path, package: ModelPackage, outputs: Outputs) -> str:
    """Give the package a version of its own: the base's, and what its files say in six digits, so that the same
    reviews make the same version and others another one."""
    toml = (made / "model.toml").read_text(encoding="utf-8")
    digits = sha256(toml.encode()).hexdigest()[:6]  # it has the sums of the networks and labels
    version = f"{package.version.partition(LEARNED)[0]}{LEARNED}{digits}"
    (made / "model.toml").write_text(
        toml.replace(f'version = "{package.version}"', f'version = "{version}"', 1), encoding="utf-8"
    )
    return version


def _card(
    names: tuple[str, str],
    outputs: Outputs,
    teach: Sequence[ReviewedPhoto],
    apart: Sequence[ReviewedPhoto],
    before: Results,
    after: Results,
    figures: str,
    reasons: Sequence[str],
    package: ModelPackage,
) -> str:
    """README.md of the package."""
    photos: Mapping[str, int] = Counter(taxon for photo in teach for taxon in photo.counts)
    measured: Mapping[str, int] = Counter(photo.kind for photo in apart)
    rows = "\n".join(
        f"| {label.taxon} | {label.scientific_name} | {photos[label.taxon]} | {measured[label.taxon]} |"
        for label in outputs.new
    )
    new = f"| new taxon | name | photos that taught it | photos kept apart |\n| --- | --- | --- | --- |\n{rows}\n"
    words = verdict(before, after, reasons)
    return _CARD.format(
        base=names[0],
        name=names[1],
        figures=figures,
        verdict=words,
        teach=len(teach),
        apart=len(apart),
        visits=len({photo.visit for photo in apart}),
        rejected=sum(len(photo.rejected_xyxy) for photo in teach),
        boxes=sum(len(photo.boxes_xyxy) for photo in teach),
        new=new if outputs.new else "No taxon had ten reviewed photos that the base has no label for.\n",
        threshold=package.default_threshold,
        recall=package.recall,
        least=LEAST_COUNTED,
    )


_CARD = """# Model card: {name}

Learned from people's reviews in one store, by `python -m training learn`, on from {base}, whose own card and terms
hold for all that is not said here. For other stores nothing was measured.

## Beside the package it began with

{figures}
{verdict}

- {apart} reviewed photos of {visits} visits (a site on a day) were kept apart and taught nothing; one visit in four of
  those with most flowers of a taxon. In brackets the 95 % interval (Wilson). With so few photos a difference of a photo
  or two is chance.
- "Named right": the taxon that the package counts most is the one that the person counted most. Who saw the base's
  suggestion may have taken it, so the base's names and counts look better here than they are.

## What it learned from

{teach} reviewed photos: {boxes} flowers with a name, and {rejected} boxes that people took away ("not a flower").

{new}
Learned was the last layer of the classifier, where the old taxa are held to what the base said of the same crops; and
the threshold ({threshold:.2f}), the recall ({recall:.2f}) and the interval where at least {least} photos had a signed
number, else they are the base's. **The detector is the base's**: flowers that it does not find are not found. Taxa of
the base that the store does not show were held by no photo; of these expect less.
"""
