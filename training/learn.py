"""Learns from the reviews of a store: a package with more taxa, beside the one it began with on photos kept apart.

The visits are in four parts, and each part is answered by what the three others taught; the package that is given out
learned from all. What both networks see first stays what it is; the detector's head, the classifier's last layer, the
threshold, the recall and the interval are learned. So it takes minutes of a processor and needs no GPU. What takes long
is kept in the work folder: a run that was stopped goes on where it was.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from core.bloomcount import Bloomcount
from core.recognition.counting import unit_of
from core.recognition.interpreters import Interpreters
from core.recognition.network import Network
from core.recognition.package import ModelPackage, load_package
from core.recognition.recogniser import load_recogniser
from core.recognition.taxa import RANKS, Label, Taxon, taxa_of
from core.review.lessons import FOLDS, ReviewedPhoto, folds, reviewed_photos
from training.calibration import Seen
from training.detectors import Detectors, detectors
from training.last_layer import features_file, last_layer, with_last_layer
from training.learned import DIGITS, FILE, learned_from
from training.looks import Eyes, Look, looks
from training.more_names import NothingToLearn, Outputs
from training.names import LastLayer
from training.package_files import Measured, write_labels, write_package
from training.side_by_side import (
    Answer,
    Results,
    answers,
    changed,
    faults,
    figure_table,
    results,
    verdict,
)
from training.teaching import LEAST_COUNTED, Lesson, calibrated, learned_layer, reserve, seen_by, with_reserve

LEAST_PHOTOS_OF_TAXON = 10
"""Photos of a new taxon from which on it is learned."""
LEAST_MEASURED = 40
"""Photos that a person answered for whole, which are needed to tell better from worse."""
LEARNED = "+learned."


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


def learn(bloom: Bloomcount, base: Path, work: Path, out: Path) -> Learned:
    """Learn from the reviews of a store, and write the package to `out` where it is better than the base.

    Raises NothingToLearn before anything is looked at, InvalidModel about the base, StoreError.
    """
    package, bytes_of = _base(base), bloom.library.pictures.photo
    taxa = taxa_of(replace(package, plants=bloom.models.names.all().plants).names)
    reviewed = reviewed_photos(bloom.library, bloom.models.package_of, taxa)
    learned = learned_from(base)
    part_of = folds(reviewed, {photo.photo_id for photo in reviewed if photo.photo_id[:DIGITS] in learned})
    measured = [photo for photo in reviewed if photo.whole and photo.visit in part_of]
    _expect_enough(reviewed, measured)
    outputs = Outputs(package, new_taxa(reviewed, package, taxa))
    own = work / sha256(package.classifier.path.read_bytes() + package.detector.path.read_bytes()).hexdigest()[:12]
    finders = detectors(reviewed, part_of, bytes_of, package, own)
    lessons, left_out = _lessons(reviewed, part_of, bytes_of, package, finders, own)
    parts, made = _parts(lessons, part_of, package, outputs, finders, work), work / "package"
    version = _with_version(made, package, outputs)
    (made / FILE).write_text(
        "\n".join(sorted(learned | {photo.photo_id[:DIGITS] for photo in reviewed})) + "\n", encoding="ascii"
    )
    before = answers(measured, bytes_of, load_recogniser(base), "old package")
    after = dict[str, Answer | str]()
    for part, folder in enumerate(parts):
        photos = [photo for photo in measured if part_of[photo.visit] == part]
        words = answers(photos, bytes_of, load_recogniser(folder), f"new package, part {part + 1} of {FOLDS}")
        after |= zip((photo.photo_id for photo in photos), words, strict=True)
    beside = _Beside(measured, before, [after[photo.photo_id] for photo in measured], outputs)
    names = f"{package.name} {package.version}", f"{package.name} {version}"
    figures, reasons = figure_table(*beside.results, names), faults(*beside.results)
    card = _card(names, outputs, reviewed, beside, figures, reasons, load_package(made), finders)
    (made / "README.md").write_text(card, encoding="utf-8")
    if not reasons:
        shutil.copytree(made, out, dirs_exist_ok=True, copy_function=shutil.copyfile)
    return Learned(made if reasons else out, version, tuple(reasons), left_out, figures)


@dataclass(frozen=True, slots=True)
class _Beside:
    """Photos with the word of both packages on each."""

    photos: Sequence[ReviewedPhoto]
    before: Sequence[Answer | str]
    after: Sequence[Answer | str]
    outputs: Outputs

    @property
    def new(self) -> set[str]:
        return {label.taxon for label in self.outputs.new}

    @property
    def results(self) -> tuple[Results, Results]:
        return results(self.photos, self.before, self.new), results(self.photos, self.after, self.new)

    def verdict(self, reasons: Sequence[str]) -> str:
        return verdict(reasons, *changed(self.photos, self.before, self.after, self.new))


def _lessons(
    photos: Sequence[ReviewedPhoto],
    part_of: Mapping[str, int],
    bytes_of: Callable[[str], bytes],
    package: ModelPackage,
    finders: Detectors,
    own: Path,
) -> tuple[list[Lesson], tuple[str, ...]]:
    """Both networks' look at each photo, by a detector that its visit did not teach; sentences on unreadable ones."""
    classifier, network = package.classifier, package.detector
    features = Interpreters(replace(classifier, path=features_file(classifier.path, own / "features.tflite")))
    lessons, left_out = list[Lesson](), list[str]()
    for part in (*range(FOLDS), None):
        detector = network.path if part is None else finders.of_part[part]
        eyes = Eyes(Interpreters(Network(detector, network.input_px)), features, package.calibration)
        mine = [photo for photo in photos if part_of.get(photo.visit) == part]
        for photo, look in zip(mine, looks(mine, bytes_of, eyes, own / f"by-{detector.stem}"), strict=True):
            if isinstance(look, Look):
                lessons.append(Lesson(photo, look))
            else:
                left_out.append(look)
    return lessons, tuple(left_out)


def _parts(
    lessons: Sequence[Lesson],
    part_of: Mapping[str, int],
    package: ModelPackage,
    outputs: Outputs,
    finders: Detectors,
    work: Path,
) -> list[Path]:
    """Write the package that all photos taught to work/package, and one for each part that the others taught."""
    old = LastLayer(*last_layer(package.classifier.path.read_bytes()))
    known = {label.taxon for label in package.taxa}
    layers, seen, of_old = list[LastLayer](), dict[int, list[Seen]](), dict[int, list[tuple[Seen, Seen]]]()
    for part in range(FOLDS):
        others = [one for one in lessons if part_of.get(one.reviewed.visit) != part]
        layers.append(learned_layer(others, package, outputs))
        mine = [one for one in lessons if part_of.get(one.reviewed.visit) == part]
        of_old[part] = [
            (seen_by(one, old), seen_by(one, layers[part])) for one in mine if one.reviewed.one_kind in known
        ]
        seen[part] = [seen_by(one, layers[part]) for one in mine if one.reviewed.number is not None]
    folders, parts = [work / f"part-{part + 1}" for part in range(FOLDS)], set(range(FOLDS))
    for part in (*range(FOLDS), None):
        told_by = sorted(parts - {part})
        by = reserve([each for other in told_by for each in of_old[other]], package, outputs)
        numbers = calibrated([each for other in told_by for each in seen[other]], package)
        layer = learned_layer(lessons, package, outputs) if part is None else layers[part]
        detector = finders.every if part is None else finders.of_part[part]
        folder = work / "package" if part is None else folders[part]
        _write(folder, package, outputs, detector, with_reserve(layer, outputs, by), numbers)
    return folders


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


def _expect_enough(reviewed: Sequence[ReviewedPhoto], measured: Sequence[ReviewedPhoto]) -> None:
    visits = len({photo.visit for photo in measured})
    if len(measured) < LEAST_MEASURED or visits < FOLDS:
        raise NothingToLearn(
            f"The store has {len(reviewed)} photos whose names people signed; {len(measured)} of them, of {visits} "
            f"visits, could tell whether learning helped. It takes {LEAST_MEASURED} reviewed whole that did not "
            f"teach the base, of {FOLDS} visits (a site on a day): review more."
        )


def _write(
    made: Path, package: ModelPackage, outputs: Outputs, detector: Path, layer: LastLayer, measured: Measured
) -> None:
    made.mkdir(parents=True, exist_ok=True)
    (made / "detector.tflite").write_bytes(detector.read_bytes())
    (made / "classifier.tflite").write_bytes(with_last_layer(package.classifier.path.read_bytes(), *layer))
    write_labels(outputs.labels, made / "labels.csv")
    by_rank = len(outputs.labels) > outputs.kinds or package.other_kind
    write_package(
        made / "labels.csv",
        measured,
        made,
        kinds=outputs.kinds if by_rank else None,
        small_px=package.classifier.small_px,
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
    reviewed: Sequence[ReviewedPhoto],
    beside: _Beside,
    figures: str,
    reasons: Sequence[str],
    package: ModelPackage,
    finders: Detectors,
) -> str:
    """README.md of the package."""
    photos: Mapping[str, int] = Counter(taxon for photo in reviewed for taxon in photo.counts)
    rows = "\n".join(f"| {label.taxon} | {label.scientific_name} | {photos[label.taxon]} |" for label in outputs.new)
    return _CARD.format(
        base=names[0],
        name=names[1],
        figures=figures,
        verdict=beside.verdict(reasons),
        parts=FOLDS,
        reviewed=len(reviewed),
        measured=len(beside.photos),
        visits=len({photo.visit for photo in beside.photos}),
        rejected=sum(len(photo.rejected_xyxy) for photo in reviewed),
        boxes=sum(len(photo.boxes_xyxy) for photo in reviewed),
        new=f"| new taxon | name | photos |\n| --- | --- | --- |\n{rows}\n"
        if outputs.new
        else "No taxon had ten reviewed photos that the base has no label for.\n",
        threshold=package.default_threshold,
        recall=package.recall,
        least=LEAST_COUNTED,
        detector=finders.words,
    )


_CARD = """# Model card: {name}

Learned from people's reviews in one store, by `python -m training learn`, on from {base}, whose own card and terms
hold for all that is not said here. For other stores nothing was measured.

## Beside the package it began with

{figures}
{verdict}

- The {measured} photos are of {visits} visits (a site on a day), in {parts} parts: each photo was answered by networks
  that the other parts taught, and never its own visit. The package itself learned from all. In brackets the 95 %
  interval (Wilson).
- It is called better where it names more photos right in all, and loses at most 1.5 points of photos of taxa that the
  base knew, at most 1.5 points of photos without flowers, and 0.05 flowers of the mean error. Nothing is added for
  chance.
- "Named right": the taxon that the package counts most is the one that the person counted most. Who saw the base's
  suggestion may have taken it, so the base's names and counts look better here than they are.

## What it learned from

{reviewed} reviewed photos: {boxes} flowers with a name, and {rejected} boxes that people took away ("not a flower").

{new}
Learned was the last layer of the classifier, where the old taxa are held to what the base said of the same crops, and
new ones are held back by the least that costs few photos of old ones; and the threshold ({threshold:.2f}), the recall
({recall:.2f}) and the interval where at least {least} photos had a signed
number, else they are the base's. Taxa of the base that the store does not show were held by no photo; of these expect
less.

{detector}
"""
