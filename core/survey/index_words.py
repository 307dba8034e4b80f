"""Each diversity index for people: its name, its unit, what it says in one sentence, and where it comes from."""

from __future__ import annotations

from typing import NamedTuple

from core.language import tr


class IndexWords(NamedTuple):
    """What is said of one index, in the language in use."""

    name: str
    unit: str
    sentence: str
    source: str


def index_words(key: str) -> IndexWords:
    """The words for an index of core/survey/diversity.py."""
    taxa, equal, no_unit = tr("taxa"), tr("equally common taxa"), tr("no unit, 0 to 1")
    words = {
        "richness": IndexWords(tr("Richness"), taxa, tr("How many taxa were found."), "Magurran 2004"),
        "shannon": IndexWords(
            tr("Shannon H′"),
            tr("nats"),
            tr("How uncertain one is of the taxon of the next flower: 0 with one taxon, more with many alike."),
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
            tr("How evenly flowers are shared among the taxa: 1 when all are equally common."),
            "Pielou 1966",
        ),
        "hill0": IndexWords(tr("Hill q=0"), taxa, tr("All taxa count alike, rare or common: richness."), "Hill 1973"),
        "hill1": IndexWords(
            tr("Hill q=1"),
            equal,
            tr("So many equally common taxa would be as diverse, each weighed by its flowers."),
            "Hill 1973, Jost 2006",
        ),
        "hill2": IndexWords(
            tr("Hill q=2"),
            equal,
            tr("The same with common taxa weighed most: about how many dominate."),
            "Hill 1973, Jost 2006",
        ),
        "chao1": IndexWords(
            tr("Chao1"),
            tr("taxa, at least"),
            tr(
                "How many taxa there are at least, also unseen, from how many were found once or twice. A single wrong "
                "name makes such a taxon: review those before you believe it."
            ),
            "Chao 1984",
        ),
    }
    return words[key]
