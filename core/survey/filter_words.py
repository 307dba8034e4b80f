"""A selection of photos in words, and the part of it that the store knows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from core.formatting import day
from core.language import current_language, tr
from core.recognition.taxa import Names, taxa_of, taxon_named
from core.store.selection import Attention, Selection


def describe(chosen: Selection, taxa: Mapping[str, str]) -> str:
    """The selection in words; taxa: how each is called."""
    parts = [
        *([", ".join(map(site_words, chosen.sites))] if chosen.sites else []),
        *([", ".join(taxa.get(taxon, taxon) for taxon in chosen.taxa)] if chosen.taxa else []),
        *([tr("uploaded by {people}", people=", ".join(chosen.people))] if chosen.people else []),
        *([tr("taken from {day}", day=day(chosen.taken_from))] if chosen.taken_from else []),
        *([tr("taken until {day}", day=day(chosen.taken_to))] if chosen.taken_to else []),
        *([tr("uploaded from {day}", day=day(chosen.uploaded_from))] if chosen.uploaded_from else []),
        *([tr("uploaded until {day}", day=day(chosen.uploaded_to))] if chosen.uploaded_to else []),
        *(
            [tr("minimum confidence for names {percent}%", percent=round(chosen.min_confidence * 100))]
            if chosen.min_confidence
            else []
        ),
        *([tr("reviewed only")] if chosen.reviewed_only else []),
        *([tr("{count} flowers or more", count=chosen.count_from)] if chosen.count_from is not None else []),
        *([tr("{count} flowers or fewer", count=chosen.count_to)] if chosen.count_to is not None else []),
        *([attention_words(chosen.attention)] if chosen.attention else []),
        *([tr("one drop")] if chosen.drop_id is not None else []),
        *([tr("file name or note contains “{text}”", text=chosen.text)] if chosen.text else []),
        *([tr("hidden photos")] if chosen.hidden else []),
    ]
    return " · ".join(parts)


def attention_words(kind: Attention) -> str:
    """The words for photos that need a person's look for this reason."""
    words: dict[Attention, str] = {
        "doubtful": tr("doubtful counts"),
        "flagged": tr("flagged: the count is a lower bound"),
        "undated": tr("photos without a date"),
        "misdated": tr("photos whose date cannot be right"),
        "unplaced": tr("photos without site or position"),
        "far": tr("photos far from their site"),
        "failed": tr("files that could not be read"),
    }
    return words[kind]


def site_words(site: str) -> str:
    """The name of the site, or words for photos without one."""
    return site or tr("no site given")


def taxa_by_name(taxa: Sequence[str], labels: Names) -> dict[str, str]:
    """The name of each of these taxa, in order of names: the scientific one, then the one of the language in use."""
    known = taxa_of(labels)
    names = {}
    for taxon in taxa:
        row = known.get(taxon)
        vernacular = (row.dutch if current_language() == "nl" else row.english) if row else taxon
        names[taxon] = " · ".join(filter(None, dict.fromkeys((row.scientific_name if row else "", vernacular))))
    return dict(sorted(names.items(), key=lambda item: item[1].casefold()))


def one_name_each(taxa: Iterable[str], names: Names) -> list[str]:
    """The taxa of these stored names, each once, by the name that it has now: a package may have learned a species."""
    known = taxa_of(names)
    return list(dict.fromkeys(taxon_named(taxon, known).name for taxon in taxa))


def with_every_name(chosen: Selection, stored: Iterable[str], names: Names) -> Selection:
    """The selection with every name under which its taxa are stored. stored: all names in the store."""
    if not chosen.taxa:
        return chosen
    known = taxa_of(names)
    wanted = set(one_name_each(chosen.taxa, names))
    others = (taxon for taxon in stored if taxon_named(taxon, known).name in wanted)
    return replace(chosen, taxa=tuple(dict.fromkeys((*chosen.taxa, *others))))


def known_part(asked: Selection, sites: Collection[str], people: Collection[str], taxa: Collection[str]) -> Selection:
    """The selection without sites, people and taxa that the store does not know."""
    return replace(
        asked,
        sites=tuple(site for site in asked.sites if site in sites),
        people=tuple(person for person in asked.people if person in people),
        taxa=tuple(taxon for taxon in asked.taxa if taxon in taxa),
    )
