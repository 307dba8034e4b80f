"""A photo's small picture with a box around each flower, and the lines that name and count them, as HTML.

Boxes are placed in percent over the picture, so that they stay on their flowers at every width. The templates beside
this module escape every name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from core.formatting import count_with_doubt
from core.language import tr, vernacular
from core.recognition.counting import PhotoCount, TaxonCount
from core.recognition.naming import FlowerName
from core.recognition.taxa import UNKNOWN_FLOWER, Taxon
from core.store.records import Review
from core.survey.counted_photos import CountedPhoto
from core.templates import templates_beside

GRID_ASPECT = 4 / 3
TEMPLATES = templates_beside(__file__)


def source_sans() -> Path:
    """The file of the pages' own letters, which Streamlit brings."""
    return next((Path(st.__file__).parent / "static").rglob("SourceSansVF-Upright*.woff2"))


def flag_words(flag: str) -> str:
    """The meaning of a flag for the count."""
    words = {
        "crowded": tr("crowded: at least this many"),
        "blurred": tr("blurred: at least this many"),
        "capped": tr("as many as the model can find: at least this many"),
        "tiny": tr("flowers too small: at least this many"),
    }
    return words.get(flag, flag)


class TaxonLine(NamedTuple):
    """A taxon and its count. kind: the CSS class of its box or swatch. doubt: empty where the name is sure."""

    figure: str
    vernacular: str
    scientific: str
    doubt: str
    kind: str
    colour: str


def card_picture(photo: CountedPhoto, colours: Mapping[str, str]) -> str:
    """The thumbnail with its boxes, or why there is none."""
    record = photo.result.photo
    wide = record.width / max(1, record.height) >= GRID_ASPECT
    return _html(
        "card_picture",
        photo=record,
        unreadable=tr("could not be read"),
        side="width" if wide else "height",
        alt=in_words(photo),
        boxes=[
            (box_place(photo, index), kind_of_box(name.taxon), colours[name.taxon.name])
            for index, name in boxes_by_size(photo)
        ],
    )


def count_lines(photo: CountedPhoto, colours: Mapping[str, str]) -> str:
    """The photo's counts, a line a taxon; its doubt in words."""
    record, flag = photo.result.photo, photo.result.flag
    if photo.count is None:
        return _html("count_lines", waits="" if record.problem else tr("waits to be counted"))
    lines = [_taxon_line(row, colours) for row in photo.count.taxa]
    return _html(
        "count_lines",
        waits=None,
        lines=lines,
        without="" if lines else tr("no flowers"),
        flag=flag_words(flag),
        reviewed=said_by(photo.result.review),
    )


def said_by(review: Review | None) -> str:
    """The person whose word the count is, or the names of some of its flowers; empty where it is the model's."""
    if review is None:
        return ""
    counted, named = tr("counted by {person}", person=review.by), tr("some named by {person}", person=review.by)
    return counted if review.whole else named


def totals_table(totals: PhotoCount, colours: Mapping[str, str]) -> str:
    """Totals per taxon over all photos, with bars."""
    most = max((row.flowers.count for row in totals.taxa), default=1)
    lines = [(_taxon_line(row, colours), f"{100 * row.flowers.count / most:.1f}") for row in totals.taxa]
    return _html("totals_table", taxon=tr("Taxon"), flowers=tr("Flowers"), lines=lines)


def facts_table(facts: Mapping[str, str]) -> str:
    """A table with one row per fact; those that are empty are left out."""
    return _html("facts_table", facts=facts)


def boxes_by_size(photo: CountedPhoto) -> Iterator[tuple[int, FlowerName]]:
    """Number and name of each counted flower, large ones first so that small ones lie on top."""
    if photo.count is None or photo.result.analysis is None:
        return
    x0, y0, x1, y1 = photo.boxes.boxes_xyxy.T
    for index in (-(x1 - x0) * (y1 - y0)).argsort(kind="stable"):
        name = photo.count.names[index]
        if name is not None:
            yield int(index), name


def box_place(photo: CountedPhoto, index: int) -> str:
    """The place of a flower's box over its picture, as CSS in percent."""
    assert photo.result.analysis is not None
    record = photo.result.photo
    x0, y0, x1, y1 = (float(edge) for edge in photo.boxes.boxes_xyxy[index])
    return (
        f"left:{100 * x0 / record.width:.2f}%;top:{100 * y0 / record.height:.2f}%;"
        f"width:{100 * (x1 - x0) / record.width:.2f}%;height:{100 * (y1 - y0) / record.height:.2f}%"
    )


def kind_of_box(taxon: Taxon) -> str:
    """The CSS class of a taxon's box or swatch: an unknown flower's is dashed."""
    return "unknown" if taxon == UNKNOWN_FLOWER else "named"


def in_words(photo: CountedPhoto) -> str:
    """The flowers in the picture, for those who do not see it."""
    if photo.count is None:
        return photo.result.photo.file
    counts = ", ".join(f"{row.flowers.count} {vernacular(row.taxon)}" for row in photo.count.taxa) or tr("no flowers")
    return f"{photo.result.photo.file}: {counts}"


def _taxon_line(row: TaxonCount, colours: Mapping[str, str]) -> TaxonLine:
    return TaxonLine(
        figure=count_with_doubt(row.flowers),
        vernacular=vernacular(row.taxon),
        scientific=row.taxon.scientific_name,
        doubt=tr("uncertain") if row.band == "uncertain" else "",
        kind=kind_of_box(row.taxon),
        colour=colours[row.taxon.name],
    )


def _html(template: str, **values: object) -> str:
    return TEMPLATES.get_template(f"{template}.html.j2").render(**values)
