"""Cards of a dashboard: a tile with a figure, a taxon with a parted bar, a small picture; each leads somewhere.

A card is one link for pointer, keyboard and screen reader: its words are the link's, which lies over all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from core.formatting import number
from core.language import tr
from core.store.glance import Reason, Remarkable
from core.store.selection import Selection
from core.survey.filter_words import taxa_by_name
from core.templates import templates_beside
from pages.parts.results import PHOTO_PAGE, Query
from web.markdown import plain
from web.tables import labels

TEMPLATES = templates_beside(__file__)
MOST_BARS = 26


class Link(NamedTuple):
    """A link in words to a page."""

    words: str
    page: Path
    query: Query


def leads(key: str, html: str, page: Path, words: str, query: Query, *, of_name: Link | None = None) -> None:
    """Show this HTML as a card that leads to a page. words: the link's, for those who do not see the card.

    of_name: where its first line leads instead.
    """
    with st.container(key=f"leads-{key}", gap=None):
        st.html(html)
        st.page_link(page, label=plain(words), help=plain(words), query_params=query)
        if of_name:
            with st.container(key=f"of-name-{key}"):
                label = plain(of_name.words)
                st.page_link(of_name.page, label=label, help=label, query_params=of_name.query)


def tile(
    label: str,
    value: str,
    below: str,
    *,
    change: str = "",
    through_time: Sequence[int] = (),
    share: float | None = None,
) -> str:
    """A figure with its doubt below it, and its course through time as bars, or a share of 0..1 as one."""
    return TEMPLATES.get_template("tile.html.j2").render(
        label=label,
        value=value,
        below=below,
        change=change,
        bars=_bars(through_time[-MOST_BARS:]),
        share=None if share is None else round(100 * share, 1),
    )


def taxon_row(name: str, figure: str, colour: str, parts: Mapping[str, int], most: int) -> str:
    """A taxon with its figure and a bar in parts. name: with markup. most: the flowers of a full bar."""
    percents = [(part, round(100 * flowers / max(1, most), 2)) for part, flowers in parts.items()]
    return TEMPLATES.get_template("taxon_row.html.j2").render(name=name, figure=figure, colour=colour, parts=percents)


def part_key() -> str:
    """The key of the parts of a bar."""
    words = {
        "reviewed": tr("reviewed by people"),
        "confident": tr("model, confident"),
        "uncertain": tr("model, uncertain"),
    }
    marks = "".join(f'<span><i class="{part}"></i>{name}</span>' for part, name in words.items())
    return f'<div class="bloom bloom-key">{marks}</div>'


def picture(photo_id: str, caption: str) -> str:
    """A photo's small picture with a caption; the picture's own words are the card's."""
    return (
        f'<figure class="bloom bloom-picture"><img src="/thumbs/{escape(photo_id)}.webp" alt="">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def show_remarkable(remarkable: Sequence[Remarkable], which: Selection) -> None:
    """Show photos that are worth seeing, each with the reason why."""
    for one in remarkable:
        words = _reason_words(one)
        query = {"id": [one.photo_id], **which.to_query()}
        leads(f"photo-{one.photo_id}", picture(one.photo_id, words), PHOTO_PAGE, words, query)


def _reason_words(one: Remarkable) -> str:
    """The reason why a photo is worth seeing, in a few words."""
    new = taxa_by_name([one.taxon], labels()).get(one.taxon, "").partition(" · ")[0]
    words: dict[Reason, str] = {
        "most flowers": tr("most flowers: {n}", n=number(one.figure)),
        "most taxa": tr("most taxa: {n}", n=number(one.figure)),
        "new taxon": tr("new: {taxon}", taxon=new),
        "flowers": tr("flowers: {n}", n=number(one.figure)),
    }
    return words[one.reason]


def _bars(values: Sequence[int]) -> list[float]:
    """The height of a bar a value, in percent of the highest; none for a single one."""
    return [round(100 * value / max(values), 1) for value in values] if len(values) > 1 and max(values) else []
