"""The model card: what the recogniser learned from, how good it is, and what it cannot do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from core.recognition.package import ModelPackage
from core.recognition.recogniser import load_recogniser
from training.dataset import PhotoRow
from training.evaluate import Evaluation, evaluate
from training.learned import write_learned
from training.plots import draw_counts, draw_reliability
from training.report import confusion_table, figure_table, source_table, strata_table, taxon_table, worst_taxa_table

LICENCES = {
    "oxford102": "Oxford 102 Flowers; public research collection, no clear licence statement",
    "oxford17": "Oxford 17 Flowers; public research collection, no clear licence statement",
    "flowers13": "public research collection, no clear licence statement",
    "tf_flowers": "Flickr photos, CC BY 2.0; boxes CC BY 4.0",
    "korea21": "public research collection, no clear licence statement",
    "garden": "public research collection, no clear licence statement",
    "kiwi": "public research collection, no clear licence statement",
    "flowerbed": "public research collection, no clear licence statement",
    "beans": "CC BY 4.0; no flowers",
    "cwfid": "public research collection, no clear licence statement; no flowers",
    "edible": "web photos of wild plants, no terms stated",
    "field3": "web and stock photos, no terms stated",
    "plantnet": "Pl@ntNet users' photos; CC BY-SA as the original set is known, none in the copy",
    "pfaf": "Plants For A Future; copyright as on their site",
    "quiz": "Wikimedia and field quizzes, none or per photo",
    "quiz49": "Wikimedia and field quizzes, none or per photo",
    "donum": "Wikimedia and field quizzes, none or per photo",
    "ten": "Wikimedia and field quizzes, none or per photo",
    "wikimedia60": "Wikimedia, per photo",
    "ekopedia": "Wikimedia, per photo",
    "voc2007": "public research collection, no clear licence statement; no flowers",
}


def write_card(rows: Sequence[PhotoRow], data: Path, package_folder: Path) -> None:
    """Measure the package on the validation photos; README.md, its two pictures and learned_from.txt go beside it."""
    recogniser = load_recogniser(package_folder)
    write_learned(rows, data, package_folder)
    found = evaluate(recogniser, [row for row in rows if row.split == "validation"], data)
    draw_reliability(found.box_reliability, found.name_reliability, package_folder / "reliability.png")
    draw_counts(found.eye, package_folder / "counts.png")
    (package_folder / "README.md").write_text(model_card(rows, found, recogniser.package), encoding="utf-8")


def model_card(rows: Sequence[PhotoRow], found: Evaluation, package: ModelPackage) -> str:
    """README.md of the package. rows: all photos of the folder, those that taught it among them."""
    splits = Counter(row.split for row in rows)
    taught = [row for row in rows if row.split == "train"]
    taxa = Counter(row.taxon for row in taught)
    return _CARD.format(
        version=package.version,
        taxa=package.kinds,
        rests=len(package.labels) - package.kinds,
        figures=figure_table(found.figures),
        reached=_reached(found),
        notes="".join(f"\n- {sentence}" for sentence in (*found.notes, *found.left_out)),
        strata=strata_table(found),
        sources=source_table(found.sources),
        worst=worst_taxa_table(found.taxa),
        confusions=confusion_table(found),
        by_taxon=taxon_table(found.taxa, lambda taxon: taxa[taxon]),
        genera=", ".join(_other_genera(rows, package)),
        licences=_licences(taught),
        threshold=package.default_threshold,
        recall=package.recall,
        eye=sum(bool(row.eye) for row in rows),
        eye_here=len(found.eye),
        train=splits["train"],
        calibration=splits["calibration"],
        validation=splits["validation"],
        measured=found.photos,
    )


def _reached(found: Evaluation) -> str:
    judged = [f.reached for f in found.figures if f.reached is not None]
    return f"{sum(judged)} of {len(judged)} targets are reached."


def _other_genera(rows: Sequence[PhotoRow], package: ModelPackage) -> list[str]:
    ours = {label.genus for label in package.labels}
    return sorted(
        {genus for row in rows if row.split == "validation" and not row.wild for genus in row.genus.split()} - ours
    )


def _licences(taught: Sequence[PhotoRow]) -> str:
    used = Counter(row.source for row in taught)
    return "\n".join(f"| {name} | {n} | {LICENCES.get(name, 'not known')} |" for name, n in sorted(used.items()))


_CARD = """# Model card: bloom {version}

Finds flowers in a photo (one class, boxes) and names each among {taxa} taxa, **garden and British species and some
wild flowers of fields, verges and woods: it is not a Dutch flora**. A flower of another kind gets its genus or family
where that is likelier than not: {rests} genera and families have an output for their other kinds. For research. Two
EfficientNet-Lite networks from ImageNet weights (Apache-2.0), trained by `make train`, served in 8 bits with LiteRT.
How it works and what was tried: docs/recognition.md.

## How good it is

On {measured:,} of the {validation:,} validation photos, which neither taught nor calibrated anything and share no
scene with those that did (`learned_from.txt` has the fingerprints of these). Shown by

    make evaluate DATA=../shared/data

{figures}
{reached}
{notes}
- **Counts by eye** ({eye_here} of {eye} photos are here) were made by a vision model, blind, from the photo alone,
  once, **and not by a person**; low-high is from what anyone would count to every doubtful flower.
- **All boxed**: every flower is said to be boxed, the photo is of oxford102 (boxed flower by flower), or an eye counted
  no more flowers than there are boxes. Elsewhere people boxed the front only; a find beside it is neither right nor
  wrong, so rows with "or the front boxed" judge too hard. "3 in 4 with several": photos with one box weigh a quarter,
  those with two to ten three quarters. Boxes of flowerbeds are left out of the IoU rows, as their edges are guessed.
- **Average precision** is the area under the interpolated curve at all points, over every candidate from probability
  0.05; a second find of a box is false.
- **Other people's photos** are those of neither oxford102 nor oxford17, from which nearly every taxon was learned.
- **Wild flowers** are the photos of `wild/`, boxed and counted by a vision model with a machine's finds in view.
  **Kinds that have no taxon** are split by kind, so that no photo of these kinds taught anything. A name is right at
  its own rank: the genus of a kind that it never saw may be.
- **Genera not among ours** (photos of gardens): {genera}.
  Other photos of them were among the training photos, so a genus that it never saw may be named more often. A name is
  a species or genus, "confident" or "uncertain" in the app's words, of the most counted flowers; a family alone is
  none.
- Validation photos come from the same collections as the training photos, and rules of counting were chosen with
  their figures in view (docs/experiments/counting.md): **on other photos expect less**.

The default threshold ({threshold:.2f}) and the recall (the probabilities of all candidates sum to {recall:.2f} of the
flowers that the eye counts) come from {calibration} calibration photos.

![Reliability: probability of boxes and confidence of names against what is right](reliability.png)

A box is right where it overlaps a drawn one by half (IoU 0.5), in photos boxed completely or without flowers; a name
where it is the kind, its genus or its family.

![Counts against counts by eye](counts.png)

### By stratum of the interval

Low-high is a 90 % interval, made conformal on the calibration photos by number counted and by candidates for each one
counted; of a flagged photo the number is a lower bound and low alone must hold. Photos of both floras:

{strata}
### By source

{sources}
### Worst taxa

There are few photos of each, so these shares are rough.

{worst}
### Worst confusions

By the most counted taxon, as the app shows it; the whole table of taxa is at the end.

{confusions}
## What it learned from

{train:,} photos. Where people boxed only the flowers in front, nothing was learned from what lies outside the boxes and
looks like a flower to the network, but for finds that the classifier calls by the photo's own kind.

| source | training photos | licence |
|---|---|---|
{licences}

Several sources make no clear statement, so **the weights are for research**; none of the photos is in this repository.

## What it cannot do

- It is **not a Dutch flora**: few dozen wild taxa, no grasses or mixed meadows; `status_nl` in labels.csv says which
  taxa are garden or indoor plants. A plant it does not know may get a familiar name; see the table above.
- Of umbels, corymbs and spikes it may box parts, and of dense masses it boxes little.
- Some kinds are genera, one a family, one a cultivar, as the photos allow. Names, Dutch names and flowering months
  are general knowledge, for a botanist to check.
- Compound heads were boxed sometimes as one and sometimes as several: their count follows neither rule surely.
- Flowers under about 32 px in the photo's own pixels, far background and dense beds are under-counted; the flags
  "tiny", "crowded" and "blurred" say so, and the count is then a lower bound.
- It has seen streets, animals, vehicles, leaves and soil as "no flower"; not fruit, autumn leaves, printed or
  artificial flowers.

## Every taxon

Photos named right, of those measured.

{by_taxon}"""
