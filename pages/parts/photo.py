"""A photo's small picture with a box around each flower, and the lines that name and count them, as HTML.

Boxes are placed in percent over the picture, so that they stay on their flowers at every width. All text from outside
(file names, sites) is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

import streamlit as st

from core.formatting import count_with_doubt
from core.language import tr, vernacular
from core.recognition.counting import FlowerName, TaxonCount
from core.recognition.taxa import UNKNOWN_TAXON
from core.survey.summary import CountedPhoto, Summary

GRID_ASPECT = 4 / 3


def source_sans() -> Path:
    """The file of the pages' own letters, which Streamlit brings."""
    return next((Path(st.__file__).parent / "static").rglob("SourceSansVF-Upright*.woff2"))


def flag_words(flag: str) -> str:
    """What a flag means for the count."""
    words = {
        "crowded": tr("crowded: at least this many"),
        "blurred": tr("blurred: at least this many"),
        "tiny": tr("flowers too small: at least this many"),
    }
    return words.get(flag, flag)


def card_picture(photo: CountedPhoto, colours: Mapping[str, str]) -> str:
    """The thumbnail with its boxes, or why there is none."""
    record = photo.result.photo
    if record.problem:
        said = f'<span class="failure">{escape(tr("could not be read"))}</span><br>{escape(record.problem)}'
        picture = f'<div class="bloom-photo in-grid failed"><div class="unread">{said}</div></div>'
        return f'<div class="bloom">{picture}</div>'
    wide = record.width / max(1, record.height) >= GRID_ASPECT
    frame = _frame(photo, colours, size="width:100%" if wide else "height:100%")
    return f'<div class="bloom"><div class="bloom-photo in-grid">{frame}</div></div>'


def count_lines(photo: CountedPhoto, colours: Mapping[str, str]) -> str:
    """The photo's counts, a line a taxon; its doubt in words."""
    if photo.count is None:
        waits = "" if photo.result.photo.problem else escape(tr("waits to be counted"))
        return f'<div class="bloom quiet">{waits}</div>'
    flag, review = photo.result.flag, photo.result.review
    lines = [_line(taxon, colours, lower_bound=bool(flag)) for taxon in photo.count.taxa] or [
        f'<li class="quiet">{escape(tr("no flowers"))}</li>'
    ]
    if flag:
        lines.append(f'<li class="doubt">{escape(flag_words(flag))}</li>')
    if review:
        lines.append(f'<li class="quiet">{escape(tr("counted by {person}", person=review.by))}</li>')
    return f'<div class="bloom"><ul class="bloom-lines">{"".join(lines)}</ul></div>'


def totals_table(summary: Summary, colours: Mapping[str, str]) -> str:
    """Totals per taxon over all photos, with bars."""
    most = max((taxon.count for taxon in summary.totals.taxa), default=1)
    at_least = summary.at_least
    rows = "".join(
        f'<tr><th scope="row">{taxon_name(taxon)}</th>'
        f'<td class="figure">{_figure(taxon, lower_bound=taxon.taxon in at_least)}{_band(taxon.band)}</td>'
        f'<td class="bar"><div class="{kind_of_box(taxon.taxon)}" style="--taxon:{colours[taxon.taxon]};'
        f'width:{100 * taxon.count / most:.1f}%"></div></td></tr>'
        for taxon in summary.totals.taxa
    )
    head = (
        f'<thead><tr><th scope="col">{tr("Taxon")}</th><th scope="col" class="figure">{tr("Flowers")}</th>'
        "<td></td></tr></thead>"
    )
    return f'<div class="bloom"><table class="bloom-totals">{head}<tbody>{rows}</tbody></table></div>'


def facts_table(facts: Mapping[str, str]) -> str:
    """A row a fact; those that are empty are left out."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(fact)}</dd>" for name, fact in facts.items() if fact)
    return f'<div class="bloom"><dl class="bloom-facts">{rows}</dl></div>'


def taxon_name(taxon: TaxonCount | FlowerName) -> str:
    """Vernacular name, then the scientific one in italics."""
    name = vernacular(taxon)
    if taxon.scientific_name and name.startswith(taxon.scientific_name):  # rolled up to a genus or family
        return f"<i>{escape(taxon.scientific_name)}</i>{escape(name.removeprefix(taxon.scientific_name))}"
    scientific = f" <i>{escape(taxon.scientific_name)}</i>" if taxon.scientific_name else ""
    return f"{escape(name)}{scientific}"


def boxes_by_size(photo: CountedPhoto) -> Iterator[tuple[int, FlowerName]]:
    """Number and name of each counted flower, large ones first so that small ones lie on top."""
    if photo.count is None or photo.result.analysis is None:
        return
    x0, y0, x1, y1 = photo.result.analysis.flowers.boxes_xyxy.T
    for index in (-(x1 - x0) * (y1 - y0)).argsort(kind="stable"):
        name = photo.count.names[index]
        if name is not None:
            yield int(index), name


def box_place(photo: CountedPhoto, index: int) -> str:
    """Where the box of a flower lies over its picture, as CSS in percent."""
    assert photo.result.analysis is not None
    record = photo.result.photo
    x0, y0, x1, y1 = (float(edge) for edge in photo.result.analysis.flowers.boxes_xyxy[index])
    return (
        f"left:{100 * x0 / record.width:.2f}%;top:{100 * y0 / record.height:.2f}%;"
        f"width:{100 * (x1 - x0) / record.width:.2f}%;height:{100 * (y1 - y0) / record.height:.2f}%"
    )


def kind_of_box(taxon: str) -> str:
    """The CSS class of a taxon's box or swatch: an unknown flower's is dashed."""
    return "unknown" if taxon == UNKNOWN_TAXON else "named"


def in_words(photo: CountedPhoto) -> str:
    """What the picture shows, for those who do not see it."""
    if photo.count is None:
        return photo.result.photo.file
    found = ", ".join(f"{taxon.count} {vernacular(taxon)}" for taxon in photo.count.taxa) or tr("no flowers")
    return f"{photo.result.photo.file}: {found}"


def _frame(photo: CountedPhoto, colours: Mapping[str, str], *, size: str) -> str:
    record = photo.result.photo
    style = f"{size};aspect-ratio:{record.width}/{record.height}"
    picture = f'<img src="/thumbs/{record.photo_id}.webp" loading="lazy" alt="{escape(in_words(photo))}">'
    return f'<div class="frame" style="{style}">{picture}{"".join(_boxes(photo, colours))}</div>'


def _boxes(photo: CountedPhoto, colours: Mapping[str, str]) -> Iterator[str]:
    for index, name in boxes_by_size(photo):
        style = f"{box_place(photo, index)};--taxon:{colours[name.taxon]}"
        yield f'<div class="box {kind_of_box(name.taxon)}" style="{style}"></div>'


def _line(taxon: TaxonCount, colours: Mapping[str, str], *, lower_bound: bool) -> str:
    return (
        f'<li><span class="swatch {kind_of_box(taxon.taxon)}" style="--taxon:{colours[taxon.taxon]}"></span>'
        f"<span><b>{_figure(taxon, lower_bound=lower_bound)}</b> {taxon_name(taxon)}{_band(taxon.band)}</span></li>"
    )


def _figure(taxon: TaxonCount, *, lower_bound: bool) -> str:
    return count_with_doubt(taxon.count, taxon.low, taxon.high, lower_bound=lower_bound)


def _band(band: str) -> str:
    return f' <span class="doubt">{escape(tr("uncertain"))}</span>' if band == "uncertain" else ""
