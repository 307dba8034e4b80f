"""Each diversity index for people: its name, its unit, what it says in one sentence, and where it comes from."""

from __future__ import annotations

from typing import NamedTuple

from core.language import tr


class IndexWords(NamedTuple):
    """The words for one index, in the language in use."""

    name: str
    unit: str
    sentence: str
    source: str


def index_words(key: str) -> IndexWords:
    """The words for an index of core/survey/diversity.py."""
    taxa, equal, no_unit = tr("taxa"), tr("equally common taxa"), tr("no unit, 0 to 1")
    words = {
        "richness": IndexWords(tr("Richness"), taxa, tr("Number of taxa found."), "Magurran 2004"),
        "shannon": IndexWords(
            tr("Shannon H′"),
            tr("nats"),
            tr(
                "Uncertainty about the taxon of the next flower: 0 with one taxon, higher with many equally "
                "common ones."
            ),
            "Shannon 1948",
        ),
        "simpson": IndexWords(
            tr("Simpson 1-D"),
            no_unit,
            tr("The chance that two flowers, drawn with replacement, are of different taxa."),
            "Simpson 1949",
        ),
        "pielou": IndexWords(
            tr("Pielou J′"),
            no_unit,
            tr("Evenness of the flowers among the taxa: 1 when all are equally common."),
            "Pielou 1966",
        ),
        "hill0": IndexWords(
            tr("Hill q=0"), taxa, tr("Richness: rare and common taxa have the same weight."), "Hill 1973"
        ),
        "hill1": IndexWords(
            tr("Hill q=1"),
            equal,
            tr("Number of equally common taxa that would be as diverse, each weighted by its flowers."),
            "Hill 1973, Jost 2006",
        ),
        "hill2": IndexWords(
            tr("Hill q=2"),
            equal,
            tr("The same, weighted towards common taxa: about the number of taxa that dominate."),
            "Hill 1973, Jost 2006",
        ),
        "chao1": IndexWords(
            tr("Chao1"),
            tr("taxa, at least"),
            tr(
                "Estimated minimum number of taxa, seen or unseen, from those found once or twice. One wrong "
                "name adds such a taxon: review them before you trust this number."
            ),
            "Chao 1984",
        ),
    }
    return words[key]
