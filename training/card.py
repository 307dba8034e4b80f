"""The model card: what the recogniser learned from, how good it is, and what it cannot do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from training.dataset import PhotoRow

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
    "voc2007": "public research collection, no clear licence statement; no flowers",
}
_TARGETS = (
    ("species top-1", 95.0, "at least"),
    ("count inside low-high", 60.0, "at least"),
    ("a flower counted", 10.0, "at most"),
)


def model_card(
    rows: Sequence[PhotoRow], *, figures: str, missed: Sequence[str], threshold: float, recall: float
) -> str:
    """README.md of the package. figures: the Markdown table of evaluate; missed: sentences on targets not reached."""
    used = Counter(row.source for row in rows if row.split == "train")
    sources = "\n".join(f"| {name} | {n} | {LICENCES.get(name, 'not known')} |" for name, n in sorted(used.items()))
    splits = Counter(row.split for row in rows)
    short = "\n".join(f"- **Not reached:** {sentence}" for sentence in missed) or "- All targets are reached."
    return _CARD.format(
        figures=figures,
        sources=sources,
        short=short,
        threshold=threshold,
        recall=recall,
        eye=sum(bool(row.eye) for row in rows),
        train=splits["train"],
        calibration=splits["calibration"],
        validation=splits["validation"],
    )


def missed_targets(percent_of: dict[str, float]) -> list[str]:
    """A sentence for each target that the figures (their name -> percent) do not reach."""
    sentences = []
    for start, target, word in _TARGETS:
        name, percent = next(((n, p) for n, p in percent_of.items() if n.startswith(start)), ("", float("nan")))
        if (percent < target) if word == "at least" else (percent > target):
            sentences.append(f"{name}: {percent:.1f} %, wanted {word} {target:.0f} %.")
    return sentences


_CARD = """# Model card: bloom-108

Finds flowers in a photo (one class, boxes) and names each among 108 taxa, most of them garden and British plants.
Two EfficientNet-Lite0 networks from ImageNet weights (Apache-2.0), trained on two CPU cores by `make train`; LiteRT
with float16 weights. How it works and what was tried: docs/recognition.md.

## How good it is

On the {validation} validation photos, which neither taught nor calibrated anything and share no scene with those that
did. Shown by

    make evaluate DATA=../shared/data

{figures}
{short}

The default threshold ({threshold:.2f}) and the recall ({recall:.2f} of the flowers that the eye counts are counted)
come from the {calibration} calibration photos. **The {eye} counts by eye were made by a vision model, blind, from the
photo alone, and not by a person**; low-high is from what anyone would count to every doubtful flower. Validation photos
come from the same collections as the training photos: on other people's photos expect less, on species most of all.

## What it learned from

{train} photos. Where people boxed only the flowers in front, nothing was learned from what lies outside the boxes and
looks like a flower to the network.

| source | training photos | licence |
|---|---|---|
{sources}

Several sources make no clear statement, so **the weights are for research**; none of the photos is in this repository.

## What it cannot do

- It is **not a Dutch flora**: no clover, yarrow, knapweed, grasses or mixed meadows; `status_nl` in labels.csv says
  which taxa are garden or indoor plants. A plant it does not know may get a familiar name, mostly as "uncertain".
- Some kinds are genera, one a family, one a cultivar, as the photos allow. Names, Dutch names and flowering months
  are general knowledge, for a botanist to check.
- Compound heads were boxed sometimes as one and sometimes as several: their count follows neither rule surely.
- Flowers under about 12 px in the photo's own pixels, far background and dense beds are under-counted; the flags
  "tiny", "crowded" and "blurred" say so, and the count is then a lower bound.
- It has seen streets, animals, vehicles, leaves and soil as "no flower"; not fruit, autumn leaves, printed or
  artificial flowers.
"""
